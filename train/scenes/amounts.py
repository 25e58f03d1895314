"""Amounts of money as people write them on cheques and receipts, guarded against additions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from train.scenes.fields import chance, log_uniform
from train.scenes.lettering import sentence
from train.scenes.page import Page
from train.scenes.pens import Ink
from train.scenes.view import Points
from train.scenes.writing import Habit, Placed, Writing, loops, number

BEFORE = ("$", "$", "€", "£", "#", "=", "-", "--", "*", "**", "x", "~", "U$", "$-", "Rs.", "Rs", "+", "#=")
AFTER = ("/-", "-", "--", "=", ".-", "x", "xx", "#", "~", "~~", "*", "**", "---", "€", "#-")
"""Guards and currencies: with them nobody can set a digit before or after. Few have slashes, which nobody can tell
from a 1 that leans."""

BROAD = 0.12
"""Of a pen, as a share of the height of the writing."""

USUAL_PX = (12.0, 44.0)
"""Height of digits in pictures that were cut out of documents."""


def usual_height(page: Page) -> float:
    """Of the page's writing, but seldom larger or smaller than documents show it."""
    if USUAL_PX[0] <= page.height_px <= USUAL_PX[1] or chance(page.rng, 0.12):
        return page.height_px
    return log_uniform(page.rng, *USUAL_PX)


def amount(page: Page) -> None:
    """An amount or a few, with the box, the dotted line, the stamp and the signature that come with them."""
    rng = page.rng
    left, top, right, bottom = page.area
    height = min(usual_height(page), rng.uniform(0.45, 0.8) * (bottom - top))
    if chance(rng, 0.15):
        shown_through(page, height)
    y = rng.uniform(top + height, max(top + 1.1 * height, bottom - 0.15 * height))
    for line in range(int(rng.choice([1, 2, 3, 5], p=[0.35, 0.25, 0.2, 0.2]))):
        room = (right - left) * rng.uniform(0.85, 1.0)
        written = money(page, int(np.clip(room / (0.9 * height) - 1.5, 1, 7)))
        size = min(height * np.exp(rng.normal(0, 0.05)), room / max(written.width, 0.5))
        spare = max(0.0, right - left - written.width * size)
        at = np.array([left + spare * rng.uniform(0, 1), y])
        if not page.fits(page.box_of(written.width, at, size)):
            break
        turn = rng.normal(0, 0.025) if chance(rng, 0.85) else rng.uniform(-0.15, 0.15)
        _prepared(page, written.width * size, at, size)
        page.write(written, at, size, turn=turn, line=line)
        if chance(rng, 0.15):
            _filled_up(page, written.width * size, at, size)
        y += size * rng.uniform(1.6, 3.2)
        if y > bottom:
            y = top + size * 1.1
    if chance(rng, 0.4):
        _printed_around(page, height)
    if chance(rng, 0.07):
        _signed(page, height)
    if chance(rng, 0.06):
        _stamped(page, height)


def money(page: Page, most_digits: int) -> Writing:
    """Digits with separators, cents and guards, in the page's hand."""
    rng, manner = page.rng, page.manner
    if chance(rng, 0.2):
        manner = replace(manner, gap=float(rng.uniform(-0.12, 0.0)))
    if page.ink.width > BROAD:  # strokes this broad would fill what is between them
        manner = replace(manner, gap=max(0.03, manner.gap))
    written = Writing()
    if chance(rng, 0.3):
        written.append(number(str(rng.choice(BEFORE)), page.hand, manner))
    written.append(number(_sum(rng, most_digits), page.hand, manner), rng.uniform(0, 0.15) if written.width else 0.0)
    if chance(rng, 0.6):
        _add_cents(written, page, manner)
    if chance(rng, 0.3):
        written.append(number(str(rng.choice(AFTER)), page.hand, manner), rng.uniform(0, 0.15))
    if chance(rng, 0.2):
        written.paths.extend(_zeros_joined(written, rng))
    return tapered(written, rng.uniform(0.05, 0.35)) if chance(rng, 0.25) else written


def _sum(rng: np.random.Generator, most_digits: int) -> str:
    """A whole sum, at times in groups of three."""
    length = min(most_digits, int(rng.choice(range(1, 8), p=[0.06, 0.16, 0.26, 0.24, 0.14, 0.08, 0.06])))
    digits = [str(digit) for digit in rng.integers(0, 10, length)]
    digits[0] = str(rng.integers(1, 10))
    if length > 1 and chance(rng, 0.4):
        kept = int(rng.integers(1, length))
        digits[kept:] = ["0"] * (length - kept)
    if length < 4 or chance(rng, 0.45):
        return "".join(digits)
    sign = str(rng.choice([".", ",", "'", " "]))
    return "".join(sign * (place > 0 and (length - place) % 3 == 0) + digit for place, digit in enumerate(digits))


def _add_cents(written: Writing, page: Page, manner: Habit) -> None:
    """Cents after a point or dash, or small and raised, underlined, over a line with 100 or a cross below."""
    rng = page.rng
    pair = "00" if chance(rng, 0.45) else f"{rng.integers(100):02d}"
    if chance(rng, 0.45):
        written.append(number(str(rng.choice([".", ",", "-", ":", "="], p=[0.45, 0.3, 0.12, 0.05, 0.08])) + pair,
                              page.hand, manner))  # fmt: skip
        return
    if chance(rng, 0.5):
        written.append(number(str(rng.choice([".", ",", "-"])), page.hand, manner))
    tight = replace(manner, gap=min(manner.gap, float(rng.uniform(-0.05, 0.12))))
    scale = rng.uniform(0.42, 0.75)
    start, gap = written.width, rng.uniform(0.03, 0.25)
    written.append(
        number("xx" if chance(rng, 0.1) else pair, page.hand, tight),
        gap,
        scale=scale,
        rise=1.05 - scale * rng.uniform(0.9, 1.1),
    )
    foot = -(1.05 - scale) + 0.12
    ends = np.array([[start + gap - 0.08, foot], [written.width + 0.1, foot + rng.normal(0, 0.06)]])
    for stroke in range(int(rng.choice([0, 1, 2], p=[0.3, 0.5, 0.2])) if page.ink.width < BROAD else 0):
        written.paths.append(ends + np.array([0, 0.12 * stroke]) + rng.normal(0, 0.015, (2, 2)))
    if chance(rng, 0.15) and scale < 0.6:
        below = Writing(width=start + gap)
        below.append(number("xx" if chance(rng, 0.4) else "100", page.hand, tight), scale=0.8 * scale, rise=-0.12)
        written.glyphs.extend(below.glyphs)
        written.paths.extend(below.paths)
        written.width = max(written.width, below.width)


def _zeros_joined(written: Writing, rng: np.random.Generator) -> list[Points]:
    """Strokes along the tops of zeros that stand together."""
    strokes = []
    for before, after in zip(written.glyphs, written.glyphs[1:], strict=False):
        if before.label != 0 or after.label != 0:
            continue
        middles = [piece.matrix @ (13.5, 6.0, 1.0) for piece in (before, after)]
        bow = (middles[0] + middles[1]) / 2 + (0, rng.uniform(-0.08, 0.08))
        strokes.append(np.array([middles[0], bow, middles[1]]))
    return strokes


def tapered(written: Writing, share: float) -> Writing:
    """The same, smaller by `share` at its end."""
    width = max(written.width, 1e-6)

    def along(x: NDArray[np.float64] | float) -> NDArray[np.float64] | float:
        return x - share * x * x / (2 * width)

    glyphs = []
    for piece in written.glyphs:
        x = float((piece.matrix @ (13.5, 13.5, 1.0))[0])
        scale = 1 - share * x / width
        matrix = piece.matrix * scale
        matrix[0, 2] += float(along(x)) - scale * x
        glyphs.append(Placed(piece.glyph, piece.label, matrix))
    paths = [
        np.column_stack([along(path[:, 0]), path[:, 1] * (1 - share * path[:, 0] / width)]) for path in written.paths
    ]
    return Writing(glyphs, paths, float(along(width)))


# --- what comes with them ---------------------------------------------------------------------------------------------


def _prepared(page: Page, width: float, at: Points, height: float) -> None:
    """What the printer left for an amount: a box that may be too small, a dotted line, a currency."""
    rng = page.rng
    level = page.ink.level if page.ink.level > 0.65 else float(rng.uniform(0, 0.6))
    if chance(rng, 0.4):
        inset, above, below = height * rng.normal((0.35, 0.2, 0.12), (0.3, 0.15, 0.12))
        outline = np.array([[-inset, below], [width + inset, below], [width + inset, -height - above]])
        outline = np.vstack([outline, [-inset, -height - above], outline[0]]) + at
        sides = 5 if chance(rng, 0.6) else int(rng.integers(2, 5))
        page.rule(outline[:sides], max(0.8, 0.03 * height), level, rng.uniform(0.3, 1))
    elif chance(rng, 0.35):
        step, y = height * rng.uniform(0.12, 0.3), at[1] + rng.uniform(-0.02, 0.12) * height
        dots = np.arange(at[0] - height, at[0] + width + height, step)[:120]
        thick, opacity = max(0.8, 0.05 * height), rng.uniform(0.3, 1)
        paths = [np.array([[x, y], [x + 0.3 * step, y]]) for x in dots]
        page.canvas.strokes(paths, thick, Ink(0, False, opacity, 0.0, 2.0, 0.0, level), rng)
    if chance(rng, 0.25):
        text, size = (
            str(rng.choice(["$", "€", "Rs.", "EUR", "USD", "Bs", "S/", "£", "INR"])),
            height * rng.uniform(0.5, 1),
        )
        place = at + np.array([-0.5 * height - 0.7 * size * len(text), -size * rng.uniform(0.9, 1.1)])
        if size >= 6:
            page.print_line(text, place, size, level, rng.uniform(0.4, 1))


def _filled_up(page: Page, width: float, at: Points, height: float) -> None:
    """A dash, straight or wavy, from the amount to the end of its line."""
    rng = page.rng
    start = at + np.array([width + 0.25 * height, -height * rng.uniform(0.3, 0.5)])
    along = np.linspace(0, min(page.area[2] - start[0], height * rng.uniform(1.5, 8)), 20)
    if along[-1] < height:
        return
    wave = height * rng.choice([0.0, 0.0, 0.12]) * np.sin(along / height * rng.uniform(4, 9))
    path = np.column_stack([along, wave + along * rng.normal(0, 0.03)]) + start
    page.canvas.stroke(path, page.ink.width * height, page.ink, rng)


def _printed_around(page: Page, height: float) -> None:
    """Words of the form, above, below and beside."""
    rng = page.rng
    left, top, right, bottom = page.area
    level = page.ink.level if page.ink.level > 0.65 else float(rng.uniform(0, 0.5))
    for _ in range(int(rng.integers(1, 5))):
        spot = np.array([rng.uniform(left, right), rng.uniform(top, bottom)])
        text, size = sentence(rng, int(rng.integers(1, 5)), 0.1), max(6.0, height * rng.uniform(0.3, 0.8))
        if page.fits(page.box_of(0.6 * len(text), spot + np.array([0, size]), size)):
            page.print_line(text, spot, size, level, rng.uniform(0.3, 1))


def _signed(page: Page, height: float) -> None:
    """A signature, large and slanted, that may run through the amount."""
    rng = page.rng
    left, top, right, bottom = page.area
    written, at = loops(rng), np.array([rng.uniform(left, right), rng.uniform(top, bottom + height)])
    written.paths.append(np.array([[-0.3, 0.2], [written.width + 0.5, rng.uniform(-0.3, 0.3)]]))
    thin = replace(page.ink, width=page.ink.width * 0.6)
    large, turn = height * rng.uniform(1.0, 2.2), rng.uniform(-0.4, 0.1)
    cos, sin = np.cos(turn) * large, np.sin(turn) * large
    paths = [path @ np.array([[cos, sin], [-sin, cos]]) + at for path in written.paths]
    page.canvas.strokes(paths, thin.width * height, thin, rng)


def _stamped(page: Page, height: float) -> None:
    """A rubber stamp: rings or frames, patchy, with a word."""
    rng = page.rng
    left, top, right, bottom = page.area
    centre = np.array([rng.uniform(left, right), rng.uniform(top, bottom)])
    reach = height * rng.uniform(1.0, 3.0) * np.array([1.0, rng.uniform(0.5, 1.0)])
    turns = np.linspace(0, 2 * np.pi, 40) if chance(rng, 0.6) else np.arange(4) * np.pi / 2 + np.pi / 4
    ring = np.column_stack([np.cos(turns), np.sin(turns)]) * reach
    level = page.ink.level if page.ink.level > 0.65 else float(rng.uniform(0.2, 0.6))
    ink = Ink(0, False, float(rng.uniform(0.3, 0.8)), float(rng.uniform(0.2, 0.8)), 2.5, 0.3, level)
    page.canvas.strokes([ring + centre, 0.82 * ring + centre], max(1.0, 0.06 * height), ink, rng, closed=True)
    size = max(6.0, 0.35 * reach[1])
    page.print_line(sentence(rng, 1).upper(), centre - (0.6 * reach[0], size / 2), size, level, ink.opacity)


def shown_through(page: Page, height: float) -> None:
    """Writing of the other side of the sheet, faint and turned round. Of words alone: digits would still be some."""
    rng = page.rng
    left, top, right, bottom = page.area
    ground = float(page.canvas.reflectance.mean())
    ink = replace(page.ink, opacity=float(rng.uniform(0.08, 0.22)), grain=0.3, grain_px=2.5)
    if abs(ground - ink.level) < 0.2:
        return
    for y in np.arange(top, bottom + height, height * rng.uniform(1.2, 2.5))[:6]:
        start = rng.uniform(left, right)
        paths = [path * (-height, height) + (start, y) for path in loops(rng).paths]
        page.canvas.strokes(paths, ink.width * height * 0.8, ink, rng)
