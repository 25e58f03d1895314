from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.own_digits import EXAMPLES_PER_CLASS, Example
from train.contact_sheet import GAP_PX, LABEL_PX, PAIR_PX, TILE_PX, contact_sheet


def example(label: str, shape: tuple[int, int] = (40, 40), brightness: int = 255) -> Example:
    return Example(label, np.full(shape, brightness, np.uint8), np.full((28, 28), 17, np.uint8))


def opened(png: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)


def test_each_class_has_a_row_with_pictures_beside_their_glyphs() -> None:
    sheet = opened(contact_sheet([example("0", brightness=200), example("0", brightness=210), example("seventeen")]))
    assert sheet.shape == (2 * (TILE_PX + GAP_PX), LABEL_PX + EXAMPLES_PER_CLASS * PAIR_PX)
    middle = (TILE_PX + GAP_PX) // 2
    for index, brightness in enumerate((200, 210)):
        left = LABEL_PX + index * PAIR_PX + TILE_PX // 2
        assert (sheet[middle, left], sheet[middle, left + TILE_PX + GAP_PX]) == (brightness, 17)


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (900, 3), (28, 28), (4000, 3000)])
def test_pictures_of_any_shape_fit(shape: tuple[int, int]) -> None:
    assert opened(contact_sheet([example("0", shape)])).shape[0] == TILE_PX + GAP_PX
