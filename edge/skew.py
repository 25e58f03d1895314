"""The skew of a page, from nothing but the boxes of its digits: afterwards lines run level.

Neighbours in a number are closer than lines are, so close pairs show the direction of the lines, as in the docstrum of
O'Gorman (1993).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

REACH = 2.6
"""From middle to middle, in sizes: digits further apart are no neighbours. Boxes of a form are up to two apart."""
MOST_SKEW_DEG = 46.0
"""Further askew, lines cannot be told from columns."""
VOTE_REACH = 1.0
"""In sizes: a pair this far apart has 0.6 of a vote on the direction, twice as far 0.14. Neighbours in a number are
about 0.7 apart, lines more than 1.1."""
LEVEL_VOTES = 0.5
"""For a page that is level: two digits obliquely above each other must not turn it, but two that stand close may."""
BIN_DEG = 2
SPREAD_DEG = 6.0
"""Deviation of the direction between neighbours: digits differ in height and do not quite stand on one line."""
KERNEL = np.exp(-0.5 * (np.arange(-12, 13, BIN_DEG) / SPREAD_DEG) ** 2)
USUAL_WIDTH = 0.38
"""Of a digit's width and height together."""
LEAST_WIDTH = 0.3
"""In sizes: a 1 takes more room than its ink."""


class Page(NamedTuple):
    """Digits in coordinates of the lines they stand on, in usual sizes: it does not matter how large the writing is."""

    along: Floats
    """Of each digit's middle, from left to right."""
    down: Floats
    """The same from line to line."""
    width: Floats
    """Of each digit, along the line."""
    size: Floats
    """The longer side of its box, which is about its height, turned or not."""
    left: Indices
    """Of every two digits that are neighbours the one further left,"""
    right: Indices
    """and the other."""
    angle: float
    """Of the lines in the frame, in radians, clockwise."""
    usual_px: float
    """The usual size."""


def straightened(boxes: Floats) -> Page:
    """The page of boxes (N, 4), each x, y, width and height in px; at least one, in ascending order of x."""
    extent = np.maximum(boxes[:, 2:], 1.0)
    size = extent.max(axis=1)
    unit = np.sort(size)[len(size) // 2]
    # Differences and quotients of whole numbers: where the writing is and its scale change no bit of them.
    middle = (boxes[:, :2] - boxes[:, :2].min(axis=0) + extent / 2) / unit
    extent, size = extent / unit, size / unit
    first, second = _window((boxes[:, 0] - boxes[0, 0]) / unit, (REACH + 0.5) * float(size.max()))
    across, below = (middle[second] - middle[first]).T
    larger = np.maximum(size[first], size[second])
    near = np.flatnonzero(across * across + below * below < (REACH * larger) ** 2)
    first, second = first[near], second[near]
    angle = _direction(across[near], below[near], larger[near])
    cos, sin = math.cos(angle), math.sin(angle)
    along = middle[:, 0] * cos + middle[:, 1] * sin
    down = middle[:, 1] * cos - middle[:, 0] * sin
    swapped = along[first] > along[second]
    left, right = np.where(swapped, second, first), np.where(swapped, first, second)
    return Page(along, down, _width(extent, size, cos, abs(sin)), size, left, right, angle, float(unit))


def _window(left: Floats, reach: float) -> tuple[Indices, Indices]:
    """Every two of the ascending edges `left` that are at most `reach` apart: on a full page few of all pairs."""
    place = np.arange(len(left))
    count = np.searchsorted(left, left + reach, "right") - place - 1
    first = np.repeat(place, count)
    return first, np.arange(len(first)) - np.repeat(np.cumsum(count) - count, count) + first + 1


def _direction(across: Floats, below: Floats, size: Floats) -> float:
    """Of most lines, in radians, clockwise: the angle at which most digits see their neighbours."""
    angle = np.degrees(np.arctan2(np.where(across < 0, -below, below), np.abs(across)))
    votes = np.exp(-0.5 * (across * across + below * below) / (VOTE_REACH * size) ** 2)
    votes[np.abs(angle) > MOST_SKEW_DEG] = 0
    most = round(90 / BIN_DEG)
    counts = np.bincount(np.rint(angle / BIN_DEG).astype(np.intp) + most, votes, 2 * most + 1)
    counts[most] += LEVEL_VOTES
    around = (int(np.convolve(counts, KERNEL, "same").argmax()) - most) * BIN_DEG
    agree = np.abs(angle - around) < 1.5 * SPREAD_DEG
    level = LEVEL_VOTES if abs(around) < 1.5 * SPREAD_DEG else 0.0
    return math.radians(float((angle * votes)[agree].sum()) / max(float(votes[agree].sum()) + level, 1e-9))


def _width(extent: Floats, size: Floats, cos: float, sin: float) -> Floats:
    """Of digits whose boxes are `extent` when turned.

    A box tells less of its digit the more that is turned, and at 45 degrees only how large it is.
    """
    known = cos * cos - sin * sin
    guess = USUAL_WIDTH * extent.sum(axis=1) / (cos + sin)
    width = known * (extent[:, 0] * cos - extent[:, 1] * sin) + (1 - known * known) * guess
    return np.maximum(width, LEAST_WIDTH * size)
