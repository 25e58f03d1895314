"""Where and how a digit stands in its frame."""

from __future__ import annotations

import numpy as np

from core.glyph import INK_SIZE_PX
from train.robustness.corruptions.draws import Range, angles, drawn, signs
from train.robustness.corruptions.glyphs import Glyphs
from train.robustness.corruptions.plane import moved, warped

ROTATION_DEG: Range = (10.0, 25.0)
"""Either way."""
SLANT: Range = (0.30, 0.60)
"""Tangent of the angle by which uprights lean, either way."""
LARGER: Range = (1.15, 1.35)
SMALLER: Range = (0.80, 0.55)
"""Factors of width and height alike."""
SHIFT_PX: Range = (2.5, 5.0)
"""In any direction."""
FORESHORTENING: Range = (0.25, 0.45)
"""Share by which the far side of a sheet seen askew looks shorter, and the near side longer."""


def rotation(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A sheet, or a hand, turned."""
    angle = np.deg2rad(drawn(ROTATION_DEG, pixels, rng) * signs(pixels, rng))
    cos, sin = np.cos(angle), np.sin(angle)
    return warped(pixels, cos, -sin, 0, sin, cos, 0, 0, 0)


def slant(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A hand that leans."""
    lean = drawn(SLANT, pixels, rng) * signs(pixels, rng)
    return warped(pixels, 1, lean, 0, 0, 1, 0, 0, 0)


def scale(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """Larger or smaller than a glyph should be."""
    larger = rng.random((len(pixels), 1, 1)) < 0.5
    factor = np.where(larger, drawn(LARGER, pixels, rng), drawn(SMALLER, pixels, rng))
    return warped(pixels, factor, 0, 0, 0, factor, 0, 0, 0)


def shift(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """Off the centre."""
    distance, angle = drawn(SHIFT_PX, pixels, rng), angles(pixels, rng)
    return moved(pixels, distance * np.cos(angle), distance * np.sin(angle))


def perspective(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A sheet seen askew, from any side; the ink's box of 20 px keeps its length from the near side to the far one."""
    amount, angle = drawn(FORESHORTENING, pixels, rng), angles(pixels, rng)
    x, y = np.cos(angle) * amount, np.sin(angle) * amount
    half = INK_SIZE_PX / 2
    # The plane x' = s·v / (1 + p·v), moved so that both sides keep their place: s = 1 - amount², p = amount / half.
    shrink = 1 - amount**2
    near_x, near_y = half * x, half * y
    per_x, per_y = x / half, y / half
    return warped(
        pixels,
        shrink + near_x * per_x,
        near_x * per_y,
        near_x,
        near_y * per_x,
        shrink + near_y * per_y,
        near_y,
        per_x,
        per_y,
    )
