"""Print: words and lines in OpenCV's and matplotlib's fonts, as pictures of coverage."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from train.scenes.fields import chance

SIZE_PX = 36
"""All print is drawn with this height and scaled from there."""

HERSHEY = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_PLAIN,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)
FACES = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic")
FACES += ("DejaVuSansMono", "DejaVuSansMono-Bold", "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic")
"""Of matplotlib, which brings them along; the package itself is not imported."""

WORDS = (
    "the",
    "of",
    "and",
    "to",
    "in",
    "is",
    "for",
    "on",
    "with",
    "by",
    "from",
    "date",
    "name",
    "total",
    "amount",
    "pay",
    "account",
    "bank",
    "order",
    "sum",
    "paid",
    "received",
    "rupees",
    "euro",
    "dollars",
    "only",
    "signature",
    "bearer",
    "cheque",
    "branch",
    "form",
    "page",
    "score",
    "player",
    "team",
    "home",
    "away",
    "round",
    "class",
    "school",
    "subject",
    "marks",
    "grade",
    "student",
    "teacher",
    "phone",
    "address",
    "city",
    "street",
    "code",
    "number",
    "item",
    "price",
    "quantity",
    "unit",
    "tax",
    "invoice",
    "receipt",
    "time",
    "hour",
    "day",
    "week",
    "month",
    "year",
    "January",
    "March",
    "April",
    "June",
    "July",
    "August",
    "water",
    "meter",
    "reading",
    "gas",
    "log",
    "temperature",
    "pressure",
    "room",
    "test",
    "result",
    "sample",
    "weight",
    "height",
    "notes",
    "remarks",
    "please",
    "write",
    "clearly",
    "here",
    "office",
    "use",
    "answer",
    "question",
    "section",
    "part",
)
"""Of forms, cheques, score sheets and log books."""
VOWELS, CONSONANTS = "aeiou", "bcdfghjklmnpqrstvwxyz"


@dataclass(frozen=True)
class Print:
    """A line of print."""

    mask: NDArray[np.uint8]
    """uint8 (H, W): coverage, 0 to 255; the writing is SIZE_PX high."""
    digits: tuple[tuple[float, float], ...]
    """(left, right) of each run of digits, in px of `mask`."""


def word(rng: np.random.Generator) -> str:
    """A word, or what looks like one, in small letters, capitals or both."""
    if chance(rng, 0.7):
        text = WORDS[rng.integers(len(WORDS))]
    else:
        syllables = int(rng.integers(2, 5))
        text = "".join(
            CONSONANTS[rng.integers(len(CONSONANTS))] + VOWELS[rng.integers(len(VOWELS))] for _ in range(syllables)
        )
    match rng.integers(4):
        case 0:
            return text.upper()
        case 1:
            return text.capitalize()
        case _:
            return text


def figure(rng: np.random.Generator) -> str:
    """Printed digits: a number, an amount, a date."""
    match rng.integers(4):
        case 0:
            return f"{rng.integers(10000) / 100:.2f}"
        case 1:
            return f"{rng.integers(1, 32):02d}/{rng.integers(1, 13):02d}/{rng.integers(1950, 2030)}"
        case _:
            return str(rng.integers(10 ** int(rng.integers(1, 8))))


def sentence(rng: np.random.Generator, words: int, figures: float = 0.0) -> str:
    """`words` words, a share `figures` of which are numbers."""
    return " ".join(figure(rng) if chance(rng, figures) else word(rng) for _ in range(words))


def printed(text: str, rng: np.random.Generator) -> Print:
    """`text` in some font."""
    font = int(rng.integers(len(HERSHEY) + 2 * len(FACES)))
    if font >= len(HERSHEY):
        return _set(text, FACES[(font - len(HERSHEY)) // 2])
    return _plotted(text, HERSHEY[font], int(rng.integers(1, 4)))


def _runs(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"\d+(?:[.,:/]\d+)*", text)]


@cache
def _face(name: str) -> ImageFont.FreeTypeFont:
    spec = find_spec("matplotlib")
    assert spec is not None, "the host extra has it"  # noqa: S101 — for type checkers
    assert spec.origin is not None  # noqa: S101
    return ImageFont.truetype(Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / f"{name}.ttf", SIZE_PX)


@lru_cache(maxsize=2048)
def _set(text: str, face: str) -> Print:
    font = _face(face)
    core, (left, top) = font.getmask2(text, mode="L")
    mask = np.array(core, np.uint8).reshape(core.size[::-1])
    runs = tuple((font.getlength(text[:start]) - left, font.getlength(text[:end]) - left) for start, end in _runs(text))
    return Print(cv2.copyMakeBorder(mask, max(0, top), 0, 0, 0, cv2.BORDER_CONSTANT, value=0), runs)


def _plotted(text: str, font: int, thickness: int) -> Print:
    scale = SIZE_PX / 30
    (width, height), below = cv2.getTextSize(text, font, scale, thickness)
    mask = np.zeros((height + below + 4, width + 4), np.uint8)
    cv2.putText(mask, text, (2, height + 2), font, scale, 255, thickness, cv2.LINE_AA)
    ends = [[cv2.getTextSize(text[:at], font, scale, thickness)[0][0] + 2.0 for at in run] for run in _runs(text)]
    return Print(mask, tuple((start, end) for start, end in ends))
