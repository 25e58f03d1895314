"""Ink to glyph: THE normalisation. Training and serving both call it, so both see the same pixels.

The contract (version 1) is MNIST's own (LeCun, Cortes and Burges, 1998): the ink is scaled, keeping its aspect, to
fit a 20×20 box, anti-aliased, and its centre of mass is put at the centre of a 28×28 picture, ink 255 on paper 0.
MNIST's own images come out (nearly) as they went in.

Two things are added for ink that MNIST never had. Strokes thinner than any in MNIST (a one pixel line on a large
canvas, a fine pencil on a large page) are thickened first, since shrinking them would leave only a shadow. And the
darkest ink is stretched to 255, so faint pencil and black marker give the same glyph.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

CONTRACT_VERSION = 1
"""Goes into every model's manifest. A model trained under another version is refused."""

GLYPH_SIZE_PX = 28
INK_SIZE_PX = 20

WORK_SIZE_PX = 80
"""Larger ink is first shrunk to this, four times the final size: enough for anti-aliasing, and it bounds the work."""

THIN_STROKE_PX = 1.6
"""Strokes thinner than this in the final 20×20 box are thickened. MNIST's own run from about 1.6 (1st percentile) to
5."""

Ink = NDArray[np.uint8]
"""uint8 (H, W): ink 255 on paper 0, anti-aliased."""

Pixels = NDArray[np.uint8]
"""uint8 (28, 28): ink 255 on paper 0, as the network takes it."""


def normalise(ink: Ink) -> Pixels:
    """The 28×28 glyph of `ink`, uint8 (H, W) of any size; all zeros if there is none."""
    ink = _trim(ink)
    if ink.size == 0:
        return np.zeros((GLYPH_SIZE_PX, GLYPH_SIZE_PX), np.uint8)
    ink = _thicken(_shrink(_stretch(ink)))
    height, width = ink.shape
    scale = INK_SIZE_PX / max(height, width)
    small_width, small_height = max(1, round(width * scale)), max(1, round(height * scale))
    shrinking = scale < 1
    small = cv2.resize(
        ink, (small_width, small_height), interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    )
    return _centre(_stretch(small))


def _trim(ink: Ink) -> Ink:
    x, y, width, height = cv2.boundingRect(ink)
    return ink[y : y + height, x : x + width]


def _shrink(ink: Ink) -> Ink:
    longest = max(ink.shape)
    if longest <= WORK_SIZE_PX:
        return ink
    scale = WORK_SIZE_PX / longest
    size = max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale))
    return _stretch(cv2.resize(ink, size, interpolation=cv2.INTER_AREA))


def stroke_width_px(ink: Ink) -> float:
    """The mean width of the strokes in pixels of `ink`: over a ribbon of width w the distance to its edge averages w
    / 4."""
    framed = cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    _, solid = cv2.threshold(framed, 127, 255, cv2.THRESH_BINARY)
    drawn = cv2.countNonZero(solid)
    if drawn == 0:
        return 0.0
    distances = cv2.distanceTransform(solid, cv2.DIST_L2, 3)
    # The transform counts from pixel centres, so half a pixel is missing on each side.
    return max(1.0, 4 * (float(cv2.sumElems(distances)[0]) / drawn - 0.5))


def _thicken(ink: Ink) -> Ink:
    thin_px = THIN_STROKE_PX * max(ink.shape) / INK_SIZE_PX
    missing_px = thin_px - stroke_width_px(ink)
    radius = round(missing_px / 2)
    if radius < 1:
        return ink
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    framed = cv2.copyMakeBorder(ink, radius, radius, radius, radius, cv2.BORDER_CONSTANT, value=0)
    return cv2.dilate(framed, kernel)


def _stretch(ink: Ink) -> Ink:
    darkest = int(ink.max())
    return ink if darkest in (0, 255) else cv2.convertScaleAbs(ink, alpha=255 / darkest)


def _centre(small: Ink) -> Pixels:
    """`small`, at most 20×20, on 28×28 with its centre of mass at the centre, moved by whole pixels as MNIST was."""
    moments = cv2.moments(small)
    height, width = small.shape
    centre_x, centre_y = moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
    left = min(max(round(GLYPH_SIZE_PX / 2 - centre_x), 0), GLYPH_SIZE_PX - width)
    top = min(max(round(GLYPH_SIZE_PX / 2 - centre_y), 0), GLYPH_SIZE_PX - height)
    glyph = np.zeros((GLYPH_SIZE_PX, GLYPH_SIZE_PX), np.uint8)
    glyph[top : top + height, left : left + width] = small
    return glyph
