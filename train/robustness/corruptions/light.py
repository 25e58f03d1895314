"""Too little light, too much of it, or not the same everywhere."""

from __future__ import annotations

import numpy as np

from train.robustness.corruptions.draws import Range, angles, drawn, drawn_log
from train.robustness.corruptions.glyphs import Field, Glyphs, grey
from train.robustness.corruptions.plane import MIDDLE_PX, grid, turned

FAINT_INK: Range = (0.35, 0.12)
"""Ink above paper, as a share of full contrast."""
FAINT_PAPER_LEVEL: Range = (0.0, 60.0)
"""Grey levels of 255."""
LIFTED_PAPER_LEVEL: Range = (60.0, 140.0)
"""Grey levels of 255."""
DIMMED_INK_LEVEL: Range = (190.0, 240.0)
"""Grey levels of 255."""
SHADOW_DEPTH: Range = (0.45, 0.80)
"""Share of the light that is missing where it is darkest."""
SHADOW_EDGE_PX: Range = (-5.0, 5.0)
"""From the middle of the glyph to where half of the shadow has fallen."""
PENUMBRA_PX: Range = (1.0, 40.0)
"""Width over which light turns to shadow: from a hard edge to a slope over the whole glyph."""
INK_REFLECTANCE = 0.12
"""Ink in full light is no black: so it greys in light, and loses contrast in shadow."""
STRIPE_DEPTH: Range = (0.35, 0.65)
"""Share of the light that is missing in the middle of a stripe."""
STRIPE_PERIOD_PX: Range = (4.0, 12.0)


def low_contrast(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A hard pencil, or ink bleached by the sun, on paper that is not quite white."""
    return grey(drawn(FAINT_PAPER_LEVEL, pixels, rng) + drawn(FAINT_INK, pixels, rng) * pixels)


def brightness(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """Grey paper, as underexposed or recycled, under ink that is not black."""
    paper, ink = drawn(LIFTED_PAPER_LEVEL, pixels, rng), drawn(DIMMED_INK_LEVEL, pixels, rng)
    return grey(paper + (ink - paper) / 255 * pixels)


def uneven_light(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A shadow from one side, whose edge, hard or soft, passes near the middle."""
    across, _ = turned(angles(pixels, rng), *grid(MIDDLE_PX))
    edge = drawn(SHADOW_EDGE_PX, pixels, rng)
    width = drawn_log(PENUMBRA_PX, pixels, rng)
    shadow = np.clip((across - edge) / width + 0.5, 0, 1)
    return _lit(pixels, 1 - drawn(SHADOW_DEPTH, pixels, rng) * shadow)


def stripes(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """Light in bands, as lamps on mains current paint over a rolling shutter, or a blind on a desk."""
    across, _ = turned(angles(pixels, rng), *grid(MIDDLE_PX))
    turns = across / drawn(STRIPE_PERIOD_PX, pixels, rng) + drawn((0.0, 1.0), pixels, rng)
    return _lit(pixels, 1 - drawn(STRIPE_DEPTH, pixels, rng) * (0.5 + 0.5 * np.sin(2 * np.pi * turns)))


def _lit(pixels: Glyphs, light: Field) -> Glyphs:
    """Paper and ink under `light`, 1 where it is full."""
    reflected = 1 - pixels * np.float32((1 - INK_REFLECTANCE) / 255)
    return grey(255 - 255 * light * reflected)
