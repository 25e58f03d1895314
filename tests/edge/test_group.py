"""Digits grouped into numbers, in reading order."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.frame import Box
from edge.group import IsRuled, group
from edge.read import Digit
from edge.table_rules import Gaps

Place = tuple[int, int, int, int]


def digit(text: str, x: float, y: float, width: float = 20, height: float = 30) -> Digit:
    return Digit(text, 0.9, Box(round(x), round(y), round(width), round(height)), [], 5.0)


def row(text: str, x: float, y: float, pitch: float = 26) -> list[Digit]:
    """A line of digits 20 px wide, narrow ones 6 px, with their middles `pitch` px apart; spaces stay empty."""
    return [
        digit(sign, x + place * pitch + (7 if sign == "1" else 0), y, 6 if sign == "1" else 20)
        for place, sign in enumerate(text)
        if sign != " "
    ]


def turned(digits: list[Digit], angle_deg: float) -> list[Digit]:
    """The digits on a page that lies askew: their boxes are those of ellipses that fill them."""
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    askew = []
    for one in digits:
        x, y = one.box.centre
        width = math.hypot(one.box.width * cos, one.box.height * sin)
        height = math.hypot(one.box.width * sin, one.box.height * cos)
        at = x * cos - y * sin, x * sin + y * cos
        askew.append(digit(one.text, 1000 + at[0] - width / 2, 1000 + at[1] - height / 2, width, height))
    return askew


def texts(digits: list[Digit], is_ruled: IsRuled | None = None) -> list[str]:
    return [reading.text for reading in group(digits, is_ruled)]


def test_digits_side_by_side_are_one_number() -> None:
    assert texts([digit("2", 30, 0), digit("1", 0, 2), digit("3", 60, 1)]) == ["123"]


def test_a_number_holds_its_box_its_digits_and_the_product_of_their_confidences() -> None:
    (reading,) = group([digit("4", 0, 0), digit("2", 30, 5)])
    assert reading.box == Box(0, 0, 50, 35)
    assert [part.text for part in reading.digits] == ["4", "2"]
    assert round(reading.confidence, 6) == 0.81


def test_lines_are_read_from_the_top_and_each_from_the_left() -> None:
    assert texts(row("34", 0, 100) + row("12", 0, 0) + row("56", 120, 104)) == ["12", "34", "56"]


def test_a_wide_gap_separates_numbers() -> None:
    assert texts(row("12  34", 0, 0)) == ["12", "34"]


def test_a_gap_of_a_digit_separates_numbers_that_are_written_close() -> None:
    assert texts(row("123 456", 0, 0, 22)) == ["123", "456"]


def test_evenly_spaced_digits_are_one_number_though_the_gaps_are_wide() -> None:
    assert texts(row("20365", 0, 0, 52)) == ["20365"]


def test_digits_in_the_boxes_of_a_form_are_one_number_in_each_of_its_lines() -> None:
    assert texts(row("20365", 0, 0, 45) + row("9471", 20, 80, 45)) == ["20365", "9471"]


def test_an_empty_box_of_a_form_ends_a_number_and_leaves_the_rest_together() -> None:
    assert texts(row("203 94715", 0, 0, 36)) == ["203", "94715"]
    assert texts(row("203 94715", 0, 0, 45)) == ["203", "94715"]


def test_a_grid_of_single_digits_is_no_form() -> None:
    assert texts(row("203", 0, 0, 54) + row("947", 0, 50, 54) + row("586", 0, 100, 54)) == list("203947586")


def test_figures_of_narrow_columns_are_not_one_number_though_their_row_is_close() -> None:
    rows = [one for y in range(4) for one in row("5820"[y:] + "5820"[:y], 0, 34 * y, 34)]
    assert texts(rows) == list("5820820520580582")


def test_a_1_is_narrow_and_yet_takes_the_room_of_a_digit() -> None:
    assert texts(row("111", 0, 0)) == ["111"]
    assert texts(row("2112", 0, 0)) == ["2112"]
    assert texts(row("1  1", 0, 0)) == ["1", "1"]


def test_digits_of_one_hand_differ_in_height_and_stand_on_one_line() -> None:
    assert texts([digit("1", 0, 0, 20, 40), digit("2", 28, 12, 20, 28), digit("3", 56, 4, 20, 36)]) == ["123"]


def test_a_digit_that_lost_its_upper_stroke_stays_in_its_number() -> None:
    assert texts([digit("4", 0, 0), digit("5", 26, 15, 20, 15), digit("6", 52, 0)]) == ["456"]


def test_a_small_index_is_no_digit_of_the_large_number_beside_it() -> None:
    assert texts([digit("4", 0, 0), digit("5", 26, 0), digit("2", 50, -6, 9, 13)]) == ["45", "2"]


def test_digits_that_touch_or_lean_have_boxes_that_overlap() -> None:
    assert texts([digit("7", 0, 0, 30), digit("1", 18, 0, 16), digit("4", 26, 1, 28)]) == ["714"]


def test_figures_one_below_the_other_are_numbers_of_their_own() -> None:
    column = row("120", 0, 0) + row("45", 26, 36) + row("7", 52, 72)
    assert texts(column) == ["120", "45", "7"]


def test_columns_of_a_table_do_not_merge_and_are_read_row_by_row() -> None:
    table = [one for y in range(3) for x, text in enumerate(("120", "45", "68")) for one in row(text, 110 * x, 45 * y)]
    assert texts(table) == ["120", "45", "68"] * 3


def test_columns_whose_rows_do_not_line_up_are_read_one_after_the_other() -> None:
    left = [one for y in range(4) for one in row(f"1{y}", 0, 50 * y)]
    right = [one for y in range(4) for one in row(f"2{y}", 150, 50 * y + 25)]
    assert texts(left + right) == ["10", "11", "12", "13", "20", "21", "22", "23"]


def test_a_number_that_runs_downhill_is_one_number() -> None:
    for slope in (-25, -14, 14, 25):
        assert texts([digit(str(i), 30 * i, 200 + slope * i) for i in range(1, 7)]) == ["123456"]


def test_a_number_askew_on_a_straight_page_is_one_number() -> None:
    page = [one for y in range(4) for one in row("5678", 0, 60 * y)]
    askew = [digit(sign, 250 + 22 * place, 60 + 14 * place) for place, sign in enumerate("1234")]
    assert sorted(texts(page + askew)) == ["1234", "5678", "5678", "5678", "5678"]


def test_a_digit_obliquely_below_another_is_none_of_its_number() -> None:
    assert texts([digit("3", 0, 0), digit("4", 28, 28)]) == ["3", "4"]


@pytest.mark.parametrize("angle_deg", [-40, -25, -10, 10, 25, 40])
def test_a_page_askew_is_read_as_a_straight_one(angle_deg: float) -> None:
    page = row("2036   94", 0, 0) + row("58   7764", 0, 60) + row("300", 0, 120) + row("4659", 0, 180)
    expected = ["2036", "94", "58", "7764", "300", "4659"]
    assert texts(page) == expected
    assert texts(turned(page, angle_deg)) == expected


def test_a_rule_separates_what_it_runs_between() -> None:
    assert texts(row("2034", 0, 0), lambda gaps: (gaps.left[:, 0] < 49) & (gaps.right[:, 0] > 49)) == ["20", "34"]


def test_rules_are_looked_for_between_the_digits_that_follow_each_other() -> None:
    asked: list[Gaps] = []

    def is_ruled(gaps: Gaps) -> NDArray[np.bool_]:
        asked.append(gaps)
        return np.zeros(len(gaps.height), np.bool_)

    assert texts(row("20", 100, 50) + row("3", 100, 120), is_ruled) == ["20", "3"]
    (gaps,) = asked
    assert gaps.left.tolist() == [[110, 65]]
    assert gaps.right.tolist() == [[136, 65]]
    assert (gaps.left_width.tolist(), gaps.right_width.tolist(), gaps.height.tolist()) == ([20], [20], [30])
    assert gaps.angle == 0


def test_nothing_gives_nothing() -> None:
    assert group([]) == []


BOXES = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 400), st.integers(0, 60), st.integers(0, 60)), max_size=40
)


def digits_at(places: list[Place]) -> list[Digit]:
    return [Digit(str(index % 10), 0.5, Box(*place), [], 5.0) for index, place in enumerate(places)]


@given(BOXES, st.floats(-100, 500))
def test_every_digit_is_in_exactly_one_number(places: list[Place], rule_x: float) -> None:
    digits = digits_at(places)
    readings = group(digits, lambda gaps: (gaps.left[:, 0] < rule_x) & (gaps.right[:, 0] > rule_x))
    grouped = [part for reading in readings for part in reading.digits]
    assert sorted(map(id, grouped)) == sorted(map(id, digits))


@given(BOXES, st.randoms(use_true_random=False))
def test_the_order_in_which_digits_are_given_does_not_matter(places: list[Place], random: object) -> None:
    digits = digits_at(places)
    shuffled = digits[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert group(shuffled) == group(digits)


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400), st.integers(1, 60), st.integers(1, 60)), max_size=40),
    st.integers(-1000, 1000),
    st.integers(-1000, 1000),
    st.integers(1, 7),
)
def test_neither_place_nor_scale_of_the_page_matters(places: list[Place], right: int, down: int, scale: int) -> None:
    moved = [(scale * x + right, scale * y + down, scale * width, scale * height) for x, y, width, height in places]
    assert texts(digits_at(moved)) == texts(digits_at(places))


def test_many_digits_in_one_place_are_no_obstacle() -> None:
    digits = [digit(str(x % 10), 3 * x, 3 * y) for x, y in product(range(20), range(20))]
    assert sum(len(reading.digits) for reading in group(digits)) == 400
