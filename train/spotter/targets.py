"""Truths → what the network is to say of each cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.spots import CLASSES, STRIDE_PX, TALLEST_PX, log_sizes
from train.scenes.fields import Shape
from train.scenes.truth import Truth

SIGMA_SHARE = 1 / 8
"""Of a digit's width and height: how far from its middle a peak is nearly as good. Of digits that touch, the middles
are about a width apart, where e⁻³² is left of a peak; and a box moved by so much still shares 3/4 with the true one."""
LEAST_SIGMA = 0.4
"""In cells: a digit of few pixels may lie between two of them."""
AROUND = 1
"""Cells beside a middle, in all directions, that are to know the digit's size as well: a peak may be one off."""
DOUBTFUL = 1.5
"""Times TALLEST_PX: digits between the two count neither way. What is higher still is to be left to a coarser look, so
there is nothing to be found in it, and none of its loops is a digit either (Singh and Davis, "SNIP", 2018)."""
CORE_SHARE = 0.5
"""Of a digit's width and height, around its middle: what counts even where a region is to be ignored."""


@dataclass(frozen=True)
class Targets:
    """Of N scenes, at a cell of STRIDE_PX px; what `train.spotter.losses` takes."""

    digits: NDArray[np.float32]
    """float32 (N, rows, columns, 10 + 1): for each digit 1 at the middle of one and less around it; then 1 where that
    counts, and 0 where it is ignored."""
    sizes: NDArray[np.float32]
    """float32 (N, rows, columns, 2 + 1): what `core.spots.log_sizes` has of width and height; then the weight, 1 at a
    middle and less beside it, and 0 where there is no digit."""
    offsets: NDArray[np.float32]
    """float32 (N, rows, columns, 2 + 1): from the cell's middle to the digit's, x and y in cells; then the weight."""


def targets(truths: Sequence[Truth], shape: Shape) -> Targets:
    """The targets of scenes of `shape`, (height, width) in px, both multiples of STRIDE_PX."""
    rows, columns = shape[0] // STRIDE_PX, shape[1] // STRIDE_PX
    every = [_of_one(truth, rows, columns) for truth in truths]
    digits, sizes, offsets = (np.stack(parts) for parts in zip(*every, strict=True))
    return Targets(digits, sizes, offsets)


def middles(boxes: NDArray[np.float32], rows: int, columns: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(row, column), int64 (N,) each: the cell that the middle of each of `boxes`, (N, 4) in px, lies in."""
    cells = np.floor((boxes[:, :2] + boxes[:, 2:] / 2) / STRIDE_PX).astype(np.int64)
    return np.clip(cells[:, 1], 0, rows - 1), np.clip(cells[:, 0], 0, columns - 1)


def _of_one(truth: Truth, rows: int, columns: int) -> tuple[NDArray[np.float32], ...]:
    """`digits`, `sizes` and `offsets` of one scene."""
    boxes, labels = truth.boxes(), truth.labels()
    high = boxes[:, 3]
    doubtful = boxes[(high > TALLEST_PX) & (high <= DOUBTFUL * TALLEST_PX)]
    boxes, labels = boxes[high <= TALLEST_PX], labels[high <= TALLEST_PX]
    digits = np.zeros((rows, columns, CLASSES + 1), np.float32)
    sizes, offsets = np.zeros((2, rows, columns, 3), np.float32)
    ignored = _covered(np.concatenate([truth.ignored(), doubtful]), rows, columns).any(axis=0)
    if len(boxes):
        row, column = middles(boxes, rows, columns)
        ignored &= ~_covered(_cores(boxes), rows, columns).any(axis=0)
        ignored[row, column] = False
        peaks = _peaks(boxes, row, column, rows, columns)
        for label in np.unique(labels):
            digits[:, :, label] = peaks[labels == label].max(axis=0)
        _regress(boxes, row, column, peaks, sizes, offsets)
    digits[:, :, CLASSES] = ~ignored
    return digits, sizes, offsets


def _peaks(
    boxes: NDArray[np.float32], row: NDArray[np.int64], column: NDArray[np.int64], rows: int, columns: int
) -> NDArray[np.float32]:
    """float32 (D, rows, columns): of each digit a Gaussian as wide and high as itself, 1 at the cell of its middle."""
    sigma = np.maximum(boxes[:, 2:] * (SIGMA_SHARE / STRIDE_PX), LEAST_SIGMA)
    down = np.exp(-0.5 * ((np.arange(rows) - row[:, None]) / sigma[:, 1:]) ** 2)
    across = np.exp(-0.5 * ((np.arange(columns) - column[:, None]) / sigma[:, :1]) ** 2)
    return (down[:, :, None] * across[:, None, :]).astype(np.float32)


def _regress(
    boxes: NDArray[np.float32],
    row: NDArray[np.int64],
    column: NDArray[np.int64],
    peaks: NDArray[np.float32],
    sizes: NDArray[np.float32],
    offsets: NDArray[np.float32],
) -> None:
    """Put into `sizes` and `offsets` what the cells at and beside the middles are to say, of the nearer digit."""
    _, rows, columns = peaks.shape
    beside = (np.abs(np.arange(rows) - row[:, None]) <= AROUND)[:, :, None] & (
        np.abs(np.arange(columns) - column[:, None]) <= AROUND
    )[:, None, :]
    weights = np.where(beside, peaks, 0)
    owner, weight = weights.argmax(axis=0), weights.max(axis=0)
    there = np.nonzero(weight)
    own = owner[there]
    cells = np.stack([there[1], there[0]], axis=1) + 0.5
    sizes[there] = np.c_[log_sizes(boxes[own, 2:]), weight[there]]
    offsets[there] = np.c_[(boxes[own, :2] + boxes[own, 2:] / 2) / STRIDE_PX - cells, weight[there]]


def _cores(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    sides = boxes[:, 2:] * CORE_SHARE
    return np.concatenate([boxes[:, :2] + (boxes[:, 2:] - sides) / 2, sides], axis=1)


def _covered(boxes: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.bool_]:
    """bool (N, rows, columns): the cells that each box, in px, lies in, even if only in part."""
    first = np.floor(boxes[:, :2] / STRIDE_PX)
    beyond = np.ceil((boxes[:, :2] + boxes[:, 2:]) / STRIDE_PX)
    row, column = np.arange(rows), np.arange(columns)
    down = (row >= first[:, 1:]) & (row < beyond[:, 1:])
    across = (column >= first[:, :1]) & (column < beyond[:, :1])
    return down[:, :, None] & across[:, None, :]
