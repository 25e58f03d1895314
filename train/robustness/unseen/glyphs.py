"""From a drawing to a glyph."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.glyph import GLYPH_SIZE_PX, Ink, Pixels, normalise
from train.robustness.unseen.drawing import rotation

Glyphs = NDArray[np.uint8]
"""uint8 (N, 28, 28): ink 255 on paper 0."""

Draw = Callable[[np.random.Generator], Ink]
"""One picture, uint8 (H, W), ink 255 on paper 0."""

ROTATION_DEG = 10.0
SHEAR = 0.3
LOG_SCALE = 0.2
"""Each axis is scaled by exp of up to this, independently."""
WARPED_PX = 176
"""Holds the page after any of these."""
SOFT_SHARE = 0.5
SOFTEST_SIGMA_PX = 2.5
"""Half a pixel of the final glyph: a lens slightly out of focus."""
FAINTEST_INK = 24
"""Less is paper: the halo of a blur must not count towards the size of the ink."""

WIDEST_ASPECT = 2.2
"""Nothing wider than this times its height reaches the classifier; what is, is squeezed."""


def drawn(draw: Draw) -> Callable[[int, np.random.Generator], Glyphs]:
    """A maker of what `draw` draws, in any hand, normalised."""
    return lambda count, rng: stacked([normalised(_in_some_hand(draw(rng), rng)) for _ in range(count)])


def raw(draw: Draw) -> Callable[[int, np.random.Generator], Glyphs]:
    """A maker of what `draw` draws, as it is."""
    return lambda count, rng: stacked([draw(rng) for _ in range(count)])


def stacked(pictures: Sequence[Pixels]) -> Glyphs:
    """uint8 (N, 28, 28) of N `pictures`, which may be 0."""
    return np.stack(pictures) if pictures else np.zeros((0, GLYPH_SIZE_PX, GLYPH_SIZE_PX), np.uint8)


def _in_some_hand(page: Ink, rng: np.random.Generator) -> Ink:
    """`page`, slanted, scaled and blurred at random."""
    height, width = page.shape
    angle = np.deg2rad(rng.uniform(-ROTATION_DEG, ROTATION_DEG))
    scale = np.diag(np.exp(rng.uniform(-LOG_SCALE, LOG_SCALE, 2)))
    shear = np.array([[1, rng.uniform(-SHEAR, SHEAR)], [0, 1]])
    turn = rotation(angle) @ shear @ scale
    move = WARPED_PX / 2 - turn @ np.array([width / 2, height / 2])
    warped = cv2.warpAffine(page, np.column_stack([turn, move]), (WARPED_PX, WARPED_PX))
    if rng.random() < SOFT_SHARE:
        warped = cv2.GaussianBlur(warped, (0, 0), rng.uniform(0.3, SOFTEST_SIGMA_PX))
    return warped


def normalised(ink: Ink) -> Pixels:
    """The glyph of `ink`, squeezed first if it is wider than the edge would take."""
    _, ink = cv2.threshold(ink, FAINTEST_INK, 0, cv2.THRESH_TOZERO)
    x, y, width, height = cv2.boundingRect(ink)
    ink = ink[y : y + height, x : x + width]
    if width > WIDEST_ASPECT * height:
        ink = cv2.resize(ink, (round(WIDEST_ASPECT * height), height), interpolation=cv2.INTER_AREA)
    return normalise(ink)
