"""How a spotter looks at a frame of any size: at several scales, for it knows digits up to TALLEST_PX high.

An image pyramid (Adelson et al., 1984): first at about LOOK_PX, then at half of that, and half again, for larger
digits, which costs a third more; and once closer, if something small was seen.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Luma
from core.spots import MOST_SPOTS, TALLEST_PX, Spots
from core.spotter import Spotter

LOOK_PX = 87_400
"""Pixels of the frame as it is looked at first, about: 640×480 becomes 320×240. The time grows in proportion."""

COARSEST_SIDE_PX = 40
"""It is looked at again at half the size, and at half of that, while the longer side is no less than this: where the
frame is as high as this, a digit that fills it is one that the spotter knows."""

TALLEST_SEEN_PX = 1.25 * TALLEST_PX
"""What is found higher than this is left to a coarser look, which the spotter knows it from."""

MOST_ENLARGED = 3.0
"""A cell cut from a form has a few dozen pixels; enlarged more than this there is nothing more to see."""

SMALL_PX = 16.0
"""Digits lower than this in what was looked at are looked at again, larger, if the frame has more to show."""

WANTED_PX = 24.0
"""Height that these are given then, if the frame's size allows."""

WORTH_A_LOOK = 1.2
"""Times larger: less shows nothing new."""

FAINTEST_SCORE = 0.1
"""Of all that is told of a frame: low enough for something small to be worth a further look, or a vote."""


def look(spotter: Spotter, luma: Luma, max_side_px: int) -> Spots:
    """What `spotter` finds in `luma`, uint8 (H, W), from FAINTEST_SCORE on, each digit once; boxes in px of `luma`.

    The closer look has sides of `max_side_px` at most.
    """
    height, width = luma.shape
    scale = min(MOST_ENLARGED, (LOOK_PX / (height * width)) ** 0.5)
    if scale < 1:
        scale = 1 / round(1 / scale)  # averages of whole pixels: seven times faster than of parts of them
    seen = _resized(luma, scale)
    looks = [_look_at(spotter, seen, luma)]
    closer = _closer(looks[0].boxes[:, 3], scale, max_side_px / max(height, width))
    if closer > WORTH_A_LOOK * scale:
        looks.append(_look_at(spotter, _resized(luma, closer), luma))
    while max(seen.shape) >= 2 * COARSEST_SIDE_PX:
        seen = _resized(seen, 0.5)
        looks.append(_look_at(spotter, seen, luma))
    return _together(looks)


def _closer(heights: NDArray[np.float32], scale: float, largest: float) -> float:
    """The scale at which what is small in a look at `scale` has WANTED_PX; at most `largest`, 0 if nothing is small."""
    small = heights[heights * scale < SMALL_PX]
    if not len(small):
        return 0.0
    return min(largest, MOST_ENLARGED, WANTED_PX / float(np.median(small)))


def _resized(luma: Luma, scale: float) -> Luma:
    height, width = luma.shape
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size == (width, height):
        return luma
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR), np.uint8)


def _look_at(spotter: Spotter, seen: Luma, luma: Luma) -> Spots:
    """What is found in `seen`, which is `luma` at another size, in px of `luma`."""
    spots = spotter.spots(seen, FAINTEST_SCORE)
    known = spots.boxes[:, 3] <= TALLEST_SEEN_PX
    back = np.array([luma.shape[1] / seen.shape[1], luma.shape[0] / seen.shape[0]] * 2, np.float32)
    return Spots(spots.boxes[known] * back, spots.scores[known])


def _together(looks: list[Spots]) -> Spots:
    """The spots of several looks at one frame, each digit once, as the look that is surest of it has it."""
    boxes = np.concatenate([spots.boxes for spots in looks])
    scores = np.concatenate([spots.scores for spots in looks])
    order = np.argsort(-scores.max(axis=1), kind="stable")[:MOST_SPOTS]
    return Spots(boxes[order], scores[order]).each_once()
