"""Rules of tables between digits: a straight line in the gap of two that goes on far above and below them.

Only the strips between digits are looked at. Lines that run through digits too are the paper's and separate nothing,
and so are the sides of a form's boxes: those end with the box.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.frame import Luma

Floats = NDArray[np.float64]
Contrasts = NDArray[np.int16]
"""int16, in grey levels: how much a pixel is darker, or lighter, than what is on both sides of it."""

# Lengths are in heights of the taller of two digits, unless something else is said.

MARGIN = 0.06
"""A rule may run so far inside of the digits' boxes: they may touch it."""
WIDEST_GAP = 1.2
"""Digits further apart are no number, ruled or not."""
MOST_COLUMNS = 64
"""Looked at in one gap; of wider ones, not every pixel is."""
MOST_TRACED = 500
"""Bounds the work on texture: of more lines only the clearest are looked at."""
LEAN = 0.12
"""By how much, for each px down, a rule is aside at most of where the line of digits would have it."""
ASIDE = 0.07
"""From its middle to the paper beside it, and ASIDE_PX more: rules are up to a seventh as wide as digits are high."""
ASIDE_PX = 1.5
LEAST_CONTRAST = 5
"""Grey levels."""
SEEN_SHARE = 0.4
"""Of a rule's contrast between the digits, that it has wherever it is seen."""
PAST = 0.5
"""From the middle of the digits, at either end: it goes on beside all of them."""
RULE_LENGTH = 2.2
"""Of a rule: the side of a form's box is shorter, and so are strokes."""
SEEN_ROWS = 0.85
"""Of its length, where a rule is seen."""

# Paper.

INNER = 0.72
"""Of a digit's width: what runs through there crosses the digit."""
CROSSED_CONTRAST = 0.4
"""As a share of that of the rules: what crosses digits is as clear."""
CROSSED_ROWS = 0.6
"""Of the rows above a digit, and of those below, where a line is seen that crosses it."""
CROSSED_SHARE = 0.2
"""Of the digits, for each gap with a line: if lines cross as many as that, the paper is ruled or squared."""
MOST_CROSSED = 32
"""Digits are looked at: they are enough to tell."""

_NEAR = np.array([-0.4, -0.2, 0.0, 0.2, 0.4])
_NEAR_LEANS = np.array([-0.08, 0.0, 0.08])
_ROWS = np.linspace(-1.6, 1.6, 25)
_SIDES = np.array([-1.0, 0.0, 1.0])
_LEANS = np.linspace(-LEAN, LEAN, 13)
_OUTSIDE = np.concatenate([np.linspace(-1.2, -0.62, 6), np.linspace(0.62, 1.2, 6)])


class Gaps(NamedTuple):
    """Between digits that follow each other on their lines, N of them, in px of the frame."""

    left: Floats
    """(N, 2): the middle of the one on the left,"""
    right: Floats
    """and of the other."""
    left_width: Floats
    """(N,), along the line."""
    right_width: Floats
    height: Floats
    """(N,), of the taller one."""
    angle: float
    """Of the lines, in radians, clockwise. Along them, each middle on the right lies further than that on the left."""

    def only(self, places: NDArray[np.intp]) -> Gaps:
        """Those at `places`, in that order."""
        left_width, right_width, height = (values[places] for values in self[2:5])
        return Gaps(self.left[places], self.right[places], left_width, right_width, height, self.angle)


def ruled(luma: Luma, gaps: Gaps) -> NDArray[np.bool_]:
    """bool (N,): between which digits of `luma`, uint8 (H, W), runs a rule of a table."""
    is_ruled = np.zeros(len(gaps.height), np.bool_)
    pitch = _pitch(gaps)
    gap = pitch - (gaps.left_width + gaps.right_width) / 2
    narrow = np.flatnonzero(gap < WIDEST_GAP * gaps.height)
    if not len(narrow):
        return is_ruled
    strips = _Strips(luma, gaps.angle)
    lines = _rules(strips, gaps.only(narrow), pitch[narrow])
    if len(lines.gap) and not _are_of_paper(strips, gaps, lines):
        is_ruled[narrow[lines.gap]] = True
    return is_ruled


class _Lines(NamedTuple):
    """Found in gaps, now and then two in one: a double rule, or one rule found twice, a little aside."""

    gap: NDArray[np.intp]
    is_dark: NDArray[np.bool_]
    """Darker than the paper beside it, or lighter."""
    contrast: Contrasts
    lean: Floats

    def only(self, places: NDArray[np.intp]) -> _Lines:
        """Those at `places`, in that order."""
        gap, is_dark, contrast = self.gap[places], self.is_dark[places], self.contrast[places]
        return _Lines(gap, is_dark, contrast, self.lean[places])


class _Ways(NamedTuple):
    """Straight ways through a frame, M of them, which go up and down at the places that are looked at."""

    start: Floats
    """(M, 2), in px."""
    owner: NDArray[np.intp]
    """(M,): which gap or digit, of N, each is at."""
    height: Floats
    """(N,), in px: the unit of the way up and down."""
    beside: Floats
    """(N,), in px: how far aside is what a way is compared with."""

    def only(self, places: NDArray[np.intp]) -> _Ways:
        """Those at `places`, in that order."""
        return self._replace(start=self.start[places], owner=self.owner[places])


class _Strips:
    """Of a frame, along lines of digits at an angle."""

    def __init__(self, luma: Luma, angle: float) -> None:
        self._width = luma.shape[1]
        self._pixels = luma.reshape(-1)
        self._cos, self._sin = np.cos(angle), np.sin(angle)

    def contrasts(self, ways: _Ways, lean: Floats, rows: Floats) -> tuple[Contrasts, Contrasts]:
        """(dark, light), each (M, leans, rows); above and below the frame they are 0.

        A way that leaves the frame at one side comes in again at the other: digits are in the frame, and so is what is
        between them, but for a few px.
        """
        down = np.multiply.outer(ways.height, rows)[:, np.newaxis]
        sides = np.multiply.outer(_SIDES, ways.beside)[..., np.newaxis, np.newaxis]
        aside = lean[:, np.newaxis] * down + sides
        # Few heights and many ways: what is added to the place of a way's start is worked out once for each height.
        steps = self._index(aside * self._cos - down * self._sin + 0.5, aside * self._sin + down * self._cos + 0.5)
        starts = self._index(ways.start[:, 0], ways.start[:, 1])
        places = steps[:, ways.owner] + starts[:, np.newaxis, np.newaxis]
        one, middle, other = self._pixels.take(places, mode="clip").astype(np.int16)
        return np.minimum(one, other) - middle, middle - np.maximum(one, other)

    def _index(self, x: Floats, y: Floats) -> NDArray[np.intp]:
        return np.asarray(np.floor(y).astype(np.intp) * self._width + np.floor(x).astype(np.intp))


def _pitch(gaps: Gaps) -> Floats:
    way = gaps.right - gaps.left
    return np.asarray(way[:, 0] * np.cos(gaps.angle) + way[:, 1] * np.sin(gaps.angle))


def _rules(strips: _Strips, gaps: Gaps, pitch: Floats) -> _Lines:
    """The lines as long as rules."""
    ways = _between(gaps, pitch)
    near = strips.contrasts(ways, _NEAR_LEANS, _NEAR)
    # All rows but one: a stroke may touch the rule there.
    dark, light = (np.sort(contrasts, axis=2)[:, :, 1].max(axis=1) for contrasts in near)
    contrast = np.maximum(dark, light)
    clear = _peaks(contrast, ways.owner)
    if len(clear) > MOST_TRACED:
        clear = np.sort(clear[np.argsort(-contrast[clear], kind="stable")[:MOST_TRACED]])
    ways, contrast, is_dark = ways.only(clear), contrast[clear], (dark >= light)[clear]
    if not len(clear):
        return _Lines(ways.owner, is_dark, contrast, np.zeros(0))
    lean, seen = _traced(strips, ways, contrast, is_dark)
    up, down, share = _run(seen)
    is_rule = (np.minimum(up, down) >= PAST) & (up + down >= RULE_LENGTH) & (share >= SEEN_ROWS)
    return _Lines(ways.owner, is_dark, contrast, lean).only(np.flatnonzero(is_rule))


def _peaks(contrast: Contrasts, owner: NDArray[np.intp]) -> NDArray[np.intp]:
    """Where contrast is clear, and more than on the left and no less than on the right in the same gap."""
    inside = owner[1:] == owner[:-1]
    is_peak = contrast >= LEAST_CONTRAST
    is_peak[1:] &= ~inside | (contrast[1:] > contrast[:-1])
    is_peak[:-1] &= ~inside | (contrast[:-1] >= contrast[1:])
    return np.flatnonzero(is_peak)


def _between(gaps: Gaps, pitch: Floats) -> _Ways:
    """Ways side by side from digit to digit."""
    edges = gaps.left_width / 2, pitch - gaps.right_width / 2
    room = MARGIN * gaps.height
    first = np.maximum(np.minimum(*edges) - room, 0.2 * gaps.left_width)
    last = np.minimum(np.maximum(*edges) + room, pitch - 0.2 * gaps.right_width)
    span = np.maximum(last - first, 0)
    count = np.minimum(span.astype(np.intp) + 2, MOST_COLUMNS)
    owner = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(owner)) - (np.cumsum(count) - count)[owner]
    along = first[owner] + place * (span / (count - 1))[owner]
    start = gaps.left[owner] + (gaps.right - gaps.left)[owner] * (along / pitch[owner])[:, np.newaxis]
    # In a narrow gap what is further aside is ink of the digits.
    beside = np.clip((last - first) / 2, 2, _beside(gaps.height))
    return _Ways(start, owner, gaps.height, beside)


def _beside(height: Floats) -> Floats:
    """How far from the middle of any rule is paper, in px."""
    return np.maximum(ASIDE * height + ASIDE_PX, 2)


def _traced(
    strips: _Strips, ways: _Ways, contrast: Contrasts, is_dark: NDArray[np.bool_]
) -> tuple[Floats, NDArray[np.bool_]]:
    """(lean, seen): how each line leans, and bool (lines, rows), where it is seen."""
    dark, light = strips.contrasts(ways, _LEANS, _ROWS)
    contrasts = np.where(is_dark[:, np.newaxis, np.newaxis], dark, light)
    seen = contrasts >= np.maximum(SEEN_SHARE * contrast, LEAST_CONTRAST)[:, np.newaxis, np.newaxis]
    best = seen.sum(axis=2).argmax(axis=1)
    return _LEANS[best], seen[np.arange(len(best)), best]


def _run(seen: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """(up, down, share): how far from the middle row lines go on, with no hole of two rows, and where they are seen."""
    closed = seen.copy()
    closed[:, 1:-1] |= seen[:, :-2] & seen[:, 2:]
    middle = seen.shape[1] // 2
    up = np.logical_and.accumulate(closed[:, middle::-1], axis=1)
    down = np.logical_and.accumulate(closed[:, middle:], axis=1)
    count_up, count_down = up.sum(axis=1), down.sum(axis=1)
    ran = np.concatenate([up[:, :0:-1], down], axis=1)
    step = _ROWS[1] - _ROWS[0]
    return (count_up - 1) * step, (count_down - 1) * step, (ran & seen).sum(axis=1) / np.maximum(ran.sum(axis=1), 1)


def _are_of_paper(strips: _Strips, gaps: Gaps, lines: _Lines) -> bool:
    """Whether lines like these cross digits, too."""
    some = np.linspace(0, len(gaps.height) - 1, min(len(gaps.height), MOST_CROSSED)).astype(np.intp)
    width, height = gaps.left_width[some], gaps.height[some]
    count = np.minimum((INNER * width).astype(np.intp) + 1, MOST_COLUMNS)
    owner = np.repeat(np.arange(len(some)), count)
    place = np.arange(len(owner)) - (np.cumsum(count) - count)[owner]
    along = ((place + 0.5) / count[owner] - 0.5) * INNER * width[owner]
    way = np.array([np.cos(gaps.angle), np.sin(gaps.angle)])
    start = gaps.left[some][owner] + along[:, np.newaxis] * way
    ways = _Ways(start, owner, height, _beside(height))
    dark, light = strips.contrasts(ways, np.median(lines.lean, keepdims=True), _OUTSIDE)
    contrast = dark if 2 * np.count_nonzero(lines.is_dark) >= len(lines.is_dark) else light
    seen = contrast[:, 0] >= max(CROSSED_CONTRAST * float(np.median(lines.contrast)), LEAST_CONTRAST)
    half = len(_OUTSIDE) // 2
    crossing = np.minimum(seen[:, :half].mean(axis=1), seen[:, half:].mean(axis=1)) >= CROSSED_ROWS
    crossed = np.bincount(owner, crossing, len(some)) > 0
    return float(crossed.mean()) >= CROSSED_SHARE * len(set(lines.gap.tolist())) / len(gaps.height)
