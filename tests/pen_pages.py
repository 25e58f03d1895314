"""Pages in pen, drawn by the hands of the tests, as a camera would see them."""

import hands
import numpy as np

from core.frame import Luma
from edge.drawing import Drawing, Stroke, rasterise

PAPER = 205


def written(
    text: str, height_px: int, size: tuple[int, int] = (640, 480), pitch: float = 0.9, hand: str = "round"
) -> Luma:
    """uint8 (H, W) of `size`, (width, height): digits in a line from (40, 40), `pitch` heights apart, in pen."""
    strokes = []
    for place, digit in enumerate(text):
        if digit != " ":
            paths = hands.write(digit, hand, 40 + pitch * height_px * place, 40, height_px)
            strokes += [Stroke(width_px=max(1.5, height_px / 10), points=path) for path in paths]
    ink = rasterise(Drawing(width=size[0], height=size[1], strokes=strokes)).astype(np.float32) / 255
    grain = np.random.default_rng(1).normal(0, 2, ink.shape)
    return np.clip(PAPER * (0.25 + 0.75 * ink) + grain, 0, 255).astype(np.uint8)
