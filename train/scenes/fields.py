"""Random fields: the grain, mottle and clouds that surfaces, inks and sensors are made of."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""float32 (H, W)."""
Shape = tuple[int, int]
"""(height, width) in px."""

TILE_PX = 1024
"""White noise is cut from one square of this side, at a random place: a hundred times faster than to draw it anew."""


@cache
def _tile() -> Field:
    tile = np.random.default_rng(0x711E).standard_normal((TILE_PX, TILE_PX), np.float32)
    tile.setflags(write=False)
    return tile


def white(shape: Shape, rng: np.random.Generator) -> Field:
    """Independent values of mean 0 and deviation 1; read-only."""
    height, width = shape
    top, left = int(rng.integers(max(1, TILE_PX - height))), int(rng.integers(max(1, TILE_PX - width)))
    part = _tile()[top : top + height, left : left + width]
    if part.shape != shape:
        part = np.tile(part, (-(-height // part.shape[0]), -(-width // part.shape[1])))[:height, :width]
    flip = rng.integers(4)
    return part[:: -1 if flip & 1 else 1, :: -1 if flip & 2 else 1]


def smooth(shape: Shape, cell_px: float | tuple[float, float], rng: np.random.Generator) -> Field:
    """A field of mean about 0 and deviation about 0.8 that changes within `cell_px`, or (down, across)."""
    down, across = cell_px if isinstance(cell_px, tuple) else (cell_px, cell_px)
    grid = white((max(2, round(shape[0] / down) + 3), max(2, round(shape[1] / across) + 3)), rng)
    # A map by hand, not a resize: cells must not depend on how well they fit the frame.
    phase = rng.random(2)
    scale = np.array([[1 / max(across, 1e-3), 0, phase[0] + 0.5], [0, 1 / max(down, 1e-3), phase[1] + 0.5]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    size = shape[1], shape[0]
    return cv2.warpAffine(np.ascontiguousarray(grid), scale, size, flags=flags, borderMode=cv2.BORDER_REFLECT)


def octaves(shape: Shape, cell_px: float, rng: np.random.Generator, count: int = 4, gain: float = 0.55) -> Field:
    """Clouds: `count` smooth fields, each half as coarse as the last and `gain` times as strong; deviation about 1."""
    # The coarse ones are made small and enlarged: nobody can tell, and they cost a sixteenth.
    total = np.zeros(shape, np.float32)
    weight, power = 1.0, 0.0
    for octave in range(count):
        cell = cell_px / 2**octave
        if cell < 1:
            break
        if cell >= 16:
            small = smooth((shape[0] // 4 + 1, shape[1] // 4 + 1), cell / 4, rng)
            layer = cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
        else:
            layer = smooth(shape, cell, rng)
        cv2.scaleAdd(layer, weight, total, total)
        power += weight**2
        weight *= gain
    total *= 1.25 / max(power, 1e-6) ** 0.5
    return total


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A number whose order of magnitude is uniform."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def chance(rng: np.random.Generator, share: float) -> bool:
    """True in `share` of the cases."""
    return bool(rng.random() < share)
