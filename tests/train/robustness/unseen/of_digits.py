"""Digits, and what the kinds that are made of digits make of them."""

from __future__ import annotations

import cv2
import numpy as np
from handwriting import glyph_set

from train.robustness.unseen import FROM_DIGITS


def digits(count: int, seed: int = 5, labels: str = "0123456789") -> np.ndarray:
    return glyph_set(count, seed, labels).pixels


def digits_for(kind: str, count: int) -> np.ndarray:
    """Digits with something in them for `kind`: of the drawn ones hardly any but a 3 has a quarter that is no digit."""
    return digits(count, labels="3" if kind == "quarter_digits" else "0123456789")


def from_digits(kind: str, of: np.ndarray, seed: int = 1) -> np.ndarray:
    return FROM_DIGITS[kind](of, np.random.default_rng(seed))


def ink_size(pixels: np.ndarray) -> tuple[int, int]:
    """(width, height) of the ink."""
    _, _, width, height = cv2.boundingRect(pixels)
    return width, height
