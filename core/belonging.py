"""Boxes of ink beside one another: which hold others, as tables do, and which are strokes of one digit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.frame import Box

LARGE_HELD_SHARE = 0.12
"""Two pieces at least this share of another's height inside its box make it a table: no digit holds two digits."""

SMALL_HELD_SHARE = 0.025
"""So do six of this share: a sudoku's digits are a twentieth of its grid."""


def holders(boxes: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """bool (N,): which of `boxes`, int (N, 4) as x, y, width, height, are tables, grids or frames: not ink of a number.

    Such a box holds several others, or reaches three sides of the frame, of `shape`, while others do not.
    """
    if len(boxes) < 2:
        return np.zeros(len(boxes), bool)
    x, y, width, height = boxes.T
    right, bottom = x + width, y + height
    # Side by side first: of many boxes few pairs are left to look at.
    holder, held = np.nonzero((x >= x[:, None]) & (right <= right[:, None]))
    inside = (y[held] >= y[holder]) & (bottom[held] <= bottom[holder]) & (held != holder)
    holder, held = holder[inside], held[inside]
    share = height[held] / height[holder]
    few_large = np.bincount(holder[share >= LARGE_HELD_SHARE], minlength=len(boxes)) >= 2
    many_small = np.bincount(holder[share >= SMALL_HELD_SHARE], minlength=len(boxes)) >= 6
    sides = (x <= 0).astype(int) + (y <= 0) + (right >= shape[1]) + (bottom >= shape[0])
    at_sides = (sides >= 3) & (sides < 3).any()
    return np.asarray(few_large | many_small | at_sides)


def belonging_together(boxes: list[Box]) -> list[list[int]]:
    """Groups of indices into `boxes`: the bar of a 5 or the gap in a 0 does not make two digits of one.

    A smaller piece joins the tallest one that it lies above, below or inside of, if it is close for its size.
    """
    if len(boxes) < 2:
        return [[index] for index in range(len(boxes))]
    sides = np.array(boxes, np.int32)
    by_height = np.argsort(-sides[:, 3], kind="stable")
    group_of = list(range(len(boxes)))
    for rank, taller in _joins(sides[by_height]):
        group_of[rank] = group_of[taller]  # taller ones have found their group before
    groups: dict[int, list[int]] = {}
    for rank, group in enumerate(group_of):
        groups.setdefault(group, []).append(int(by_height[rank]))
    return list(groups.values())


def _joins(sides: NDArray[np.int32]) -> list[tuple[int, int]]:
    """(i, j): box i is a stroke of the digit that box j, the tallest such, is the most of; in the order of i.

    `sides` is int (N, 4) as x, y, width, height, the tallest first.
    """
    x, y, width, height = sides.T
    right, bottom = x + width, y + height
    # One above the other first: of many boxes few pairs are left to look at.
    shared_width = np.minimum(right[:, None], right) - np.maximum(x[:, None], x)
    small, tall = np.nonzero(np.tril(shared_width >= 0.5 * width[:, None], -1))
    gap = np.maximum(y[small], y[tall]) - np.minimum(bottom[small], bottom[tall])
    both_width = np.maximum(right[small], right[tall]) - np.minimum(x[small], x[tall])
    both_height = np.maximum(bottom[small], bottom[tall]) - np.minimum(y[small], y[tall])
    joins = (gap <= 0.15 * height[tall]) & (height[small] <= 0.6 * height[tall])
    joins &= (both_height < 1.5 * height[tall]) & (both_width < 1.6 * np.maximum(width[tall], 0.5 * height[tall]))
    joined, first = np.unique(small[joins], return_index=True)
    return list(zip(joined.tolist(), tall[joins][first].tolist(), strict=True))
