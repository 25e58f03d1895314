"""What is to be found in a scene: digits, the numbers they make, and regions that count neither way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.frame import Box, Luma


@dataclass(frozen=True, slots=True)
class Digit:
    """One digit that a person would read."""

    label: int
    """0 to 9."""
    box: Box
    """Around its ink, in px of the frame."""
    number: int
    """Index into `Truth.numbers`."""


@dataclass(frozen=True, slots=True)
class Number:
    """Digits that belong together, in reading order."""

    text: str
    """The digits of it that are in the truth, as "1250"; points and signs beside them are not part of it."""
    line: int
    """Index of the line, row or cell it stands in."""
    whole: bool
    """Whether all of its digits are in the truth: none is cut by the frame, covered or too faint."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything to be found in one scene."""

    digits: tuple[Digit, ...]
    """Number by number, in reading order."""
    numbers: tuple[Number, ...]
    ignore: tuple[Box, ...]
    """What may or may not be a digit to a reader: printed ones, and those that are cut, covered, struck out or
    unreadable. Finding one there is neither right nor wrong, but for `digits` that overlap: those are to be found."""

    def boxes(self) -> NDArray[np.float32]:
        """float32 (digits, 4): x, y, width and height in px of the frame."""
        return np.array([digit.box for digit in self.digits], np.float32).reshape(-1, 4)

    def labels(self) -> NDArray[np.int64]:
        """int64 (digits,): 0 to 9."""
        return np.array([digit.label for digit in self.digits], np.int64)

    def ignored(self) -> NDArray[np.float32]:
        """float32 (regions, 4): x, y, width and height in px of the frame."""
        return np.array(self.ignore, np.float32).reshape(-1, 4)


@dataclass(frozen=True, slots=True)
class Scene:
    """A frame and what is in it."""

    luma: Luma
    truth: Truth
    kind: str
    """What was drawn, one of `train.scenes.compose.KINDS`."""
    light_on_dark: bool
    """Whether the ink is lighter than its ground."""
