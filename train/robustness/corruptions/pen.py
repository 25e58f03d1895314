"""Other pens than the one a digit was written with."""

from __future__ import annotations

import cv2
import numpy as np

from core.glyph import GLYPH_SIZE_PX
from train.robustness.corruptions.draws import Range, blotches, drawn
from train.robustness.corruptions.glyphs import Field, Glyphs, column, each, grey

THIN_SHARE: Range = (0.60, 0.35)
"""Share of its width that a stroke keeps."""
THICKENING_PX: Range = (0.6, 1.2)
"""Added to a stroke on each side."""
SKIP_THRESHOLD: Range = (1.3, 0.8)
"""Of a field of unit deviation, beyond which the pen gives no ink: 10 to 21 % of its path."""
SKIP_GRAIN_PX: Range = (2.0, 4.0)
SKIP_STEEPNESS = 3.0
"""Of the edge of a gap: from ink to none within a third of the field's deviation, about a pixel."""

_FINE = 4
"""Subpixels a pixel for changing strokes: fine enough for a quarter of a pixel to count."""


def thin_strokes(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A fine pen: strokes that keep only a share of their width."""
    lost = (1 - drawn(THIN_SHARE, pixels, rng)) * _stroke_widths_px(pixels)
    return each(_redrawn, pixels, (-lost / 2).ravel().tolist())


def thick_strokes(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A felt pen."""
    return each(_redrawn, pixels, drawn(THICKENING_PX, pixels, rng).ravel().tolist())


def skipping_pen(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A ballpoint pen that gives no ink here and there."""
    beyond = blotches(SKIP_GRAIN_PX, pixels, rng) - drawn(SKIP_THRESHOLD, pixels, rng)
    dry = np.clip(SKIP_STEEPNESS * beyond + 0.5, 0, 1)
    return grey(pixels * (1 - dry))


def _stroke_widths_px(pixels: Glyphs) -> Field:
    """float32 (N, 1, 1): mean width of the strokes, as a line has its area divided by half its outline; 0 without ink.

    The outline is the total variation, which is right for soft edges too.
    """
    ink = np.pad(pixels, ((0, 0), (1, 1), (1, 1))).astype(np.float32)
    across, down = np.diff(ink, axis=2)[:, 1:], np.diff(ink, axis=1)[:, :, 1:]
    outline = np.hypot(across, down).sum(axis=(1, 2))
    area = ink.sum(axis=(1, 2))
    return column(np.divide(2 * area, outline, out=np.zeros_like(area), where=outline > 0))


def _redrawn(glyph: Glyphs, growth_px: float) -> Glyphs:
    """uint8 (28, 28): the strokes' edges moved outwards by `growth_px`, or inwards if it is negative."""
    side = _FINE * GLYPH_SIZE_PX
    fine = cv2.resize(glyph, (side, side), interpolation=cv2.INTER_CUBIC)
    inside = cv2.threshold(fine, 127, 255, cv2.THRESH_BINARY)[1]
    counted = inside if growth_px < 0 else 255 - inside
    distance = cv2.distanceTransform(counted, cv2.DIST_L2, cv2.DIST_MASK_5)
    beyond = distance + growth_px * _FINE if growth_px < 0 else growth_px * _FINE - distance
    coverage = 255 * np.clip(beyond + 0.5, 0, 1)
    small = cv2.resize(coverage, (GLYPH_SIZE_PX, GLYPH_SIZE_PX), interpolation=cv2.INTER_AREA)
    return np.rint(small).astype(np.uint8)
