"""Two pieces of ink, perhaps one digit: which pairs are worth asking the classifier about.

Faint pencil breaks, and the bar of a 5 or the second stroke of a 4 is drawn apart. What lies so close above or below
another that it must belong to it is one piece already (`core.ink`); here are those that might.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.frame import Box

WIDEST_GAP = 0.2
"""Between two strokes of one digit, as a share of the height of both together."""

WIDEST_UNION = 1.1
"""Of two strokes of one digit together, as a share of their height."""

TALLEST_UNION = 2.2
"""Of two strokes of one digit together, as a share of the taller one: the halves of a broken 3 are each half of it."""

MOST_PAIRS = 60
"""A frame: the closest are kept."""


def candidates(boxes: list[Box]) -> list[tuple[int, int]]:
    """Pairs of indices into `boxes`, the closest first."""
    if len(boxes) < 2:
        return []
    sides = np.array(boxes, np.float64)
    starts, ends = sides[:, :2], sides[:, :2] + sides[:, 2:]
    gaps = np.maximum(starts[:, None], starts) - np.minimum(ends[:, None], ends)
    union = np.maximum(ends[:, None], ends) - np.minimum(starts[:, None], starts)
    wide, high = union[..., 0], union[..., 1]
    taller = np.maximum(sides[:, None, 3], sides[:, 3])
    gap = np.maximum(0, gaps).max(axis=2)
    fits = (gap <= WIDEST_GAP * high) & (wide <= WIDEST_UNION * high) & (high <= TALLEST_UNION * taller)
    first, second = np.nonzero(np.triu(fits, 1))
    closest = np.argsort(_closeness(gap, high)[first, second], kind="stable")[:MOST_PAIRS]
    return list(zip(first[closest].tolist(), second[closest].tolist(), strict=True))


def _closeness(gap: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    return gap / high
