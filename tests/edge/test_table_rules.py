"""Rules of tables, found between the digits that they separate."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.frame import Box, Luma
from edge.group import group
from edge.read import Digit
from edge.table_rules import ruled

PAPER, INK = 220, 50
HEIGHT, WIDTH, PITCH, LINE = 40, 26, 44, 64
ROWS = ("2073", "5468", "3952")


def page() -> tuple[Luma, list[Digit]]:
    """Three lines of four digits, each of them 40 px high."""
    luma = np.full((280, 260), PAPER, np.uint8)
    digits = []
    for row, text in enumerate(ROWS):
        for column, sign in enumerate(text):
            x, y = 50 + column * PITCH, 50 + row * LINE
            cv2.putText(luma, sign, (x, y + HEIGHT), cv2.FONT_HERSHEY_SIMPLEX, 1.8, INK, 3, cv2.LINE_AA)
            digits.append(Digit(sign, 0.9, Box(x, y, WIDTH + 6, HEIGHT), [], 5.0))
    return luma, [digit_around_ink(luma, digit) for digit in digits]


def digit_around_ink(luma: Luma, digit: Digit) -> Digit:
    box = Box(digit.box.x - 2, digit.box.y - 4, PITCH, HEIGHT + 8)
    x, y, width, height = cv2.boundingRect((luma[box.y : box.bottom, box.x : box.right] < 150).astype(np.uint8))
    return Digit(digit.text, 0.9, Box(box.x + x, box.y + y, width, height), [], 5.0)


def between(column: int) -> int:
    """x of the middle of the gap on the left of a column."""
    return 50 + column * PITCH - 4


def rule(
    luma: Luma, x: int, top: int = 30, bottom: int = 250, level: int = 120, width: int = 1, aside: int = 0
) -> None:
    cv2.line(luma, (x - aside, top), (x + aside, bottom), level, width, cv2.LINE_AA)


def texts(luma: Luma, digits: list[Digit]) -> list[str]:
    return [reading.text for reading in group(digits, lambda gaps: ruled(luma, gaps))]


CELLS = ["20", "73", "54", "68", "39", "52"]


def test_digits_with_nothing_between_them_are_one_number() -> None:
    assert texts(*page()) == list(ROWS)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_a_rule_separates_what_it_runs_between_in_every_row(width: int) -> None:
    luma, digits = page()
    rule(luma, between(2), width=width)
    assert texts(luma, digits) == CELLS


def test_a_faint_rule_separates_as_well() -> None:
    luma, digits = page()
    rule(luma, between(2), level=PAPER - 12)
    assert texts(luma, digits) == CELLS


def test_a_double_rule_separates_as_well() -> None:
    luma, digits = page()
    rule(luma, between(2) - 2)
    rule(luma, between(2) + 2)
    assert texts(luma, digits) == CELLS


def test_light_rules_on_dark_ground_separate_as_well() -> None:
    luma, digits = page()
    rule(luma, between(2))
    assert texts(255 - luma, digits) == CELLS


def test_light_rules_separate_dark_digits_on_a_grey_ground() -> None:
    luma, digits = page()
    rule(luma, between(2), level=250)
    assert texts(luma, digits) == CELLS


def test_a_rule_may_lean() -> None:
    for aside in (-3, 3):
        luma, digits = page()
        rule(luma, between(2), aside=aside)
        assert texts(luma, digits) == CELLS


@pytest.mark.parametrize("angle_deg", [-12, 12])
def test_a_table_that_was_photographed_askew_is_read_as_a_straight_one(angle_deg: float) -> None:
    luma, digits = page()
    rule(luma, between(2), width=2)
    turn = cv2.getRotationMatrix2D((130.0, 140.0), angle_deg, 1.0)
    askew = cv2.warpAffine(luma, turn, (260, 280), borderValue=PAPER)
    turned = []
    for digit in digits:
        x, y = turn @ (*digit.box.centre, 1.0)
        width, height = digit.box.width + 6, digit.box.height + 3
        turned.append(Digit(digit.text, 0.9, Box(round(x - width / 2), round(y - height / 2), width, height), [], 5.0))
    assert sorted(texts(askew, turned)) == sorted(CELLS)


def test_a_part_of_a_larger_frame_is_looked_at_like_a_frame() -> None:
    luma, digits = page()
    rule(luma, between(2))
    frame = np.zeros((400, 500), np.uint8)
    frame[60:340, 100:360] = luma
    assert texts(frame[60:340, 100:360], digits) == CELLS


@pytest.mark.parametrize(("top", "bottom"), [(52, 88), (0, 70), (70, 110)], ids=["a stroke", "above", "below"])
def test_a_line_that_does_not_go_on_above_and_below_separates_nothing(top: int, bottom: int) -> None:
    luma, digits = page()
    rule(luma, between(2), top, bottom)
    assert texts(luma, digits) == list(ROWS)


def test_a_slash_is_no_rule() -> None:
    luma, digits = page()
    rule(luma, between(2), 40, 100, INK, 3, aside=10)
    assert texts(luma, digits) == list(ROWS)


def test_lines_of_squared_paper_separate_nothing() -> None:
    for square in (18, 27):
        luma, digits = page()
        on_paper = np.full_like(luma, PAPER)
        for at in range(between(2) % square, 280, square):
            cv2.line(on_paper, (at, 0), (at, 279), 150, 1)
            cv2.line(on_paper, (0, at), (259, at), 150, 1)
        assert texts(np.minimum(luma, on_paper), digits) == list(ROWS)


def test_lines_of_ruled_paper_separate_nothing() -> None:
    luma, digits = page()
    for y in range(30, 280, 32):
        cv2.line(luma, (0, y), (259, y), 120, 1)
    assert texts(luma, digits) == list(ROWS)


def test_the_sides_of_a_forms_boxes_separate_nothing() -> None:
    luma, digits = page()
    for row in range(3):
        top = 50 + row * LINE - 8
        for column in range(5):
            rule(luma, between(column), top, top + 56)
        for y in (top, top + 56):
            cv2.line(luma, (between(0), y), (between(4), y), 120, 1)
    assert texts(luma, digits) == list(ROWS)


BOXES = st.lists(
    st.tuples(st.integers(-80, 300), st.integers(-80, 300), st.integers(0, 90), st.integers(0, 90)), max_size=30
)


@given(BOXES, st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**31))
def test_every_digit_is_in_exactly_one_number_wherever_boxes_are(
    places: list[tuple[int, int, int, int]], height: int, width: int, seed: int
) -> None:
    luma = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    digits = [Digit(str(index % 10), 0.5, Box(*place), [], 5.0) for index, place in enumerate(places)]
    before = luma.copy()
    grouped = [part for reading in group(digits, lambda gaps: ruled(luma, gaps)) for part in reading.digits]
    assert sorted(map(id, grouped)) == sorted(map(id, digits))
    assert np.array_equal(luma, before)


@given(BOXES, st.integers(0, 255))
def test_a_frame_without_lines_separates_nothing(places: list[tuple[int, int, int, int]], level: int) -> None:
    digits = [Digit(str(index % 10), 0.5, Box(*place), [], 5.0) for index, place in enumerate(places)]
    assert group(digits, lambda gaps: ruled(np.full((70, 90), level, np.uint8), gaps)) == group(digits)


def test_boxes_far_outside_of_a_frame_of_one_pixel_are_no_obstacle() -> None:
    digits = [Digit(str(x), 0.5, Box(10**6 + 30 * x, 10**6, 20, 30), [], 5.0) for x in range(5)]
    assert texts(np.zeros((1, 1), np.uint8), digits) == ["01234"]


def test_400_digits_in_a_table_are_separated_by_all_of_its_rules() -> None:
    luma = np.full((480, 640), PAPER, np.uint8)
    digits = []
    for row in range(20):
        for column in range(20):
            x, y = 10 + 26 * column - 3 * (column % 2), 12 + 23 * row
            cv2.ellipse(luma, (x + 6, y + 8), (5, 7), 0, 0, 360, INK, 2)
            digits.append(Digit("0", 0.9, Box(x, y, 12, 17), [], 5.0))
    for column in range(2, 20, 2):
        rule(luma, 3 + 26 * column, 0, 479)
    # In pairs, for the widest gap that still holds two together is not what is tested here.
    asked = []
    group(digits, lambda gaps: asked.append(ruled(luma, gaps)) or asked[-1])  # type: ignore[func-returns-value]
    assert int(asked[0].sum()) == 20 * 9
