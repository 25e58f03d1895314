"""What becomes of a batch of crops before a network sees them: other light, other ink, other places, something before
them. Scenes are drawn with all of that already; this makes of each crop many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.crops import CROP_SIZE_PX

SHIFT_PX = 2
"""At most, each way: a spotter's boxes are off by as much."""
FLIPPED_SHARE = 0.5
"""Of the crops: dark on light becomes light on dark."""
TONE = 0.4
"""Natural logarithm of the exponent, at most, either way: thin strokes become faint or bold."""
COVERED_SHARE = 0.15
MOST_COVERED_PX = 9
"""Sides of what is put before a crop (DeVries and Taylor, "Cutout", 2017)."""


def augment(crops: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    """float32 (N, 28, 28), 0 to 255: `crops`, uint8 of the same shape, each changed at random."""
    count = len(crops)
    shifted = _shifted(crops, rng.integers(-SHIFT_PX, SHIFT_PX + 1, (2, count)))
    levels = np.arange(256, dtype=np.float32) / 255
    # By a table for each crop: 256 powers instead of 784.
    tables = 255 * levels ** np.exp(rng.uniform(-TONE, TONE, (count, 1))).astype(np.float32)
    flipped = rng.random(count) < FLIPPED_SHARE
    tables[flipped] = 255 - tables[flipped]
    toned = np.take_along_axis(tables, shifted.reshape(count, -1).astype(np.intp), axis=1)
    return _covered(toned.reshape(crops.shape), rng)


def _shifted(crops: NDArray[np.uint8], by: NDArray[np.int64]) -> NDArray[np.uint8]:
    """`crops`, each moved `by`, (2, N): down and right; its last pixels are repeated."""
    places = np.arange(CROP_SIZE_PX)
    rows, columns = (np.clip(places - one[:, None], 0, CROP_SIZE_PX - 1) for one in by)
    return crops[np.arange(len(crops))[:, None, None], rows[:, :, None], columns[:, None, :]]


def _covered(crops: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """`crops`, some of them with a rectangle of one brightness before them."""
    for place in np.flatnonzero(rng.random(len(crops)) < COVERED_SHARE):
        height, width = rng.integers(2, MOST_COVERED_PX + 1, 2)
        y, x = rng.integers(0, CROP_SIZE_PX, 2)
        crops[place, y : y + height, x : x + width] = rng.uniform(0, 255)
    return crops
