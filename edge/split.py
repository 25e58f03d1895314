"""One piece of ink, several digits: cut where little ink is cut, and read the way that reads best.

Digits that touch are over-segmented: more cuts are tried than there are digits, straight ones at several slants, since
writing leans. All ink between two cuts is a segment; the classifier reads all segments of a frame in one batch, and of
all ways through the piece from left to right the likeliest counts (the segmentation graph of LeCun et al.,
"Gradient-based learning applied to document recognition", 1998). The piece as a whole is one of these ways.
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

SLANTS = (-0.2, 0.0, 0.2, 0.4)
"""How far a cut leans to the right at its top, as a share of its height. Most writing leans to the right."""

LEAST_GAP = 0.16
"""Between two cuts, as a share of the piece's height: less is no digit, a 1 stands between wider cuts."""

MOST_CUTS = 8
"""In one piece: the segments grow with the square."""

WIDEST_SEGMENT = 1.4
"""Of a segment, as a share of the piece's height."""

LOWEST_SEGMENT = 0.4
"""Of a segment's ink, as a share of the piece's height: less is a point, a dash or the end of a neighbour's stroke."""

CRUMB = 0.1
"""Ink that a cut has parted from a segment's largest piece and that has less than this share of it is the
neighbour's."""

INK_COST = 4.0
"""In nats, of a cut through ink as high as the piece."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A straight line from top to bottom."""

    x: float
    """At half height, in px of the working copy."""
    slant: float
    ink: float
    """What it goes through, as a share of its height."""


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
            cost = INK_COST * self.cuts[segment.last].ink
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
    _, drawn = cv2.threshold(ink, 96, 1, cv2.THRESH_BINARY)
    crossed = np.stack([_crossed(drawn, slant) for slant in SLANTS])
    # A hair's breadth for leaning, so that of equal cuts the upright one is taken.
    cost = crossed + 0.01 * np.abs(np.array(SLANTS))[:, None]
    leaning = cost.argmin(axis=0)
    cheapest = cost.min(axis=0)
    gap = max(2, round(LEAST_GAP * height))
    left = np.ones(width, np.bool_)
    left[:gap] = left[max(0, width - gap) :] = False
    chosen: list[int] = []
    order = np.argsort(cheapest + 1e-3 * np.abs(np.arange(width) - width / 2) / width, kind="stable")
    for x in order.tolist():
        if left[x]:
            chosen.append(x)
            left[max(0, x - gap) : x + gap + 1] = False
            if len(chosen) == MOST_CUTS:
                break
    inner = [Cut(x + 0.5, SLANTS[leaning[x]], float(crossed[leaning[x], x])) for x in sorted(chosen)]
    return [Cut(-float(height), 0.0, 0.0), *inner, Cut(float(width + height), 0.0, 0.0)]


def _crossed(drawn: NDArray[np.uint8], slant: float) -> NDArray[np.float64]:
    """float64 (W,): the share of its height that a cut through each column at half height goes through ink."""
    height, width = drawn.shape
    # Where the cut meets each row: straightened, it is a column.
    shear = np.array([[1, -slant, slant * height / 2], [0, 1, 0]], np.float64)
    straight = cv2.warpAffine(drawn, shear, (width, height), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    return cv2.reduce(straight, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0] / height


def _segments(ink: Ink, cuts: list[Cut], box: Box, contrast: float) -> list[Segment]:
    """What may be a digit between any two cuts, by the order of the second."""
    height, width = ink.shape
    scale = box.height / height
    rows = (height / 2 - np.arange(height) - 0.5)[:, None]
    columns = np.arange(width)[None]
    right_of = [columns >= each.x + each.slant * rows - 0.5 for each in cuts]
    ends = [min(max(each.x, 0.0), float(width)) for each in cuts]
    segments = []
    for last in range(1, len(cuts)):
        for first in range(last):
            whole = first == 0 and last == len(cuts) - 1
            if whole or ends[last] - ends[first] > WIDEST_SEGMENT * height:
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
