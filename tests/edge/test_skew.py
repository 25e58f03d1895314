"""The skew of a page of digits."""

import math

import numpy as np
import pytest

from edge.skew import Page, straightened


def page(angle_deg: float, rows: int = 3, digits: int = 5) -> Page:
    """Digits 30 px high in rows 60 px apart, on a page turned by so much."""
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    middles = [(22 * x * cos - 60 * y * sin, 22 * x * sin + 60 * y * cos) for x in range(digits) for y in range(rows)]
    boxes = [(round(500 + x - 12), round(500 + y - 15), 24, 30) for x, y in middles]
    return straightened(np.array(sorted(boxes), np.float64))


@pytest.mark.parametrize("angle_deg", [-44, -30, -12, -3, 0, 3, 12, 30, 44])
def test_lines_run_level_however_the_page_is_turned(angle_deg: float) -> None:
    down = np.sort(page(angle_deg).down).reshape(3, 5)
    assert np.ptp(down, axis=1).max() < 0.25
    assert np.diff(down.mean(axis=1)).tolist() == pytest.approx([2.0, 2.0], abs=0.1)


def test_two_digits_obliquely_above_each_other_do_not_turn_the_page() -> None:
    two = straightened(np.array([(0, 0, 20, 30), (30, 30, 20, 30)], np.float64))
    assert abs(two.down[1] - two.down[0]) == pytest.approx(1.0, abs=0.1)


def test_neighbours_are_what_is_within_reach_each_pair_once_and_from_the_left() -> None:
    row = straightened(np.array([(40 * place, 0, 20, 30) for place in range(4)], np.float64))
    pairs = sorted(zip(row.left.tolist(), row.right.tolist(), strict=True))
    assert pairs == [(0, 1), (1, 2), (2, 3)]


def test_lengths_are_in_usual_sizes() -> None:
    row = straightened(np.array([(0, 0, 20, 40), (40, 0, 20, 40), (80, 0, 20, 40)], np.float64))
    assert row.size.tolist() == [1.0, 1.0, 1.0]
    assert row.width.tolist() == [0.5, 0.5, 0.5]
    assert np.diff(row.along).tolist() == [1.0, 1.0]
