"""Quantiles in bounded memory."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.quantiles import Quantiles

VALUES = st.lists(st.floats(0, 1e6), min_size=1, max_size=60)


def of(values: list[float]) -> Quantiles:
    quantiles = Quantiles()
    for value in values:
        quantiles.add(value)
    return quantiles


@given(VALUES, st.sampled_from([0.01, 0.5, 0.95, 1.0]))
def test_a_quantile_is_the_least_value_that_the_share_does_not_exceed(values: list[float], share: float) -> None:
    exact = sorted(values)[math.ceil(share * len(values)) - 1]
    assert of(values).at(share) == pytest.approx(exact, rel=0.006, abs=1e-6)


@given(VALUES, VALUES)
def test_two_together_are_as_all_their_values(first: list[float], second: list[float]) -> None:
    together = of(first)
    together += of(second)
    assert together.count == len(first) + len(second)
    shares = 0.1, 0.5, 0.9
    assert [together.at(share) for share in shares] == [of(first + second).at(share) for share in shares]


def test_of_nothing_there_is_no_quantile() -> None:
    assert Quantiles().at(0.5) is None
    assert of([0.0, 0.0, 3.0]).at(0.5) == 0.0
