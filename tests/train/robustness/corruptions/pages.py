"""Pages of ink, and what is measured on them."""

from __future__ import annotations

import cv2
import numpy as np

COUNT = 60


def page(level: int, count: int = COUNT) -> np.ndarray:
    """uint8 (count, 28, 28), all of one level."""
    return np.full((count, 28, 28), level, np.uint8)


def with_ink(top: int, bottom: int, left: int, right: int) -> np.ndarray:
    """uint8 (60, 28, 28): the same rectangle of ink each time."""
    pixels = page(0)
    pixels[:, top:bottom, left:right] = 255
    return pixels


def moments(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre of mass (N, 2) and covariance (N, 2, 2) of the ink, x before y, px."""
    weights = pixels / pixels.sum(axis=(1, 2), keepdims=True)
    rows, columns = np.indices((28, 28))
    places = np.stack([columns, rows])
    centres = np.einsum("nij,cij->nc", weights, places)
    apart = places[None] - centres[:, :, None, None]
    return centres, np.einsum("nij,ncij,ndij->ncd", weights, apart, apart)


def likeness(before: np.ndarray, after: np.ndarray) -> float:
    """Correlation of two glyphs where they agree best, moved by up to 6 px."""
    around = cv2.copyMakeBorder(before, 6, 6, 6, 6, cv2.BORDER_CONSTANT)
    return float(cv2.matchTemplate(around, after, cv2.TM_CCOEFF_NORMED).max())


def assert_within(values: np.ndarray, between: tuple[float, float], slack: float = 0.0) -> None:
    """All within the range and spread over more than half of it."""
    low, high = min(between), max(between)
    assert low - slack <= values.min() <= values.max() <= high + slack
    assert np.ptp(values) > 0.5 * (high - low)
