"""In which order a pen lays the ink of a number, found from the ink alone."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Box
from train.scenes.fields import Field
from train.scenes.pens import thinned
from train.scenes.view import Points

PAUSE_PX = 0.35
"""Way of the pen between two digits, in heights: it takes time as writing does."""


def order(covers: Sequence[tuple[Box, Field]], area: Box) -> tuple[Field, NDArray[np.float64], Points]:
    """(float32 (H, W) of `area`: when the pen is there, 0 to 1; times (N,) and places (N, 2) of its way on the sheet).

    `covers` are the digits, one after the other: the ink of each and the box that it fills.
    """
    middles, times = np.zeros((0, 2)), np.zeros(0)
    for box, cover in covers:
        solid = (cover > 0.5 * float(cover.max())).astype(np.uint8)
        way = _walked(thinned(solid)) + np.array([box.x, box.y])
        steps = np.hypot(*np.diff(way, axis=0).T) if len(way) > 1 else np.zeros(0)
        begun = times[-1] + PAUSE_PX * box.height if len(times) else 0.0
        times = np.concatenate([times, begun + np.concatenate([[0.0], np.cumsum(steps)])])
        middles = np.vstack([middles, way])
    times /= max(float(times[-1]), 1.0)
    seeds = np.full((area.height, area.width), 255, np.uint8)
    when = np.zeros((area.height, area.width), np.float32)
    inside = middles.astype(int) - (area.x, area.y)
    seeds[inside[:, 1], inside[:, 0]] = 0
    when[inside[::-1, 1], inside[::-1, 0]] = times[::-1]
    _, nearest = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    of_label = np.zeros(int(nearest.max()) + 1, np.float32)
    of_label[nearest[seeds == 0]] = when[seeds == 0]
    return of_label[nearest], times, middles


def _walked(line: NDArray[np.uint8]) -> Points:
    """(N, 2): the pixels of a line one pixel wide, as a pen might pass them: from an upper end on, straight ahead where
    lines cross, and where one ends from the nearest that is left."""
    rows, columns = np.nonzero(line)
    left = set(zip(columns.tolist(), rows.tolist(), strict=True))
    framed = cv2.copyMakeBorder(line, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    beside = cv2.filter2D(framed, cv2.CV_8U, np.ones((3, 3), np.float32))[1:-1, 1:-1] - line
    ends = [(x, y) for x, y in left if beside[y, x] == 1] or list(left)
    here = min(ends, key=lambda place: (place[1] + 0.3 * place[0], place))
    ahead = np.zeros(2)
    way = [here]
    left.discard(here)
    while left:
        beyond = [(here[0] + dx, here[1] + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        near = [place for place in beyond if place in left]
        if near:
            following = max(near, key=lambda place: (float(np.dot(ahead, np.subtract(place, here))), place))
            ahead = 0.7 * ahead + np.subtract(following, here)
        else:
            following = min(left, key=lambda place: (np.hypot(place[0] - here[0], place[1] - here[1]), place))
            ahead = np.zeros(2)
        left.discard(following)
        way.append(following)
        here = following
    return np.array(way, np.float64)
