"""A page while it is written on: everything laid on it, and what of that is to be found."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.frame import Box
from train.scenes.canvas import Canvas, Stamp
from train.scenes.fields import chance
from train.scenes.lettering import SIZE_PX, printed
from train.scenes.material import Hand
from train.scenes.pens import Ink
from train.scenes.view import Points
from train.scenes.writing import Habit, Writing

LEAST_CONTRAST = 0.16
"""Of reflectance, between ink and the ground under it: a person writes with what shows."""
GRAINY_FROM_PX = 32.0
"""Height of writing from which pencil and chalk show all their grain; in smaller digits it would leave only dots."""
STRUCK_SHARE = 0.02
"""Of the numbers."""


@dataclass
class Written:
    """A digit on the page."""

    label: int
    stamp: Stamp
    number: int
    void: bool
    """Struck out."""


@dataclass
class Page:
    """A sheet or board with one hand's writing on it."""

    canvas: Canvas
    hand: Hand
    manner: Habit
    ink: Ink
    height_px: float
    """Of the writing."""
    area: tuple[float, float, float, float]
    """Left, top, right and bottom of where to write, on the sheet."""
    ends: tuple[float, float, float, float]
    """Left, top, right and bottom of the sheet, over which nobody writes; infinite where it goes beyond the frame."""
    rng: np.random.Generator
    written: list[Written] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    """Of each number."""

    def box_of(self, width: float, at: Points, height_px: float, turn: float = 0.0) -> Box:
        """The part of the frame that a line of writing `width` digits' heights long takes."""
        corners = np.array([[-0.1, -1.1], [width + 0.1, -1.1], [width + 0.1, 0.2], [-0.1, 0.2]])
        where = self.canvas.view.project(_apply(_on_sheet(at, height_px, turn), corners))
        left, top = np.floor(where.min(axis=0)).astype(int).tolist()
        right, bottom = np.ceil(where.max(axis=0)).astype(int).tolist()
        return Box(left, top, right - left, bottom - top)

    def fits(self, box: Box) -> bool:
        """Whether nothing else is there."""
        return self.canvas.is_free(box)

    def write(
        self, writing: Writing, at: Points, height_px: float, *, turn: float = 0.0, line: int | None = None
    ) -> None:
        """Write with the left end of the line at `at`; as a number of line `line`, if that is given."""
        place = _on_sheet(at, height_px, turn)
        if not self._is_on_sheet(place, writing.width):
            return
        ink, rng = self._that_shows(place, writing.width, height_px), self.rng
        number, void = len(self.lines), line is not None and chance(rng, STRUCK_SHARE)
        stamps = []
        for piece in writing.glyphs:
            matrix = place[:, :2] @ piece.matrix
            matrix[:, 2] += place[:, 2]
            stamp = self.canvas.glyph(piece.glyph, matrix, ink, rng)
            if stamp is not None and piece.label is not None:
                stamps.append(Written(piece.label, stamp, number, void))
        width = ink.width * height_px
        for path in writing.paths:
            self.canvas.stroke(_apply(place, path), width, ink, rng)
        if line is not None:
            self.written.extend(stamps)
            self.lines.append(line)
            if void:
                self._strike(writing, place, width, ink)
        self.canvas.taken.append(self.box_of(writing.width, at, height_px, turn))

    def print_line(self, text: str, at: Points, height_px: float, level: float, opacity: float = 1.0) -> Box | None:
        """A line of print whose digits count neither way; the part of the frame it takes."""
        line = printed(text, self.rng)
        scale = height_px / SIZE_PX
        place = np.array([[scale, 0, at[0]], [0, scale, at[1]]])
        box = self.canvas.mask(line.mask, place, level, opacity)
        if box is None:
            return None
        high = line.mask.shape[0]
        for left, right in line.digits:
            corners = np.array([[left, 0], [right, 0], [right, high], [left, high]], np.float64)
            where = self.canvas.view.project(_apply(place, corners))
            run = clipped(where, self.canvas.view.shape)
            if run is not None:
                self.canvas.printed_digits.append(run)
        return box

    def rule(self, ends: Points, width: float, level: float, opacity: float = 1.0) -> None:
        """A straight printed line."""
        line = Ink(0, False, opacity, 0.0, 2.0, 0.0, level)
        self.canvas.stroke(ends, width, line, self.rng)

    def _is_on_sheet(self, place: NDArray[np.float64], width: float) -> bool:
        corners = _apply(place, np.array([[0, -1.0], [width, -1.0], [width, 0.0], [0, 0.0]]))
        left, top, right, bottom = self.ends
        return bool(corners[:, 0].min() > left and corners[:, 0].max() < right) and bool(
            corners[:, 1].min() > top and corners[:, 1].max() < bottom
        )

    def _strike(self, writing: Writing, place: NDArray[np.float64], width: float, ink: Ink) -> None:
        ends = [(-0.15, -0.5 + self.rng.normal(0, 0.1)), (writing.width + 0.15, -0.5 + self.rng.normal(0, 0.1))]
        if chance(self.rng, 0.4):
            count = int(3 + 4 * writing.width)
            ends = [(writing.width * step / count, -0.15 - 0.7 * (step % 2)) for step in range(count + 1)]
        self.canvas.stroke(_apply(place, np.array(ends)), width, ink, self.rng)

    def _that_shows(self, place: NDArray[np.float64], width: float, height_px: float) -> Ink:
        """The pen, with its ink made darker or lighter if it would not show on what is there."""
        middle = self.canvas.view.project(_apply(place, np.array([[width / 2, -0.5]])))[0]
        height, frame_width = self.canvas.view.shape
        x, y = int(np.clip(middle[0], 0, frame_width - 1)), int(np.clip(middle[1], 0, height - 1))
        around = self.canvas.reflectance[max(0, y - 8) : y + 9, max(0, x - 8) : x + 9]
        ground = float(around.mean())
        # The tooth of a surface is some pixels wide, however small the writing: people press harder then.
        grain = self.ink.grain * min(1.0, height_px / GRAINY_FROM_PX)
        if self.ink.level > 0.65:
            return replace(self.ink, grain=grain, level=max(self.ink.level, ground + LEAST_CONTRAST))
        return replace(self.ink, grain=grain, level=max(0.0, min(self.ink.level, ground - LEAST_CONTRAST)))


def clipped(points: Points, shape: tuple[int, int]) -> Box | None:
    """The part of the frame around `points`; None if that is outside."""
    left, top = np.maximum(np.floor(points.min(axis=0)), 0).astype(int).tolist()
    right, bottom = np.minimum(np.ceil(points.max(axis=0)), shape[::-1]).astype(int).tolist()
    return Box(left, top, right - left, bottom - top) if left < right and top < bottom else None


def _on_sheet(at: Points, height_px: float, turn: float) -> NDArray[np.float64]:
    """(2, 3): the plane of a writing to the sheet."""
    cos, sin = np.cos(turn) * height_px, np.sin(turn) * height_px
    return np.array([[cos, -sin, at[0]], [sin, cos, at[1]]])


def _apply(matrix: NDArray[np.float64], points: Points) -> Points:
    return points @ matrix[:, :2].T + matrix[:, 2]
