"""What was read: digits grouped into numbers, in the order a person reads them. These types are also the JSON people
get."""

from __future__ import annotations

import math
from itertools import pairwise

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
    """Of the whole number: the product of its digits' confidences."""
    box: Box
    digits: list[Digit]


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


class Answer(msgspec.Struct, frozen=True):
    """All that was found in one picture."""

    digits: str
    """Every digit read, in reading order."""
    readings: list[Reading]
    rejected: list[Rejected]
    ms: dict[str, float]
    """Time taken by `find`, `classify`, `read` and in `total`."""


SAME_LINE_SHARE = 0.6
"""The middles of neighbours on one line lie at heights that differ by less than this share of the taller one."""

SLANTED_LINE_SHARE = 0.9
"""By less than this share if they stand close, as in a number written downhill."""

CLOSE_GAP_SHARE = 0.6
"""Close is a gap of less than this share of the taller one."""

WIDEST_GAP_SHARE = 1.3
"""Digits further apart than this share of their height are two numbers."""

LONE_GAP_SHARE = 0.7
"""Digits closer than this share of their height are one number, however close the rest of the line is."""

UNUSUAL_GAP = 2.5
"""Between the two, a gap this many times the line's median gap separates numbers."""


def group(digits: list[Digit]) -> list[Reading]:
    """The numbers that `digits`, in any order, make, in reading order: lines from the top, left to right."""
    readings = []
    for line in _lines(digits):
        readings += [_number(digits) for digits in _numbers(line)]
    return readings


def _lines(digits: list[Digit]) -> list[list[Digit]]:
    """Digits by line, each from the left. A line goes on at the height of its last digit, so slanted ones hold
    together."""
    lines: list[list[Digit]] = []
    for digit in sorted(digits, key=lambda digit: digit.box.centre):
        nearest, nearest_px = None, float("inf")
        for line in lines:
            off_px = abs(digit.box.centre[1] - line[-1].box.centre[1])
            if off_px < nearest_px and _goes_on(line[-1].box, digit.box):
                nearest, nearest_px = line, off_px
        if nearest is None:
            lines.append([digit])
        else:
            nearest.append(digit)
    return sorted(lines, key=lambda line: min(digit.box.centre[1] for digit in line))


def _goes_on(last: Box, box: Box) -> bool:
    """Whether `box` stands on the line that `last` ends so far."""
    off_px = abs(box.centre[1] - last.centre[1])
    taller_px = max(box.height, last.height)
    close = -last.width / 2 < box.x - last.right < CLOSE_GAP_SHARE * taller_px
    return off_px < (SLANTED_LINE_SHARE if close else SAME_LINE_SHARE) * taller_px


def _numbers(line: list[Digit]) -> list[list[Digit]]:
    """The digits of one line, cut where the gaps are wide."""
    gaps = []
    for left, right in pairwise(line):
        height_px = (left.box.height + right.box.height) / 2
        gaps.append(max(0.0, (right.box.x - left.box.right) / height_px))
    usual = sorted(gaps)[len(gaps) // 2] if gaps else 0.0
    widest = min(WIDEST_GAP_SHARE, max(LONE_GAP_SHARE, UNUSUAL_GAP * usual))
    numbers = [[line[0]]]
    for gap, digit in zip(gaps, line[1:], strict=True):
        if gap > widest:
            numbers.append([digit])
        else:
            numbers[-1].append(digit)
    return numbers


def _number(digits: list[Digit]) -> Reading:
    box = digits[0].box
    for digit in digits[1:]:
        box = box.union(digit.box)
    return Reading(
        "".join(digit.text for digit in digits), math.prod(digit.confidence for digit in digits), box, digits
    )
