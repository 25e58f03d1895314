from __future__ import annotations

import cv2
import numpy as np
import pytest
from of_digits import digits, digits_for, from_digits, ink_size

from train.robustness.unseen import FROM_DIGITS


@pytest.mark.parametrize("kind", FROM_DIGITS)
def test_a_seed_gives_the_same_glyphs_of_the_same_digits_and_leaves_them_as_they_were(kind: str) -> None:
    of = digits_for(kind, 200)
    before = of.copy()
    assert np.array_equal(from_digits(kind, of, 3), from_digits(kind, of, 3))
    assert np.array_equal(of, before)


@pytest.mark.parametrize("kind", FROM_DIGITS)
@pytest.mark.parametrize("count", [0, 1])
def test_too_few_digits_give_none_or_one(kind: str, count: int) -> None:
    made_now = from_digits(kind, digits(count) if count else np.zeros((0, 28, 28), np.uint8))
    assert made_now.shape[1:] == (28, 28)
    assert made_now.dtype == np.uint8
    assert len(made_now) <= count


@pytest.mark.parametrize("kind", FROM_DIGITS)
def test_blank_pictures_among_the_digits_do_no_harm(kind: str) -> None:
    blank = np.zeros((9, 28, 28), np.uint8)
    assert not from_digits(kind, blank).any()


@pytest.mark.parametrize("kind", ["three_digits", "overwritten"])
def test_another_seed_brings_other_digits_together(kind: str) -> None:
    of = digits(200)
    assert not np.array_equal(from_digits(kind, of, 3), from_digits(kind, of, 4))


def test_three_digits_stand_side_by_side_and_each_is_used_once() -> None:
    three = from_digits("three_digits", digits(31, labels="0"))
    assert len(three) == 10
    for pixels in three:
        width, height = ink_size(pixels)
        assert width > 1.3 * height
        row = pixels[pixels.any(axis=1)][height // 2].astype(np.int64)
        strokes = (row[1:-1] > row[:-2]) & (row[1:-1] >= row[2:])
        assert strokes.sum() >= 4  # three rings cut through the middle: six strokes, of which neighbours may merge


def test_three_digits_are_not_neighbours_in_the_set_they_come_from() -> None:
    bars, blocks = np.zeros((2, 15, 28, 28), np.uint8)
    bars[:, 4:24, 13:15] = 255
    blocks[:, 4:24, 4:24] = 255
    sizes = [ink_size(pixels) for pixels in from_digits("three_digits", np.concatenate([bars, blocks]))]
    of_bars_alone = sum(width < height for width, height in sizes)
    assert of_bars_alone < 5


def in_each_quarter(draw: np.ndarray) -> np.ndarray:
    """uint8 (1, 28, 28): `draw`, uint8 (14, 14), four times."""
    return np.tile(draw, (1, 2, 2))


def lines(*points: tuple[int, int]) -> np.ndarray:
    quarter = np.zeros((14, 14), np.uint8)
    return cv2.polylines(quarter, [np.array(points, np.int32)], False, 255, 2)


CORNER = (1, 5), (2, 11), (12, 11)


@pytest.mark.parametrize(
    ("shape", "points"),
    [
        ("an upright stroke", ((6, 1), (6, 12))),
        ("a leaning stroke", ((9, 1), (4, 12))),
        ("a stroke on a foot", ((7, 1), (7, 12), (3, 12), (11, 12))),
        ("a flat hook", ((0, 4), (13, 4), (8, 10))),
        ("a dash with a tick", ((1, 9), (1, 11), (12, 11))),
    ],
)
def test_quarters_that_could_be_digits_are_left_out(shape: str, points: tuple[tuple[int, int], ...]) -> None:
    assert len(from_digits("quarter_digits", in_each_quarter(lines(*points)))) == 0, shape


def test_a_quarter_with_a_ring_is_left_out_however_low_its_ink() -> None:
    ring = np.zeros((14, 14), np.uint8)
    ring[3:13, :13] = 255
    ring[4:9, 1:12] = 0
    assert len(from_digits("quarter_digits", in_each_quarter(ring))) == 0
    ring[3, 1:12] = 0  # no longer closed: a bowl
    assert len(from_digits("quarter_digits", in_each_quarter(ring))) == 1


def test_a_quarter_that_is_a_low_corner_is_kept_without_the_specks_beside_it() -> None:
    corner = lines(*CORNER)
    speckled = corner.copy()
    speckled[0, 12] = 255
    clean, cleaned = (from_digits("quarter_digits", in_each_quarter(quarter)) for quarter in (corner, speckled))
    assert len(clean) == 1
    assert np.array_equal(cleaned, clean)


def test_which_quarter_is_taken_is_left_to_chance() -> None:
    corner = lines(*CORNER)
    pixels = np.block([[corner, np.zeros_like(corner)], [np.zeros_like(corner), corner[:, ::-1]]])
    taken = from_digits("quarter_digits", np.tile(pixels, (20, 1, 1)))
    assert len(taken) == 20
    assert len(np.unique(taken, axis=0)) == 2


def test_a_quarter_with_hardly_any_ink_is_left_out() -> None:
    pixels = np.zeros((1, 28, 28), np.uint8)
    pixels[0, :14, :14] = lines(*CORNER)
    assert len(from_digits("quarter_digits", pixels)) == 1
    pixels[0, 14:, 14:] = 255
    pixels[0, 14:, :14] = 255
    assert len(from_digits("quarter_digits", pixels)) == 0


def test_a_digit_over_itself_or_struck_through_is_left_out() -> None:
    assert len(from_digits("overwritten", np.repeat(digits(1, labels="8"), 20, axis=0))) == 0
    assert len(from_digits("overwritten", digits(40, labels="01"))) == 0
    eight, bar = np.zeros((2, 28, 28), np.uint8)
    for middle in (9, 18):
        cv2.ellipse(eight, (14, middle), (8, 5), 0, 0, 360, 255, 2)
    bar[4:24, 13:15] = 255
    assert len(from_digits("overwritten", np.repeat([eight, bar], 20, axis=0))) == 0


def test_different_digits_over_each_other_enclose_more_paper_than_any_digit() -> None:
    def pieces_of_paper(pixels: np.ndarray) -> int:
        return cv2.connectedComponents((pixels <= 127).astype(np.uint8), connectivity=4)[0] - 1

    of = digits(200)
    over = from_digits("overwritten", of)
    assert len(over) > 5
    # Normalising may fill one.
    assert np.median([pieces_of_paper(pixels) for pixels in over]) >= 5
    assert np.median([pieces_of_paper(pixels) for pixels in of]) <= 3
