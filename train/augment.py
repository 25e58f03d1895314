"""Augmentation, a whole batch at a time, in Keras ops. NumPy draws the random numbers: a batch follows from its seed.

Geometry and pens change every batch: rotation, shear, scale and shift as one affine resampling, then strokes made
thicker, thinner or softer. Photometry changes a share of the glyphs: what lens, light, paper and sensor do to them.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from core.glyph import GLYPH_SIZE_PX

ROTATION_DEG = 16.0
SHEAR = 0.25
LOG_SCALE = 0.18
"""Each axis is scaled by exp of up to this, independently: digits differ in aspect as well as in size."""
SHIFT_PX = 2.0
"""The glyph contract centres every glyph, so shifts stay small."""

PEN_SHARE = 0.4
"""Share of the glyphs whose strokes are changed; the rest keep theirs."""

EFFECT_SHARE = 0.2
"""Each effect of the photometry is on for this share of the glyphs that have any, so two meet in most."""
BLURRED_SHARE = 0.26
KERNEL_PX = 7
FARTHEST_WAVES = 7.0
"""Of a grating, across the glyph: four pixels a stripe."""


@dataclass(frozen=True)
class Strength:
    """How far a batch is changed."""

    geometry: float
    """Times the limits above."""
    far_share: float
    """Of the glyphs with photometry, those whose geometry goes twice as far."""
    photometry_share: float
    """Of all glyphs."""

    def photographed(self, count: int) -> int:
        """How many of `count` glyphs get photometry: the first ones."""
        return round(count * self.photometry_share)


FULL = Strength(geometry=1.0, far_share=0.3, photometry_share=0.5)
MILD = Strength(geometry=1.0, far_share=0.2, photometry_share=0.2)
"""For the end of the training: closer to glyphs as they mostly are."""


def affine(count: int, rng: np.random.Generator, reach: np.ndarray | float = 1.0) -> np.ndarray:
    """float32 (count, 8): output-to-input transforms about the centre, for `keras.ops.image.affine_transform`.

    `reach`, one number or (count,), multiplies the limits.
    """
    angle = np.deg2rad(reach * rng.uniform(-ROTATION_DEG, ROTATION_DEG, count))
    shear = reach * rng.uniform(-SHEAR, SHEAR, count)
    scale_x, scale_y = np.exp(reach * rng.uniform(-LOG_SCALE, LOG_SCALE, (2, count)))
    cos, sin = np.cos(angle), np.sin(angle)
    a, b = cos / scale_x, (shear * cos - sin) / scale_x
    c, d = sin / scale_y, (shear * sin + cos) / scale_y
    shift_x, shift_y = reach * rng.uniform(-SHIFT_PX, SHIFT_PX, (2, count))
    middle = (GLYPH_SIZE_PX - 1) / 2
    move_x = middle - a * middle - b * middle - shift_x
    move_y = middle - c * middle - d * middle - shift_y
    zero = np.zeros(count)
    return np.stack([a, b, move_x, c, d, move_y, zero, zero], axis=1).astype(np.float32)


def augment(glyphs: np.ndarray, rng: np.random.Generator, strength: Strength = FULL) -> keras.KerasTensor:
    """float32 (N, 28, 28, 1), 0 to 255: `glyphs`, of the same shape, each changed at random and still in its place.

    The first ones get the photometry, and those around the last of them other pens: `glyphs` must come in random order,
    or some kinds would never be changed so.
    """
    count = len(glyphs)
    photographed = strength.photographed(count)
    reach = np.full(count, strength.geometry)
    reach[:photographed][rng.random(photographed) < strength.far_share] *= 2
    x = ops.convert_to_tensor(glyphs / np.float32(255))
    transforms = affine(count, rng, reach)
    x = ops.image.affine_transform(x, transforms, interpolation="bilinear", fill_mode="constant", fill_value=0)
    x = _pens(x, rng, photographed)
    if photographed:
        x = ops.concatenate([photometry(x[:photographed], rng), x[photographed:]])
    return 255 * ops.clip(x, 0, 1)


def _tensor(numbers: np.ndarray) -> keras.KerasTensor:
    """float32: torch, unlike the others, does not reckon with arrays and tensors together."""
    return ops.convert_to_tensor(numbers, "float32")


def _pens(x: keras.KerasTensor, rng: np.random.Generator, photographed: int) -> keras.KerasTensor:
    """`x` with a share of its glyphs moved part of the way towards a thicker, thinner or softer stroke.

    Pooling only those saves time. Half of them are among the first, `photographed` ones.
    """
    third = round(x.shape[0] * PEN_SHARE / 3)
    first = min(max(0, photographed - 3 * third // 2), x.shape[0] - 3 * third)
    ends = [first + third * index for index in range(4)]
    for_thick, for_thin, for_soft = (x[start : start + third] for start in ends[:3])
    amount = _tensor(rng.random((3, third, 1, 1, 1)))
    thicker = ops.max_pool(for_thick, 3, 1, "same")
    # Full erosion would break thin strokes.
    thinner = -ops.max_pool(-for_thin, 3, 1, "same")
    softer = ops.average_pool(for_soft, 3, 1, "same")
    return ops.concatenate(
        [
            x[:first],
            for_thick + amount[0] * (thicker - for_thick),
            for_thin + 0.6 * amount[1] * (thinner - for_thin),
            for_soft + amount[2] * (softer - for_soft),
            x[ends[3] :],
        ]
    )


def photometry(x: keras.KerasTensor, rng: np.random.Generator) -> keras.KerasTensor:
    """float32 (N, 28, 28, 1): `x`, 0 to 1, as an imperfect camera would see it; may leave that range a little."""
    chance = _Chance(x.shape[0], rng)
    x = _pen_weight(x, chance)
    x = _blur(x, rng)
    x = _tone(x, chance)
    x = x + _light(chance) + _stripes(chance)
    x = _line(_line(x, chance), chance)
    x = _cover(x, chance)
    x = _specks(x, chance)
    return ops.clip(x, 0, 1) + _noise(x, chance)


class _Chance:
    """Random numbers for each glyph of a batch, in a shape that broadcasts over its pixels."""

    def __init__(self, count: int, rng: np.random.Generator) -> None:
        self.count, self.rng = count, rng

    def uniform(self, low: float, high: float) -> np.ndarray:
        return self.rng.uniform(low, high, (self.count, 1, 1, 1)).astype(np.float32)

    def on(self, share: float = EFFECT_SHARE) -> np.ndarray:
        """1 for the glyphs that have an effect, 0 for the others."""
        return (self.rng.random((self.count, 1, 1, 1)) < share).astype(np.float32)

    def pixels(self) -> np.ndarray:
        """Uniform, 0 to 1, for each pixel."""
        return self.rng.random((self.count, GLYPH_SIZE_PX, GLYPH_SIZE_PX, 1), np.float32)


_ROWS, _COLUMNS = (
    ((axis - (GLYPH_SIZE_PX - 1) / 2) / GLYPH_SIZE_PX).astype(np.float32)[np.newaxis, ..., np.newaxis]
    for axis in np.mgrid[:GLYPH_SIZE_PX, :GLYPH_SIZE_PX]
)
"""float32 (1, 28, 28, 1): where each pixel is, the glyph being 1 wide and its middle 0."""


def _across(chance: _Chance) -> np.ndarray:
    """float32 (N, 28, 28, 1): how far each pixel is along a random direction."""
    angle = chance.uniform(0, 2 * np.pi)
    return np.cos(angle) * _COLUMNS + np.sin(angle) * _ROWS


def _pen_weight(x: keras.KerasTensor, chance: _Chance) -> keras.KerasTensor:
    """Much thicker and much thinner strokes than `_pens` makes."""
    thick = ops.max_pool(x, 3, 1, "same")
    thin = -ops.max_pool(-x, 3, 1, "same")
    side = chance.rng.random((chance.count, 1, 1, 1))
    amount = chance.uniform(0, 1) * chance.on()
    thicken, thin_out = amount * (side < 0.5), 0.85 * amount * (side >= 0.5)
    return x + _tensor(thicken) * (thick - x) + _tensor(thin_out) * (thin - x)


def _blur(x: keras.KerasTensor, rng: np.random.Generator) -> keras.KerasTensor:
    """Out of focus (a disc) or moved (a line), up to 3 px in radius: one kernel a glyph.

    Patches take time, so only the first glyphs have them; all other effects fall on any.
    """
    blurred = round(x.shape[0] * BLURRED_SHARE)
    if blurred == 0:
        return x
    kernels = _kernels(blurred, rng).reshape(blurred, 1, 1, KERNEL_PX**2)
    patches = ops.image.extract_patches(x[:blurred], KERNEL_PX, strides=1, padding="same")
    return ops.concatenate([ops.sum(patches * _tensor(kernels), axis=-1, keepdims=True), x[blurred:]])


def _kernels(count: int, rng: np.random.Generator) -> np.ndarray:
    """float32 (count, KERNEL_PX, KERNEL_PX), each summing to 1."""
    reach = KERNEL_PX // 2
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    each = (count, 1, 1)
    angle = rng.uniform(0, np.pi, each)
    along = np.abs(rows * np.sin(angle) + columns * np.cos(angle))
    across = np.abs(columns * np.sin(angle) - rows * np.cos(angle))
    radius = rng.uniform(0.3, reach + 0.3, each)
    # A lens blurs about two thirds as far as a movement before a digit is lost.
    moved = rng.random(each) < 0.5
    line = np.clip(radius + 0.5 - along, 0, 1) * np.clip(1 - across, 0, 1)
    disc = np.clip(0.7 * radius + 0.5 - np.hypot(rows, columns), 0, 1)
    kernels = np.where(moved, line, disc)
    return (kernels / kernels.sum(axis=(1, 2), keepdims=True)).astype(np.float32)


def _tone(x: keras.KerasTensor, chance: _Chance) -> keras.KerasTensor:
    """Ink that is faint, paper that is not black, and a curve between them."""
    curve = np.exp(chance.on() * chance.uniform(-0.7, 0.7))
    ink = 1 - chance.on(0.5) * chance.uniform(0, 0.85)
    paper = chance.on() * chance.uniform(0, 0.8)
    return _tensor(paper) + _tensor((1 - paper) * ink) * ops.power(ops.clip(x, 0, 1) + 1e-6, _tensor(curve))


def _light(chance: _Chance) -> keras.KerasTensor:
    """Light and shadow over ink and paper: clouds, and the edge of a shadow, soft or hard."""
    clouds = chance.rng.standard_normal((chance.count, 4, 4, 1)).astype(np.float32)
    clouds = ops.image.resize(clouds, (GLYPH_SIZE_PX, GLYPH_SIZE_PX), interpolation="bilinear")
    softness = np.exp(chance.uniform(-4.5, -1))
    edge = np.tanh((_across(chance) - chance.uniform(-0.45, 0.45)) / softness)
    clouds = clouds * _tensor(chance.on() * chance.uniform(0, 0.35))
    return clouds + _tensor(0.5 * chance.on() * chance.uniform(-0.7, 0.7) * (1 + edge))


def _stripes(chance: _Chance) -> keras.KerasTensor:
    """Ruled lines, squared cloth, blinds: a grating, darker or lighter than what is below."""
    waves = chance.uniform(0.5, FARTHEST_WAVES)
    phase = chance.uniform(0, 2 * np.pi)
    wave = np.cos(2 * np.pi * waves * _across(chance) + phase)
    share = chance.uniform(-0.5, 0.95)
    hard = np.clip(0.5 + (wave - share) * 14 / waves, 0, 1)
    return _tensor(chance.on() * chance.uniform(-0.65, 0.65) * hard)


def _line(x: keras.KerasTensor, chance: _Chance) -> keras.KerasTensor:
    """One straight line across: ruled, struck through or scratched, as dark as ink or less."""
    off = np.abs(_across(chance) - chance.uniform(-0.45, 0.45)) * GLYPH_SIZE_PX
    drawn = np.clip(chance.uniform(0.3, 1.2) + 0.5 - off, 0, 1)
    return ops.maximum(x, chance.on() * chance.uniform(0.15, 1) * drawn)


def _cover(x: keras.KerasTensor, chance: _Chance) -> keras.KerasTensor:
    """Something laid over a corner, an edge or the middle: paper, ink or grey."""
    half_height, half_width = chance.uniform(0.04, 0.2), chance.uniform(0.04, 0.2)
    above, left = chance.uniform(-0.4, 0.4), chance.uniform(-0.4, 0.4)
    inside = (np.abs(_ROWS - above) < half_height) & (np.abs(_COLUMNS - left) < half_width)
    shade = chance.uniform(0, 1) * (chance.rng.random((chance.count, 1, 1, 1)) < 0.5)
    covered = chance.on() * inside
    return x + _tensor(covered) * (_tensor(shade) - x)


def _specks(x: keras.KerasTensor, chance: _Chance) -> keras.KerasTensor:
    """Single pixels, or blots of two by two, that turned to ink or to paper."""
    fine = chance.pixels()
    coarse = np.repeat(np.repeat(chance.pixels()[:, ::2, ::2], 2, axis=1), 2, axis=2)
    dice = np.where(chance.rng.random((chance.count, 1, 1, 1)) < 0.5, fine, coarse)
    ink, paper = (chance.on() * chance.uniform(0, 0.16) for _ in range(2))
    x = ops.where(ops.convert_to_tensor(dice < ink), 1.0, x)
    return ops.where(ops.convert_to_tensor(dice > 1 - paper), 0.0, x)


def _noise(x: keras.KerasTensor, chance: _Chance) -> keras.KerasTensor:
    """Of the sensor: the same everywhere, or growing with the light."""
    normal = chance.rng.standard_normal((chance.count, GLYPH_SIZE_PX, GLYPH_SIZE_PX, 1), np.float32)
    even = chance.on() * chance.uniform(0, 0.25)
    shot = chance.on() * chance.uniform(0, 0.4)
    return _tensor(normal) * (_tensor(even) + _tensor(shot) * ops.sqrt(ops.clip(x, 0, 1)))
