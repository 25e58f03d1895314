"""Where numbers stand: in lines, columns, tables, boxes of forms, close to the camera, or anywhere."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from core.frame import Box
from train.scenes.amounts import amount
from train.scenes.cells import cell
from train.scenes.fields import chance
from train.scenes.lettering import figure, sentence, word
from train.scenes.page import Page
from train.scenes.writing import Writing, dressed, loops, number, numeral
from train.scenes.writing import word as handwritten_word

MOST_DIGITS = 36
"""In one scene: a page of the smallest digits would take as long as ten others, and teach no more."""

Layout = Callable[[Page], None]
"""MUST write at least one number where there is room for it."""


def rows(page: Page) -> None:
    """Numbers in lines, at times with words between them."""
    rng, height = page.rng, page.height_px
    left, top, right, bottom = page.area
    pitch = height * rng.uniform(1.25, 2.6)
    wordy = chance(rng, 0.3)
    y = top + height * rng.uniform(0.6, 1.6)
    line = 0
    while y < bottom + 0.4 * height and len(page.written) < MOST_DIGITS:
        x = left + rng.uniform(-0.6, 2.5) * height
        while x < right:
            if chance(rng, 0.1 if line else 0.0):
                break
            if wordy and chance(rng, 0.35):
                words = _wordlike(page)
                page.write(words, np.array([x, y]), height)
                x += (words.width + 0.7) * height
                continue
            x += _put(page, numeral(rng, _room(right - x, height)), x, y, line) + height * rng.uniform(0.6, 2.5)
            if chance(rng, 0.3):
                break
        y += pitch * np.exp(rng.normal(0, 0.05))
        line += 1


def columns(page: Page) -> None:
    """Figures one below the other, flush right, as people add them up; or scores, a few columns of them."""
    rng, height = page.rng, page.height_px
    left, top, right, bottom = page.area
    pitch = height * rng.uniform(1.1, 1.9)
    places = int(rng.integers(1, 6))
    across = (places + 1.2) * height * rng.uniform(0.7, 1.1)
    edges = np.arange(left + across * rng.uniform(0.7, 1.3), right + across / 2, across * rng.uniform(1.0, 1.5))
    for column, edge in enumerate(edges[: int(rng.integers(1, 5))]):
        y, count = top + height * rng.uniform(0.8, 1.6), int(rng.integers(2, 12))
        for row in range(count):
            if y > bottom + 0.4 * height or len(page.written) >= MOST_DIGITS:
                break
            text = "".join(
                str(digit) for digit in rng.integers(0, 10, int(rng.integers(max(1, places - 2), places + 1)))
            )
            written = number(dressed(text, rng) if chance(rng, 0.1) else text, page.hand, page.manner)
            page.write(written, np.array([edge - written.width * height, y]), height, line=100 * column + row)
            y += pitch
            if row == count - 2 and chance(rng, 0.3):
                page.rule(
                    np.array(
                        [[edge - across, y - pitch + 0.3 * height], [edge + 0.2 * height, y - pitch + 0.25 * height]]
                    ),
                    page.ink.width * height,
                    page.ink.level,
                )


def table(page: Page) -> None:
    """A grid of cells with short numbers, which may touch and cross its rules."""
    rng, height = page.rng, page.height_px
    left, top, right, bottom = page.area
    places = int(rng.integers(1, 4))
    cell_height = height * rng.uniform(1.15, 2.0)
    cell_width = height * max(1.2, places * rng.uniform(0.7, 1.2) + rng.uniform(0.1, 0.8))
    x0, y0 = left + rng.uniform(-0.5, 0.6) * cell_width, top + rng.uniform(-0.5, 0.6) * cell_height
    first_width = cell_width * (rng.uniform(1.5, 3) if chance(rng, 0.4) else 1)
    xs = np.concatenate([[x0], np.arange(x0 + first_width, right + cell_width, cell_width)])
    ys = np.arange(y0, bottom + cell_height, cell_height)
    xs, ys = xs[: int(rng.integers(3, 14))], ys[: int(rng.integers(3, 14))]
    level = page.ink.level if chance(rng, 0.25) else float(rng.uniform(0.0, 0.6))
    if page.ink.level > 0.65:
        level = page.ink.level
    width, opacity = height * rng.uniform(0.02, 0.07), rng.uniform(0.3, 1)
    inside = 0.0 if chance(rng, 0.3) else rng.uniform(0, 0.03) * height
    for x in xs if chance(rng, 0.85) else xs[:0]:
        page.rule(
            np.array([[x + rng.normal(0, inside), ys[0]], [x + rng.normal(0, inside), ys[-1]]]), width, level, opacity
        )
    for y in ys:
        page.rule(
            np.array([[xs[0], y + rng.normal(0, inside)], [xs[-1], y + rng.normal(0, inside)]]), width, level, opacity
        )
    filled, printed_first = rng.uniform(0.4, 1), chance(rng, 0.5)
    for row, y in enumerate(ys[:-1]):
        for column, (x, following) in enumerate(pairwise(xs)):
            if len(page.written) >= MOST_DIGITS or not chance(rng, filled):
                continue
            foot = y + cell_height * 0.5 + height * (0.5 + rng.normal(0, 0.1))
            if (column == 0 and following - x > 1.4 * cell_width) or (row == 0 and printed_first):
                text = figure(rng) if chance(rng, 0.15) else word(rng)
                _print_in(page, text, x, y, following - x, cell_height, level)
                continue
            text = "".join(str(digit) for digit in rng.integers(0, 10, int(rng.integers(1, places + 1))))
            written = number(text, page.hand, page.manner)
            room = following - x - written.width * height
            at = x + room / 2 + rng.normal(0, 0.12) * height
            page.write(written, np.array([at, foot]), height, line=100 * row + column)


def form(page: Page) -> None:
    """Boxes for one digit each."""
    rng, height = page.rng, page.height_px
    left, top, right, bottom = page.area
    side = height * rng.uniform(1.1, 1.7)
    gap = side * rng.uniform(0.08, 0.4) if chance(rng, 0.5) else 0.0
    level = page.ink.level if page.ink.level > 0.65 else float(rng.uniform(0.0, 0.6))
    width, opacity = height * rng.uniform(0.02, 0.06), rng.uniform(0.3, 1)
    y, line = top + side * rng.uniform(0.0, 1.0), 0
    comb = chance(rng, 0.2)
    while y < bottom and len(page.written) < MOST_DIGITS:
        x = left + side * rng.uniform(0.0, 1.5)
        if chance(rng, 0.5):
            _print_in(page, sentence(rng, int(rng.integers(1, 3))), x, y - side * 0.75, 4 * side, side * 0.7, level)
        count = int(min(rng.integers(2, 11), max(1, (right - x) // (side + gap))))
        cells, text = Writing(), ""
        for place in range(count):
            at = x + place * (side + gap)
            outline = np.array([[at, y], [at, y + side], [at + side, y + side], [at + side, y], [at, y]])
            page.rule(outline[:4] + (0, side * 0.6) * (outline[:4] == y) if comb else outline, width, level, opacity)
            if not chance(rng, 0.9):
                continue
            digit = str(rng.integers(10))
            one = number(digit, page.hand, page.manner)
            shift = (at - x) / height + (side / height - one.width) / 2 + rng.normal(0, 0.06)
            rise = rng.normal(0, 0.06)
            for piece in one.glyphs:
                piece.matrix[:, 2] += (shift, rise)
            cells.glyphs.extend(one.glyphs)
            cells.width, text = shift + one.width, text + digit
        foot = y + side / 2 + height / 2
        if text:
            page.write(cells, np.array([x, foot]), height, line=line)
        y += side * rng.uniform(1.3, 2.6)
        line += 1


def close(page: Page) -> None:
    """One number that nearly fills the frame: a cell of a log book, the amount of a cheque."""
    rng = page.rng
    left, top, right, bottom = page.area
    length = int(rng.choice([1, 2, 3, 4, 5, 6, 7, 8], p=[0.14, 0.14, 0.18, 0.18, 0.14, 0.1, 0.07, 0.05]))
    text = numeral(rng, length) if chance(rng, 0.4) else "".join(str(digit) for digit in rng.integers(0, 10, length))
    written = number(dressed(text, rng) if chance(rng, 0.5) else text, page.hand, page.manner)
    fill = rng.uniform(0.55, 0.95)
    height = min((bottom - top) * fill * 0.9, (right - left) * fill / max(written.width, 0.3), 150.0)
    spare = np.array([right - left - written.width * height, bottom - top - height])
    at = np.array([left, top + height]) + spare * np.clip(rng.normal(0.5, 0.2, 2), 0, 1)
    if chance(rng, 0.35):  # a box around it, or what is left of one
        inset = height * rng.uniform(-0.05, 0.3)
        corners = np.array([[-inset, 0.1 * height], [written.width * height + inset, 0.1 * height]])
        above = corners[::-1] - (0, 1.2 * height + inset)
        outline = np.vstack([corners, above, corners[:1]]) + at
        page.rule(outline[: int(rng.integers(2, 6))], max(1.0, 0.03 * height), rng.uniform(0, 0.5), rng.uniform(0.3, 1))
    page.write(written, at, height, line=0)
    for _ in range(int(rng.integers(0, 4))):
        spot = np.array([rng.uniform(left, right), rng.uniform(top, bottom)])
        words, size = sentence(rng, int(rng.integers(1, 4)), 0.15), max(7.0, height * rng.uniform(0.2, 0.6))
        if page.fits(page.box_of(0.6 * len(words), spot + np.array([0, size]), size)):
            page.print_line(words, spot, size, rng.uniform(0, 0.5), rng.uniform(0.3, 1))


def scattered(page: Page) -> None:
    """Numbers here and there, of several sizes, some askew."""
    rng = page.rng
    left, top, right, bottom = page.area
    for place in range(int(rng.integers(1, 9))):
        height = page.height_px * np.exp(rng.normal(0, 0.25))
        turn = rng.normal(0, 0.35) if chance(rng, 0.2) else rng.normal(0, 0.05)
        written = number(dressed(numeral(rng, int(rng.integers(1, 6))), rng), page.hand, page.manner)
        for _ in range(6):
            at = np.array([rng.uniform(left - height / 2, right), rng.uniform(top + height / 2, bottom + height / 2)])
            if page.fits(page.box_of(written.width, at, height, turn)):
                page.write(written, at, height, turn=turn, line=place)
                break


def _put(page: Page, text: str, x: float, y: float, line: int) -> float:
    """Write a number, with what people set beside it; how much of the line it takes."""
    rng, height = page.rng, page.height_px
    written = number(dressed(text, rng), page.hand, page.manner)
    drop, turn = rng.normal(0, 0.06) * height, rng.normal(0, 0.02)
    page.write(written, np.array([x, y + drop]), height, turn=turn, line=line)
    return written.width * height


def _wordlike(page: Page) -> Writing:
    return loops(page.rng) if chance(page.rng, 0.4) else handwritten_word(page.hand, page.manner)


def _room(width: float, height: float) -> int:
    """How many digits fit, and one more that may be cut."""
    return int(np.clip(width / (0.8 * height), 0, 7)) + 1


def _print_in(page: Page, text: str, x: float, y: float, width: float, height: float, level: float) -> Box | None:
    """Print that fits a cell."""
    size = min(0.6 * height, 1.5 * width / max(1, len(text)))
    if size < 5:
        return None
    return page.print_line(
        text, np.array([x + 0.1 * size, y + (height - size) / 2]), size, level, page.rng.uniform(0.5, 1)
    )


LAYOUTS: dict[str, Layout] = {
    "rows": rows,
    "columns": columns,
    "table": table,
    "form": form,
    "close": close,
    "amount": amount,
    "cell": cell,
    "scattered": scattered,
}
