"""A contact sheet of scenes, to look at."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from train.scenes.truth import Scene

GAP_PX = 4
DIGIT_COLOUR, IGNORE_COLOUR = (60, 180, 0), (0, 120, 255)
"""Blue, green, red."""


def contact_sheet(scenes: Sequence[Scene], columns: int, *, boxes: bool) -> NDArray[np.uint8]:
    """uint8 (H, W, 3), blue, green, red: scenes of one size side by side; with what is to be found in them."""
    tiles = [_tile(scene, boxes) for scene in scenes]
    height, width, _ = tiles[0].shape
    rows = -(-len(tiles) // columns)
    sheet = np.full((rows * (height + GAP_PX), min(columns, len(tiles)) * (width + GAP_PX), 3), 255, np.uint8)
    for place, tile in enumerate(tiles):
        top, left = place // columns * (height + GAP_PX), place % columns * (width + GAP_PX)
        sheet[top : top + height, left : left + width] = tile
    return sheet


def _tile(scene: Scene, boxes: bool) -> NDArray[np.uint8]:
    tile = cv2.cvtColor(scene.luma, cv2.COLOR_GRAY2BGR)
    if not boxes:
        return tile
    for box in scene.truth.ignore:
        cv2.rectangle(tile, (box.x - 1, box.y - 1), (box.right, box.bottom), IGNORE_COLOUR, 1)
    for digit in scene.truth.digits:
        box = digit.box
        cv2.rectangle(tile, (box.x - 1, box.y - 1), (box.right, box.bottom), DIGIT_COLOUR, 1)
        cv2.putText(tile, str(digit.label), (box.x, box.y - 2), cv2.FONT_HERSHEY_PLAIN, 0.8, DIGIT_COLOUR, 1)
    return tile
