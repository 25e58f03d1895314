"""The order in which a person reads numbers on a page: rows from the top, each from the left; columns whose rows do not
line up one after the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

SAME_ROW = 0.5
"""In heights of the larger: a number goes on with a row if it starts less than this above or below where that ends."""
GUTTER = 0.8
"""In heights: a gap this wide from the top of the page to its foot may part columns."""
ALIGNED = 0.35
"""In heights: numbers of two columns that are off by less than this stand in one row of a table,"""
BESIDE = 0.9
"""and those off by more than this have nothing beside them. What lies between stands in rows of its own."""
LEAST_ROWS = 3
"""Of its own, that make a column: two numbers side by side are easily a little off."""


class Extent(NamedTuple):
    """Where a number lies on a page whose lines run level, in heights of usual digits."""

    left: float
    right: float
    start: float
    """How far down the middle of its first digit is."""
    end: float
    """The same of its last."""
    height: float


Row = list[int]
"""Index of each number, from the left."""


def reading_order(numbers: Sequence[Extent]) -> list[int]:
    """Index of each number, in the order in which they are read."""
    columns: list[Row] = []
    for block in _blocks(numbers):
        if columns and not _stand_apart(numbers, columns[-1], block):
            columns[-1] = columns[-1] + block
        else:
            columns.append(block)
    return [index for column in columns for row in _rows(numbers, column) for index in row]


def _blocks(numbers: Sequence[Extent]) -> list[Row]:
    """What gutters part, from the left."""
    blocks: list[Row] = []
    reached = -math.inf
    for index in sorted(range(len(numbers)), key=lambda index: numbers[index]):
        if numbers[index].left - reached > GUTTER:
            blocks.append([])
        blocks[-1].append(index)
        reached = max(reached, numbers[index].right)
    return blocks


def _stand_apart(numbers: Sequence[Extent], left: Row, right: Row) -> bool:
    """Whether these are two columns, for most numbers of the right one stand between rows of the left one."""
    if min(len(left), len(right)) < LEAST_ROWS:
        return False
    ends = np.array([numbers[index].end for index in left])
    starts = np.array([numbers[index].start for index in right])
    off = np.abs(starts[:, np.newaxis] - ends).min(axis=1)
    aligned, between = int((off < ALIGNED).sum()), int(((off >= ALIGNED) & (off < BESIDE)).sum())
    return between >= LEAST_ROWS and between > 2 * aligned


def _rows(numbers: Sequence[Extent], column: Row) -> list[Row]:
    """The numbers of a column, given from the left, by row; rows from the top."""
    rows: list[Row] = []
    ends: list[float] = []
    for index in column:
        number = numbers[index]
        offs = [abs(number.start - end) for end in ends]
        nearest = offs.index(min(offs)) if offs else 0
        if offs and offs[nearest] < SAME_ROW * max(number.height, numbers[rows[nearest][-1]].height):
            rows[nearest].append(index)
            ends[nearest] = number.end
        else:
            rows.append([index])
            ends.append(number.end)
    return sorted(rows, key=lambda row: min(min(numbers[index].start, numbers[index].end) for index in row))
