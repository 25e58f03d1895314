"""Small pictures side by side in one frame, each enlarged: cells as they were cut out of photographs of documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from core.frame import Box
from train.scenes.fields import Shape, chance, log_uniform
from train.scenes.truth import Digit, Number, Scene, Truth

MOST_ROWS, MOST_COLUMNS, MOST_PICTURES = 3, 2, 4
"""A picture costs about the same however small it is."""
LEAST_DRAWN_PX, LEAST_SHOWN_PX = 32, 48
"""Side of a picture, before and after it is enlarged."""


def side_by_side(draw: Callable[[Shape], Scene], shape: Shape, rng: np.random.Generator) -> Scene:
    """The scenes of `draw`, which is told their (height, width), in a frame of `shape`; all of the first one's tone."""
    rows, columns = _slots(shape, rng)
    height, width = shape[0] // rows, shape[1] // columns
    enlarged = log_uniform(rng, 1, 2.8)
    level = int(rng.choice([0, 127, 255])) if chance(rng, 0.5) else None
    frame = np.full(shape, 127 if level is None else level, np.uint8)
    digits: list[Digit] = []
    numbers: list[Number] = []
    ignore: list[Box] = []
    first: Scene | None = None
    for place in range(rows * columns):
        tall, wide = _shown(height, rng), _shown(width, rng)
        inner = max(LEAST_DRAWN_PX, round(tall / enlarged)), max(LEAST_DRAWN_PX, round(wide / enlarged))
        piece = draw(inner)
        first = piece if first is None else first
        if piece.light_on_dark != first.light_on_dark:
            continue
        top = place // columns * height + int(rng.integers(0, height - tall + 1))
        left = place % columns * width + int(rng.integers(0, width - wide + 1))
        if level is None and place == 0:
            frame[:] = round(float(np.median(piece.luma)))
        kind = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST)[int(rng.choice(3, p=[0.5, 0.45, 0.05]))]
        frame[top : top + tall, left : left + wide] = cv2.resize(piece.luma, (wide, tall), interpolation=kind)
        scale = wide / inner[1], tall / inner[0]
        digits += [
            replace(digit, box=moved(digit.box, scale, left, top), number=digit.number + len(numbers))
            for digit in piece.truth.digits
        ]
        lines = 1 + max((number.line for number in numbers), default=-1)
        numbers += [replace(number, line=number.line + lines) for number in piece.truth.numbers]
        ignore += [moved(box, scale, left, top) for box in piece.truth.ignore]
    assert first is not None  # noqa: S101 — for type checkers
    return Scene(frame, Truth(tuple(digits), tuple(numbers), tuple(ignore)), first.kind, first.light_on_dark)


def moved(box: Box, scale: tuple[float, float], left: int, top: int) -> Box:
    """A box of a picture where that is shown `scale` (across, down) as large, with its corner at (left, top)."""
    x, y = round(box.x * scale[0]), round(box.y * scale[1])
    right, bottom = round(box.right * scale[0]), round(box.bottom * scale[1])
    return Box(left + x, top + y, right - x, bottom - y)


def _slots(shape: Shape, rng: np.random.Generator) -> tuple[int, int]:
    rows = int(np.clip(shape[0] / log_uniform(rng, 45, 110), 1, MOST_ROWS))
    columns = int(np.clip(shape[1] / log_uniform(rng, 90, 260), 1, MOST_COLUMNS))
    return min(rows, MOST_PICTURES // columns), columns


def _shown(room: int, rng: np.random.Generator) -> int:
    """How much of a slot's side its picture takes."""
    if chance(rng, 0.4):
        return room
    return max(min(room, LEAST_SHOWN_PX), round(room * rng.uniform(0.55, 1)))
