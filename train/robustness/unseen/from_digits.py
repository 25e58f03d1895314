"""Parts of real digits, and several of them as one."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.glyph import GLYPH_SIZE_PX, Ink, Pixels
from train.robustness.unseen.digit_shapes import could_be_digit, is_stroke, most_covered, papers_enclosed
from train.robustness.unseen.glyphs import Glyphs, normalised, stacked

LEAST_INK_OF_A_QUARTER = 0.2
"""Share of its digit's ink."""
MOST_PARTNERS = 6
"""Few pairs suit: a single try would leave little to measure with."""
MOST_COVERED = 0.6
"""Share of a digit's ink that may lie on or right beside another's."""


def three_digits(digits: Glyphs, rng: np.random.Generator) -> Glyphs:
    """uint8 (N // 3, 28, 28): three of `digits` side by side and touching, as one glyph; each digit is used once."""
    chosen = rng.permutation(len(digits))[: len(digits) // 3 * 3].reshape(-1, 3)
    return stacked([normalised(_side_by_side(digits[three], rng)) for three in chosen])


def _side_by_side(digits: Glyphs, rng: np.random.Generator) -> Ink:
    """The ink of `digits` in a row, each up to 2 px up or down and over the one before it."""
    page = np.zeros((GLYPH_SIZE_PX + 4, len(digits) * GLYPH_SIZE_PX), np.uint8)
    right = 0
    for pixels in digits:
        x, y, width, height = cv2.boundingRect(pixels)
        left, top = max(0, right - int(rng.integers(0, 3))), y + int(rng.integers(0, 5))
        place = page[top : top + height, left : left + width]
        np.maximum(place, pixels[y : y + height, x : x + width], out=place)
        right = left + width
    return page


def quarter_digits(digits: Glyphs, rng: np.random.Generator) -> Glyphs:
    """uint8 (M, 28, 28), M ≤ N: one quarter of each of `digits`, random among those that are no digit; none if all are.

    Of a quarter only the largest piece of ink counts, as the edge takes pieces one by one. It has a fifth of the
    digit's ink or more and encloses no paper, as a small 0, 6, 8 or 9 does. It is wider than high, though no wider than
    the edge takes: a 1, with or without a foot, is not. And its ink lies to the bottom of its box, as in ∪, L and ⌟:
    that of a wide 7 lies to the top, that of a wide 2 or 3 in the middle.
    """
    orders = rng.permuted(np.tile(np.arange(4), (len(digits), 1)), axis=1)
    chosen = (_quarter(pixels, order) for pixels, order in zip(digits, orders, strict=True))
    return stacked([normalised(quarter) for quarter in chosen if quarter is not None])


def _quarter(pixels: Pixels, order: NDArray[np.int64]) -> Ink | None:
    """The first quarter in `order` that is enough ink and no digit."""
    half, ink = GLYPH_SIZE_PX // 2, int(pixels.sum())
    for index in order:
        top, left = half * (index // 2), half * (index % 2)
        quarter = _largest_piece(pixels[top : top + half, left : left + half])
        if ink and int(quarter.sum()) >= LEAST_INK_OF_A_QUARTER * ink and not could_be_digit(quarter):
            return quarter
    return None


def _largest_piece(ink: Ink) -> Ink:
    _, pieces, statistics, _ = cv2.connectedComponentsWithStats((ink > 0).astype(np.uint8), connectivity=8)
    sizes = statistics[1:, cv2.CC_STAT_AREA]
    return np.where(pieces == 1 + sizes.argmax(), ink, 0).astype(np.uint8) if len(sizes) else ink


def overwritten(digits: Glyphs, rng: np.random.Generator) -> Glyphs:
    """uint8 (M, 28, 28), M ≤ N: each of `digits` under another, up to 2 px apart, if one is found that suits it.

    Neither may be a single stroke (a digit struck through is still that digit), neither may nearly cover the other (a 3
    over an 8 is an 8), and together they enclose four pieces of paper or more: an 8 and a slashed 0 have two, and a
    sliver between two strokes that nearly meet makes three.
    """
    unions = (_overwritten(first, digits[rng.integers(len(digits), size=MOST_PARTNERS)], rng) for first in digits)
    return stacked([normalised(union) for union in unions if union is not None])


def _overwritten(first: Pixels, others: Glyphs, rng: np.random.Generator) -> Ink | None:
    """`first` and the first of `others` that makes no digit with it."""
    if is_stroke(first):
        return None
    for second in others:
        moved = np.roll(second, rng.integers(-2, 3, 2), axis=(0, 1))
        union = np.maximum(first, moved)
        if (
            papers_enclosed(union, faintest=127, least_px=3) >= 4
            and not is_stroke(moved)
            and most_covered(first, moved) <= MOST_COVERED
        ):
            return union
    return None
