"""Penmanship: digits in hands that no data set has, and data bent into forms that it lacks.

People of a country form digits as they were taught there, and a data set knows its own country. Here each writer
forms every digit in one of the ways that occur somewhere, with proportions of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.glyph import GLYPH_SIZE_PX, INK_SIZE_PX
from train.scenes.allographs import ALLOGRAPHS, Form, Points, form
from train.scenes.fields import chance, log_uniform
from train.scenes.pens import Glyph

MOST_POINTS = 24
"""Of any path."""
CONSTANCY = 0.88
"""How often writers keep to their usual way to form a digit."""
OVERSAMPLING = 4
_SHIFT = 4
"""Bits of the fraction of a coordinate, as OpenCV draws."""

EUROPEAN_ONES = ("long flag", "flag as long as the stem")
CROSSED_SEVENS = ("crossed", "crossed, curved stem")
CROSSED_SHARE = 0.85
"""Whose 1 has a long flag crosses the 7 to tell them apart, mostly."""

BEND_CELLS = 3
BEND_PX = 0.9
"""Deviation of the displacement at the corners of the cells, in pixels of the glyph."""


@dataclass(frozen=True)
class Penmanship:
    """How one writer forms digits. Slant and pen are not part of it."""

    ways: tuple[tuple[str, str], ...]
    """For each digit the usual allograph and another one."""
    own: NDArray[np.float32]
    """float32 (10, MOST_POINTS, 2): where this writer leaves the paths, in hundredths of the digit's height."""
    balance: NDArray[np.float32]
    """float32 (10,): by how much the middle of each digit lies lower, in hundredths of its height."""
    taper: NDArray[np.float32]
    """float32 (10,): by which share its foot is wider than its head."""
    width: NDArray[np.float32]
    """float32 (10,): of each digit, against its usual one."""
    straightness: float
    """From below 0 for round, over 0, to 1 for lines with corners."""
    closing: float
    """By how much bowls are closed too far, in hundredths of the height; below 0 for not far enough."""
    entry_hook: float
    exit_hook: float
    """In hundredths of the height."""
    sloppiness: float
    """Deviation of each point from digit to digit, in hundredths of the height."""
    stroke_px: float

    def digit(self, value: int, rng: np.random.Generator) -> Glyph:
        """This digit once more, uint8 (28, 28), another time a little different."""
        usual, other = self.ways[value]
        return self.drawn(value, usual if chance(rng, CONSTANCY) else other, rng)

    def drawn(self, value: int, allograph: str, rng: np.random.Generator) -> Glyph:
        """This digit in the way of that name."""
        path = form(ALLOGRAPHS[value][allograph].path)
        points = path.points + self.own[value, : len(path.points)]
        points += rng.standard_normal(points.shape, np.float32) * np.float32(self.sloppiness)
        for last in path.closings:
            way = points[last] - points[last - 1]
            points[last] += way * (self.closing / max(1.0, float(np.hypot(*way))))
        down = points[:, 1] / 100
        points[:, 1] += 4 * self.balance[value] * down * (1 - down)
        points[:, 0] *= self.width[value] * (1 + self.taper[value] * (down - 0.5))
        points[:, 0] += rng.normal(0, 4) * (1 - down)
        curve = path.curve @ points
        curve += np.float32(self.straightness) * (path.straighter @ points)
        return _inked(self._strokes(path, curve), self.stroke_px)

    def _strokes(self, path: Form, curve: Points) -> list[Points]:
        strokes = [curve[part] for part in path.strokes]
        if path.entry and self.entry_hook:
            hook = strokes[0][0] + np.array([[-0.4, 1.0]], np.float32) * np.float32(self.entry_hook)
            strokes[0] = np.concatenate([hook, strokes[0]])
        if self.exit_hook:
            hook = np.array([[0.25, 0.02], [0.6, -0.1], [0.95, -0.4]], np.float32) * np.float32(self.exit_hook)
            strokes = [
                np.concatenate([stroke, stroke[-1] + hook]) if hooked else stroke
                for stroke, hooked in zip(strokes, path.exits, strict=True)
            ]
        return strokes


def penmanship(rng: np.random.Generator) -> Penmanship:
    """One writer's, of any country."""
    ways = [_ways(value, rng) for value in range(10)]
    if ways[1][0] in EUROPEAN_ONES and chance(rng, CROSSED_SHARE):
        ways[7] = CROSSED_SEVENS if chance(rng, 0.6) else CROSSED_SEVENS[::-1]
    own = rng.normal(0, rng.uniform(1.0, 3.6), (10, MOST_POINTS, 2)).astype(np.float32)
    balance = (rng.normal(0, 3.0) + rng.normal(0, 3.5, 10)).astype(np.float32).clip(-9, 9)
    width = np.exp(rng.normal(0, 0.15) + rng.normal(0, 0.09, 10)).astype(np.float32).clip(0.75, 1.45)
    # What makes another 3 makes a 7 of a 1, whose flag must stay steep, and a 1 of a narrow 7; it closes the top of a 4
    # or 5, so that it is a 9, and fills the bowls of an 8.
    own[1] *= 0.5
    own[5] *= 0.75
    balance[1] *= 0.4
    balance[[4, 5]] = np.maximum(balance[[4, 5]], -3)
    width[1] = min(width[1], 1.1)
    width[[7, 8]] = np.maximum(width[[7, 8]], 0.97)
    return Penmanship(
        ways=tuple(ways),
        own=own,
        balance=balance,
        taper=rng.normal(0, 0.1, 10).astype(np.float32).clip(-0.2, 0.2),
        width=width,
        straightness=float(rng.choice([rng.uniform(-0.2, 0.25), rng.uniform(0.3, 0.9)], p=[0.8, 0.2])),
        closing=float(np.clip(rng.normal(0, 6), -9, 10)),
        entry_hook=float(rng.uniform(8, 16)) if chance(rng, 0.25) else 0.0,
        exit_hook=float(rng.uniform(8, 15)) if chance(rng, 0.2) else 0.0,
        sloppiness=log_uniform(rng, 0.6, 3.4),
        stroke_px=float(rng.uniform(1.7, 2.6)),
    )


def _ways(value: int, rng: np.random.Generator) -> tuple[str, str]:
    names = list(ALLOGRAPHS[value])
    shares = np.array([one.share for one in ALLOGRAPHS[value].values()])
    usual, other = rng.choice(len(names), 2, p=shares / shares.sum())
    return names[usual], names[other]


def _inked(strokes: list[Points], stroke_px: float) -> Glyph:
    """Strokes of any size as a glyph: ink as MNIST has it, 20 px long, its centre of mass at the centre."""
    joined = np.concatenate(strokes)
    low, high = joined.min(axis=0), joined.max(axis=0)
    scale = (INK_SIZE_PX - stroke_px) / float((high - low).max())
    steps = [np.diff(stroke, axis=0) for stroke in strokes]
    lengths = np.concatenate([np.hypot(step[:, 0], step[:, 1]) for step in steps])
    middles = np.concatenate([stroke[:-1] + step / 2 for stroke, step in zip(strokes, steps, strict=True)])
    centre = lengths @ middles / lengths.sum()
    # Ink that lies far to one side must not touch the edge of the glyph.
    room = (GLYPH_SIZE_PX - 3 - stroke_px) / 2 / scale
    centre = np.clip(centre, high - room, low + room)
    side = GLYPH_SIZE_PX * OVERSAMPLING
    to_canvas = scale * OVERSAMPLING * 2**_SHIFT
    middle = (side / 2 - 0.5) * 2**_SHIFT
    lines = [np.rint((stroke - centre) * to_canvas + middle).astype(np.int32) for stroke in strokes]
    canvas = np.zeros((side, side), np.uint8)
    cv2.polylines(canvas, lines, False, 255, round(stroke_px * OVERSAMPLING), cv2.LINE_8, _SHIFT)
    return cv2.resize(canvas, (GLYPH_SIZE_PX, GLYPH_SIZE_PX), interpolation=cv2.INTER_AREA)


_ROWS, _COLUMNS = np.indices((GLYPH_SIZE_PX, GLYPH_SIZE_PX), np.float32)
_DOWN = (_ROWS - (GLYPH_SIZE_PX - 1) / 2) / (INK_SIZE_PX / 2)
"""From -1 at the head of the ink to 1 at its foot."""
_SWELL = np.clip(1 - _DOWN**2, 0, 1)


def bent(glyph: Glyph, rng: np.random.Generator) -> Glyph:
    """The glyph as if another hand had written it: the same digit, uint8 (28, 28).

    Smoothly displaced (Simard, Steinkraus and Platt, 2003), its upper half larger or smaller against the lower.
    """
    cells = rng.standard_normal((BEND_CELLS, BEND_CELLS, 2), np.float32)
    cells *= BEND_PX
    moved = cv2.resize(cells, (GLYPH_SIZE_PX, GLYPH_SIZE_PX), interpolation=cv2.INTER_CUBIC)
    balance, taper = rng.normal(0, (1.0, 0.09))
    across = moved[..., 0] + _COLUMNS
    across += (_COLUMNS - (GLYPH_SIZE_PX - 1) / 2) * _DOWN * np.float32(np.clip(taper, -0.18, 0.18))
    down = moved[..., 1] + _ROWS
    down += _SWELL * np.float32(np.clip(balance, -2, 2))
    return cv2.remap(glyph, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
