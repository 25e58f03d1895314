"""What scenes are made of: the glyphs of digits, of other signs, and pictures to use as grounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from core.dataset import GlyphSet
from core.errors import DataError
from train.scenes.fields import chance
from train.scenes.penmanship import Penmanship, bent, penmanship
from train.scenes.pens import Glyph

DIGITS = tuple("0123456789")
FEW = 30
"""Glyphs of a writer below which they count among the hands that nobody knows: they could not write a number."""

LOOKALIKE = 0.9
"""Correlation with some digit, both blurred, from which a letter is left out: such an f is an 8 to a reader. Chosen by
looking at letters of chars74k and Omniglot in this order; half of all digits correlate with another by 0.93."""
MOST_COMPARED = 1000
"""Digits that letters are compared with."""

PENNED_SHARE = 0.45
"""Of the hands: those that are drawn with strokes, in the ways of many countries, and not taken from data."""
BENT_SHARE = 0.5
"""Of the glyphs from data."""

_NOBODY = -1


@dataclass(frozen=True)
class Material:
    """All data that is drawn comes from here; nothing else is ever looked at."""

    digits: GlyphSet
    """Over the labels 0 to 9. Best of known writers: a number is then in one hand."""
    letters: GlyphSet | None = None
    """Signs that are no digits, whatever their labels; without them words are drawn as loops. Those that look like a
    digit are never drawn."""
    grounds: tuple[NDArray[np.uint8], ...] = ()
    """Pictures, uint8 (H, W) each, that have no handwritten digit: used as grounds of scenes without digits, and around
    and under paper. Feed back here what a trained spotter took for digits (hard negatives), with some of what is
    around it: 32 px and more a side."""
    _plain_letters: NDArray[np.int64] = field(init=False, repr=False, compare=False)
    _by_writer: dict[int, tuple[NDArray[np.int64], ...]] = field(init=False, repr=False, compare=False)
    _writer_of: NDArray[np.int64] = field(init=False, repr=False, compare=False)
    _of_value: tuple[NDArray[np.int64], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        missing = sorted(set(DIGITS) - {self.digits.labels[target] for target in np.unique(self.digits.targets)})
        if missing or set(self.digits.labels) != set(DIGITS):
            found = ", ".join(self.digits.labels)
            raise DataError(f"{self.digits.name}: has the labels {found}; scenes need glyphs of all digits 0 to 9")
        if self.letters is not None and (set(self.letters.labels) & set(DIGITS) or len(self.letters) == 0):
            raise DataError(f"{self.letters.name}: has digits or nothing at all; expected signs that are no digits")
        for ground in self.grounds:
            if ground.dtype != np.uint8 or ground.ndim != 2 or min(ground.shape) < 8:
                raise DataError(f"a ground is {ground.dtype} {ground.shape}; expected uint8 (H, W) of 8 px and more")
        object.__setattr__(self, "_plain_letters", _unlike_digits(self.letters, self.digits))
        values = np.array([int(label) for label in self.digits.labels], np.int64)[self.digits.targets]
        writers = np.full(len(values), _NOBODY, np.int64)
        if self.digits.writers is not None:
            names, owners, counts = np.unique(self.digits.writers, return_inverse=True, return_counts=True)
            writers = np.where(counts[owners] >= FEW, names[owners], _NOBODY)
        order = np.lexsort((values, writers))
        by_writer = {}
        for own in np.split(order, np.nonzero(np.diff(writers[order]))[0] + 1):
            by_writer[int(writers[own[0]])] = tuple(own[values[own] == value] for value in range(10))
        object.__setattr__(self, "_by_writer", by_writer)
        object.__setattr__(self, "_writer_of", writers)
        object.__setattr__(self, "_of_value", tuple(np.nonzero(values == value)[0] for value in range(10)))

    def hand(self, rng: np.random.Generator) -> Hand:
        """A writer: one of those in the data, each as often as there are glyphs of theirs, or one of their own."""
        if chance(rng, PENNED_SHARE):
            return Hand(self, penmanship(rng), rng)
        return Hand(self, self._by_writer[int(self._writer_of[rng.integers(len(self.digits))])], rng)

    def any_letter(self, rng: np.random.Generator) -> Glyph | None:
        """Some sign that no reader takes for a digit; None if there are none."""
        if self.letters is None or len(self._plain_letters) == 0:
            return None
        return self.letters.pixels[self._plain_letters[rng.integers(len(self._plain_letters))]]

    def any_of(self, value: int) -> NDArray[np.int64]:
        """Index of every glyph of this digit."""
        return self._of_value[value]


@dataclass(frozen=True)
class Hand:
    """Somebody who writes."""

    material: Material
    _writes: Penmanship | Sequence[NDArray[np.int64]]
    """Their penmanship, or for each digit the index of their glyphs."""
    rng: np.random.Generator

    def digit(self, value: int) -> Glyph:
        """Some glyph of this digit, in this hand if it has one."""
        if isinstance(self._writes, Penmanship):
            return self._writes.digit(value, self.rng)
        own = self._writes[value]
        own = own if len(own) else self.material.any_of(value)
        glyph = self.material.digits.pixels[own[self.rng.integers(len(own))]]
        return bent(glyph, self.rng) if chance(self.rng, BENT_SHARE) else glyph

    def letter(self) -> Glyph | None:
        """Some sign that is no digit; None if there are none."""
        return self.material.any_letter(self.rng)


def _unlike_digits(letters: GlyphSet | None, digits: GlyphSet) -> NDArray[np.int64]:
    """Index of every letter that resembles no digit."""
    if letters is None:
        return np.zeros(0, np.int64)
    some = digits.pixels[:: max(1, len(digits) // MOST_COMPARED)]
    # OpenCV's product, for it runs in this thread: NumPy's waits for all cores, and here other processes have them.
    likeness = cv2.gemm(_forms(letters.pixels), _forms(some), 1, None, 0, flags=cv2.GEMM_2_T)
    return np.nonzero(likeness.max(axis=1) < LOOKALIKE)[0]


def _forms(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 (N, 196): each glyph blurred, small, with mean 0 and length 1, so that products are correlations."""
    small = [cv2.resize(cv2.GaussianBlur(glyph, (0, 0), 1), (14, 14), interpolation=cv2.INTER_AREA) for glyph in pixels]
    forms = np.stack(small).reshape(len(small), -1).astype(np.float32)
    forms -= forms.mean(axis=1, keepdims=True)
    return forms / np.maximum(np.linalg.norm(forms, axis=1, keepdims=True), 1e-6)
