"""What is no digit, to train against: glyphs that a network must learn to call none of its labels.

They are drawn (scribbles, lines, textures), cut from digits (halves, two at once), and taken from sets of letters. What
a network does with kinds it was never shown is measured with `train.robustness.unseen`, which shares nothing with this.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from core.glyph import GLYPH_SIZE_PX, INK_SIZE_PX, normalise

CANVAS_PX = 80
"""Strokes are drawn at four times the final size, and come down through the normalisation as ink at the edge does."""

SUBPIXEL_BITS = 4
"""OpenCV draws at fractions of a pixel when told the number of binary places."""

LONGEST_BLOB = 2.0
STEEPEST_DEG = 40.0
"""Ink this many times longer than wide that lies less flat than this may be a 1, so it is not used."""

MOST_TRIES = 20
"""For each glyph. Half of them succeed, unless the digits at hand are not fit for a kind: a 0 on its side is a 0."""

Pixels = NDArray[np.uint8]
"""uint8 (N, 28, 28), ink 255 on paper 0."""


def drawn(kind: str, count: int, rng: np.random.Generator) -> Pixels:
    """uint8 (count, 28, 28): glyphs of one of the kinds in DRAWN."""
    return _collected(lambda: DRAWN[kind](rng), count)


def from_digits(kind: str, count: int, digits: Pixels, targets: NDArray[np.int64], rng: np.random.Generator) -> Pixels:
    """uint8 (N, 28, 28): glyphs of one of the kinds in FROM_DIGITS, made of `digits`, which show `targets`.

    There are `count` of them, or fewer, down to none, if hardly any of `digits` is fit for this kind.
    """
    return _collected(lambda: FROM_DIGITS[kind](digits, targets, rng), count)


def _collected(make: Callable[[], NDArray[np.uint8] | None], count: int) -> Pixels:
    glyphs = np.empty((count, GLYPH_SIZE_PX, GLYPH_SIZE_PX), np.uint8)
    made = 0
    for _ in range(MOST_TRIES * count):
        glyph = make()
        if glyph is not None and not _may_be_one(glyph):
            glyphs[made] = glyph
            made += 1
        if made == count:
            break
    return glyphs[:made]


def _may_be_one(glyph: NDArray[np.uint8]) -> bool:
    """Whether the ink, taken as an ellipse of the same moments, is long and stands up."""
    moments = cv2.moments(glyph)
    if moments["m00"] == 0:
        return True
    spread = np.array([[moments["mu20"], moments["mu11"]], [moments["mu11"], moments["mu02"]]])
    (minor, major), axes = np.linalg.eigh(spread)
    steepness_deg = np.degrees(np.arctan2(abs(axes[1, 1]), abs(axes[0, 1])))
    return major > LONGEST_BLOB**2 * max(minor, 1e-9) and steepness_deg > STEEPEST_DEG


def _blank() -> NDArray[np.uint8]:
    return np.zeros((CANVAS_PX, CANVAS_PX), np.uint8)


def _stroke(canvas: NDArray[np.uint8], points: NDArray[np.float64], width_px: int, closed: bool = False) -> None:
    """Draw the line through `points`, (N, 2), x and y in shares of the canvas."""
    scaled = np.round(points * CANVAS_PX * (1 << SUBPIXEL_BITS)).astype(np.int32)
    cv2.polylines(canvas, [scaled], closed, 255, width_px, cv2.LINE_AA, SUBPIXEL_BITS)


def _pen_px(rng: np.random.Generator) -> int:
    return int(rng.integers(4, 15))


def _curve(rng: np.random.Generator, reach: float) -> NDArray[np.float64]:
    """(N, 2): a smooth path through random points, wandering by about `reach` a leg."""
    legs = int(rng.integers(1, 4))
    points = np.cumsum(np.vstack([rng.uniform(0.2, 0.8, (1, 2)), rng.normal(0, reach, (3 * legs, 2))]), axis=0)
    points -= points.mean(axis=0)
    points = 0.5 + points * min(1.0, 0.4 / np.abs(points).max())
    t = np.linspace(0, 1, 12)[:, np.newaxis]
    pieces = []
    for leg in range(legs):
        a, b, c, d = points[3 * leg : 3 * leg + 4]
        pieces.append((1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d)
    return np.vstack(pieces)


def _scribble(rng: np.random.Generator) -> Pixels | None:
    """Two to four wild strokes: one alone is too often a digit."""
    canvas, pen_px = _blank(), int(rng.integers(3, 9))
    for _ in range(rng.integers(2, 5)):
        _stroke(canvas, _curve(rng, 0.35) + rng.uniform(-0.2, 0.2, 2), pen_px)
    return normalise(canvas)


def _lines(rng: np.random.Generator) -> Pixels | None:
    """A stroke far from upright, crosses, corners, combs: straight strokes that make no digit."""
    canvas, pen_px = _blank(), _pen_px(rng)
    match rng.integers(4):
        case 0:  # one, lying
            angles = rng.uniform(-35, 35, 1)
        case 1:  # two or more that cross
            angles = rng.uniform(0, 90) + np.array([0, rng.uniform(50, 130)])
        case 2:  # parallel ones
            angles = np.full(rng.integers(2, 5), rng.uniform(0, 180))
        case _:
            angles = rng.uniform(0, 180, rng.integers(3, 6))
    for index, angle in enumerate(np.deg2rad(angles)):
        along = np.array([np.cos(angle), np.sin(angle)])
        across = np.array([-along[1], along[0]])
        middle = 0.5 + across * (0.22 * (index - (len(angles) - 1) / 2) + rng.normal(0, 0.04))
        half = rng.uniform(0.2, 0.45)
        _stroke(canvas, np.array([middle - half * along, middle + half * along]), pen_px)
    return normalise(canvas)


def _polygon(rng: np.random.Generator) -> Pixels | None:
    """Triangles, boxes and other shapes with corners, outlined or filled."""
    corners = int(rng.integers(3, 7))
    turns = np.sort(rng.uniform(0, 2 * np.pi / corners * 0.6, corners) + np.arange(corners) * 2 * np.pi / corners)
    radius = np.array([rng.uniform(0.2, 0.42), rng.uniform(0.2, 0.42)])
    points = 0.5 + radius * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    canvas = _blank()
    if rng.random() < 0.4:
        cv2.fillPoly(canvas, [np.round(points * CANVAS_PX).astype(np.int32)], 255, cv2.LINE_AA)
    else:
        if corners > 3:  # outlined, it would be a 0
            return None
        _stroke(canvas, points, int(rng.integers(4, 10)), closed=True)
    return normalise(canvas)


def _blots(rng: np.random.Generator) -> Pixels | None:
    """One to six filled blots."""
    canvas = _blank()
    for _ in range(rng.integers(1, 7)):
        centre = rng.integers(15, CANVAS_PX - 15, 2)
        axes = rng.integers(4, 16, 2)
        cv2.ellipse(canvas, centre.tolist(), axes.tolist(), float(rng.uniform(0, 180)), 0, 360, 255, -1, cv2.LINE_AA)
    return normalise(canvas)


def _texture(rng: np.random.Generator) -> Pixels | None:
    """Noise at a random scale, as it is or cut at a level: wood, cloth, shadows, grain taken for ink."""
    cells = int(rng.choice([3, 4, 6, 9, 14, 28]))
    noise = rng.standard_normal((cells, max(2, int(cells * rng.uniform(0.4, 1)))), np.float32)
    field = cv2.resize(noise, (GLYPH_SIZE_PX, GLYPH_SIZE_PX), interpolation=cv2.INTER_CUBIC)
    field = (field - field.mean()) / max(float(field.std()), 1e-6)
    hardness = float(np.exp(rng.uniform(0, 3)))
    grey = 127.5 * (1 + np.tanh(hardness / 2 * (field - rng.uniform(-0.8, 1.2))))
    if rng.random() < 0.5:
        return grey.astype(np.uint8)
    window = np.zeros_like(grey)
    edge = (GLYPH_SIZE_PX - INK_SIZE_PX) // 2
    window[edge:-edge, edge:-edge] = grey[edge:-edge, edge:-edge]
    return window.astype(np.uint8)


DRAWN: dict[str, Callable[[np.random.Generator], Pixels | None]] = {
    "scribbles": _scribble,
    "lines": _lines,
    "polygons": _polygon,
    "blots": _blots,
    "textures": _texture,
}
"""A maker returns None where chance drew what might be a digit."""


def _two_at_once(digits: Pixels, _: NDArray[np.int64], rng: np.random.Generator) -> Pixels | None:
    """Two digits side by side, touching or nearly, as one piece of ink."""
    first, second = rng.integers(len(digits), size=2)
    left, right = (_trimmed(digits[index]) for index in (first, second))
    shift = left.shape[1] + int(rng.integers(-4, 3))
    drop = int(rng.integers(-4, 5))
    page = np.zeros((64, 64), np.uint8)
    page[16 : 16 + left.shape[0], 0 : left.shape[1]] = left
    place = page[16 + drop : 16 + drop + right.shape[0], max(0, shift) : max(0, shift) + right.shape[1]]
    np.maximum(place, right, out=place)
    _, _, width, height = cv2.boundingRect(page)
    return normalise(page) if width > 0.7 * height else None


HALVES_THAT_ARE_DIGITS = frozenset(
    {("top", 8), ("bottom", 8), ("bottom", 6), ("top", 9), ("left", 1), ("right", 1), ("top", 1), ("bottom", 1)}
    | {("bottom", 9), ("bottom", 7), ("bottom", 4), ("right", 4), ("right", 7), ("right", 9), ("left", 6), ("top", 7)}
)
"""A half that may be read as a digit by itself: half an 8 is a 0, the stem of a 9 a 1."""


def _half(digits: Pixels, targets: NDArray[np.int64], rng: np.random.Generator) -> Pixels | None:
    """Half of a digit, or a little more, as where a picture ends or another piece covers it."""
    index = int(rng.integers(len(digits)))
    side = str(rng.choice(["top", "bottom", "left", "right"]))
    if (side, int(targets[index])) in HALVES_THAT_ARE_DIGITS:
        return None
    ink = _trimmed(digits[index])
    share = rng.uniform(0.4, 0.55)
    rows, columns = max(2, round(ink.shape[0] * share)), max(2, round(ink.shape[1] * share))
    part = {"top": ink[:rows], "bottom": ink[-rows:], "left": ink[:, :columns], "right": ink[:, -columns:]}[side]
    return normalise(part)


def _struck_out(digits: Pixels, _: NDArray[np.int64], rng: np.random.Generator) -> Pixels | None:
    """A digit that its writer took back: crossed, or scratched out in a zigzag. One line alone may be a ruled one."""
    ink = cv2.resize(_trimmed(digits[int(rng.integers(len(digits)))]), None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    edge = (CANVAS_PX - np.array(ink.shape)) // 2
    canvas = _blank()
    canvas[edge[0] : edge[0] + ink.shape[0], edge[1] : edge[1] + ink.shape[1]] = ink
    pen_px, reach = int(rng.integers(3, 8)), rng.uniform(0.38, 0.48)
    if rng.random() < 0.5:
        tilt = rng.uniform(0.6, 1)
        for side in (-1, 1):
            ends = np.array([[-reach, -side * tilt * reach], [reach, side * tilt * reach]])
            _stroke(canvas, 0.5 + ends + rng.normal(0, 0.04, (2, 2)), pen_px)
    else:
        turns = int(rng.integers(5, 9))
        along = np.linspace(-reach, reach, turns)
        across = reach * np.where(np.arange(turns) % 2, 1, -1) * rng.uniform(0.7, 1)
        zigzag = np.stack([along, across], axis=1) + rng.normal(0, 0.03, (turns, 2))
        _stroke(canvas, 0.5 + (zigzag if rng.random() < 0.5 else zigzag[:, ::-1]), pen_px)
    return normalise(canvas)


def _trimmed(glyph: NDArray[np.uint8]) -> NDArray[np.uint8]:
    x, y, width, height = cv2.boundingRect(glyph)
    return glyph[y : y + height, x : x + width]


TURNED = (2, 3, 4, 5, 6, 7, 9)
MIRRORED = (3, 4, 6, 7, 9)
"""Digits that are none when they lie on their side or are mirrored; a mirrored 2 may be a 5."""


def _turned(digits: Pixels, targets: NDArray[np.int64], rng: np.random.Generator) -> Pixels | None:
    """A digit on its side, or mirrored."""
    index = int(rng.integers(len(digits)))
    glyph, digit = digits[index], int(targets[index])
    if rng.random() < 0.6:
        return normalise(np.rot90(glyph, rng.choice([1, 3])).copy()) if digit in TURNED else None
    return normalise(glyph[:, ::-1].copy()) if digit in MIRRORED else None


FROM_DIGITS: dict[str, Callable[[Pixels, NDArray[np.int64], np.random.Generator], Pixels | None]] = {
    "two at once": _two_at_once,
    "halves": _half,
    "struck out": _struck_out,
    "turned": _turned,
}
