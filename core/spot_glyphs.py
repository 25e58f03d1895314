"""A place in a frame → the glyph of the ink there, for a classifier to look at what a spotter found.

Unlike `core.ink`, which must find ink in a whole frame, this knows where a digit is and how large: paper and ink are
told apart by the few hundred pixels around it, and of the strokes those count that lie in its middle.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Luma
from core.glyph import GLYPH_SIZE_PX, normalise

WORK_SIDE_PX = 36
"""Longer side of what is looked at of a place: enough for the 20 pixels of a glyph, little to compute."""
MARGIN_SHARE = 0.08
"""Of the longer side: paper to be seen around the ink, and what the box is off."""
PAPER_SHARE, INK_SHARE = 0.75, 0.04
"""Of the pixels, by brightness: three quarters are darker than the paper is taken to be, though ink takes a third at
most; the darkest twenty-fifth is full ink."""
LEAST_CONTRAST = 8.0
"""Of 255, between the two. Less is noise, which is not to be stretched to ink."""
FAINTEST, FULL = 0.2, 0.9
"""Shares of the contrast: less is paper, more is full ink."""
STROKE = 90
"""Of 255, from which ink is a stroke, to tell connected strokes apart."""
MIDDLE_X, MIDDLE_Y = 0.22, 0.15
"""Shares of the sides that are no middle. A neighbour reaches in from the left or right rather than from above."""
OWN_SHARE = 0.35
"""Of connected strokes, in the middle, from which they are the digit's; less are a neighbour's, or a line's."""
LEAST_STROKE_PX = 6
"""Pixels of connected strokes; fewer are grain."""


def glyphs_at(luma: Luma, boxes: NDArray[np.float32]) -> NDArray[np.uint8]:
    """uint8 (N, 28, 28), ink 255 on paper 0: what is at each of `boxes`, (N, 4) in px of `luma`, uint8 (H, W)."""
    glyphs = np.empty((len(boxes), GLYPH_SIZE_PX, GLYPH_SIZE_PX), np.uint8)
    for place, box in enumerate(boxes.tolist()):
        glyphs[place] = normalise(_own_strokes(_ink(_crop(luma, *box))))
    return glyphs


def _crop(luma: Luma, x: float, y: float, width: float, height: float) -> Luma:
    """The place with its margin, as far as it is in the frame, at most WORK_SIDE_PX high and wide."""
    margin = MARGIN_SHARE * max(width, height)
    frame_height, frame_width = luma.shape
    left, top = min(max(int(x - margin), 0), frame_width - 1), min(max(int(y - margin), 0), frame_height - 1)
    right, bottom = max(int(x + width + margin + 1), left + 1), max(int(y + height + margin + 1), top + 1)
    crop = _divided(luma[top:bottom, left:right])
    scale = WORK_SIDE_PX / max(crop.shape)
    size = max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale))
    return np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _divided(crop: Luma) -> Luma:
    """`crop` with its sides divided by the largest whole number that leaves WORK_SIDE_PX: means of whole pixels are
    quick, and what is left to shrink is too little to leave out strokes."""
    factor = min(max(crop.shape) // WORK_SIDE_PX, *crop.shape)
    if factor < 2:
        return crop
    size = crop.shape[1] // factor, crop.shape[0] // factor
    whole = crop[: size[1] * factor, : size[0] * factor]
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.uint8)


def _ink(crop: Luma) -> NDArray[np.uint8]:
    """uint8, as `crop`: how much ink is on each pixel, 0 to 255, be it darker or lighter than the paper."""
    ordered = np.sort(crop, axis=None)
    last = len(ordered) - 1
    darkest, middle, lightest = (float(ordered[round(share * last)]) for share in (INK_SHARE, 0.55, 1 - INK_SHARE))
    if middle - darkest >= lightest - middle:
        paper, full = float(ordered[round(PAPER_SHARE * last)]), darkest
    else:
        paper, full = float(ordered[round((1 - PAPER_SHARE) * last)]), lightest
    contrast = max(LEAST_CONTRAST, abs(full - paper))
    share = (paper - _LEVELS) / (contrast if full < paper else -contrast)
    table = np.clip((share - FAINTEST) * (255 / (FULL - FAINTEST)), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(crop, table), np.uint8)


def _own_strokes(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`ink` without the strokes that belong to something beside it; all of it, if none is in the middle."""
    strokes = cv2.compare(ink, STROKE, cv2.CMP_GE)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    if count <= 2:
        return ink
    height, width = ink.shape
    x, y = int(MIDDLE_X * width), int(MIDDLE_Y * height)
    inside = np.bincount(labels[y : height - y, x : width - x].ravel(), minlength=count)
    areas = stats[:, cv2.CC_STAT_AREA]
    own = (inside >= OWN_SHARE * areas) & (areas >= LEAST_STROKE_PX)
    own[0] = False  # the paper
    if not own.any():
        return ink
    # One pixel more than the strokes, for their soft edges.
    mask = cv2.dilate(own[labels].view(np.uint8), _EDGE)
    return cv2.multiply(ink, mask)


_EDGE = np.ones((3, 3), np.uint8)
_LEVELS = np.arange(256, dtype=np.float32)
