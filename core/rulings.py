"""Strokes without the lines of paper: rulings, squares, tables and forms' boxes go, what is written on them stays.

A line is straight (`core.straight`) and long beside what else there is: a 1 in hairlines is as straight as any ruling,
but no longer than other digits are. So nothing need be known of where lines are. What runs from one line to another, as
the sides of a form's boxes do, is one as well.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from core.straight import Line, Mask, straights

LONG_SHARE = 2.2
"""A line is this many times longer than digits are large: no stroke of one is."""

UNBROKEN = 0.8
"""And its longest part between two strokes is this many times as long as they are: the bars of 5 and 7 side by side are
no line."""

LONG_FRAME_SHARE = 0.95
"""And as a share of the frame's side, where nothing tells how large digits are: a lone 1 may be long, too."""

LEAST_REMAINS = 0.3
"""Of the ink: so much must be left without the lines to tell from that how large digits are. A 7 in hairlines is
nothing but lines."""

NEAR_WIDTHS = 2.5
"""How near to a line another one ends that runs from it, in widths of it."""


def find_lines(mask: Mask, usual_px: float) -> tuple[list[Line], Mask]:
    """(lines, pixels): the lines in `mask`, uint8 (H, W), and 255 at the pixels that are of nothing else.

    Digits beside them are `usual_px` large, 0 if that is not known.
    """
    level, upright = straights(mask), straights(np.ascontiguousarray(mask.T))
    lines = level.lines + [replace(line, upright=True) for line in upright.lines]
    if not lines:
        return [], np.zeros_like(mask)

    def pixels(kept: NDArray[np.bool_]) -> Mask:
        split = len(level.lines)
        return cv2.bitwise_or(level.pixels(kept[:split]), np.ascontiguousarray(upright.pixels(kept[split:]).T))

    kept = np.ones(len(lines), np.bool_)
    for _ in range(2):  # without all that may be lines, then with what is too short beside the rest back in place
        remains_px = _usual_px(cv2.subtract(mask, pixels(kept)), LEAST_REMAINS * cv2.countNonZero(mask))
        kept &= [_is_long(line, max(usual_px, remains_px), mask.shape) for line in lines]
        kept |= [_joins_two(line, [lines[place] for place in np.flatnonzero(kept)]) for line in lines]
    return [lines[place] for place in np.flatnonzero(kept)], pixels(kept)


def _is_long(line: Line, usual_px: float, shape: tuple[int, ...]) -> bool:
    """Whether it is longer than a stroke of digits `usual_px` large can be, in a frame of `shape`."""
    side = shape[0] if line.upright else shape[1]
    if not usual_px:
        return line.length >= LONG_FRAME_SHARE * side
    return line.length >= min(LONG_SHARE * usual_px, LONG_FRAME_SHARE * side) and line.unbroken >= UNBROKEN * usual_px


def _usual_px(strokes: Mask, least_area: float) -> float:
    """The length of the box that half of the ink by area has at least; 0 for less ink than `least_area`."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(strokes, None, 8, cv2.CV_32S)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if count < 2 or areas.sum() < least_area:
        return 0.0
    return usual(stats[1:, 2:4].max(axis=1), areas)


def usual(lengths: NDArray[np.integer], areas: NDArray[np.integer]) -> float:
    """The length that half of the ink by area has at least; `lengths` and `areas` are (N,), N > 0."""
    order = np.argsort(lengths)
    cumulative = np.cumsum(areas[order])
    return float(lengths[order][np.searchsorted(cumulative, cumulative[-1] / 2)])


def _joins_two(line: Line, others: list[Line]) -> bool:
    """Whether `line` runs from one of `others` to another, across them."""
    met = 0
    for along in (line.start, line.end):
        across = line.offset + line.slope * along
        met += any(_is_near(other, along, across) for other in others if other.upright != line.upright)
    return met == 2


def _is_near(other: Line, along: float, across: float) -> bool:
    """Whether a line the other way ends at `other`; `along` and `across` are of its end, by its own axis."""
    room = NEAR_WIDTHS * other.width
    inside = other.start - room <= across <= other.end + room
    return inside and abs(other.offset + other.slope * across - along) <= room
