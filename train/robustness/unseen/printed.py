"""Print: letters and words."""

from __future__ import annotations

import cv2
import numpy as np

from core.glyph import Ink
from train.robustness.unseen.drawing import PAGE_PX, REACH_PX

PRINT_FACES = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_PLAIN,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_COMPLEX | cv2.FONT_ITALIC,
)
SCRIPT_FACES = (cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX)
FACES = PRINT_FACES + SCRIPT_FACES

LETTERS = "ACEFHKLMNPRTUVWXYacdehkmnpruvwx"
"""Without those that somebody writes like a digit: O o Q D 0, I i J j l f t 1, Z z 2, b G 6, S s 5, B 8, g q y 9."""
DIGITS_IN_SCRIPT = "ELTY"
"""In the script faces these, too, are near a 3 or 8, a 2, a 7 and a 9."""
LETTERS_OF_WORDS = LETTERS + "bfgoqstyzBDGOQSZ"
"""Two letters or more in one glyph are no digit, whichever they are, unless they are mere strokes, as I and l."""


def letter(rng: np.random.Generator) -> Ink:
    """One of LETTERS, in a face in which it is no digit."""
    chosen = LETTERS[rng.integers(len(LETTERS))]
    faces = PRINT_FACES if chosen in DIGITS_IN_SCRIPT else FACES
    return _text(chosen, faces[rng.integers(len(faces))], rng)


def word(rng: np.random.Generator) -> Ink:
    """Two to four letters."""
    letters = rng.integers(len(LETTERS_OF_WORDS), size=rng.integers(2, 5))
    return _text("".join(LETTERS_OF_WORDS[index] for index in letters), FACES[rng.integers(len(FACES))], rng)


def _text(text: str, face: int, rng: np.random.Generator) -> Ink:
    pen_px = int(rng.integers(2, 8))
    (width, height), below = cv2.getTextSize(text, face, 1, 1)
    scale = 1.8 * REACH_PX / max(width / len(text), height + below)
    (width, height), below = cv2.getTextSize(text, face, scale, pen_px)
    page = np.zeros((height + below + 4 * pen_px, width + 4 * pen_px), np.uint8)
    cv2.putText(page, text, (2 * pen_px, 2 * pen_px + height), face, scale, 255, pen_px, cv2.LINE_AA)
    longest = max(page.shape)
    if longest > PAGE_PX:
        shrink = PAGE_PX / longest
        page = cv2.resize(page, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return page
