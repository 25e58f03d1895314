"""The picture with what was read drawn over it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Box, Luma
from edge.read import Answer

READ = (60, 160, 0)
"""Blue, green, red, as OpenCV has them."""
NUMBER = (200, 110, 0)
REJECTED = (60, 60, 220)


def annotate(luma: Luma, answer: Answer) -> NDArray[np.uint8]:
    """uint8 (H, W, 3), BGR: the picture in grey, digits boxed and named in green, numbers in blue, rejected ink in
    red."""
    picture = cv2.cvtColor(luma, cv2.COLOR_GRAY2BGR)
    thickness = max(1, round(max(luma.shape) / 640))
    for rejected in answer.rejected:
        if rejected.reason != "too_small":
            _rectangle(picture, rejected.box, REJECTED, thickness)
    for reading in answer.readings:
        margin = 3 * thickness
        box = reading.box
        around = Box(box.x - margin, box.y - margin, box.width + 2 * margin, box.height + 2 * margin)
        _rectangle(picture, around, NUMBER, thickness)
        for digit in reading.digits:
            _rectangle(picture, digit.box, READ, thickness)
            _label(picture, digit.text, digit.box, thickness)
    return np.asarray(picture, np.uint8)


def _rectangle(picture: NDArray[np.uint8], box: Box, colour: tuple[int, int, int], thickness: int) -> None:
    cv2.rectangle(picture, (box.x, box.y), (box.right - 1, box.bottom - 1), colour, thickness)


def _label(picture: NDArray[np.uint8], text: str, box: Box, thickness: int) -> None:
    """`text` above the box, or below it where the picture ends; white around it, so that it can be read on any
    ground."""
    scale = min(1.6, max(0.4, box.height / 90))
    (_, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 2 * thickness)
    gap = 4 * thickness
    y = box.y - gap if box.y - gap - height >= 0 else box.bottom + gap + height
    for colour, weight in (((255, 255, 255), 5 * thickness), (READ, 2 * thickness)):
        cv2.putText(picture, text, (box.x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, colour, weight, cv2.LINE_AA)
