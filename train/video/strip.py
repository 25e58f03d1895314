"""A contact sheet of clips, to look at: a row of frames of each, with the truth about it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.clip_truth import FrameTruth
from core.frame import Luma

GAP_PX = 4
TITLE_PX = 18
TILE_WIDTH_PX = 320
SEEN_COLOUR, DOUBTFUL_COLOUR, TITLE_COLOUR = (60, 180, 0), (0, 120, 255), (40, 40, 40)
"""Blue, green, red."""


def tile(luma: Luma, truth: FrameTruth) -> NDArray[np.uint8]:
    """uint8 (H, W, 3), blue, green, red: a frame with its time, and with what is to be read in it."""
    scale = TILE_WIDTH_PX / luma.shape[1]
    size = TILE_WIDTH_PX, round(luma.shape[0] * scale)
    picture = cv2.cvtColor(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), cv2.COLOR_GRAY2BGR)
    for box, colour, text in [
        *((box, DOUBTFUL_COLOUR, "") for box in truth.doubtful),
        *((seen.box, SEEN_COLOUR, seen.text) for seen in truth.numbers),
    ]:
        left, top, right, bottom = (round(side * scale) for side in (box.x, box.y, box.right, box.bottom))
        cv2.rectangle(picture, (left - 2, top - 2), (right + 1, bottom + 1), colour, 1)
        cv2.putText(picture, text, (left - 2, top - 4), cv2.FONT_HERSHEY_PLAIN, 0.9, colour, 1, cv2.LINE_AA)
    stamp = f"{truth.at_ns / 1e9:.2f} s" + (" again" if truth.repeated else "")
    cv2.rectangle(picture, (0, 0), (9 * len(stamp), 13), (255, 255, 255), -1)
    cv2.putText(picture, stamp, (2, 11), cv2.FONT_HERSHEY_PLAIN, 0.8, TITLE_COLOUR, 1, cv2.LINE_AA)
    return picture


def row(title: str, tiles: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """uint8 (H, W, 3): tiles of one clip side by side, under its title."""
    height, width, _ = tiles[0].shape
    sheet = np.full((height + TITLE_PX + GAP_PX, len(tiles) * (width + GAP_PX), 3), 255, np.uint8)
    cv2.putText(sheet, title, (2, 13), cv2.FONT_HERSHEY_PLAIN, 1.0, TITLE_COLOUR, 1, cv2.LINE_AA)
    for place, one in enumerate(tiles):
        left = place * (width + GAP_PX)
        sheet[TITLE_PX : TITLE_PX + height, left : left + width] = one
    return sheet
