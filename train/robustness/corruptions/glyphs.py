"""Glyphs, and what is done to each of them by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Glyphs = NDArray[np.uint8]
"""uint8 (N, 28, 28), ink 255 on paper 0."""
Field = NDArray[np.float32]
"""float32 that broadcasts against (N, 28, 28)."""


def column(values: NDArray) -> Field:
    """float32 (N, 1, 1) of (N,)."""
    return values.astype(np.float32)[:, None, None]


def grey(levels: NDArray) -> Glyphs:
    """uint8: `levels` to the nearest that a pixel can have."""
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def each(change: Callable[..., Glyphs], pixels: Glyphs, *settings: Sequence) -> Glyphs:
    """`change` of each glyph with its own settings."""
    changed = np.empty(pixels.shape, np.uint8)
    for place, glyph, *own in zip(changed, pixels, *settings, strict=True):
        place[:] = change(glyph, *own)
    return changed
