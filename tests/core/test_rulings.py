"""Lines of the paper go, strokes that touch or cross them stay."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.frame import Luma
from core.ink import find_pieces
from core.rulings import find_lines
from core.straight import Mask
from tests.hands import write


def blank() -> Luma:
    return np.full((480, 640), 225, np.uint8)


def pen(luma: Luma, digit: str, x: int, y: int, height: int = 70, width: int = 6) -> None:
    for stroke in write(digit, "round", x, y, height):
        points = np.rint(np.array(stroke) * 16).astype(np.int32)
        cv2.polylines(luma, [points], False, 40, width, cv2.LINE_AA, 4)


def rule(luma: Luma, start: tuple[int, int], end: tuple[int, int]) -> None:
    cv2.line(luma, start, end, 70, 3, cv2.LINE_AA)


def boxes(luma: Luma) -> list[tuple[int, int]]:
    """(x, height) of all ink from the left, to the nearest 10 px."""
    places = sorted(piece.box for piece in find_pieces(luma) if max(piece.box.width, piece.box.height) > 12)
    return [(round(box.x, -1), round(box.height, -1)) for box in places]


DIGITS = [("2", 120), ("5", 240), ("3", 360)]


@pytest.mark.parametrize("rise", [0, 30, -120])
def test_digits_that_stand_on_a_rule_are_pieces_of_their_own(rise: int) -> None:
    luma, free = blank(), blank()
    for digit, x in DIGITS:
        y = 200 + round(rise * x / 640)
        pen(luma, digit, x, y)
        pen(free, digit, x, y)
    rule(luma, (0, 268), (639, 268 + rise))
    assert boxes(luma) == boxes(free)


def test_digits_that_a_grid_crosses_keep_their_strokes() -> None:
    luma, free = blank(), blank()
    for digit, x in DIGITS:
        pen(luma, digit, x, 200)
        pen(free, digit, x, 200)
    for offset in range(60, 480, 120):
        rule(luma, (0, offset), (639, offset))
    for offset in range(40, 640, 120):
        rule(luma, (offset, 0), (offset + 20, 479))
    left = find_pieces(luma)
    for whole in find_pieces(free):
        (same,) = [piece for piece in left if piece.box.overlap(whole.box) > 0.75]
        kept, wanted = (int(np.count_nonzero(piece.ink > 127)) for piece in (same, whole))
        assert abs(kept - wanted) < 0.1 * wanted


def test_the_cells_of_a_form_are_no_digits_and_what_is_in_them_is_whole() -> None:
    luma = blank()
    for cell, (digit, _) in enumerate(DIGITS):
        cv2.rectangle(luma, (100 + 80 * cell, 190), (180 + 80 * cell, 280), 70, 2)
        pen(luma, digit, 100 + 80 * cell, 196)  # touches the left rule of its cell
    tall = [x for x, height in boxes(luma) if height >= 60]
    assert tall == [100, 180, 260]


@pytest.mark.parametrize("width", [1, 2, 6, 16])
@pytest.mark.parametrize("digit", ["1", "4", "5", "7"])
def test_a_digit_alone_loses_nothing_however_straight_and_thin(digit: str, width: int) -> None:
    luma = np.full((256, 256), 255, np.uint8)
    for stroke in write(digit, "upright", 80, 30, 190):
        cv2.polylines(luma, [np.rint(np.array(stroke)).astype(np.int32)], False, 0, width)
    drawn = np.argwhere(luma == 0)
    (piece,) = find_pieces(luma)
    assert piece.box.height == np.ptp(drawn[:, 0]) + 1
    assert piece.box.width == np.ptp(drawn[:, 1]) + 1


def test_a_line_is_found_where_it_is() -> None:
    mask = np.zeros((200, 400), np.uint8)
    cv2.line(mask, (20, 40), (380, 76), 255, 3)
    (line,), pixels = find_lines(mask, 100)
    assert (round(line.start, -1), round(line.end, -1), line.upright) == (20, 380, False)
    assert line.slope == pytest.approx(0.1, abs=0.01)
    assert line.offset + line.slope * 20 == pytest.approx(40, abs=1)
    assert np.count_nonzero(pixels) > 0.98 * np.count_nonzero(mask)


def test_what_is_left_of_a_broken_line_lies_on_it() -> None:
    mask = np.zeros((400, 200), np.uint8)
    cv2.line(mask, (90, 10), (90, 380), 255, 3)
    (line,), _ = find_lines(mask, 100)
    on, beside, across = [88, 200, 4, 30], [110, 200, 4, 30], [70, 200, 40, 30]
    assert line.upright
    assert line.passes(np.array([on, beside, across])).tolist() == [True, False, False]


@given(
    hnp.arrays(np.bool_, st.tuples(st.integers(1, 60), st.integers(1, 60))),
    st.floats(0, 100),
)
def test_only_ink_is_taken_away(drawn: np.ndarray, usual_px: float) -> None:
    mask: Mask = drawn.astype(np.uint8) * np.uint8(255)
    _, pixels = find_lines(mask, usual_px)
    assert pixels.shape == mask.shape
    assert not (pixels & ~mask).any()


@pytest.mark.parametrize("width", [2, 5, 8])
def test_the_bars_of_digits_side_by_side_are_no_line(width: int) -> None:
    luma = np.full((260, 700), 255, np.uint8)
    for place, digit in enumerate("5757"):
        for stroke in write(digit, "upright", 30 + 165 * place, 30, 190):
            cv2.polylines(luma, [np.rint(np.array(stroke)).astype(np.int32)], False, 0, width)
    heights = [height for _, height in boxes(luma)]
    assert len(heights) == 4
    assert min(heights) >= 180
