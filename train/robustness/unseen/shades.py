"""Shades: light and shadow that were taken for ink."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.glyph import GLYPH_SIZE_PX, Pixels

Shade = NDArray[np.float64]
"""float64 (28, 28), of any range."""


def gradient(rng: np.random.Generator) -> Pixels:
    """A smooth shade over the whole glyph, as where a shadow was taken for ink; with a camera's slight noise.

    Each is far wider than a stroke, and none closes a ring, so that no blurred 1 or 0 is among them.
    """
    y, x = np.mgrid[-1 : 1 : GLYPH_SIZE_PX * 1j, -1 : 1 : GLYPH_SIZE_PX * 1j]
    shade = (_ramp, _penumbra, _vignette, _two_ramps)[rng.integers(4)](x, y, rng)
    low, high = shade.min(), shade.max()
    faintest, darkest = rng.uniform(0, 60), rng.uniform(100, 255)
    shade = faintest + (darkest - faintest) * (shade - low) / (high - low)
    noise = rng.uniform(0, 6) * rng.standard_normal(shade.shape)
    return np.clip(np.rint(shade + noise), 0, 255).astype(np.uint8)


def _ramp(x: Shade, y: Shade, rng: np.random.Generator) -> Shade:
    angle = rng.uniform(0, 2 * np.pi)
    return np.asarray(x * np.cos(angle) + y * np.sin(angle))


def _penumbra(x: Shade, y: Shade, rng: np.random.Generator) -> Shade:
    """The soft edge of a shadow, straight or slightly bent."""
    across, along = _ramp(x, y, rng), rng.uniform(-0.4, 0.4) * (x**2 + y**2)
    return np.asarray(1 / (1 + np.exp(-(across + along + rng.uniform(-0.4, 0.4)) * rng.uniform(3, 12))))


def _vignette(x: Shade, y: Shade, rng: np.random.Generator) -> Shade:
    """Darker away from a point, or towards it."""
    right, down = rng.uniform(-0.8, 0.8, 2)
    distance = np.hypot(x - right, (y - down) * rng.uniform(0.8, 1.25))
    return np.asarray(distance ** rng.uniform(1, 3) * rng.choice([-1, 1]))


def _two_ramps(x: Shade, y: Shade, rng: np.random.Generator) -> Shade:
    """Two shadows over each other."""
    return np.asarray(np.maximum(_ramp(x, y, rng), _ramp(x, y, rng)))
