"""The plane that a glyph lies in: places and directions on it, and moving a glyph about it."""

from __future__ import annotations

import cv2
import numpy as np

from core.glyph import GLYPH_SIZE_PX
from train.robustness.corruptions.glyphs import Field, Glyphs, each

MIDDLE_PX = (GLYPH_SIZE_PX - 1) / 2


def grid(half_side_px: float) -> tuple[Field, Field]:
    """x and y of pixels about the middle of a square."""
    axis = np.arange(-half_side_px, half_side_px + 1, dtype=np.float32)
    return axis[None, None, :], axis[None, :, None]


def turned(angle: Field, x: Field, y: Field) -> tuple[Field, Field]:
    """Coordinates along axes turned by `angle`."""
    cos, sin = np.cos(angle), np.sin(angle)
    return cos * x + sin * y, cos * y - sin * x


def moved(pixels: Glyphs, x: Field, y: Field) -> Glyphs:
    """Each glyph moved right by x and down by y, px."""
    return warped(pixels, 1, 0, x, 0, 1, y, 0, 0)


def warped(pixels: Glyphs, *entries: Field | float) -> Glyphs:
    """Each glyph under its own homography about the middle: `entries` in rows, without the last, which is 1."""
    matrices = np.ones((len(pixels), 9))
    for index, entry in enumerate(entries):
        matrices[:, index] = np.ravel(entry)
    to_middle = np.array([[1, 0, -MIDDLE_PX], [0, 1, -MIDDLE_PX], [0, 0, 1]])
    about_corner = np.linalg.inv(to_middle) @ matrices.reshape(-1, 3, 3) @ to_middle
    whole = (GLYPH_SIZE_PX, GLYPH_SIZE_PX)
    return each(lambda glyph, matrix: cv2.warpPerspective(glyph, matrix, whole), pixels, about_corner)
