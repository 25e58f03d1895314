"""Ink to pieces: where the strokes are on a page, and each piece of ink on its own.

A pixel counts as stroke if it has a good share of the darkest ink nearby: that keeps faint pencil, and drops the ruling
of squared paper where it crosses a digit. Connected strokes are one piece, once the lines of the paper are gone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from core.belonging import belonging_together, holders
from core.frame import Box, Luma
from core.glyph import Ink
from core.paper import Polarity, ink_map
from core.rulings import LONG_SHARE, find_lines, usual
from core.straight import Line

LEAST_CONTRAST = 22
"""Of 255. Weaker than this, ink cannot be told from the grain of paper under a cheap camera."""

NOISE_SIGMAS = 5.0
"""Strokes must stand out from the grain of the paper by this many standard deviations."""

STROKE_SHARE = 0.42
"""A stroke's pixels have at least this share of the darkest ink nearby; a printed ruling beside a pen has less."""

NEARBY_SHARE = 1 / 12
"""How far nearby reaches, as a share of the frame's longer side."""

FAINTEST_SHARE = 0.35
"""A piece whose ink is fainter than this share of the frame's darkest is ruling, show-through or dirt."""

SMALLEST_AREA_PX = 6
"""Fewer pixels than this are a speck, at any resolution."""

SPECK_SHARE = 0.12
"""In a picture of one subject, ink smaller than this share of the largest piece is a speck."""

DARKER_PART = 0.2
"""The frame's darkest ink, which faint ink is compared with, is the darkest fifth of it by area."""

LARGE_SHARE = 0.2
"""Of the frame's longer side: ink this long does not count when asking how large digits usually are, and may have
lines in it."""

LEAST_OTHER_INK = 0.05
"""Of the large ink: with less beside it, what is beside it may be specks."""

MOST_PIECES = 1000
"""Bounds the work on a frame of pure texture: of more pieces only the largest are looked at."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One connected piece of ink, or several that belong together."""

    box: Box
    """In pixels of the frame it was found in."""
    ink: Ink
    """uint8 (box height, box width), ink 255 on paper 0, other pieces left out."""
    contrast: float
    """The mean light its strokes take away, 0 to 255."""

    def joined(self, other: Piece) -> Piece:
        """Both as one."""
        box = self.box.union(other.box)
        ink = np.zeros((box.height, box.width), np.uint8)
        for piece in (self, other):
            x, y = piece.box.x - box.x, piece.box.y - box.y
            area = ink[y : y + piece.box.height, x : x + piece.box.width]
            np.maximum(area, piece.ink, out=area)
        return Piece(box, ink, max(self.contrast, other.contrast))


def find_pieces(luma: Luma, polarity: Polarity = "auto") -> list[Piece]:
    """The pieces of ink in `luma`, uint8 (H, W), in no order; strokes drawn apart but belonging together are one
    piece."""
    found = _components(luma, polarity)
    return [found.piece(group) for group in belonging_together(found.boxes)]


def isolate(luma: Luma, polarity: Polarity = "auto") -> Ink:
    """uint8 (H, W): all ink of a picture of one subject, 255 on paper 0, specks removed; all zeros if there is none."""
    isolated = np.zeros_like(luma)
    found = _components(luma, polarity)
    if not found.boxes:
        return isolated
    longest = max(max(box.width, box.height) for box in found.boxes)
    kept = [index for index, box in enumerate(found.boxes) if max(box.width, box.height) >= SPECK_SHARE * longest]
    piece = found.piece(kept)
    x, y, width, height = piece.box
    isolated[y : y + height, x : x + width] = piece.ink
    return isolated


def strokes(ink: Ink, noise: float) -> NDArray[np.uint8]:
    """uint8 (H, W): 255 where `ink` is a stroke, 0 elsewhere."""
    least = max(LEAST_CONTRAST, NOISE_SIGMAS * noise)
    reach = max(3, 2 * round(max(ink.shape) * NEARBY_SHARE / 2) + 1)
    nearby_darkest = cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_RECT, (reach, reach)))
    shares = np.clip(_LEVELS * STROKE_SHARE, min(255, round(least)), 255)
    return cv2.compare(ink, cv2.LUT(nearby_darkest, np.rint(shares).astype(np.uint8)), cv2.CMP_GE)


@dataclass(frozen=True, slots=True)
class _Components:
    """The connected strokes of a frame that are no specks and not too faint."""

    ink: Ink
    labels: NDArray[np.int32]
    """int32 (H, W): which component each pixel is of; 0 is paper."""
    labels_count: int
    numbers: list[int]
    """In `labels`, one a component."""
    boxes: list[Box]
    contrast: list[float]
    """Mean ink of each, 0 to 255."""
    areas: NDArray[np.int64]
    """int64 (N,): of the strokes of each, in px²."""

    def only(self, kept: NDArray[np.bool_]) -> _Components:
        """Those of `kept`, bool (N,)."""
        if kept.all():
            return self
        places = np.flatnonzero(kept).tolist()
        return replace(
            self,
            numbers=[self.numbers[place] for place in places],
            boxes=[self.boxes[place] for place in places],
            contrast=[self.contrast[place] for place in places],
            areas=self.areas[kept],
        )

    def piece(self, group: list[int]) -> Piece:
        """The components of `group` as one: with their own soft edges, at full contrast, without their neighbours."""
        box = self.boxes[group[0]]
        for index in group[1:]:
            box = box.union(self.boxes[index])
        area = slice(box.y, box.bottom), slice(box.x, box.right)
        marks = self.labels[area]
        own = marks == self.numbers[group[0]]
        for index in group[1:]:
            own |= marks == self.numbers[index]
        # One pixel more than the stroke, for its anti-aliased edge.
        mask = cv2.dilate(own.view(np.uint8), _EDGE)
        darkest = max(self.contrast[index] for index in group)
        return Piece(box, cv2.LUT(self.ink[area], _STRETCHED[round(darkest)]) * mask, darkest)


def _components(luma: Luma, polarity: Polarity) -> _Components:
    ink, noise = ink_map(luma, polarity)
    drawn = strokes(ink, noise)
    found = _connected(ink, drawn)
    lines, pixels = _lines(found, drawn)
    if lines:
        drawn = cv2.subtract(drawn, pixels)
        # Of the soft edges of a line, those that no stroke is near.
        fringe = cv2.subtract(cv2.dilate(pixels, _EDGE), drawn)
        found = _connected(cv2.subtract(ink, fringe), drawn)
        sides = np.array(found.boxes, np.int64).reshape(-1, 4)
        on_line = np.zeros(len(sides), np.bool_)
        for line in lines:
            on_line |= line.passes(sides)
        found = found.only(~on_line)
    return found.only(~holders(np.array(found.boxes, np.int64).reshape(-1, 4), luma.shape))


def _lines(found: _Components, drawn: NDArray[np.uint8]) -> tuple[list[Line], NDArray[np.uint8]]:
    """The lines that components far larger than the rest are made of, and their pixels."""
    sides = np.array(found.boxes, np.int64).reshape(-1, 4)
    longest = sides[:, 2:].max(axis=1, initial=0)
    large = longest >= LARGE_SHARE * max(drawn.shape)
    usual_px = 0.0
    if found.areas[~large].sum() > LEAST_OTHER_INK * found.areas[large].sum():
        usual_px = usual(longest[~large], found.areas[~large])
        large |= longest >= LONG_SHARE * usual_px
    if not large.any():
        return [], drawn
    of_large = np.zeros(found.labels_count, np.uint8)
    of_large[np.array(found.numbers)[large]] = 255
    return find_lines(of_large[found.labels], usual_px)


def _connected(ink: Ink, drawn: NDArray[np.uint8]) -> _Components:
    # Of OpenCV's algorithms the fastest here by half, and unlike the 16 bit labels it cannot run out on pure noise.
    count, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(drawn, 8, cv2.CV_32S, cv2.CCL_BBDT)
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.int64)
    places = np.flatnonzero(drawn.view(np.bool_))  # seven times faster than on bytes
    sums = np.bincount(labels.ravel()[places], weights=ink.ravel()[places], minlength=count)
    contrast = sums / np.maximum(areas, 1)
    kept = areas >= SMALLEST_AREA_PX
    kept[0] = False  # the paper
    if kept.any():
        # Of the ink there is, its darker part by area: one dark speck does not decide what is faint.
        order = np.argsort(contrast)[::-1]
        order = order[kept[order]]
        reached = np.searchsorted(np.cumsum(areas[order]), DARKER_PART * areas[order].sum())
        kept &= contrast >= FAINTEST_SHARE * contrast[order[reached]]
    chosen = np.flatnonzero(kept)
    if len(chosen) > MOST_PIECES:
        chosen = chosen[np.argsort(areas[chosen])[::-1][:MOST_PIECES]]
    boxes = [Box(*sides) for sides in stats[chosen, :4].tolist()]
    return _Components(ink, labels, count, chosen.tolist(), boxes, contrast[chosen].tolist(), areas[chosen])


_EDGE = np.ones((3, 3), np.uint8)
_LEVELS = np.arange(256, dtype=np.float64)
_FULL = np.maximum(_LEVELS, 1)[:, None]
_STRETCHED = np.clip((_LEVELS - _FULL / 8) * (255 / (_FULL * 7 / 8)), 0, 255).astype(np.uint8)
"""uint8 (256, 256), for each mean of a stroke's ink: from nothing at an eighth of it to full. Paper grain goes, soft
edges stay."""
