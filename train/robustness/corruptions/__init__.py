"""Corruptions of glyphs, for measuring how a classifier bears what light, camera, paper and pen do to a digit.

Never for training: a figure on these says something only as long as no network has practised on them, so nothing here
shares code with train/augment.py. Kinds and ranges are this project's own. The ranges were chosen by looking at
digits of MNIST's training split, enlarged: from clearly disturbed to the worst that a person still reads. No network
had a say, or the suite would be fitted to that network.

Where light matters, a glyph is taken for what it is a picture of: white paper that reflects all light and ink that
reflects none, seen as 255 minus luma. So less light makes paper greyer, and what is printed swallows a share of it.

Every range is (mild end, severe end) or (least, most) of what a glyph draws, each glyph for itself.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np

from core.errors import UsageError
from train.robustness.corruptions import blur, compression, geometry, light, noise, paper, pen
from train.robustness.corruptions.glyphs import Glyphs

Corruption = Callable[[Glyphs, np.random.Generator], Glyphs]
"""MUST leave its input as it is and return as many glyphs, in the same order; MUST draw only from the generator."""

KINDS: dict[str, Corruption] = {
    kind.__name__: kind
    for kind in (
        noise.shot_noise,
        noise.gaussian_noise,
        noise.impulse_noise,
        blur.motion_blur,
        blur.defocus_blur,
        blur.low_resolution,
        compression.jpeg,
        light.low_contrast,
        light.brightness,
        light.uneven_light,
        light.stripes,
        paper.paper_texture,
        paper.ruled_lines,
        paper.bleed_through,
        paper.specks,
        paper.occlusion,
        paper.neighbour,
        pen.thin_strokes,
        pen.thick_strokes,
        pen.skipping_pen,
        geometry.rotation,
        geometry.slant,
        geometry.scale,
        geometry.shift,
        geometry.perspective,
    )
}
"""Name → corruption: sensor, optics and transmission; light; paper; pen; place."""


def corrupted(pixels: Glyphs, kind: str, seed: int) -> Glyphs:
    """uint8 (N, 28, 28): `pixels`, each corrupted in the one way of `kind` at a severity of its own.

    The same pixels, kind and seed give the same glyphs, with the same release of OpenCV; kinds draw independently of
    each other and of their order. Some kinds take a second glyph from `pixels`, so what one becomes depends on all.
    Raises UsageError for a kind that KINDS does not have.
    """
    if kind not in KINDS:
        raise UsageError(f"corruption: {kind!r} is none; choose one of {', '.join(KINDS)}")
    return KINDS[kind](pixels, np.random.default_rng([seed, zlib.crc32(kind.encode())]))
