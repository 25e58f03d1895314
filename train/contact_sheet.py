"""own-glyphs.png: people's own pictures beside the glyphs the normalisation made of them, a row for each class."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import cv2
import numpy as np

from core.own_digits import EXAMPLES_PER_CLASS, Example

TILE_PX = 84
"""Three times a glyph."""
GAP_PX = 6
LABEL_PX = 72
PAIR_PX = 2 * TILE_PX + 3 * GAP_PX

PAGE_GREY = 96
"""Neither of a paper nor of an ink, so that the edges of both show."""


def contact_sheet(examples: Sequence[Example]) -> bytes:
    """The sheet as PNG. `examples` come sorted by label, at least one."""
    rows = [_row(label, list(of_class)) for label, of_class in groupby(examples, key=lambda example: example.label)]
    _, encoded = cv2.imencode(".png", np.concatenate(rows))
    return encoded.tobytes()


def _row(label: str, examples: list[Example]) -> np.ndarray:
    """uint8 (TILE_PX + GAP_PX, width)."""
    row = np.full((TILE_PX + GAP_PX, LABEL_PX + EXAMPLES_PER_CLASS * PAIR_PX), PAGE_GREY, np.uint8)
    shown = label if len(label) <= 4 else f"{label[:3]}~"
    cv2.putText(row, shown, (GAP_PX, TILE_PX // 2 + 8), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2, cv2.LINE_AA)
    for index, example in enumerate(examples[:EXAMPLES_PER_CLASS]):
        left = LABEL_PX + index * PAIR_PX
        _put(row, _fitted(example.luma), left)
        glyph = cv2.resize(example.pixels, (TILE_PX, TILE_PX), interpolation=cv2.INTER_NEAREST)
        _put(row, glyph, left + TILE_PX + GAP_PX)
    return row


def _put(row: np.ndarray, tile: np.ndarray, left: int) -> None:
    """Lay `tile` into its TILE_PX square, in the middle."""
    height, width = tile.shape
    top, left = GAP_PX // 2 + (TILE_PX - height) // 2, left + (TILE_PX - width) // 2
    row[top : top + height, left : left + width] = tile


def _fitted(luma: np.ndarray) -> np.ndarray:
    """`luma` scaled to fit a tile, keeping its aspect."""
    scale = TILE_PX / max(luma.shape)
    size = max(1, round(luma.shape[1] * scale)), max(1, round(luma.shape[0] * scale))
    return cv2.resize(luma, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST)
