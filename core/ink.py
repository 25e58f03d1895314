"""Frame to ink: where the strokes are on a page, whatever the light, and each piece of ink on its own.

The paper's brightness is estimated everywhere by a morphological closing on a coarse copy of the frame: it removes
whatever is narrower than a stroke can be and keeps shadows, which are wider. Ink is how much less light than that
paper a pixel returns, so a stroke weighs the same in the shadow as in the light. A pixel counts as stroke if it has a
good share of the darkest ink nearby: that keeps faint pencil, and drops the ruling of squared paper where it crosses
a digit. Connected strokes are one piece.

Light ink on dark paper (chalk) is the same thing on the inverted frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Box, Luma
from core.glyph import Ink
from core.rulings import LONG_FRAME_SHARE, LONG_SHARE, Line, find_lines

Polarity = Literal["auto", "dark_on_light", "light_on_dark"]

COARSE_SIDE_PX = 160
"""The paper is estimated on a copy this large: 640×480 shrunk four times."""

POLARITY_SIDE_PX = 80
"""Whether ink is darker or lighter than paper shows on a copy this small."""

DARKEST_PAPER = np.uint8(32)
"""Of 255. In less light than this a pixel's own noise would look like ink."""

WIDEST_STROKE_SHARE = 1 / 7
"""Of the frame's longer side: anything wider is no stroke but a shadow, a hand or a table edge."""

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

LARGE_HELD_SHARE = 0.12
"""Two pieces at least this share of another's height inside its box make it a table: no digit holds two digits."""

SMALL_HELD_SHARE = 0.025
"""So do six of this share: a sudoku's digits are a twentieth of its grid."""

LARGE_SHARE = 0.4
"""Of the frame's longer side: ink this long does not count when asking how high digits usually are."""

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

    def joined(self, other: Piece) -> Piece:
        """Both as one."""
        box = self.box.union(other.box)
        ink = np.zeros((box.height, box.width), np.uint8)
        for piece in (self, other):
            x, y = piece.box.x - box.x, piece.box.y - box.y
            area = ink[y : y + piece.box.height, x : x + piece.box.width]
            np.maximum(area, piece.ink, out=area)
        return Piece(box, ink)


def find_pieces(luma: Luma, polarity: Polarity = "auto") -> list[Piece]:
    """The pieces of ink in `luma`, uint8 (H, W), in no order; strokes drawn apart but belonging together are one
    piece."""
    found = _components(luma, polarity)
    return [found.piece(group) for group in _belonging_together(found.boxes)]


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


def ink_map(luma: Luma, polarity: Polarity = "auto") -> tuple[Ink, float]:
    """(ink, noise): uint8 (H, W), the light missing against the paper, 0 to 255; and the standard deviation of bare
    paper.

    `luma` is uint8 (H, W).
    """
    height, width = luma.shape
    shrink = min(1.0, COARSE_SIDE_PX / max(height, width))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    coarse = cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
    if polarity == "light_on_dark" or (polarity == "auto" and _is_light_on_dark(coarse)):
        luma, coarse = cv2.bitwise_not(luma), cv2.bitwise_not(coarse)
    paper = cv2.resize(_paper(coarse), (width, height), interpolation=cv2.INTER_LINEAR)
    # NumPy where a scalar takes part: OpenCV takes a scalar for an array if the picture is 1×1 or 4×1.
    ink = cv2.divide(cv2.subtract(paper, luma), np.maximum(paper, DARKEST_PAPER), scale=255)
    return ink, _noise_sigma(luma, paper)


def _widest_stroke_px(longest: int) -> int:
    """Odd, at least 5."""
    return max(5, 2 * round(longest * WIDEST_STROKE_SHARE / 2) + 1)


def _is_light_on_dark(coarse: Luma) -> bool:
    """Whether what stands out from its surroundings is lighter than they are."""
    shrink = min(1.0, POLARITY_SIDE_PX / max(coarse.shape))
    size = max(1, round(coarse.shape[1] * shrink)), max(1, round(coarse.shape[0] * shrink))
    coarse = cv2.resize(coarse, size, interpolation=cv2.INTER_AREA)
    around = cv2.medianBlur(coarse, 2 * _widest_stroke_px(max(coarse.shape)) + 1)
    lighter = cv2.subtract(coarse, around).astype(np.float32)
    darker = cv2.subtract(around, coarse).astype(np.float32)
    return float(cv2.norm(lighter)) > float(cv2.norm(darker))


def _paper(coarse: Luma) -> Luma:
    """The brightness the paper would have without the ink."""
    side = _widest_stroke_px(max(coarse.shape))
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))
    # A light blur first, or the closing would follow the brightest grain.
    smooth = cv2.GaussianBlur(coarse, (3, 3), 0)
    closed = cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE)
    # At a hard shadow's edge, rather too dark on its light side than too light on its dark side: that would look like
    # ink.
    darkened = cv2.erode(closed, np.ones((5, 5), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return cv2.blur(darkened, (3, 3), borderType=cv2.BORDER_REPLICATE)


def _noise_sigma(luma: Luma, paper: Luma) -> float:
    """The grain of the paper: the median absolute difference of neighbours, which edges hardly move (Donoho, 1994)."""
    step = 1 + max(luma.shape) // 512
    rows = luma[::step]
    if rows.shape[1] < 2:
        return 0.0
    difference = cv2.absdiff(rows[:, 1:], rows[:, :-1])
    brightness = max(float(DARKEST_PAPER), float(cv2.mean(paper)[0]))
    return _median(difference) / 0.6745 / np.sqrt(2) * 255 / brightness


def _median(values: NDArray[np.uint8]) -> float:
    """Interpolated within its histogram bin, so that it moves smoothly though pixels are whole numbers."""
    counts = cv2.calcHist([values], [0], None, [256], [0, 256]).ravel()
    cumulative = np.cumsum(counts)
    half = cumulative[-1] / 2
    bin_index = int(np.searchsorted(cumulative, half))
    before = cumulative[bin_index - 1] if bin_index else 0.0
    inside = counts[bin_index]
    return max(0.0, bin_index - 0.5 + float((half - before) / inside))


def strokes(ink: Ink, noise: float) -> NDArray[np.uint8]:
    """uint8 (H, W): 255 where `ink` is a stroke, 0 elsewhere."""
    least = max(LEAST_CONTRAST, NOISE_SIGMAS * noise)
    reach = max(3, 2 * round(max(ink.shape) * NEARBY_SHARE / 2) + 1)
    nearby_darkest = cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_RECT, (reach, reach)))
    threshold = np.maximum(cv2.convertScaleAbs(nearby_darkest, alpha=STROKE_SHARE), np.uint8(min(255, round(least))))
    return cv2.compare(ink, threshold, cv2.CMP_GE)


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
        # From nothing at an eighth of the stroke's own ink to full: paper grain goes, soft edges stay.
        levels = np.clip((_LEVELS - darkest / 8) * (255 / (darkest * 7 / 8)), 0, 255).astype(np.uint8)
        return Piece(box, cv2.LUT(self.ink[area], levels) * mask)


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
    return found.only(~_rulings(np.array(found.boxes, np.int64).reshape(-1, 4), luma.shape))


def _lines(found: _Components, drawn: NDArray[np.uint8]) -> tuple[list[Line], NDArray[np.uint8]]:
    """The lines that components far larger than the rest are made of, and their pixels."""
    if not found.boxes:
        return [], drawn
    sides = np.array(found.boxes, np.int64)
    longest = sides[:, 2:].max(axis=1)
    large = longest >= LARGE_SHARE * max(drawn.shape)
    usual_px = 0.0
    if found.areas[~large].sum() > LEAST_OTHER_INK * found.areas[large].sum():
        usual_px = _usual(longest[~large], found.areas[~large])
        large |= longest >= LONG_SHARE * usual_px
    if not large.any():
        return [], drawn
    least_px = LONG_SHARE * usual_px if usual_px else LONG_FRAME_SHARE * max(drawn.shape)
    of_large = np.zeros(found.labels_count, np.uint8)
    of_large[np.array(found.numbers)[large]] = 255
    return find_lines(of_large[found.labels], least_px)


def _usual(lengths: NDArray[np.int64], areas: NDArray[np.int64]) -> float:
    """The length that half of the ink by area has at least."""
    order = np.argsort(lengths)
    cumulative = np.cumsum(areas[order])
    return float(lengths[order][np.searchsorted(cumulative, cumulative[-1] / 2)])


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


def _rulings(boxes: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """bool (N,): which of `boxes`, int (N, 4) as x, y, width, height, are tables, grids or frames: not ink of a number.

    Such a box holds several others, or reaches three sides of the frame while others do not.
    """
    if len(boxes) < 2:
        return np.zeros(len(boxes), bool)
    x, y, width, height = boxes.T
    right, bottom = x + width, y + height
    inside = (x >= x[:, None]) & (y >= y[:, None]) & (right <= right[:, None]) & (bottom <= bottom[:, None])
    np.fill_diagonal(inside, val=False)
    share = height / height[:, None]
    few_large = (inside & (share >= LARGE_HELD_SHARE)).sum(axis=1) >= 2
    many_small = (inside & (share >= SMALL_HELD_SHARE)).sum(axis=1) >= 6
    sides = (x <= 0).astype(int) + (y <= 0) + (right >= shape[1]) + (bottom >= shape[0])
    at_sides = (sides >= 3) & (sides < 3).any()
    return np.asarray(few_large | many_small | at_sides)


def _belonging_together(boxes: list[Box]) -> list[list[int]]:
    """Groups of indices into `boxes`: the bar of a 5 or the gap in a 0 does not make two digits of one.

    A smaller piece joins the tallest one that it lies above, below or inside of, if it is close for its size.
    """
    if len(boxes) < 2:
        return [[index] for index in range(len(boxes))]
    sides = np.array(boxes)
    by_height = np.argsort(-sides[:, 3], kind="stable")
    joins = np.tril(_joins(sides[by_height]), -1)
    group_of = list(range(len(boxes)))
    for rank in np.flatnonzero(joins.any(axis=1)).tolist():
        group_of[rank] = group_of[int(joins[rank].argmax())]  # taller ones have found their group before
    groups: dict[int, list[int]] = {}
    for rank, group in enumerate(group_of):
        groups.setdefault(group, []).append(int(by_height[rank]))
    return list(groups.values())


def _joins(sides: NDArray[np.int64]) -> NDArray[np.bool_]:
    """bool (N, N): whether box i is a stroke of the digit that box j is the most of.

    `sides` is int (N, 4) as x, y, width, height.
    """
    x, y, width, height = sides.T
    right, bottom = x + width, y + height
    shared_width = np.minimum(right[:, None], right) - np.maximum(x[:, None], x)
    gap = np.maximum(y[:, None], y) - np.minimum(bottom[:, None], bottom)
    both_width = np.maximum(right[:, None], right) - np.minimum(x[:, None], x)
    both_height = np.maximum(bottom[:, None], bottom) - np.minimum(y[:, None], y)
    close = (shared_width >= 0.5 * width[:, None]) & (gap <= 0.15 * height)
    small = height[:, None] <= 0.6 * height
    fits = (both_height < 1.5 * height) & (both_width < 1.6 * np.maximum(width, 0.5 * height))
    return np.asarray(close & small & fits)


_EDGE = np.ones((3, 3), np.uint8)
_LEVELS = np.arange(256, dtype=np.float64)
