"""Augmentation, a whole batch at a time, in Keras ops. NumPy draws the random numbers: a batch follows from its seed.

Geometry: rotation, shear, scale and shift, as one affine resampling. Pens: strokes made thicker, thinner or softer, as
other pens, papers and lenses would. Photometry: fainter ink, noise.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from core.glyph import GLYPH_SIZE_PX

ROTATION_DEG = 14.0
SHEAR = 0.25
LOG_SCALE = 0.16
"""Each axis is scaled by exp of up to this, independently: digits differ in aspect as well as in size."""
SHIFT_PX = 1.8
"""The glyph contract centres every glyph, so shifts stay small."""

PEN_SHARE = 0.4
"""Share of the glyphs whose strokes are changed; the rest keep MNIST's."""
FAINT_SHARE = 0.3
NOISE_SHARE = 0.2
NOISE_SIGMA = 24.0


def affine(count: int, rng: np.random.Generator) -> np.ndarray:
    """float32 (count, 8): output-to-input transforms about the centre, for `keras.ops.image.affine_transform`."""
    angle = np.deg2rad(rng.uniform(-ROTATION_DEG, ROTATION_DEG, count))
    shear = rng.uniform(-SHEAR, SHEAR, count)
    scale_x, scale_y = np.exp(rng.uniform(-LOG_SCALE, LOG_SCALE, (2, count)))
    cos, sin = np.cos(angle), np.sin(angle)
    a, b = cos / scale_x, (shear * cos - sin) / scale_x
    c, d = sin / scale_y, (shear * sin + cos) / scale_y
    shift_x, shift_y = rng.uniform(-SHIFT_PX, SHIFT_PX, (2, count))
    middle = (GLYPH_SIZE_PX - 1) / 2
    move_x = middle - a * middle - b * middle - shift_x
    move_y = middle - c * middle - d * middle - shift_y
    zero = np.zeros(count)
    return np.stack([a, b, move_x, c, d, move_y, zero, zero], axis=1).astype(np.float32)


def augment(glyphs: np.ndarray, rng: np.random.Generator) -> keras.KerasTensor:
    """float32 (N, 28, 28, 1), 0 to 255: `glyphs`, the same shape, each changed at random."""
    count = len(glyphs)
    x = ops.convert_to_tensor(glyphs)
    x = ops.image.affine_transform(x, affine(count, rng), interpolation="bilinear", fill_mode="constant", fill_value=0)
    x = _pens(x, rng)
    each = (count, 1, 1, 1)
    faintness = np.where(rng.random(each) < FAINT_SHARE, rng.uniform(0.5, 1.0, each), 1.0).astype(np.float32)
    sigma = np.where(rng.random(each) < NOISE_SHARE, rng.uniform(0, NOISE_SIGMA, each), 0.0).astype(np.float32)
    noise = sigma * rng.standard_normal(glyphs.shape, np.float32)
    return ops.clip(x * faintness + noise, 0, 255)


def _pens(x: keras.KerasTensor, rng: np.random.Generator) -> keras.KerasTensor:
    """`x` with a share of its glyphs moved part of the way towards a thicker, thinner or softer stroke.

    Batches come in random order, so the first glyphs serve as well as any others, and pooling only them saves time.
    """
    third = round(len(x) * PEN_SHARE / 3)
    amount = rng.random((3, third, 1, 1, 1), np.float32)
    for_thick, for_thin, for_soft = x[:third], x[third : 2 * third], x[2 * third : 3 * third]
    thicker = ops.max_pool(for_thick, 3, 1, "same")
    # Full erosion would break thin strokes, so a thinner pen goes half as far.
    thinner = -ops.max_pool(-for_thin, 3, 1, "same")
    softer = ops.average_pool(for_soft, 3, 1, "same")
    return ops.concatenate(
        [
            for_thick + amount[0] * (thicker - for_thick),
            for_thin + 0.5 * amount[1] * (thinner - for_thin),
            for_soft + amount[2] * (softer - for_soft),
            x[3 * third :],
        ]
    )
