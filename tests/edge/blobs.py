"""A backend for the page that needs no model: it finds every piece of ink and reads it as its number, from 1."""

from __future__ import annotations

import threading

import cv2
import numpy as np

from core.frame import Box, Luma
from core.picture import decode
from edge.drawing import Drawing, rasterise
from edge.faces.web.server import State
from edge.progress import Health
from edge.quality import GOOD
from edge.read import Answer, Digit, Reading, Rejected
from edge.sinks import SinkState

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
        self.reasons: list[str] = []
        """The first pieces of ink are rejected, for these reasons."""
        self.well = Health([], [])
        self.sinks: list[SinkState] = []
        self.may_read = threading.Event()
        """Reading waits while it is cleared."""
        self.may_read.set()

    def reset(self) -> None:
        """As new."""
        self.may_read.set()
        self.source = "canvas"
        self.readings = []
        self.drawings = []
        self.reasons = []
        self.well = Health([], [])
        self.sinks = []

    def read_drawing(self, drawing: Drawing) -> Answer:
        self.may_read.wait()
        self.drawings.append(drawing)
        return count(rasterise(drawing), self.reasons)

    def read_picture(self, content: bytes) -> Answer:
        self.may_read.wait()
        return count(decode(content, "the picture"), self.reasons)

    def health(self) -> Health:
        return self.well

    def state(self) -> State:
        why, read = "the test asked for it", self.readings
        return State(self.source, why, "blobs", LABELS, read, GOOD, 3, 14.8, sinks=self.sinks)


def count(luma: Luma, reasons: list[str]) -> Answer:
    """Every piece of ink in uint8 (H, W), numbered; the first are rejected as 7, for `reasons`."""
    ink = (luma < 128).astype(np.uint8)
    boxes = sorted(Box(*map(int, row[:4])) for row in cv2.connectedComponentsWithStats(ink)[2][1:])
    pieces = [box for box in boxes if max(box.width, box.height) > SPECK_PX]
    found = [reading(str(number % 10), box) for number, box in enumerate(pieces[len(reasons) :], 1)]
    rejected = [Rejected("too_small", box, "", 0.0, [], None) for box in boxes if box not in pieces]
    for reason, box in zip(reasons, pieces, strict=False):
        rejected.append(Rejected(reason, box, "7", 0.41, probabilities("7", 0.41), -1.5))
    return Answer("".join(each.text for each in found), found, rejected, {"total": 0.0})


def probabilities(text: str, confidence: float) -> list[float]:
    """`confidence` for `text`, and the rest in equal parts for the others."""
    return [confidence if label == text else (1 - confidence) / (len(LABELS) - 1) for label in LABELS]


def reading(text: str, box: Box) -> Reading:
    """A number all of whose digits are read with 0.91."""
    width = box.width // len(text)
    digits = [
        Digit(label, 0.91, Box(box.x + i * width, box.y, width, box.height), probabilities(label, 0.91), 8.0)
        for i, label in enumerate(text)
    ]
    return Reading(text, 0.91 ** len(text), box, digits)
