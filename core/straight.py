"""Straight strokes: what in a mask is long, straight and thin, pieced together where other strokes interrupt it.

A straight stroke is thin across: where another crosses it, the run of ink across it is longer than it is wide, and
those pixels are not its own alone (the run-length view of form removal: Yu and Jain, "A generic system for form
dropout", 1996). So slanted lines, or ones that the camera has bent a little, are no harder to find than level ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
"""uint8 (H, W): 255 where there is a stroke, 0 elsewhere."""

LEAST_ASPECT = 14.0
"""A line is this many times longer than wide. The stem of a 1 or 7 is so only in a hairline."""

LEAST_PIECE_PX = 10
"""A line's unbroken pieces have this length and more: shorter ones lie in any direction."""

SLENDER = 5.0
"""And are this many times longer than wide."""

BENT_SHARE = 0.02
"""A line may stray from straight by this share of its length, and by half its width."""

COVERED_SHARE = 0.5
"""Of its length, where a line is seen; strokes and faint print hide the rest."""

MOST_SEGMENTS = 200
"""Bounds the work on texture: of more straight pieces only the longest are looked at."""


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line, at most 45° from its axis."""

    start: float
    end: float
    """Along the axis, in px."""
    slope: float
    offset: float
    """It runs at `offset + slope × along` across the axis."""
    width: float
    """Across the axis, in px."""
    unbroken: float
    """Its longest part that is interrupted by nothing wider than two such lines, in px."""
    upright: bool = False
    """Whether the axis is the vertical one."""

    @property
    def length(self) -> float:
        return self.end - self.start

    def passes(self, boxes: NDArray[np.int64]) -> NDArray[np.bool_]:
        """bool (N,): which of `boxes`, int (N, 4) as x, y, width, height, lie on it and are no wider."""
        x, y, width, height = boxes.T if not self.upright else boxes[:, [1, 0, 3, 2]].T
        room = self.width + 1
        ends = np.stack([x, x + width]) * self.slope + self.offset
        inside = (x + width / 2 >= self.start - 2 * room) & (x + width / 2 <= self.end + 2 * room)
        return np.asarray(inside & (y >= ends.min(axis=0) - room) & (y + height <= ends.max(axis=0) + room))


@dataclass(frozen=True, slots=True)
class Straights:
    """The straight strokes along the rows of a mask."""

    lines: list[Line]
    strokes: list[NDArray[np.bool_]]
    """bool (labels,), of each line: which thin strokes are on it."""
    labels: NDArray[np.int32]
    """int32 (H, W): which thin stroke each pixel is of; 0 is none."""

    def pixels(self, kept: NDArray[np.bool_]) -> Mask:
        """255 where one of the lines `kept`, bool (lines,), is, and nothing else."""
        if not kept.any():
            return np.zeros(self.labels.shape, np.uint8)
        of_line = np.any([self.strokes[place] for place in np.flatnonzero(kept).tolist()], axis=0)
        of_line[0] = False
        return (of_line.view(np.uint8) * np.uint8(255))[self.labels]


def straights(mask: Mask) -> Straights:
    """The straight strokes in `mask`, at most 45° from its rows."""
    width = _usual_run_px(mask)
    if width == 0:
        return Straights([], [], np.zeros(mask.shape, np.int32))
    # What is left has short runs down the columns, as a line has; a stroke that crosses it has longer ones.
    thick = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((width + 2 + width // 8, 1), np.uint8))
    thin = cv2.subtract(mask, thick)
    _, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(thin, 8, cv2.CV_32S, cv2.CCL_BBDT)
    segments = _straight(labels, thin, stats, width)
    lines: list[Line] = []
    strokes: list[NDArray[np.bool_]] = []
    boxes = stats[:, :4].astype(np.int64)
    while len(segments.length):
        line, members = segments.line_of_first(width)
        if line.length >= LEAST_ASPECT * width and segments.length[members].sum() >= COVERED_SHARE * line.length:
            lines.append(line)
            of_line = line.passes(boxes)
            of_line[segments.label[members]] = True
            strokes.append(of_line)
        segments = segments.without(members)
    return Straights(lines, strokes, labels)


def _usual_run_px(mask: Mask) -> int:
    """The commonest length of the runs of ink down the columns; 0 without ink."""
    columns = np.zeros((mask.shape[1], mask.shape[0] + 2), np.int8)
    columns[:, 1:-1] = mask.T != 0
    steps = np.diff(columns.ravel())
    lengths = np.flatnonzero(steps < 0) - np.flatnonzero(steps > 0)
    return int(np.bincount(lengths).argmax()) if len(lengths) else 0


@dataclass(frozen=True, slots=True)
class _Segments:
    """Straight pieces along the rows, the longest first; arrays float64 (N,), in px."""

    label: NDArray[np.int64]
    start: NDArray[np.float64]
    length: NDArray[np.float64]
    middle: NDArray[np.float64]
    """Across, of the centre of mass."""
    slope: NDArray[np.float64]

    def line_of_first(self, width: int) -> tuple[Line, NDArray[np.bool_]]:
        """The line that the longest segment is of, and bool (N,): which segments are on it."""
        along = self.start + self.length / 2
        slope, offset = float(self.slope[0]), float(self.middle[0] - self.slope[0] * along[0])
        members = np.zeros(len(along), np.bool_)
        members[0] = True
        for _ in range(2):  # by the longest alone, then by all that were found with it
            away = np.maximum(0, np.abs(along - along[members].mean()) - np.ptp(along[members]) / 2)
            room = width + BENT_SHARE * away
            members = np.abs(self.middle - slope * along - offset) <= room
            members &= np.abs(self.slope - slope) * self.length <= 2 * room
            members[0] = True
            if members.sum() > 1:
                slope, offset = _fit(along[members], self.middle[members], self.length[members])
        start, end = self.start[members].min(), (self.start + self.length)[members].max()
        unbroken = _longest_run(self.start[members], self.length[members], 2 * width + 1)
        return Line(float(start), float(end), float(slope), float(offset), width, unbroken), members

    def without(self, members: NDArray[np.bool_]) -> _Segments:
        """The other segments."""
        left = ~members
        return _Segments(self.label[left], self.start[left], self.length[left], self.middle[left], self.slope[left])


def _longest_run(starts: NDArray[np.float64], lengths: NDArray[np.float64], gap: float) -> float:
    """The length of the longest of the stretches that segments make, of which each begins `gap` at most after the last
    one ended."""
    order = np.argsort(starts)
    begins, ends = starts[order], np.maximum.accumulate((starts + lengths)[order])
    breaks = np.flatnonzero(begins[1:] - ends[:-1] > gap)
    return float((ends[np.append(breaks, -1)] - begins[np.append(0, breaks + 1)]).max())


def _fit(x: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float]:
    """(slope, offset) of the straight line through points, by least squares."""
    shares = weights / weights.sum()
    middle_x, middle_y = float(shares @ x), float(shares @ y)
    slope = float(shares @ ((x - middle_x) * (y - middle_y))) / max(float(shares @ (x - middle_x) ** 2), 1e-6)
    return slope, middle_y - slope * middle_x


def _straight(labels: NDArray[np.int32], thin: Mask, stats: NDArray[np.int32], width: int) -> _Segments:
    """The components of `thin` that are long for lines `width` px wide, and straight."""
    rows, columns = np.nonzero(thin)
    owners = labels[rows, columns]
    areas = np.maximum(stats[:, cv2.CC_STAT_AREA], 1)

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(owners, values, len(stats)) / areas

    x, y = columns.astype(np.float64), rows.astype(np.float64)
    middle_x, middle_y = mean(x), mean(y)
    x -= middle_x[owners]
    y -= middle_y[owners]
    spread = np.maximum(mean(x * x), 1e-6)
    slope = mean(x * y) / spread
    stray = np.sqrt(np.maximum(mean(y * y) - slope**2 * spread, 0))
    length = stats[:, cv2.CC_STAT_WIDTH].astype(np.float64)
    kept = length >= np.maximum(LEAST_PIECE_PX, SLENDER * width)
    kept &= (stray <= 0.5 * width + BENT_SHARE * length) & (np.abs(slope) <= 1)
    kept[0] = False
    chosen = np.flatnonzero(kept)
    chosen = chosen[np.argsort(-length[chosen], kind="stable")][:MOST_SEGMENTS]
    start = middle_x[chosen] - length[chosen] / 2
    return _Segments(chosen, start, length[chosen], middle_y[chosen], slope[chosen])
