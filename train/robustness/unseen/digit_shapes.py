"""Which shapes are a digit's."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.glyph import Ink
from train.robustness.unseen.glyphs import WIDEST_ASPECT

STROKE_ELONGATION = 2.5
"""Ink whose standard deviation along its principal axis is this many times that across it is a single stroke."""
LEAST_ASPECT = 1.2
"""A stem on a foot, which may be a 1, is not this many times wider than high."""
LEAST_DEPTH = 0.6
"""Where the centre of mass of a ∪, L or ⌟ is, in heights of its box from the top; that of a digit is near a half."""


def could_be_digit(ink: Ink) -> bool:
    """Whether a piece of a digit has a shape that some digit has; see `from_digits.quarter_digits`."""
    x, y, width, height = cv2.boundingRect(ink)
    trimmed = ink[y : y + height, x : x + width]
    if not LEAST_ASPECT * height <= width <= WIDEST_ASPECT * height:
        return True
    if papers_enclosed(trimmed, faintest=32, least_px=1) > 0:
        return True
    moments = cv2.moments(trimmed)
    return (moments["m01"] / moments["m00"] + 0.5) / height < LEAST_DEPTH


def papers_enclosed(ink: Ink, faintest: int, least_px: int) -> int:
    """How many pieces of paper, each of `least_px` or more, are enclosed by ink of more than `faintest`."""
    framed = cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    paper = (framed <= faintest).astype(np.uint8)
    sizes = cv2.connectedComponentsWithStats(paper, connectivity=4)[2][:, cv2.CC_STAT_AREA]
    # The first is the ink, another the paper all around.
    return int((sizes[1:] >= least_px).sum()) - 1


def most_covered(first: Ink, second: Ink) -> float:
    """The share of one's ink on or right beside the other's, of whichever is covered more."""
    near = np.ones((3, 3), np.uint8)
    shares = [
        (cv2.dilate(over, near)[under > 127] > 127).mean()
        for under, over in ((first, second), (second, first))
        if (under > 127).any()
    ]
    return float(max(shares, default=1.0))


def is_stroke(ink: Ink) -> bool:
    """Whether `ink` is one straight stroke, as a 1 is."""
    along, across = np.sqrt(np.linalg.eigvalsh(_spread(ink))[::-1])
    return bool(along > STROKE_ELONGATION * across)


def _spread(ink: Ink) -> NDArray[np.float64]:
    """float64 (2, 2): the covariance of where the ink is, in px²; a pixel counts as wide as it is."""
    moments = cv2.moments(ink)
    xx, xy, yy = (moments[name] / max(moments["m00"], 1) for name in ("mu20", "mu11", "mu02"))
    return np.array([[xx + 1 / 12, xy], [xy, yy + 1 / 12]])
