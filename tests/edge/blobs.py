"""A backend for the page that needs no model: it finds every piece of ink and reads it as its number, from 1."""

from __future__ import annotations

import threading

import cv2
import numpy as np

from core.frame import Box, Luma
from core.picture import decode
from edge.drawing import Drawing, rasterise
from edge.faces.web.server import State
from edge.read import Answer, Digit, Reading, Rejected

LABELS = list("0123456789")

SPECK_PX = 12
"""Ink no larger than this is rejected as too small."""


class Blobs:
    """Reads the pieces of ink from left to right as 1, 2, 3, …; each is a reading of its own."""

    def __init__(self) -> None:
        self.source = "canvas"
        self.readings: list[Reading] = []
        self.drawings: list[Drawing] = []
        """All that were read."""
        self.may_read = threading.Event()
        """Reading waits while it is cleared."""
        self.may_read.set()

    def reset(self) -> None:
        """As new."""
        self.may_read.set()
        self.source = "canvas"
        self.readings = []
        self.drawings = []

    def read_drawing(self, drawing: Drawing) -> Answer:
        self.may_read.wait()
        self.drawings.append(drawing)
        return count(rasterise(drawing))

    def read_picture(self, content: bytes) -> Answer:
        self.may_read.wait()
        return count(decode(content, "the picture"))

    def state(self) -> State:
        return State(self.source, "the test asked for it", "blobs", LABELS, self.readings, 3, 14.8)


def count(luma: Luma) -> Answer:
    """Every piece of ink in uint8 (H, W), numbered."""
    ink = (luma < 128).astype(np.uint8)
    boxes = sorted(Box(*map(int, row[:4])) for row in cv2.connectedComponentsWithStats(ink)[2][1:])
    found = [
        reading(str(number % 10), box) for number, box in enumerate(boxes, 1) if max(box.width, box.height) > SPECK_PX
    ]
    specks = [Rejected("too_small", box, "", 0.0, []) for box in boxes if max(box.width, box.height) <= SPECK_PX]
    return Answer("".join(each.text for each in found), found, specks, {"total": 0.0})


def reading(text: str, box: Box) -> Reading:
    """A number all of whose digits are read with 0.91."""
    rest = 0.09 / (len(LABELS) - 1)
    width = box.width // len(text)
    digits = [
        Digit(
            label,
            0.91,
            Box(box.x + i * width, box.y, width, box.height),
            [0.91 if label == other else rest for other in LABELS],
        )
        for i, label in enumerate(text)
    ]
    return Reading(text, 0.91 ** len(text), box, digits)
