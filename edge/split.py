"""One piece of ink, several digits: cut where little ink is cut, and read the way that reads best.

Digits that touch are over-segmented: more cuts are tried than there are digits, each the path from top to bottom that
goes through least ink, so it leans as the writing does and goes round what it can. All ink between two cuts is a
segment; the classifier reads all segments of a frame in one batch, and of all ways through the piece from left to right
the likeliest counts (the segmentation graph of LeCun et al., "Gradient-based learning applied to document recognition",
1998). The piece as a whole is one of these ways.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Box
from core.glyph import Ink
from core.ink import Piece

WORK_HEIGHT_PX = 40
"""Pieces are cut on copies this high at most: twice what a glyph's ink is."""

ASIDE_COST = 0.2
"""Of a step to the side, in px of ink: a cut goes round a stroke, but not through every bay."""

LEAST_GAP = 0.16
"""Between two cuts, as a share of the piece's height: less is no digit, a 1 stands between wider cuts."""

HOLE_COST = 1.0
"""Of a pixel of paper that ink encloses, in px of ink: two 0 that touch for long are cut between, not through one."""

INK_LEVEL = 96
"""Of 255: darker is ink for a cut to go through."""

MOST_CUTS = 8
"""In one piece: the segments grow with the square."""

WIDEST_SEGMENT = 1.1
"""Of a segment, as a share of the piece's height."""

LOWEST_SEGMENT = 0.4
"""Of a segment's ink, as a share of the piece's height: less is a point, a dash or the end of a neighbour's stroke."""

CRUMB = 0.1
"""Ink that a cut has parted from a segment's largest piece and that has less than this share of it is the
neighbour's."""

CUT_COST = 0.5
"""In nats, of every cut: of two ways that read as well, the one with fewer digits."""

INK_COST = 1.0
"""In nats, of a cut through ink as high as the piece."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A path from top to bottom."""

    path: NDArray[np.int64]
    """int64 (H,): in each row of the working copy, the first column right of it."""
    ink: float
    """What it goes through, as a share of its height."""

    @property
    def x(self) -> int:
        """At half height."""
        return int(self.path[len(self.path) // 2])


@dataclass(frozen=True, slots=True)
class Segment:
    """The ink between two cuts."""

    first: int
    last: int
    """Index of the cuts; 0 and the last are the ends of the piece."""
    piece: Piece


@dataclass(frozen=True, slots=True)
class Cutting:
    """All that may be between the cuts of one piece, but for the whole."""

    cuts: list[Cut]
    segments: list[Segment]

    def best(self, scores: Sequence[float]) -> tuple[float, list[int]]:
        """(score, indices): the likeliest way through the piece, as indices of `segments`, which have these `scores`.

        Scores are log-probabilities, -inf for what is no digit. (-inf, []) if no way reads.
        """
        reached: list[tuple[float, list[int]]] = [(-math.inf, []) for _ in self.cuts]
        reached[0] = 0.0, []
        # Segments are in the order of their last cut, so all that leads to a cut is known before what goes on from it.
        for index, segment in enumerate(self.segments):
            before, way = reached[segment.first]
            ends = segment.last == len(self.cuts) - 1
            cost = 0.0 if ends else CUT_COST + INK_COST * self.cuts[segment.last].ink
            score = before + scores[index] - cost
            if score > reached[segment.last][0]:
                reached[segment.last] = score, [*way, index]
        return reached[-1]


def cut(piece: Piece) -> Cutting:
    """Where `piece` may be cut, and what is between."""
    scale = min(1.0, WORK_HEIGHT_PX / piece.box.height)
    ink = piece.ink
    if scale < 1:
        size = max(1, round(piece.box.width * scale)), WORK_HEIGHT_PX
        ink = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    cuts = _cuts(ink)
    return Cutting(cuts, _segments(ink, cuts, piece.box, piece.contrast))


def _cuts(ink: Ink) -> list[Cut]:
    """The ends and the cheapest cuts between them, from the left."""
    height, width = ink.shape
    costs = _costs(ink)
    half = height // 2
    above, below = _Paths(costs[: half + 1]), _Paths(costs[half:][::-1])
    cost = above.cost + below.cost
    gap = max(2, round(LEAST_GAP * height))
    left = np.ones(width, np.bool_)
    left[:gap] = left[max(0, width - gap) :] = False
    chosen: list[int] = []
    for x in np.argsort(cost, kind="stable").tolist():
        if left[x] and len(chosen) < MOST_CUTS:
            chosen.append(x)
            left[max(0, x - gap) : x + gap + 1] = False
    places = np.array(sorted(chosen), np.int64)
    paths = np.concatenate([above.back(places), below.back(places)[-2::-1]])
    crossed = (np.take_along_axis(ink, paths, axis=1) > INK_LEVEL).mean(axis=0)
    inner = [Cut(path, share) for path, share in zip(paths.T, crossed.tolist(), strict=True)]
    return [Cut(np.zeros(height, np.int64), 0.0), *inner, Cut(np.full(height, width), 0.0)]


def _costs(ink: Ink) -> NDArray[np.float32]:
    """float32 (H, W): what it costs a cut to go through each pixel, 1 for ink."""
    drawn = cv2.compare(ink, np.full_like(ink, INK_LEVEL), cv2.CMP_GT)
    outside = cv2.copyMakeBorder(drawn, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    cv2.floodFill(outside, None, (0, 0), 1)
    costs = np.zeros(ink.shape, np.float32)
    costs[outside[1:-1, 1:-1] == 0] = HOLE_COST
    costs[drawn > 0] = 1
    return costs


class _Paths:
    """The cheapest paths from anywhere in the first row to each column of the last (dynamic programming)."""

    def __init__(self, drawn: NDArray[np.float32]) -> None:
        """`drawn`, float32 (H, W), is what a step on each pixel costs."""
        height, width = drawn.shape
        self._steps = np.zeros((height, width), np.int64)
        cost = np.full(width + 2, np.inf, np.float32)
        cost[1:-1] = drawn[0]
        for row in range(1, height):
            ways = np.stack([cost[1:-1], cost[:-2] + ASIDE_COST, cost[2:] + ASIDE_COST])
            best = ways.argmin(axis=0)
            self._steps[row] = _MOVES[best]
            cost[1:-1] = ways.min(axis=0) + drawn[row]
        self.cost = cost[1:-1]

    def back(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64 (H, N): the paths to `places`, int64 (N,), from the first row."""
        height = len(self._steps)
        paths = np.empty((height, len(places)), np.int64)
        paths[-1] = places
        for row in range(height - 1, 0, -1):
            paths[row - 1] = paths[row] + self._steps[row, paths[row]]
        return paths


_MOVES = np.array([0, -1, 1])


def _segments(ink: Ink, cuts: list[Cut], box: Box, contrast: float) -> list[Segment]:
    """What may be a digit between any two cuts, by the order of the second."""
    height, width = ink.shape
    scale = box.height / height
    columns = np.arange(width)
    right_of = [columns >= each.path[:, None] for each in cuts]
    segments = []
    for last in range(1, len(cuts)):
        for first in range(last):
            whole = first == 0 and last == len(cuts) - 1
            if whole or cuts[last].x - cuts[first].x > WIDEST_SEGMENT * height:
                continue
            own = _largest(ink * (right_of[first] & ~right_of[last]))
            x, y, wide, high = cv2.boundingRect(own)
            if high < LOWEST_SEGMENT * height:
                continue
            place = Box(
                box.x + math.floor(x * scale),
                box.y + math.floor(y * scale),
                max(1, math.ceil(wide * scale)),
                max(1, math.ceil(high * scale)),
            )
            segments.append(Segment(first, last, Piece(place, own[y : y + high, x : x + wide], contrast)))
    return segments


def _largest(ink: Ink) -> Ink:
    """`ink` without the crumbs of neighbours."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((ink > 0).view(np.uint8), None, 8, cv2.CV_32S)
    if count <= 2:
        return ink
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    kept = areas >= CRUMB * areas.max()
    return ink * kept[labels]
