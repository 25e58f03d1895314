"""Digits that do not go with the rest of their page."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.frame import Box
from edge.company import Member, reasons

FIVE = Member("5", Box(0, 0, 30, 50), contrast=150.0, confidence=0.99, evidence=7.0)
PAGE = [replace(FIVE, box=Box(60 * place, 0, 30, 46 + place)) for place in range(6)]


def of_last(member: Member) -> str:
    return reasons([*PAGE, member])[-1]


def test_digits_alike_are_all_kept() -> None:
    assert reasons(PAGE) == [""] * 6


def test_one_alone_is_kept_whatever_it_is() -> None:
    for member in (FIVE, replace(FIVE, label="1", evidence=0.5), replace(FIVE, contrast=20.0)):
        assert reasons([member]) == [""]


def test_what_is_far_smaller_than_the_rest_is_too_small() -> None:
    assert of_last(replace(FIVE, box=Box(400, 0, 10, 20))) == "too_small"


def test_what_is_far_larger_or_fainter_than_the_rest_is_no_digit() -> None:
    assert of_last(replace(FIVE, box=Box(400, 0, 100, 150))) == "not_a_digit"
    assert of_last(replace(FIVE, contrast=80.0)) == "not_a_digit"


def test_a_crowd_of_doubtful_ones_does_not_decide_what_is_usual() -> None:
    lines = [Member("1", Box(9 * place, 0, 3, 12), 60.0, 0.7, 1.0) for place in range(30)]
    assert reasons([*PAGE, *lines]) == [""] * 6 + ["too_small"] * 30


def test_many_doubtful_ones_are_lines_and_a_few_are_ones() -> None:
    one = Member("1", Box(0, 0, 8, 50), 150.0, 0.9, evidence=2.0)
    assert reasons([one] * 8) == ["not_a_digit"] * 8
    assert reasons([replace(one, evidence=6.0)] * 8) == [""] * 8
    assert reasons([one] * 3) == [""] * 3
    assert reasons([*PAGE, *[one] * 5]) == [""] * 11


def test_a_one_that_lies_is_a_dash() -> None:
    assert of_last(replace(FIVE, label="1", box=Box(400, 0, 60, 40))) == "not_a_digit"


boxes = st.builds(Box, *[st.integers(0, 500)] * 2, *[st.integers(1, 500)] * 2)
members = st.builds(
    Member, st.sampled_from("0123456789"), boxes, st.floats(1, 255), st.floats(0.1, 1), st.floats(-100, 100)
)


@given(st.lists(members, max_size=20))
def test_any_company_is_judged(given_members: list[Member]) -> None:
    assert len(reasons(given_members)) == len(given_members)
