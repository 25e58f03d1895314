"""The part of a frame that is read, turned upright; and the way back, for boxes are told in pixels of the frame."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from core.config import RegionConfig
from core.frame import Box, Luma
from core.reading_rules import Region

Rotation = Literal[0, 90, 180, 270]
"""Degrees clockwise by which a frame is turned so that its writing stands upright."""

_CODES = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


class View:
    """Of frames of one shape."""

    def __init__(self, shape: tuple[int, ...], region: RegionConfig | Region, rotation: Rotation) -> None:
        """`shape` is (height, width) in px. A region of less than a pixel is one pixel."""
        height, width = shape
        x, y = min(int(region.x * width), width - 1), min(int(region.y * height), height - 1)
        right = min(max(round((region.x + region.width) * width), x + 1), width)
        bottom = min(max(round((region.y + region.height) * height), y + 1), height)
        self.region = Box(x, y, right - x, bottom - y)
        self._rotation = rotation
        self.is_whole = rotation == 0 and self.region == Box(0, 0, width, height)
        """Whether boxes need no way back."""

    def of(self, luma: Luma) -> Luma:
        """uint8: the region of `luma`, upright; no copy if there is nothing to turn."""
        x, y, right, bottom = self.region.x, self.region.y, self.region.right, self.region.bottom
        part = luma[y:bottom, x:right]
        if self._rotation == 0:
            return part
        return np.asarray(cv2.rotate(part, _CODES[self._rotation]), np.uint8)

    def turned(self, shift: tuple[float, float]) -> tuple[float, float]:
        """`shift`, x and y in the frame, as it is in what `of` gives."""
        x, y = shift
        return {0: (x, y), 90: (-y, x), 180: (-x, -y), 270: (y, -x)}[self._rotation]

    def back(self, box: Box) -> Box:
        """`box` of what `of` gave, in px of the frame."""
        if self.is_whole:
            return box
        width, height = self.region.width, self.region.height
        match self._rotation:
            case 90:
                box = Box(box.y, height - box.right, box.height, box.width)
            case 180:
                box = Box(width - box.right, height - box.bottom, box.width, box.height)
            case 270:
                box = Box(width - box.bottom, box.x, box.height, box.width)
        return Box(box.x + self.region.x, box.y + self.region.y, box.width, box.height)
