"""Cells of tables seen so close that one entry fills the view, between what is left of its neighbours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from train.scenes.amounts import shown_through
from train.scenes.fields import chance
from train.scenes.page import Page
from train.scenes.view import Points
from train.scenes.writing import Writing, loops, number

NEIGHBOURS = ((-1, 0), (1, 0), (0, -1), (0, 1))
"""Columns and rows away."""


def cell(page: Page) -> None:
    """One short number, its rules, and of the cells around it what the view's edge leaves."""
    rng = page.rng
    left, top, right, bottom = page.area
    if page.ink.level < 0.65 and chance(rng, 0.35):  # a ball pen that hardly shows
        page.ink = replace(
            page.ink,
            opacity=float(rng.uniform(0.3, 0.7)),
            level=float(rng.uniform(0.25, 0.6)),
            width=page.ink.width * 0.8,
        )
    written = number(_entry(rng), page.hand, page.manner)
    height = min(
        (bottom - top) * rng.uniform(0.3, 0.8), (right - left) * rng.uniform(0.7, 0.96) / max(written.width, 0.3)
    )
    size = np.array(
        [
            written.width * height * rng.uniform(1.0, 1.5) + rng.uniform(0.1, 1.2) * height,
            height * rng.uniform(1.05, 2.0),
        ]
    )
    middle = np.array([left + right, top + bottom]) / 2 + rng.normal(0, 0.05, 2) * (right - left, bottom - top)
    corner = middle - size / 2
    if chance(rng, 0.12):
        shown_through(page, height)
    _ruled(page, corner, size, height)
    at = middle + np.array([-written.width / 2, 0.5]) * height + rng.normal(0, 0.08, 2) * height
    at[0] += rng.choice([-0.5, 0.0, 0.5]) * max(0.0, size[0] - written.width * height) * rng.uniform(0, 0.9)
    turn = rng.normal(0, 0.04)
    match rng.choice(["plain", "corrected", "overwritten"], p=[0.9, 0.05, 0.05]):
        case "corrected":
            _corrected(page, written, at, height)
        case "overwritten":
            _overwritten(page, written, at, height, turn)
        case _:
            page.write(written, at, height, turn=turn, line=0)
    for line, away in enumerate(NEIGHBOURS, 1):
        if chance(rng, 0.4):
            _beside(page, at, size * away, height, line)


def _entry(rng: np.random.Generator) -> str:
    """What stands in a cell: a short number, with a sign in it at times."""
    length = int(rng.choice(range(1, 7), p=[0.16, 0.26, 0.24, 0.17, 0.1, 0.07]))
    digits = "".join(str(digit) for digit in rng.integers(0, 10, length))
    if length > 1 and chance(rng, 0.3):
        cut = int(rng.integers(1, length))
        digits = digits[:cut] + str(rng.choice([".", ".", ",", "-", "/", ":"])) + digits[cut:]
    if chance(rng, 0.06):
        digits = str(rng.choice(["-", "+"])) + digits
    return digits + (str(rng.choice(["%", "-", "+", "*"])) if chance(rng, 0.04) else "")


def _ruled(page: Page, corner: Points, size: Points, height: float) -> None:
    """Rules on some sides, which run on through the table."""
    rng = page.rng
    if chance(rng, 0.15):
        return
    level = page.ink.level if page.ink.level > 0.65 else float(rng.uniform(0.0, 0.6))
    width, opacity = height * rng.uniform(0.02, 0.07), rng.uniform(0.25, 1)
    far = 2.0 * max(page.canvas.view.shape)
    drawn = rng.random(4) < rng.choice([0.35, 0.6, 1.0])
    for side, away in enumerate((0, 1)):
        for axis in (0, 1):
            if drawn[2 * side + axis]:
                ends = np.tile(corner + size * away, (2, 1))
                ends[:, 1 - axis] = corner[1 - axis] + np.array([-far, far])
                page.rule(ends + rng.normal(0, 0.02 * height, (2, 2)), width, level, opacity)
                if chance(rng, 0.06):  # a double rule
                    ends[:, axis] += 3 * width + 1
                    page.rule(ends, width, level, opacity)


def _beside(page: Page, at: Points, away: Points, height: float, line: int) -> None:
    """The entry of the neighbour that is `away` from the one at `at`: a number, a word, a dash, a tick, ditto marks."""
    rng = page.rng

    def put(written: Writing, high: float, number_of: int | None = None) -> None:
        # To the left, it ends before the cell that is seen, and does not run into it.
        left = at[0] + min(away[0], -(written.width + 0.3) * high) if away[0] < 0 else at[0] + away[0]
        foot, turn = np.array([left, at[1] + away[1]]), rng.normal(0, 0.03)
        box, (bottom, right) = page.box_of(written.width, foot, high, turn), page.canvas.view.shape
        if box.right > 0 and box.bottom > 0 and box.x < right and box.y < bottom:
            page.write(written, foot, high, turn=turn, line=number_of)

    match rng.choice(["number", "word", "dash", "tick", "ditto"], p=[0.6, 0.2, 0.08, 0.06, 0.06]):
        case "number":
            text = "".join(str(digit) for digit in rng.integers(0, 10, int(rng.integers(1, 4))))
            put(number(text, page.hand, page.manner), height, line)
        case "word":
            put(loops(rng), height * rng.uniform(0.7, 1.0))
        case "dash":
            put(number("-", page.hand, page.manner), height * rng.uniform(1, 2))
        case "tick":
            tick = np.array([[0.0, -0.4], [0.2, 0.0], [0.8, -0.9]]) + rng.normal(0, 0.05, (3, 2))
            put(Writing(paths=[tick], width=0.8), height)
        case _:
            marks = [np.array([[x, -0.75], [x - 0.08, -0.5]]) + rng.normal(0, 0.02, (2, 2)) for x in (0.3, 0.48)]
            put(Writing(paths=marks, width=0.7), height)


def _corrected(page: Page, written: Writing, at: Points, height: float) -> None:
    """Struck out, with what holds instead above it or after it, smaller."""
    rng = page.rng
    first = len(page.written)
    page.write(written, at, height, line=5)
    for struck in page.written[first:]:
        struck.void = True
    for _ in range(int(rng.integers(1, 4))):
        stroke = np.array([[-0.15, -0.5], [written.width + 0.15, -0.5]]) + rng.normal(0, 0.12, (2, 2))
        page.canvas.stroke(stroke * height + at, page.ink.width * height, page.ink, rng)
    scale, text = rng.uniform(0.5, 0.75), _entry(rng)
    small = number(text, page.hand, page.manner)
    shift = np.array([written.width + 0.2, 0.0]) if chance(rng, 0.5) else np.array([rng.uniform(0, 0.5), -1.1])
    page.write(small, at + shift * height, height * scale, line=0)


def _overwritten(page: Page, written: Writing, at: Points, height: float, turn: float) -> None:
    """A digit written first, and another over it with more ink: that is the one to be read."""
    rng, first = page.rng, len(page.written)
    place = written.glyphs[int(rng.integers(len(written.glyphs)))]
    wrong = number(str(rng.integers(10)), page.hand, page.manner)
    thin, bold = replace(page.ink, opacity=0.5 * page.ink.opacity), replace(page.ink, width=1.3 * page.ink.width)
    page.ink = thin
    start = float(place.matrix[0] @ (13.5, 13.5, 1.0)) - wrong.width / 2
    page.write(wrong, at + np.array([start * height, 0]), height * rng.uniform(0.85, 1.05), line=5)
    for covered in page.written[first:]:
        covered.void = True
    page.ink = bold
    page.write(written, at, height, turn=turn, line=0)
