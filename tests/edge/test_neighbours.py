"""What stands beside a number and may be a digit of it."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs
from sightings import HEIGHT_PX, PITCH_PX, doubtful, number

from edge.neighbours import alone
from edge.read import Rejected

BOXES = np.array([digit.box for digit in number("42", 100, 100)], np.float64)


def beside(x: float, y: float = 100, evidence: float = -1.0) -> Rejected:
    return structs.replace(doubtful("7", x, y), evidence=evidence)


def test_a_number_with_nothing_around_is_complete() -> None:
    assert alone([], BOXES) == 1.0


@pytest.mark.parametrize("x", [100 - PITCH_PX, 100 + 2 * PITCH_PX])
def test_what_may_be_a_digit_before_or_after_it_leaves_it_in_doubt(x: float) -> None:
    assert alone([beside(x)], BOXES) < 0.5


def test_a_gap_in_which_a_digit_may_be_leaves_it_in_doubt() -> None:
    wide = np.array(BOXES)
    wide[1, 0] += PITCH_PX
    assert alone([beside(100 + PITCH_PX)], wide) < 0.5


def test_the_more_evidence_the_more_doubt() -> None:
    shares = [alone([beside(100 - PITCH_PX, evidence=evidence)], BOXES) for evidence in (-9, -5, -3, 0, 3, 900)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.99
    assert shares[-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    "elsewhere",
    [
        beside(102),  # what another look at the first digit says
        beside(100, 100 + 2 * HEIGHT_PX),
        beside(100 - 4 * PITCH_PX),
    ],
)
def test_what_is_a_digit_of_it_or_far_away_is_no_doubt(elsewhere: Rejected) -> None:
    assert alone([elsewhere], BOXES) == 1.0


def test_what_is_much_larger_or_smaller_is_no_digit_of_it() -> None:
    speck = structs.replace(beside(80), box=beside(80).box._replace(y=110, width=5, height=9))
    assert alone([speck], BOXES) == 1.0
