"""Digits grouped into numbers, in reading order, by their boxes, and by the rules of tables where those are known.

Each digit is linked to the one that follows it on its line; lines are cut into numbers where gaps are wide.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.order import Extent, reading_order
from edge.read import Digit, Reading
from edge.skew import Floats, Indices, Page, straightened
from edge.table_rules import Gaps

IsRuled = Callable[[Gaps], NDArray[np.bool_]]
"""Tells, bool (N,), in which gaps runs a rule of a table."""

Line = list[int]
"""Index of each digit of a line, or of a number, from the left."""

# What may follow what. Lengths are in heights of the taller of the two, unless something else is said.

LEAST_PITCH = 0.12
"""From middle to middle: boxes of digits that lean or touch overlap by a good half."""
SAME_LINE = 0.5
"""The middles or the feet of neighbours on one line are off by less than this."""
STEEP_LINE = 0.8
"""By less than this where they stand close and a third digit goes on in the same direction: a number written
downhill."""
STEEP_GAP = 0.35
"""Close is a gap of less than this."""
STEEP_TURN = 0.35
"""The same direction is one whose steps down differ by less than this."""
SIZE_RATIO = 1.7
"""Digits of one hand differ by less in height."""
LOST_STROKE_RATIO = 2.2
"""A digit that lost a stroke may differ by this much, if it stands on the line:"""
FOOT_OFF = 0.2
"""its foot is off by less than this."""
OFF_COST = 2.0
"""A neighbour half a height off the line is as bad as one on it and half a height further away."""

# Where numbers end.

MARGIN = 0.45
"""A gap wider than the usual one by this ends a number. About as much is between two digits that are narrow on top."""
NARROWEST_END = 0.55
"""No narrower gap ends a number, however close the rest stands: it is less than a digit is wide."""
WIDEST_GAP = 0.75
"""A wider one does, unless all are wide: it is more than a digit is wide."""
SHARE_BELOW = 0.3
"""Of the gaps are narrower than the usual one within a number: some of the others are between numbers."""
EVEN = 1.5
"""Digits are evenly spaced, as in the boxes of a form, if no pitch of a line is this many times another."""
COLUMN_OFF = 0.35
"""Digits this little aside of each other stand in a column."""
COLUMN_REACH = 1.1
"""A digit belongs to its column, not its line, if its pitch in the column is less than this many times that in the
line."""
COLUMN_GAP = 0.4
"""Such digits are one number only if they nearly touch."""


def group(digits: list[Digit], is_ruled: IsRuled | None = None, slack: float = 0.0) -> list[Reading]:
    """The numbers that `digits`, in any order, make, in reading order: lines from the top, left to right.

    `is_ruled` is asked about the gaps in which a number may end or not; without it no rules are known. With `slack`, in
    heights, gaps in numbers may be wider by so much: what is then another number was not clearly one.
    """
    if not digits:
        return []
    # In one order, whatever the order they came in, so that sums are the same to the bit.
    digits = sorted(digits, key=lambda digit: (digit.box, digit.text, digit.confidence))
    boxes = np.array([digit.box for digit in digits], np.float64)
    page = straightened(boxes)
    links = _links(_steps(page))
    spacing = _spacing(page, links, _ruled(page, boxes, links, is_ruled))
    numbers = [number for line in _lines(len(digits), links) for number in _cut(line, spacing, slack)]
    return [Reading.of([digits[index] for index in numbers[place]]) for place in reading_order(_extents(page, numbers))]


class Steps(NamedTuple):
    """From digits to others on their right."""

    left: Indices
    right: Indices
    pitch: Floats
    """In usual sizes."""
    gap: Floats
    """In heights."""
    drop: Floats
    """In heights: how much lower the right one is."""

    def only(self, places: Indices | list[int]) -> Steps:
        """Those at `places`, in that order."""
        return Steps(self.left[places], self.right[places], self.pitch[places], self.gap[places], self.drop[places])


def _steps(page: Page) -> Steps:
    """Between all digits of which one may follow the other, the likeliest first."""
    left, right = page.left, page.right
    left_size, right_size = page.size[left], page.size[right]
    tall = np.maximum(left_size, right_size)
    pitch = page.along[right] - page.along[left]
    gap = (pitch - (page.width[left] + page.width[right]) / 2) / tall
    drop = (page.down[right] - page.down[left]) / tall
    foot = np.abs(drop + (right_size - left_size) / (2 * tall))
    off = np.minimum(np.abs(drop), foot)
    ratio = tall / np.minimum(left_size, right_size)
    alike = (ratio < SIZE_RATIO) | ((ratio < LOST_STROKE_RATIO) & (foot < FOOT_OFF))
    level = (off < SAME_LINE) | ((off < STEEP_LINE) & (gap < STEEP_GAP))
    possible = np.flatnonzero(alike & level & (pitch > LEAST_PITCH * tall))
    likeliest = np.argsort((pitch / tall + OFF_COST * off * off)[possible], kind="stable")
    return Steps(left, right, pitch, gap, drop).only(possible[likeliest])


def _links(steps: Steps) -> Steps:
    """The likeliest of `steps` by which each digit follows one and is followed by one at most."""
    leaving: set[int] = set()
    entered: set[int] = set()
    chosen = []
    for place, (left, right) in enumerate(zip(steps.left.tolist(), steps.right.tolist(), strict=True)):
        if left not in leaving and right not in entered:
            leaving.add(left)
            entered.add(right)
            chosen.append(place)
    return steps.only(chosen)


def _lines(count: int, links: Steps) -> list[Line]:
    """All of `count` digits, by line."""
    following = dict(zip(links.left.tolist(), links.right.tolist(), strict=True))
    lines = []
    for first in sorted(set(range(count)) - set(following.values())):
        line = [first]
        while line[-1] in following:
            line.append(following[line[-1]])
        lines.append(line)
    return lines


class Spacing(NamedTuple):
    """Of each digit, what is between it and the one that follows it."""

    gap: list[float]
    """In heights."""
    drop: list[float]
    """In heights."""
    pitch: list[float]
    """In usual sizes."""
    column_pitch: list[float]
    """In usual sizes, to the nearest digit above or below it."""
    ruled: list[bool]
    """Whether a rule runs between them."""
    usual_gap: float
    """Of the page, within numbers."""


def _spacing(page: Page, links: Steps, ruled: NDArray[np.bool_]) -> Spacing:
    count = len(page.along)
    gap, drop, pitch = np.zeros((3, count))
    gap[links.left], drop[links.left], pitch[links.left] = links.gap, links.drop, links.pitch
    is_ruled = np.zeros(count, np.bool_)
    is_ruled[links.left] = ruled
    usual_gap = _usual(links.gap.tolist()) if len(links.gap) else 0.0
    return Spacing(
        gap.tolist(), drop.tolist(), pitch.tolist(), _column_pitch(page).tolist(), is_ruled.tolist(), usual_gap
    )


def _column_pitch(page: Page) -> Floats:
    """From each digit to the nearest above or below it, in usual sizes; infinite if there is none."""
    size = page.size[page.left]
    below = np.abs(page.down[page.right] - page.down[page.left])
    aside = page.along[page.right] - page.along[page.left]
    stacked = np.flatnonzero((aside < COLUMN_OFF * size) & (below > SAME_LINE * size))
    pitch = np.full(len(page.along), np.inf)
    np.minimum.at(pitch, page.left[stacked], below[stacked])
    np.minimum.at(pitch, page.right[stacked], below[stacked])
    return pitch


def _ruled(page: Page, boxes: Floats, links: Steps, is_ruled: IsRuled | None) -> NDArray[np.bool_]:
    """Whether a rule runs between the two digits of each link."""
    if is_ruled is None or not len(links.left):
        return np.zeros(len(links.left), np.bool_)
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    width, size = page.width * page.usual_px, page.size * page.usual_px
    left, right = links.left, links.right
    height = np.maximum(size[left], size[right])
    return is_ruled(Gaps(middle[left], middle[right], width[left], width[right], height, page.angle))


def _usual(gaps: list[float]) -> float:
    return sorted(gaps)[int(SHARE_BELOW * len(gaps))]


def _cut(line: Line, spacing: Spacing, slack: float) -> list[Line]:
    """The numbers of one line."""
    if len(line) == 1:
        return [line]
    gaps = [spacing.gap[index] for index in line[:-1]]
    pitches = [spacing.pitch[index] for index in line[:-1]]
    usual_pitch = sorted(pitches)[len(pitches) // 2]
    in_columns = _in_columns(line, usual_pitch, spacing)
    widest = COLUMN_GAP if in_columns else _widest(gaps, spacing.usual_gap) + slack
    # An empty box of a form leaves those before and after it evenly spaced.
    far = [gap > widest and pitch > EVEN * usual_pitch for gap, pitch in zip(gaps, pitches, strict=True)]
    numbers = []
    for part in _parted(line, far):
        even = not in_columns and _is_even(part, spacing)
        drops = [spacing.drop[index] for index in part[:-1]]
        ends = [
            (spacing.gap[index] > widest and not even) or spacing.ruled[index] or _strays(drops, place)
            for place, index in enumerate(part[:-1])
        ]
        numbers += _parted(part, ends)
    return numbers


def _parted(line: Line, ends: list[bool]) -> list[Line]:
    """The parts of a line, cut after each digit for which `ends` holds; the last digit needs none."""
    parts = [line[:1]]
    for index, ended in zip(line[1:], ends, strict=True):
        if ended:
            parts.append([])
        parts[-1].append(index)
    return parts


def _widest(gaps: list[float], page_gap: float) -> float:
    """The widest gap within numbers of a line. A short line tells little of how it is spaced, the page more."""
    usual = _usual([*gaps, page_gap, page_gap])
    return min(max(usual + MARGIN, NARROWEST_END), WIDEST_GAP)


def _is_even(line: Line, spacing: Spacing) -> bool:
    """Whether digits are spaced as in the boxes of a form: all alike."""
    pitches = [spacing.pitch[index] for index in line[:-1]]
    return len(pitches) > 1 and max(pitches) < EVEN * min(pitches)


def _in_columns(line: Line, pitch: float, spacing: Spacing) -> bool:
    """Whether most digits of a line are nearer to those above and below than to those beside, which are `pitch` off."""
    return 2 * sum(spacing.column_pitch[index] < COLUMN_REACH * pitch for index in line) > len(line)


def _strays(drops: list[float], place: int) -> bool:
    """Whether a step leaves the line: it is steep, and those beside it are not."""
    drop = drops[place]
    if abs(drop) < SAME_LINE:
        return False
    beside = drops[max(0, place - 1) : place] + drops[place + 1 : place + 2]
    return all(abs(other - drop) > STEEP_TURN for other in beside)


def _extents(page: Page, numbers: list[Line]) -> list[Extent]:
    left, right = (page.along - page.width / 2).tolist(), (page.along + page.width / 2).tolist()
    down, size = page.down.tolist(), page.size.tolist()
    return [
        Extent(left[number[0]], right[number[-1]], down[number[0]], down[number[-1]], size[number[0]])
        for number in numbers
    ]
