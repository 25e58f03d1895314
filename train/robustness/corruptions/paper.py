"""What else is on the paper, or over it."""

from __future__ import annotations

import cv2
import numpy as np

from core.glyph import GLYPH_SIZE_PX, INK_SIZE_PX
from train.robustness.corruptions.draws import Range, WholeRange, angles, blotches, drawn, drawn_whole
from train.robustness.corruptions.glyphs import Field, Glyphs, column, each, grey
from train.robustness.corruptions.plane import MIDDLE_PX, grid, moved, turned

LINE_DARKNESS: Range = (0.35, 0.70)
"""Share of the light that a ruled line swallows; ink swallows all."""
LINE_WIDTH_PX: Range = (1.0, 2.0)
LINE_SPACING_PX: Range = (8.0, 16.0)
LINE_TILT_DEG = 5.0
SQUARED_SHARE = 0.3
"""Share of the glyphs that stand on squared paper instead of ruled."""
TEXTURE_DARKNESS: Range = (0.12, 0.25)
"""Mean share of the light that the texture swallows; its deviation is as large."""
TEXTURE_GRAIN_PX: Range = (1.5, 5.0)
BLEED_DARKNESS: Range = (0.25, 0.50)
"""Share of the light that ink on the back of the sheet swallows."""
BLEED_SHIFT_PX: Range = (-6.0, 6.0)
BLEED_BLUR_PX = 1.0
"""Standard deviation of the scattering within a sheet."""
SPECK_COUNT: WholeRange = (5, 14)
SPECK_RADIUS_PX: Range = (0.5, 1.2)
SPECK_LEVEL: Range = (140.0, 255.0)
"""Grey levels of 255."""
PATCH_SIDE_PX: Range = (5.0, 8.0)
"""Width and height, each for itself."""
COVER_LEVEL: Range = (90.0, 200.0)
"""Grey levels of 255 of what covers ink and paper alike, where nothing was torn off or painted over in white."""
NEIGHBOUR_REACH_PX: WholeRange = (3, 6)
"""Columns of the glyph into which the ink of the next digit reaches, from the left or the right edge."""
NEIGHBOUR_RISE_PX: Range = (-3.0, 3.0)
"""How far the next digit stands below this one, or above."""


def ruled_lines(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """The printed lines or squares of an exercise book, one of them through the digit."""
    tilt = np.deg2rad(drawn((-LINE_TILT_DEG, LINE_TILT_DEG), pixels, rng))
    upright = np.where(rng.random(tilt.shape) < 0.5, np.float32(np.pi / 2), np.float32(0))
    across, along = turned(tilt + upright, *grid(MIDDLE_PX))
    spacing, width = drawn(LINE_SPACING_PX, pixels, rng), drawn(LINE_WIDTH_PX, pixels, rng)
    squared = rng.random(tilt.shape) < SQUARED_SHARE
    lines = np.maximum(_lines(across, spacing, width, rng), squared * _lines(along, spacing, width, rng))
    return _overprinted(pixels, drawn(LINE_DARKNESS, pixels, rng) * lines)


def paper_texture(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """Fibres, creases and grain of coarse paper or card."""
    darkness = drawn(TEXTURE_DARKNESS, pixels, rng)
    texture = darkness * (1 + blotches(TEXTURE_GRAIN_PX, pixels, rng))
    return _overprinted(pixels, np.clip(texture, 0, 1))


def bleed_through(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """The writing on the back of a thin sheet: another glyph of these, mirrored, blurred and paler."""
    back = rng.permutation(pixels)[:, :, ::-1]
    scattered = each(lambda glyph: cv2.GaussianBlur(glyph, (0, 0), BLEED_BLUR_PX), back)
    there = moved(scattered, drawn(BLEED_SHIFT_PX, pixels, rng), drawn(BLEED_SHIFT_PX, pixels, rng))
    return _overprinted(pixels, drawn(BLEED_DARKNESS, pixels, rng) * (there / np.float32(255)))


def specks(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """Dots of spilt ink, crumbs, dust on the scanner."""
    counts = drawn_whole(SPECK_COUNT, pixels, rng)
    shape = (len(pixels), SPECK_COUNT[1])
    # OpenCV draws at fractions of a pixel when told how many bits of a coordinate are fraction.
    fraction_bits = 4
    centres = np.rint(rng.uniform(-0.5, GLYPH_SIZE_PX - 0.5, (*shape, 2)) * 2**fraction_bits).astype(int).tolist()
    radii = np.rint(rng.uniform(*SPECK_RADIUS_PX, shape) * 2**fraction_bits).astype(int).tolist()
    levels = rng.uniform(*SPECK_LEVEL, shape).tolist()

    def speckled(glyph: Glyphs, count: int, *dots: list) -> Glyphs:
        spilt = np.zeros_like(glyph)
        for centre, radius, level in list(zip(*dots, strict=True))[:count]:
            cv2.circle(spilt, centre, radius, level, cv2.FILLED, cv2.LINE_AA, fraction_bits)
        return np.maximum(glyph, spilt)

    return each(speckled, pixels, counts.tolist(), centres, radii, levels)


def occlusion(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A patch on the ink that is gone, as torn off or painted over in white, or covered by something grey."""
    weighted = pixels * rng.random(pixels.shape, np.float32)
    top, left = np.divmod(weighted.reshape(len(pixels), GLYPH_SIZE_PX**2).argmax(axis=1), GLYPH_SIZE_PX)
    x, y = grid(MIDDLE_PX)
    across, along = turned(angles(pixels, rng), x - column(left - MIDDLE_PX), y - column(top - MIDDLE_PX))
    half_width, half_height = drawn(PATCH_SIDE_PX, pixels, rng) / 2, drawn(PATCH_SIDE_PX, pixels, rng) / 2
    patch = np.clip(half_width + 0.5 - np.abs(across), 0, 1) * np.clip(half_height + 0.5 - np.abs(along), 0, 1)
    gone = rng.random((len(pixels), 1, 1)) < 0.5
    level = np.where(gone, np.float32(0), drawn(COVER_LEVEL, pixels, rng))
    return grey(pixels + patch * (level - pixels))


def neighbour(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """The edge of the next digit, another glyph of these, inside this one's frame: cut out too generously."""
    other = rng.permutation(pixels)
    inked = (other >= 128).any(axis=1)
    first = inked.argmax(axis=1)
    last = GLYPH_SIZE_PX - 1 - inked[:, ::-1].argmax(axis=1)
    reach = drawn_whole(NEIGHBOUR_REACH_PX, pixels, rng)
    from_left = rng.random(len(pixels)) < 0.5
    move = np.where(from_left, reach - 1 - last, GLYPH_SIZE_PX - reach - first)
    return np.maximum(pixels, moved(other, column(move), drawn(NEIGHBOUR_RISE_PX, pixels, rng)))


def _lines(across: Field, spacing: Field, width: Field, rng: np.random.Generator) -> Field:
    """Coverage, 0 to 1, by parallel lines of which one passes within a quarter of the ink's box of the middle."""
    quarter = INK_SIZE_PX / 4
    offset = rng.uniform(-quarter, quarter, spacing.shape).astype(np.float32)
    distance = np.abs((across - offset + spacing / 2) % spacing - spacing / 2)
    return np.clip((width + 1) / 2 - distance, 0, 1)


def _overprinted(pixels: Glyphs, darkness: Field) -> Glyphs:
    """With something printed or ingrained that swallows a share of the light, 0 to 1."""
    return grey(255 - (255 - pixels) * (1 - darkness))
