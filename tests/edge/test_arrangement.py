"""Numbers that digits make, slow to change."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.arrangement import Arrangement, Members

NS = 1_000_000_000
TOGETHER, APART = [(1, 2, 3)], [(1,), (2, 3)]


def test_what_was_told_stays_together_until_it_has_been_apart_for_long_enough() -> None:
    arrangement = Arrangement(1.0)
    assert arrangement.kept(APART, TOGETHER, [], 0) == TOGETHER
    assert arrangement.wavers
    assert arrangement.kept(APART, TOGETHER, [], NS - 1) == TOGETHER
    assert arrangement.kept(APART, TOGETHER, [], NS) == APART
    assert not arrangement.wavers


def test_being_together_again_in_between_starts_the_time_over() -> None:
    arrangement = Arrangement(1.0)
    for at_ns, groups in ((0, APART), (NS // 2, TOGETHER), (NS, APART)):
        assert arrangement.kept(groups, TOGETHER, [], at_ns) == TOGETHER


def test_what_was_not_told_yet_is_what_it_is_now() -> None:
    assert Arrangement(1.0).kept(APART, [], TOGETHER, 0) == APART


def test_a_digit_more_or_less_is_taken_in_at_once() -> None:
    assert Arrangement(1.0).kept([(1, 2, 3, 4)], TOGETHER, [], 0) == [(1, 2, 3, 4)]
    assert Arrangement(1.0).kept([(1, 2)], TOGETHER, [], 0) == [(1, 2)]


def test_numbers_elsewhere_are_not_held_up() -> None:
    kept = Arrangement(1.0).kept([(7,), *APART, (8, 9)], TOGETHER, [(7, 8), (9,)], 0)
    assert kept == [(7,), (8, 9), *TOGETHER]


def test_time_that_goes_backwards_starts_over() -> None:
    arrangement = Arrangement(1.0)
    arrangement.kept(APART, TOGETHER, [], 5 * NS)
    assert arrangement.kept(APART, TOGETHER, [], 0) == TOGETHER
    assert arrangement.kept(APART, TOGETHER, [], NS) == APART


def numbers(ids: list[int], cuts: list[int]) -> list[Members]:
    """`ids` in their order, cut before the places `cuts`."""
    ends = sorted({0, len(ids), *(cut for cut in cuts if cut < len(ids))})
    return [tuple(ids[first:last]) for first, last in pairwise(ends)]


IDS = st.lists(st.integers(0, 12), unique=True, min_size=1, max_size=8)


@given(st.lists(st.tuples(IDS, st.lists(st.integers(1, 8)), st.integers(0, 3 * NS), st.booleans()), min_size=2))
def test_each_digit_that_is_there_is_in_one_number(frames: list[tuple[list[int], list[int], int, bool]]) -> None:
    arrangement, before = Arrangement(1.0), []
    for ids, cuts, at_ns, are_told in frames:
        told, others = (before, []) if are_told else ([], before)
        before = arrangement.kept(numbers(ids, cuts), told, others, at_ns)
        assert sorted(member for members in before for member in members) == sorted(ids)
