"""What a sensor adds."""

from __future__ import annotations

import numpy as np

from train.robustness.corruptions.draws import Range, drawn, drawn_log
from train.robustness.corruptions.glyphs import Glyphs, grey

READ_NOISE_SIGMA: Range = (30.0, 75.0)
"""Grey levels of 255."""
PHOTONS_AT_WHITE: Range = (25.0, 4.0)
"""Photons counted at a pixel of white paper: the fewer, the noisier."""
IMPULSE_SHARE: Range = (0.05, 0.20)
"""Share of the pixels that are stuck, half of them at 0 and half at 255."""


def gaussian_noise(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """The read noise of an amplifier turned up in the dark: alike at all levels."""
    noise = rng.standard_normal(pixels.shape, np.float32)
    return grey(pixels + drawn(READ_NOISE_SIGMA, pixels, rng) * noise)


def shot_noise(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """The Poisson noise of few photons: most on bright paper, none on black ink."""
    photons = drawn_log(PHOTONS_AT_WHITE, pixels, rng)
    counted = rng.poisson((255 - pixels) * (photons / 255))
    return grey(255 - counted * (255 / photons))


def impulse_noise(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """Pixels stuck at black or white, as by a faulty sensor or a faulty line."""
    draw = rng.random(pixels.shape, np.float32)
    share = drawn(IMPULSE_SHARE, pixels, rng)
    stuck = np.where(draw < share / 2, np.uint8(0), np.uint8(255))
    return np.where(draw < share, stuck, pixels)
