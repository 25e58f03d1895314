"""Pens: from a 28×28 glyph to ink on a sheet, sharp at any size.

A glyph is enlarged into a field of signed distances to the edge of its stroke, or to the middle of it, as Green did for
lettering (Improved Alpha-Tested Magnification, 2007). Where the field is below half of the pen's width there is ink.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from core.glyph import GLYPH_SIZE_PX, stroke_width_px
from train.scenes.fields import Field, chance, smooth, white

FIELD_SCALE = 3
"""Cells of a distance field for each pixel of the glyph."""
MARGIN_PX = 6
"""Pixels of the glyph around its ink: more than the widest pen adds to it."""
EDGE_LEVEL = 100
"""Of 255: where the anti-aliased edge of a glyph is taken to run."""
EDGE_SMOOTHING = 1.1
MIDDLE_SMOOTHING = 2.0
"""Cells, deviation: takes the stairs of pixels off, and leaves the corners of a pen's path."""
LEAST_STROKE_PX = 1.1
"""Thinner lines in a frame hold no ink that a person would see."""

Glyph = NDArray[np.uint8]
"""uint8 (28, 28), ink 255 on paper 0."""
Range = tuple[float, float]


@dataclass(frozen=True)
class Pen:
    """A kind of pen. Widths are shares of the height of the writing."""

    width: Range
    follows_glyph: float
    """Share of the writings whose strokes keep the glyph's own varying width; the others get a line of one width."""
    opacity: Range
    grain: Range
    """How much of the ink the tooth of the surface keeps off, from none to all."""
    softness_px: Range
    """Over which ink fades into paper, beyond the anti-aliasing of a sharp edge."""
    levels: Range
    """Reflectance of the ink, 0 to 1."""


PENS: dict[str, Pen] = {
    "ball pen": Pen((0.045, 0.10), 0.25, (0.75, 1.0), (0.0, 0.25), (0.0, 0.3), (0.08, 0.45)),
    "gel pen": Pen((0.06, 0.12), 0.35, (0.9, 1.0), (0.0, 0.1), (0.0, 0.3), (0.03, 0.35)),
    "felt pen": Pen((0.09, 0.17), 0.6, (0.85, 1.0), (0.0, 0.15), (0.1, 0.6), (0.03, 0.5)),
    "marker": Pen((0.13, 0.24), 0.7, (0.75, 1.0), (0.0, 0.2), (0.1, 0.6), (0.02, 0.5)),
    "pencil": Pen((0.05, 0.11), 0.3, (0.45, 0.85), (0.3, 0.75), (0.2, 0.8), (0.25, 0.5)),
    "chalk": Pen((0.07, 0.17), 0.4, (0.6, 1.0), (0.35, 0.9), (0.3, 1.0), (0.7, 1.0)),
    "white pen": Pen((0.06, 0.15), 0.4, (0.8, 1.0), (0.0, 0.2), (0.0, 0.4), (0.75, 1.0)),
}
LIGHT_PENS = ("chalk", "white pen")
"""For dark grounds."""
DARK_PENS = tuple(name for name in PENS if name not in LIGHT_PENS)


@dataclass(frozen=True)
class Ink:
    """One pen in one hand: what all strokes of a writing share."""

    width: float
    """Share of the height of the writing."""
    follows_glyph: bool
    opacity: float
    grain: float
    grain_px: float
    softness_px: float
    level: float
    """Reflectance, 0 to 1."""


def take(name: str, rng: np.random.Generator) -> Ink:
    """A pen of this kind."""
    pen = PENS[name]
    return Ink(
        width=float(rng.uniform(*pen.width)),
        follows_glyph=chance(rng, pen.follows_glyph),
        opacity=float(rng.uniform(*pen.opacity)),
        grain=float(rng.uniform(*pen.grain)),
        grain_px=float(rng.uniform(1.0, 3.0)),
        softness_px=float(rng.uniform(*pen.softness_px)),
        level=float(rng.uniform(*pen.levels)),
    )


@dataclass(frozen=True)
class Distances:
    """A glyph as distances to its stroke: there is ink where `field` is below `half`, both in cells."""

    field: Field
    half: float
    origin: tuple[float, float]
    """(x, y) of the middle of the first cell, in pixels of the glyph."""


def distances(glyph: Glyph, ink: Ink) -> Distances:
    """The glyph as this pen writes it; of a glyph without ink, nothing but paper."""
    x, y, width, height = cv2.boundingRect(cv2.inRange(glyph, EDGE_LEVEL // 2, 255))
    origin = x - MARGIN_PX + (0.5 / FIELD_SCALE - 0.5), y - MARGIN_PX + (0.5 / FIELD_SCALE - 0.5)
    if height == 0:
        return Distances(np.full((3, 3), FIELD_SCALE * GLYPH_SIZE_PX, np.float32), 0.0, origin)
    margins = (MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX)
    framed = cv2.copyMakeBorder(glyph[y : y + height, x : x + width], *margins, cv2.BORDER_CONSTANT, value=0)
    large = cv2.resize(framed, None, fx=FIELD_SCALE, fy=FIELD_SCALE, interpolation=cv2.INTER_CUBIC)
    large = cv2.GaussianBlur(large, (0, 0), EDGE_SMOOTHING)
    # The highest level of a faint or thin glyph may be below the usual one.
    level = min(EDGE_LEVEL, int(large.max()) // 2)
    _, solid = cv2.threshold(large, level, 1, cv2.THRESH_BINARY)
    half = ink.width * height * FIELD_SCALE / 2
    if ink.follows_glyph:
        outside = cv2.distanceTransform(1 - solid, cv2.DIST_L2, 5)
        outside -= cv2.distanceTransform(solid, cv2.DIST_L2, 5)
        # Its own width is kept in part: a stroke that is thinned further breaks.
        own = stroke_width_px(solid * np.uint8(255)) / 2
        return Distances(cv2.GaussianBlur(outside, (0, 0), EDGE_SMOOTHING), max(half - own, -0.6 * own), origin)
    middle = cv2.distanceTransform(1 - thinned(solid), cv2.DIST_L2, 5)
    # Smoothing lifts the valley by this much; without it thin lines would vanish.
    return Distances(cv2.GaussianBlur(middle, (0, 0), MIDDLE_SMOOTHING), half + 0.4 * MIDDLE_SMOOTHING, origin)


_NEIGHBOURS = np.array([[128, 1, 2], [64, 0, 4], [32, 16, 8]], np.float32)
"""Bits p2 to p9 of Zhang and Suen, clockwise from the top."""


@cache
def _deletions() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """For each of the two passes, by the bits of the neighbours: 1 if a pixel stays, 0 if it goes."""
    passes = np.ones((2, 256), np.uint8)
    for code in range(256):
        p = [code >> bit & 1 for bit in range(8)]  # p[0] is north, p[2] east, p[4] south, p[6] west
        rises = sum(p[bit] == 0 and p[(bit + 1) % 8] == 1 for bit in range(8))
        if 2 <= sum(p) <= 6 and rises == 1:
            if p[0] * p[2] * p[4] == 0 and p[2] * p[4] * p[6] == 0:
                passes[0, code] = 0
            if p[0] * p[2] * p[6] == 0 and p[0] * p[4] * p[6] == 0:
                passes[1, code] = 0
    return passes[0], passes[1]


def thinned(solid: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 (H, W), 0 or 1: the middle of the strokes in `solid`, 0 or 1 (Zhang and Suen, 1984)."""
    x, y, width, height = cv2.boundingRect(solid)
    line = np.zeros_like(solid)
    part = cv2.copyMakeBorder(solid[y : y + height, x : x + width], 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    left = cv2.countNonZero(part)
    while True:
        for stays in _deletions():
            codes = cv2.filter2D(part, cv2.CV_8U, _NEIGHBOURS, borderType=cv2.BORDER_CONSTANT)
            part = cv2.multiply(part, cv2.LUT(codes, stays))
        now = cv2.countNonZero(part)
        if now == left:
            break
        left = now
    line[y : y + height, x : x + width] = part[1:-1, 1:-1]
    return line


def coverage(field: Field, half: float, px_a_cell: float, ink: Ink, rng: np.random.Generator) -> Field:
    """float32, 0 to 1: how much of each pixel the stroke covers; `field` and `half` are in cells, on pixels."""
    half_px = max(half * px_a_cell, LEAST_STROKE_PX / 2 if not ink.follows_glyph else half * px_a_cell)
    slope = 1 / (1 + ink.softness_px)
    # Pressure: the line swells and tapers by a fifth.
    cover = smooth(field.shape, max(6.0, field.shape[0] / 3), rng)
    cover *= 0.2 * abs(half_px) * slope
    cover += 0.5 + half_px * slope
    cv2.scaleAdd(field, -px_a_cell * slope, cover, cover)
    return np.clip(cover, 0, 1, out=cover)


def laid(cover: Field, ink: Ink, rng: np.random.Generator) -> Field:
    """float32, 0 to 1: `cover` as this ink shows on a surface with some tooth; changes `cover`."""
    if ink.grain > 0.02:
        tooth = white(cover.shape, rng) if ink.grain_px < 1.5 else smooth(cover.shape, ink.grain_px, rng)
        keep = tooth * np.float32(0.5 * ink.grain)
        keep += 1 - 0.55 * ink.grain
        cover *= np.clip(keep, 0, 1, out=keep)
    cover *= np.float32(ink.opacity)
    return cover
