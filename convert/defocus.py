"""What glyphs become that a camera sees out of focus: photographed, blurred, and found again as the edge finds ink."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.glyph import INK_SIZE_PX, normalise
from core.ink import isolate

MAGNIFICATION = 3
"""Of the page: a digit becomes 60 px high, an eighth of a 640×480 frame."""

PAPER, INK = 225, 40
"""Of 255: white paper and a black pen in good light."""


def defocused(pixels: NDArray[np.uint8], sigma_px: float) -> NDArray[np.uint8]:
    """uint8 (N, 28, 28): glyphs, uint8 (N, 28, 28), seen through a Gaussian blur of `sigma_px` pixels of the glyph.

    Finding the ink cuts soft edges off, so a glyph from a blurred page is less soft than a blurred glyph.
    """
    return np.stack([_seen(glyph, sigma_px) for glyph in pixels])


def _seen(glyph: NDArray[np.uint8], sigma_px: float) -> NDArray[np.uint8]:
    ink = cv2.resize(glyph, None, fx=MAGNIFICATION, fy=MAGNIFICATION, interpolation=cv2.INTER_CUBIC)
    margin = MAGNIFICATION * INK_SIZE_PX // 2
    ink = cv2.copyMakeBorder(ink, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    ink = cv2.GaussianBlur(ink, (0, 0), MAGNIFICATION * sigma_px)
    luma = np.rint(PAPER - ink * ((PAPER - INK) / 255)).astype(np.uint8)
    return normalise(isolate(luma, "dark_on_light"))
