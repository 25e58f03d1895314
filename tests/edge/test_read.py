"""Digits grouped into numbers, in reading order."""

from hypothesis import given
from hypothesis import strategies as st

from core.frame import Box
from edge.read import Digit, group


def digit(text: str, x: int, y: int, width: int = 20, height: int = 30) -> Digit:
    return Digit(text, 0.9, Box(x, y, width, height), [], 5.0)


def texts(digits: list[Digit]) -> list[str]:
    return [reading.text for reading in group(digits)]


def test_digits_side_by_side_are_one_number() -> None:
    assert texts([digit("2", 30, 0), digit("1", 0, 2), digit("3", 60, 1)]) == ["123"]


def test_a_number_holds_its_box_its_digits_and_the_product_of_their_confidences() -> None:
    (reading,) = group([digit("4", 0, 0), digit("2", 30, 5)])
    assert reading.box == Box(0, 0, 50, 35)
    assert [part.text for part in reading.digits] == ["4", "2"]
    assert round(reading.confidence, 6) == 0.81


def test_lines_are_read_from_the_top_and_each_from_the_left() -> None:
    page = [digit("3", 0, 100), digit("4", 30, 100), digit("1", 0, 0), digit("2", 30, 0)]
    assert texts(page) == ["12", "34"]


def test_a_wide_gap_separates_numbers() -> None:
    assert texts([digit("1", 0, 0), digit("2", 25, 0), digit("3", 110, 0), digit("4", 135, 0)]) == ["12", "34"]


def test_evenly_spaced_digits_are_one_number_though_the_gaps_are_wide() -> None:
    assert texts([digit(str(i), 50 * i, 0) for i in range(1, 6)]) == ["12345"]


def test_a_number_that_runs_downhill_is_one_number() -> None:
    for slope in (-25, -14, 14, 25):
        assert texts([digit(str(i), 30 * i, 200 + slope * i) for i in range(1, 7)]) == ["123456"]


def test_nothing_gives_nothing() -> None:
    assert group([]) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 2000), st.integers(0, 2000), st.integers(1, 300), st.integers(1, 300)), max_size=40
    )
)
def test_every_digit_is_in_exactly_one_number(places: list[tuple[int, int, int, int]]) -> None:
    digits = [Digit(str(index % 10), 0.5, Box(*place), [], 5.0) for index, place in enumerate(places)]
    grouped = [part for reading in group(digits) for part in reading.digits]
    assert sorted(map(id, grouped)) == sorted(map(id, digits))
