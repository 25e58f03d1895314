"""A page to draw on, in units: x to the right and y down, from -1 to 1."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.glyph import Ink

Points = NDArray[np.float64]
"""float64 (N, 2): x to the right and y down, the drawing from -1 to 1."""

PAGE_PX = 112
REACH_PX = 44
"""From the middle of the page to where the drawing ends: the rest is room for the pen."""
SUBPIXEL_BITS = 4
"""OpenCV takes coordinates as integers with so many binary places."""


def blank_page() -> Ink:
    """uint8 (112, 112), all paper."""
    return np.zeros((PAGE_PX, PAGE_PX), np.uint8)


def draw_line(page: Ink, points: Points, pen_px: float, closed: bool = False) -> None:
    """From point to point, and back to the first if `closed`."""
    cv2.polylines(page, [_px(points)], closed, 255, max(1, round(pen_px)), cv2.LINE_AA, SUBPIXEL_BITS)


def fill(page: Ink, points: Points) -> None:
    """What lies within `points`."""
    cv2.fillPoly(page, [_px(points)], 255, cv2.LINE_AA, SUBPIXEL_BITS)


def draw_disc(page: Ink, centre: Points, radius: float) -> None:
    """About `centre`, float64 (2,)."""
    x, y = _px(centre)
    cv2.circle(page, (int(x), int(y)), round(radius * REACH_PX * 2**SUBPIXEL_BITS), 255, -1, cv2.LINE_AA, SUBPIXEL_BITS)


def outlined_or_filled(points: Points, rng: np.random.Generator) -> Ink:
    """A page with the shape of `points`, hollow or solid."""
    page = blank_page()
    if rng.random() < 0.5:
        fill(page, points)
    else:
        draw_line(page, points, rng.uniform(3, 9), closed=True)
    return page


def _px(points: Points) -> NDArray[np.int32]:
    """`points` in pixels of the page, with SUBPIXEL_BITS binary places."""
    return np.rint((PAGE_PX / 2 + REACH_PX * points) * 2**SUBPIXEL_BITS).astype(np.int32)


def arc(centre: Sequence[float] | Points, radius: float, start_deg: float = 0.0, end_deg: float = 360.0) -> Points:
    """float64 (24, 2): part of a circle, clockwise from the right."""
    angles = np.deg2rad(np.linspace(start_deg, end_deg, 24))
    return np.asarray(centre) + radius * np.column_stack([np.cos(angles), np.sin(angles)])


def grid(columns: int, rows: int) -> Points:
    """The middles of `columns` by `rows` equal cells, the longer side from -1 to 1."""
    cell = 2 / max(columns, rows)
    x, y = np.meshgrid(np.arange(columns) - (columns - 1) / 2, np.arange(rows) - (rows - 1) / 2)
    return cell * np.column_stack([x.ravel(), y.ravel()])


def rectangle(left: float, top: float, right: float, bottom: float) -> Points:
    """float64 (4, 2): its corners, clockwise from the top left."""
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def rotation(angle: float) -> NDArray[np.float64]:
    """The rotation by `angle` in radians, clockwise as seen on the page."""
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
