"""What the spotter says of a frame, and what becomes of it: dense maps → spots, boxes with a score for each digit.

The spotter (`train.spotter.network`) is a CenterNet (Zhou, Wang and Krähenbühl, "Objects as Points", 2019). For every
cell of STRIDE_PX × STRIDE_PX px it gives a logit for each of ten digits, high where the middle of one lies; the size of
the digit there; and where in the cell the middle is. What the maps mean is fixed here, for training and for serving.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Box, Luma

CONTRACT_VERSION = 1
"""Of all that is said here of the maps. A model file is made for one version."""

STRIDE_PX = 4
"""Side of a cell."""
MULTIPLE_PX = 32
"""The network halves five times, so both sides of what it looks at are a multiple of this."""
TALLEST_PX = 44
"""Height up to which the network is to find a digit. A few scales suffice: `core.look` shows it larger ones smaller."""
CLASSES = 10
"""Digits 0 to 9, each with its own map. A cell where all of them are low is no middle of a digit."""
SIZE_UNIT_PX = 20.0
"""Sizes are natural logarithms of the side over this, near zero for digits of middling size."""
LEAST_SIDE_PX, MOST_SIDE_PX = 1.0, 1000.0
"""What a logarithm may say, however wild."""

THRESHOLD = 0.3
"""Score of the likeliest digit from which a peak is a spot, unless the caller knows better."""
MOST_SPOTS = 400
"""A page that is full of digits has hundreds; what is beyond costs time and is texture."""
SAME_IOU = 0.35
"""Two boxes that share as much are of one digit: neighbours that touch share some tenths at most."""
INSIDE_SHARE = 0.5
"""So are two if so much of the smaller lies in the other: the loops of an 8, or the same digit at another scale."""


@dataclass(frozen=True, slots=True)
class Spots:
    """Digits found in one frame, the surest first; one may be among them twice until `each_once`."""

    boxes: NDArray[np.float32]
    """float32 (N, 4): x, y, width and height around the ink, in px of the frame; they may reach beyond it."""
    scores: NDArray[np.float32]
    """float32 (N, 10): how likely each digit is, 0 to 1, each on its own: they need not add up to 1."""

    def __len__(self) -> int:
        return len(self.boxes)

    def above(self, threshold: float) -> Spots:
        """Those of a confidence of `threshold` and more."""
        chosen = self.confidences >= threshold
        return Spots(self.boxes[chosen], self.scores[chosen])

    def each_once(self) -> Spots:
        """Those that are not of a digit that a surer one is of already."""
        kept = distinct(self.boxes)
        return Spots(self.boxes[kept], self.scores[kept])

    @property
    def labels(self) -> NDArray[np.int64]:
        """int64 (N,): the likeliest digit of each."""
        return self.scores.argmax(axis=1)

    @property
    def confidences(self) -> NDArray[np.float32]:
        """float32 (N,): the score of the likeliest digit, falling."""
        return self.scores.max(axis=1, initial=0)


def padded(luma: Luma) -> Luma:
    """uint8: `luma` with its last row and column repeated until both sides are a multiple of MULTIPLE_PX.

    The frame's origin stays where it is, so boxes need no shifting back.
    """
    height, width = luma.shape
    below, right = -height % MULTIPLE_PX, -width % MULTIPLE_PX
    if not below and not right:
        return luma
    return cv2.copyMakeBorder(luma, 0, below, 0, right, cv2.BORDER_REPLICATE)


def decode(
    logits: NDArray[np.float32],
    sizes: NDArray[np.float32],
    offsets: NDArray[np.float32],
    threshold: float = THRESHOLD,
    most: int = MOST_SPOTS,
) -> Spots:
    """What the maps of one frame say: at most `most` spots of a confidence of `threshold`, 0 to 1, and more.

    `logits` is (rows, columns, CLASSES); `sizes` and `offsets` are (rows, columns, 2), x before y, as `log_sizes` and
    `centres_px` have them; all float32.
    """
    rows, columns = peaks(logits.max(axis=2), logit(threshold), most)
    return spots_at(rows, columns, logits[rows, columns], sizes[rows, columns], offsets[rows, columns])


def peaks(
    best: NDArray[np.float32] | NDArray[np.uint8], least: float, most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(rows, columns) of the cells that are no less than all around them and than `least`: the highest `most`.

    `best` is (rows, columns). Neighbours of one height are all peaks: one digit's fall together in `Spots.each_once`.
    """
    rows, columns = np.nonzero((best >= cv2.dilate(best, _AROUND)) & (best >= least))
    order = np.argsort(best[rows, columns], kind="stable")[::-1][:most]
    return rows[order], columns[order]


def spots_at(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    logits: NDArray[np.float32],
    sizes: NDArray[np.float32],
    offsets: NDArray[np.float32],
) -> Spots:
    """The spots at the given cells, the surest first, with what the maps say there: (N, CLASSES), (N, 2), (N, 2)."""
    sides = sides_px(sizes)
    boxes = np.concatenate([centres_px(rows, columns, offsets) - sides / 2, sides], axis=1)
    return Spots(boxes.astype(np.float32), _sigmoid(logits))


def log_sizes(sides: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the network is to say of sides in px."""
    return np.log(np.maximum(sides, LEAST_SIDE_PX) / SIZE_UNIT_PX).astype(np.float32)


def sides_px(sizes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sides in px, of what the network says of them."""
    low, high = math.log(LEAST_SIDE_PX / SIZE_UNIT_PX), math.log(MOST_SIDE_PX / SIZE_UNIT_PX)
    return np.exp(np.clip(sizes, low, high)) * np.float32(SIZE_UNIT_PX)


def centres_px(
    rows: NDArray[np.int64], columns: NDArray[np.int64], offsets: NDArray[np.float32]
) -> NDArray[np.float32]:
    """float32 (N, 2): x and y in px, from cells and `offsets`, (N, 2): x and y from a cell's middle, in cells."""
    cells = np.stack([columns, rows], axis=1).astype(np.float32)
    return (cells + np.float32(0.5) + offsets) * np.float32(STRIDE_PX)


def boxes_of(places: Sequence[Box]) -> NDArray[np.float32]:
    """float32 (N, 4), as `Spots` has them."""
    return np.array(places, np.float32).reshape(-1, 4)


def shared(boxes: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (N, M): px² that each of `boxes`, (N, 4), has in common with each of `others`, (M, 4)."""
    common = np.ones((len(boxes), len(others)), np.float32)
    for axis in (0, 1):
        starts, other_starts = boxes[:, axis, None], others[:, axis]
        ends, other_ends = starts + boxes[:, axis + 2, None], other_starts + others[:, axis + 2]
        common *= np.maximum(np.minimum(ends, other_ends) - np.maximum(starts, other_starts), 0)
    return common


def overlaps(boxes: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (N, M): intersection over union of each of `boxes`, (N, 4), with each of `others`, (M, 4)."""
    common = shared(boxes, others)
    union = np.prod(boxes[:, 2:], axis=1)[:, None] + np.prod(others[:, 2:], axis=1) - common
    return common / np.maximum(union, np.float32(1e-6))


def distinct(boxes: NDArray[np.float32]) -> NDArray[np.int64]:
    """Index of the boxes, the surest first, that are not of a digit that a surer one is of already."""
    areas = boxes[:, 2] * boxes[:, 3]
    common = shared(boxes, boxes)
    union = areas[:, None] + areas - common
    smaller = np.minimum(areas[:, None], areas)
    same = np.triu((common >= SAME_IOU * union) | (common >= INSIDE_SHARE * smaller), 1)
    left = np.ones(len(boxes), bool)
    for place in np.flatnonzero(same.any(axis=1)).tolist():
        if left[place]:
            left &= ~same[place]
    return np.flatnonzero(left)


def logit(probability: float) -> float:
    """Log-odds; finite also of 0 and 1."""
    probability = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(probability / (1 - probability))


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    # By tanh, which overflows for no logit.
    return np.float32(0.5) + np.float32(0.5) * np.tanh(logits * np.float32(0.5))


_AROUND = np.ones((3, 3), np.uint8)
