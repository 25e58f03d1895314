"""What was read: digits, numbers, and what was rejected. These types are also the JSON people get."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from core.frame import Box


class Digit(msgspec.Struct, frozen=True):
    """One digit in its place."""

    text: str
    confidence: float
    """0 to 1, calibrated."""
    box: Box
    probabilities: list[float]
    """Of every label, in the model's order; they sum to 1."""
    evidence: float
    """That it is any label at all: what `reading.min_evidence` is compared with."""


class Reading(msgspec.Struct, frozen=True):
    """A number as a person would read it."""

    text: str
    confidence: float
    """Of the whole number: the product of its digits' confidences, to four places as they are."""
    box: Box
    digits: list[Digit]

    @classmethod
    def of(cls, digits: list[Digit]) -> Reading:
        """The number that `digits`, one or more, make, in their order."""
        box = digits[0].box
        for digit in digits[1:]:
            box = box.union(digit.box)
        return cls(
            "".join(digit.text for digit in digits),
            round(math.prod(digit.confidence for digit in digits), 4),
            box,
            digits,
        )

    def moved(self, to: Callable[[Box], Box]) -> Reading:
        """The same with every box where `to` has it."""
        digits = [msgspec.structs.replace(digit, box=to(digit.box)) for digit in self.digits]
        return msgspec.structs.replace(self, box=to(self.box), digits=digits)


class Rejected(msgspec.Struct, frozen=True):
    """Ink that was looked at and not read."""

    reason: str
    """`too_small` or, by its shape, `not_a_digit`; of what was classified, one of `core.reject.REASONS`."""
    box: Box
    text: str
    """What it would have been read as; empty if it was not classified."""
    confidence: float
    probabilities: list[float]
    evidence: float | None
    """None if it was not classified."""


class Refused(msgspec.Struct, frozen=True):
    """A number that `reading.rules` do not accept."""

    text: str
    confidence: float
    box: Box
    rule: str
    """The key of `reading.rules` that it breaks."""
    reason: str
    """For a person: what was read, and what is allowed."""
    region: str = ""
    """The name of the region it stands in; empty if there are none."""


class Answer(msgspec.Struct, frozen=True):
    """All that was found in one picture."""

    digits: str
    """Every digit of the readings, in reading order."""
    readings: list[Reading]
    rejected: list[Rejected]
    ms: dict[str, float]
    """Time taken by `find`, `classify`, `read` and in `total`."""
    refused: list[Refused] = []
    """By rules that look at one reading alone; those that compare with what was before are for videos and cameras."""
