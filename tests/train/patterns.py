"""Pictures that are told apart however they were augmented, to see whether each is still in its place."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.glyph import GLYPH_SIZE_PX, INK_SIZE_PX

CELLS = 3
"""Across: clouds so large that no rotation or shift of augmentation makes one of another."""


def patterns(count: int, most_alike: float = 0.6) -> NDArray[np.uint8]:
    """uint8 (count, 28, 28): clouds of ink, no two of which correlate more than `most_alike`."""
    rng = np.random.default_rng(7)
    found: list[NDArray[np.uint8]] = []
    while len(found) < count:
        cells = rng.standard_normal((CELLS, CELLS)).astype(np.float32)
        field = cv2.resize(cells, (INK_SIZE_PX, INK_SIZE_PX), interpolation=cv2.INTER_CUBIC)
        margin = (GLYPH_SIZE_PX - INK_SIZE_PX) // 2
        pattern = np.pad(255 / (1 + np.exp(-4 * field)), margin).astype(np.uint8)
        if not found or correlations(pattern[np.newaxis], np.stack(found)).max() < most_alike:
            found.append(pattern)
    return np.stack(found)


def correlations(left: NDArray[np.generic], right: NDArray[np.generic]) -> NDArray[np.float64]:
    """float64 (N, M): of each of `left`, (N, ...), with each of `right`, (M, ...)."""
    return _standardised(left) @ _standardised(right).T


def _standardised(pictures: NDArray[np.generic]) -> NDArray[np.float64]:
    rows = pictures.reshape(len(pictures), -1).astype(np.float64)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
