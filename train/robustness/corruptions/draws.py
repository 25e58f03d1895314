"""What each glyph draws for itself: how severe, in which direction, in which patches."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.glyph import GLYPH_SIZE_PX
from train.robustness.corruptions.glyphs import Field, Glyphs, column

Range = tuple[float, float]
WholeRange = tuple[int, int]


def drawn(between: Range, pixels: Glyphs, rng: np.random.Generator) -> Field:
    """float32 (N, 1, 1): for each glyph a number from the range, all alike likely."""
    return rng.uniform(min(between), max(between), (len(pixels), 1, 1)).astype(np.float32)


def drawn_log(between: Range, pixels: Glyphs, rng: np.random.Generator) -> Field:
    """float32 (N, 1, 1): for each glyph a number from the range, all ratios alike likely."""
    return np.exp(drawn((np.log(between[0]), np.log(between[1])), pixels, rng))


def drawn_whole(between: WholeRange, pixels: Glyphs, rng: np.random.Generator) -> NDArray[np.int64]:
    """int64 (N,): for each glyph a whole number from the range, both ends included."""
    return rng.integers(min(between), max(between), len(pixels), endpoint=True)


def angles(pixels: Glyphs, rng: np.random.Generator) -> Field:
    """float32 (N, 1, 1), radians: any direction."""
    return drawn((0.0, 2 * np.pi), pixels, rng)


def signs(pixels: Glyphs, rng: np.random.Generator) -> Field:
    """float32 (N, 1, 1): -1 or 1."""
    return column(rng.integers(0, 2, len(pixels)) * 2 - 1)


def blotches(grain_px: Range, pixels: Glyphs, rng: np.random.Generator) -> Field:
    """float32 (N, 28, 28): noise of mean 0 and deviation 1 in each glyph, with grains of a size for each glyph."""
    sides = np.rint(GLYPH_SIZE_PX / drawn_log(grain_px, pixels, rng)).astype(int).ravel()
    field = np.empty(pixels.shape, np.float32)
    for place, side in zip(field, sides.tolist(), strict=True):
        coarse = rng.standard_normal((side, side), np.float32)
        place[:] = cv2.resize(coarse, (GLYPH_SIZE_PX, GLYPH_SIZE_PX), interpolation=cv2.INTER_CUBIC)
    over_glyph = {"axis": (1, 2), "keepdims": True}
    return (field - field.mean(**over_glyph)) / field.std(**over_glyph)
