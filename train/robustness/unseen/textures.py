"""Regular textures: hatching, boards and bricks, the grain of wood."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from core.glyph import Ink
from train.robustness.unseen.drawing import REACH_PX, arc, blank_page, draw_line, fill, grid, rectangle, rotation


def hatching(rng: np.random.Generator) -> Ink:
    """Four to seven parallel strokes in any direction, often crossed by as many, within a square or a disc."""
    lines, direction, round_clip = int(rng.integers(4, 8)), rng.uniform(0, np.pi), rng.random() < 0.4
    page, pen_px = blank_page(), max(2, 2 * REACH_PX / lines * rng.uniform(0.15, 0.35))
    families = [direction]
    if rng.random() < 0.6:
        families.append(direction + rng.choice([np.pi / 2, np.pi / 2, np.pi / 3]))
    for angle in families:
        for offset in np.linspace(-0.92, 0.92, lines) + rng.uniform(-0.05, 0.05, lines):
            half = np.sqrt(1 - offset**2) if round_clip else 0.85
            ends = half * np.array([-1, 1]) + rng.uniform(-0.12, 0.12, 2)
            draw_line(page, np.column_stack([ends, [offset, offset]]) @ rotation(angle).T, pen_px)
    return page


def checkered(rng: np.random.Generator) -> Ink:
    """A board, a wall or a basket."""
    return (_chessboard, _bricks, _basket_weave)[rng.integers(3)](rng)


def _chessboard(rng: np.random.Generator) -> Ink:
    """Four to six squares a side: three leave a diamond round a hole, which could be a 0."""
    columns, rows = (int(n) for n in rng.integers(4, 7, 2))
    page, half = blank_page(), 1 / max(columns, rows)
    for index, centre in enumerate(grid(columns, rows)):
        if (index % columns + index // columns) % 2 == 0:
            fill(page, centre + half * rectangle(-1, -1, 1, 1))
    return page


def _bricks(rng: np.random.Generator) -> Ink:
    """Courses of bricks, as their joints or as the bricks themselves."""
    courses, length, solid = int(rng.integers(3, 7)), rng.uniform(0.6, 1.0), rng.random() < 0.4
    height = 2 / courses
    page, pen_px = blank_page(), rng.uniform(0.2, 0.35) * height * REACH_PX
    inset = pen_px / REACH_PX / 2 if solid else 0
    for course in range(courses):
        top = -1 + course * height
        edges = np.clip(np.arange(-1 - length * (course % 2) / 2, 1 + length, length), -1, 1)
        for left, right in pairwise(edges):
            if right - left < 3 * inset + 0.05:
                continue
            brick = rectangle(left + inset, top + inset, right - inset, top + height - inset)
            if solid:
                fill(page, brick)
            else:
                draw_line(page, brick, pen_px, closed=True)
    return page


def _basket_weave(rng: np.random.Generator) -> Ink:
    """Squares of two or three strokes, lying and standing by turns."""
    side, strokes = int(rng.integers(3, 5)), int(rng.integers(2, 4))
    page, half = blank_page(), 1 / side
    pen_px = max(2, 2 * half / strokes * REACH_PX * rng.uniform(0.3, 0.5))
    for index, centre in enumerate(grid(side, side)):
        lying = (index % side + index // side) % 2 == 0
        for offset in (np.arange(strokes) - (strokes - 1) / 2) / strokes * 1.7 * half:
            stroke = np.array([[-0.8 * half, offset], [0.8 * half, offset]])
            draw_line(page, centre + (stroke if lying else stroke[:, ::-1]), pen_px)
    return page


def wood_grain(rng: np.random.Generator) -> Ink:
    """Four to six fine lines that wave together, some around a knot."""
    lines, x = int(rng.integers(4, 7)), np.linspace(-1, 1, 24)
    # Steep waves would bring the lines so close together that they merge.
    frequency, steepness = rng.uniform(2, 5), rng.uniform(0.3, 0.8)
    phases = rng.uniform(0, 2 * np.pi) + rng.uniform(-0.2, 0.2) * np.arange(lines)[:, None]
    y = np.linspace(-0.9, 0.9, lines)[:, None] + steepness / frequency * np.sin(frequency * x + phases)
    page, turn, pen_px = blank_page(), rotation(rng.uniform(0, np.pi)).T, rng.uniform(2, 4)
    if rng.random() < 0.5:
        knot = rng.uniform(-0.3, 0.3, 2)
        away = y - knot[1]
        y += 0.25 * np.sign(away) * np.exp(-np.abs(away) / 0.4 - ((x - knot[0]) / 0.4) ** 2)
        draw_line(page, (knot + arc((0, 0), 0.12) * [2, 1]) @ turn, pen_px, closed=True)
    for line, (first, last) in zip(y, rng.integers(0, 5, (lines, 2)), strict=True):
        draw_line(page, np.column_stack([x, line])[first : len(x) - last] @ turn, pen_px)
    return page
