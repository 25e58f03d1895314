"""What optics take away: movement, focus, pixels."""

from __future__ import annotations

import cv2
import numpy as np

from core.glyph import GLYPH_SIZE_PX
from train.robustness.corruptions.draws import Range, WholeRange, angles, drawn, drawn_whole
from train.robustness.corruptions.glyphs import Field, Glyphs, column, each
from train.robustness.corruptions.plane import grid, moved, turned

MOTION_PX: Range = (3.5, 6.5)
"""Length of the path during exposure; strokes are about 3 px wide."""
CONFUSION_RADIUS_PX: Range = (1.5, 2.6)
"""Radius of the circle of confusion of a lens out of focus."""
SENSOR_SIDE_PX: WholeRange = (15, 11)
"""Pixels that the whole side of a glyph, 28 px, was taken with."""


def motion_blur(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A straight movement at even speed while the shutter was open."""
    half_length = drawn(MOTION_PX, pixels, rng) / 2
    across, along = turned(angles(pixels, rng), *grid(np.ceil(MOTION_PX[1] / 2)))
    return _filtered(pixels, np.clip(1 - np.abs(across), 0, 1) * np.clip(half_length + 0.5 - np.abs(along), 0, 1))


def defocus_blur(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A point becomes a disc: the image of a round aperture."""
    radius = drawn(CONFUSION_RADIUS_PX, pixels, rng)
    x, y = grid(np.ceil(CONFUSION_RADIUS_PX[1]))
    return _filtered(pixels, np.clip(radius + 0.5 - np.hypot(x, y), 0, 1))


def low_resolution(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """Taken from afar, with few pixels that fall on the digit anywhere, and scaled up to a glyph."""
    sides = drawn_whole(SENSOR_SIDE_PX, pixels, rng)
    pitch = column(GLYPH_SIZE_PX / sides)
    x, y = pitch * drawn((-0.5, 0.5), pixels, rng), pitch * drawn((-0.5, 0.5), pixels, rng)
    whole = (GLYPH_SIZE_PX, GLYPH_SIZE_PX)

    def retaken(glyph: Glyphs, side: int) -> Glyphs:
        few = cv2.resize(glyph, (side, side), interpolation=cv2.INTER_AREA)
        return cv2.resize(few, whole, interpolation=cv2.INTER_LINEAR)

    return moved(each(retaken, moved(pixels, x, y), sides.tolist()), -x, -y)


def _filtered(pixels: Glyphs, kernels: Field) -> Glyphs:
    """Each glyph, on paper that goes on around it, filtered with its own kernel, made to sum to 1."""
    even = kernels / kernels.sum(axis=(1, 2), keepdims=True)
    return each(lambda glyph, kernel: cv2.filter2D(glyph, -1, kernel, borderType=cv2.BORDER_CONSTANT), pixels, even)
