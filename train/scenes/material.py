"""What scenes are made of: the glyphs of digits, of other signs, and pictures to use as grounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.dataset import GlyphSet
from core.errors import DataError
from train.scenes.pens import Glyph

DIGITS = tuple("0123456789")
FEW = 30
"""Glyphs of a writer below which they count among the hands that nobody knows: they could not write a number."""

_NOBODY = -1


@dataclass(frozen=True)
class Material:
    """All that is drawn comes from here; nothing else is ever looked at."""

    digits: GlyphSet
    """Over the labels 0 to 9. Best of known writers: a number is then in one hand."""
    letters: GlyphSet | None = None
    """Signs that are no digits and resemble none, whatever their labels; without them words are drawn as loops."""
    grounds: tuple[NDArray[np.uint8], ...] = ()
    """Pictures, uint8 (H, W) each, that have no handwritten digit: used as grounds of scenes without digits, and around
    and under paper. Feed back here what a trained spotter took for digits (hard negatives), with some of what is
    around it: 32 px and more a side."""
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
        """A writer, each as often as there are glyphs of theirs."""
        return Hand(self, self._by_writer[int(self._writer_of[rng.integers(len(self.digits))])], rng)

    def any_of(self, value: int) -> NDArray[np.int64]:
        """Index of every glyph of this digit."""
        return self._of_value[value]


@dataclass(frozen=True)
class Hand:
    """Somebody who writes."""

    material: Material
    _glyphs: Sequence[NDArray[np.int64]]
    rng: np.random.Generator

    def digit(self, value: int) -> Glyph:
        """Some glyph of this digit, in this hand if it has one."""
        own = self._glyphs[value]
        own = own if len(own) else self.material.any_of(value)
        return self.material.digits.pixels[own[self.rng.integers(len(own))]]

    def letter(self) -> Glyph | None:
        """Some sign that is no digit; None if there are none."""
        letters = self.material.letters
        return None if letters is None else letters.pixels[self.rng.integers(len(letters))]
