"""Handwriting on a line of its own: numbers, signs, words and loops, before they are put anywhere.

A writing has its own plane: the line runs along x from 0, digits are 1 high and stand on y = 0, up is negative.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from core.spots import TALLEST_PX
from train.scenes.fields import chance, log_uniform
from train.scenes.material import Hand
from train.scenes.pens import Glyph
from train.scenes.script import script
from train.scenes.view import Points

PROFILE_ROWS = 16
"""Rows in which the gap between two digits is measured: the closest two decide, as they do for the eye."""
MOST_PROFILE_COLUMNS = 48


@dataclass(frozen=True)
class Placed:
    """A glyph in the plane of its writing."""

    glyph: Glyph
    label: int | None
    """0 to 9, or None for what is no digit."""
    matrix: NDArray[np.float64]
    """(2, 3): pixels of the glyph to the plane."""


@dataclass
class Writing:
    """What one stretch of a line holds."""

    glyphs: list[Placed] = field(default_factory=list)
    paths: list[Points] = field(default_factory=list)
    """Pen strokes: signs and loops."""
    width: float = 0.0

    def append(self, other: Writing, gap: float = 0.0, *, scale: float = 1.0, rise: float = 0.0) -> None:
        """Go on with `other`, made `scale` times as large, `rise` above the line."""
        shift = np.array([self.width + gap, -rise])
        for piece in other.glyphs:
            matrix = piece.matrix * scale
            matrix[:, 2] += shift
            self.glyphs.append(Placed(piece.glyph, piece.label, matrix))
        self.paths.extend(path * scale + shift for path in other.paths)
        self.width += gap + scale * other.width


@dataclass(frozen=True)
class Habit:
    """How somebody spaces and shapes what they write."""

    gap: float
    """Between digits where they come closest, as a share of their height; below 0 they overlap."""
    gap_spread: float
    slant: float
    """Tangent of the angle to the upright, to the right."""
    narrowness: float
    wander: float
    """Deviation of height, place and turn from digit to digit."""
    joins: bool
    """Whether the pen often stays down between two digits."""
    crosses_sevens: bool


def habit(rng: np.random.Generator) -> Habit:
    """One writer's, for one occasion."""
    match rng.choice(["loose", "normal", "tight", "touching"], p=[0.17, 0.43, 0.18, 0.22]):
        case "loose":
            gap, spread = rng.uniform(0.3, 0.9), 0.1
        case "normal":
            gap, spread = rng.uniform(0.1, 0.3), 0.05
        case "tight":
            gap, spread = rng.uniform(0.02, 0.1), 0.03
        case _:
            gap, spread = rng.uniform(-0.12, 0.01), 0.05
    return Habit(
        gap=float(gap),
        gap_spread=spread,
        slant=float(rng.normal(0.03, 0.14)),
        narrowness=float(np.exp(rng.normal(-0.05, 0.14))),
        wander=float(rng.choice([0.01, 0.03, 0.06], p=[0.3, 0.5, 0.2])),
        joins=gap < 0.02 and chance(rng, 0.2),
        crosses_sevens=chance(rng, 0.2),
    )


def number(text: str, hand: Hand, manner: Habit) -> Writing:
    """`text` of digits and the signs in SIGNS, by hand."""
    rng, writing = hand.rng, Writing()
    before: NDArray[np.float64] | None = None
    end = rise = 0.0
    for sign in text:
        if not sign.isdigit():
            path, width = signed(sign, rng)
            gap = abs(manner.gap) + rng.uniform(0.02, 0.15)
            writing.paths.extend(stroke + np.array([end + gap, rise]) for stroke in path)
            end, before = end + 2 * gap + width, None
            continue
        glyph = hand.digit(int(sign))
        height = float(np.exp(rng.normal(0, manner.wander * 1.5)))
        rise = 0.7 * rise + rng.normal(0, manner.wander)
        shape, outline = _shaped(glyph, height, manner, rng)
        profile = _profile(outline, rise)
        gap = manner.gap + rng.normal(0, manner.gap_spread)
        left = end + (gap if before is not None else 0.0)
        if before is not None:
            left = _closest(before, profile, gap, end)
        shape[:, 2] += (left, rise)
        if manner.joins and before is not None and chance(rng, 0.35):
            high = rise - rng.choice([0.05, 0.5, 0.9]) * height
            bow = np.array([[left - 0.25, high + 0.03], [left, high - 0.04], [left + 0.2, high]])
            writing.paths.append(bow)
        writing.glyphs.append(Placed(glyph, int(sign), shape))
        if sign == "7" and manner.crosses_sevens:
            middle = left + 0.55 * float(outline[:, 0].max()) + rng.normal(0, 0.04)
            bar = np.array([[middle - 0.22, -0.42], [middle + 0.2, -0.47]]) * (1, height)
            writing.paths.append(bar + np.array([0, rise]))
        before = profile + left
        end = max(end, float(left + outline[:, 0].max()))
    writing.width = end
    return writing


def _shaped(glyph: Glyph, height: float, manner: Habit, rng: np.random.Generator) -> tuple[NDArray[np.float64], Points]:
    """((2, 3), (N, 2)): the glyph's pixels to the plane, left edge at 0 and foot at 0, and its ink there."""
    x, y, width, ink_height = cv2.boundingRect((glyph > 60).astype(np.uint8))
    if ink_height == 0:
        x, y, width, ink_height = 4, 4, 20, 20
    scale = height / ink_height
    # A wide, low glyph was shrunk to fit its square: let it out a little, but keep its form.
    across = scale * manner.narrowness * np.exp(rng.normal(0, 0.05))
    across = min(across, 1.05 * height / width)
    turn = rng.normal(0, manner.wander * 1.2)
    slant = -(manner.slant + rng.normal(0, manner.wander))
    cos, sin = np.cos(turn), np.sin(turn)
    shape = np.array([[cos, -sin], [sin, cos]]) @ np.array([[across, slant * scale], [0, scale]])
    middle = np.array([x + (width - 1) / 2, y + (ink_height - 1) / 2])
    rows, columns = np.nonzero(glyph > 60)
    points = (np.column_stack([columns, rows]) - middle) @ shape.T if len(rows) else np.zeros((1, 2))
    low, high = points.min(axis=0), points.max(axis=0)
    shift = np.array([-low[0], -high[1]])
    return np.column_stack([shape, shift - shape @ middle]), points + shift


def _profile(outline: Points, rise: float) -> NDArray[np.float64]:
    """(PROFILE_ROWS, 2): the leftmost and rightmost ink of each row, from -1.2 to 0.2; NaN where there is none."""
    rows = np.clip(((outline[:, 1] + rise + 1.2) * (PROFILE_ROWS / 1.4)).astype(int), 0, PROFILE_ROWS - 1)
    left, right = np.full(PROFILE_ROWS, np.inf), np.full(PROFILE_ROWS, -np.inf)
    np.minimum.at(left, rows, outline[:, 0])
    np.maximum.at(right, rows, outline[:, 0])
    return np.column_stack([left, right])


def _closest(before: NDArray[np.float64], profile: NDArray[np.float64], gap: float, end: float) -> float:
    """Where a glyph begins that shall come within `gap` of the one before."""
    reach = float((before[:, 1] - profile[:, 0]).max())
    if not np.isfinite(reach):
        return end + gap
    # Never further under the one before than a third of a digit, whatever the rows allow.
    return max(reach + gap + 0.04, end - 0.35)


def signed(sign: str, rng: np.random.Generator) -> tuple[list[Points], float]:
    """(strokes, width) of a sign beside or between digits, one of SIGNS; of anything else, a space."""
    if sign not in SIGNS:
        return [], 0.4
    strokes = [np.array(points) + rng.normal(0, 0.02, (len(points), 2)) for points in SIGNS[sign]]
    if sign in "-=":
        strokes = [stroke * (rng.uniform(0.6, 1.5), 1) for stroke in strokes]
    elif sign in CURVED:
        strokes.append(CURVED[sign])
    return strokes, float(max(stroke[:, 0].max() for stroke in strokes))


def _bow(turn: NDArray[np.float64], centre: tuple[float, float], radius: tuple[float, float]) -> Points:
    return np.column_stack([centre[0] + radius[0] * np.cos(turn), centre[1] + radius[1] * np.sin(turn)])


SIGNS: dict[str, list[list[tuple[float, float]]]] = {
    ".": [[(0.02, -0.02), (0.05, 0.0)]],
    ",": [[(0.06, -0.05), (0.05, 0.05), (0.0, 0.16)]],
    "'": [[(0.06, -1.08), (0.0, -0.86)]],
    ":": [[(0.02, -0.6), (0.05, -0.58)], [(0.02, -0.12), (0.05, -0.1)]],
    "-": [[(0.0, -0.42), (0.45, -0.45)]],
    "=": [[(0.0, -0.6), (0.5, -0.62)], [(0.0, -0.33), (0.5, -0.36)]],
    "+": [[(0.0, -0.45), (0.5, -0.45)], [(0.25, -0.72), (0.25, -0.18)]],
    # Leans far over and reaches beyond the digits, so that it is no 1.
    "/": [[(0.0, 0.25), (0.85, -1.2)]],
    "x": [[(0.0, 0.0), (0.45, -0.45)], [(0.0, -0.45), (0.45, 0.0)]],
    "*": [[(0.2, -0.5), (0.4, -0.8)], [(0.2, -0.8), (0.4, -0.5)], [(0.15, -0.65), (0.45, -0.65)]],
    "%": [[(0.0, 0.1), (0.7, -1.0)], [(0.0, -0.9), (0.2, -0.8)], [(0.5, -0.1), (0.7, -0.15)]],
    "~": [[(0.0, -0.4), (0.12, -0.52), (0.25, -0.48), (0.38, -0.36), (0.5, -0.34), (0.65, -0.5)]],
    "R": [[(0.08, 0.0), (0.1, -0.95)], [(0.0, -0.9), (0.35, -1.0), (0.5, -0.75), (0.12, -0.5), (0.55, 0.0)]],
    "s": [[(0.3, -0.45), (0.12, -0.48), (0.05, -0.36), (0.28, -0.2), (0.24, -0.04), (0.0, -0.03)]],
    "U": [[(0.0, -0.95), (0.02, -0.25), (0.2, 0.0), (0.45, -0.15), (0.5, -0.95)], [(0.5, -0.95), (0.55, 0.0)]],
    "#": [
        [(0.2, 0.1), (0.35, -1.0)],
        [(0.5, 0.1), (0.65, -1.0)],
        [(0.0, -0.3), (0.8, -0.36)],
        [(0.05, -0.62), (0.85, -0.68)],
    ],
    "€": [[(-0.05, -0.58), (0.5, -0.58)], [(-0.05, -0.4), (0.45, -0.4)]],
    "$": [[(0.24, -1.2), (0.22, 0.2)], [(0.36, -1.2), (0.34, 0.2)]],
    "£": [[(0.25, -0.5), (0.28, -0.15), (0.08, 0.0), (0.3, -0.06), (0.6, 0.02)], [(0.05, -0.45), (0.5, -0.47)]],
}
"""Strokes of what stands beside digits, in the plane of a writing."""

CURVED: dict[str, Points] = {
    "€": _bow(np.linspace(0.9, 5.4, 12), (0.4, -0.5), (0.35, 0.5)),
    "$": np.array(
        [(0.55, -0.85), (0.3, -0.97), (0.06, -0.75), (0.3, -0.5), (0.55, -0.25), (0.3, -0.03), (0.02, -0.15)]
    ),
    "£": _bow(np.linspace(-0.3, -3.6, 9), (0.42, -0.8), (0.2, 0.2)),
}
"""Further strokes of some of them."""


def word(hand: Hand, manner: Habit) -> Writing:
    """A word in script or of separate letters; where there are no letters, in script or seldom of loops."""
    rng, writing = hand.rng, Writing()
    if chance(rng, 0.5 if hand.material.letters is not None else 0.85):
        paths, width = script(manner, rng)
        return Writing(paths=paths, width=width)
    end, rise = 0.0, 0.0
    for _ in range(int(rng.integers(2, 9))):
        glyph = hand.letter()
        if glyph is None:
            return loops(rng)
        height = float(rng.choice([0.55, 0.65, 1.0], p=[0.45, 0.3, 0.25]) * np.exp(rng.normal(0, manner.wander)))
        rise = 0.7 * rise + rng.normal(0, manner.wander)
        shape, outline = _shaped(glyph, height, manner, rng)
        left = end + min(manner.gap, 0.2) * 0.7 + rng.normal(0, 0.03)
        shape[:, 2] += (left, rise)
        writing.glyphs.append(Placed(glyph, None, shape))
        end = left + float(outline[:, 0].max())
    writing.width = end
    return writing


def loops(rng: np.random.Generator) -> Writing:
    """A word as a running hand has it: loops, humps and bows that hang together, with dots and bars."""
    cycles = int(rng.integers(4, 13))
    steps = 12
    time = np.arange(cycles * steps + 1) / steps
    tall = rng.choice([0.4, 0.45, 0.5, 0.95, 1.1], size=cycles + 1, p=[0.3, 0.25, 0.2, 0.15, 0.1])
    deep = rng.choice([0.0, 0.05, 0.5], size=cycles + 1, p=[0.6, 0.25, 0.15])
    back = rng.uniform(-0.15, 0.55, cycles + 1) * rng.uniform(0.5, 1)
    pitch = rng.uniform(0.28, 0.55)
    at = np.minimum(time.astype(int), cycles - 1)
    swing = (1 - np.cos(2 * np.pi * time)) / 2
    dip = np.clip(-np.sin(2 * np.pi * time), 0, None) ** 2
    y = -tall[at] * swing + deep[at] * dip
    x = pitch * time + back[at] * pitch * np.sin(2 * np.pi * time) + rng.uniform(-0.2, 0.5) * -y
    paths = [np.column_stack([x, y])]
    for _ in range(int(rng.integers(0, 3))):
        spot = rng.uniform(0.1, 0.9) * x.max()
        if chance(rng, 0.5):
            paths.append(np.array([[spot, -0.75], [spot + 0.05, -0.78]]))
        else:
            paths.append(np.array([[spot - 0.15, -0.7], [spot + 0.25, -0.74]]))
    return Writing(paths=paths, width=float(x.max()))


def numeral(rng: np.random.Generator, most_digits: int) -> str:
    """What people write down: counts, amounts, dates, times, years, sums; with as many digits as fit."""
    most_digits = max(1, most_digits)
    length = (
        int(rng.integers(1, min(most_digits, 8) + 1)) if chance(rng, 0.6) else min(most_digits, int(rng.integers(1, 4)))
    )
    digits = "".join(str(digit) for digit in rng.integers(0, 10, length))
    if chance(rng, 0.12) and length > 2:  # round sums
        digits = digits[0] + "0" * (length - 1)
    if length < 3 or chance(rng, 0.55):
        return digits
    cut = int(rng.integers(1, length))
    match rng.integers(8):
        case 0 | 1:
            return f"{digits[:-2]}.{digits[-2:]}"
        case 2:
            return f"{digits[:-2]},{digits[-2:]}"
        case 3:
            return f"{digits[:cut]}/{digits[cut:]}"
        case 4:
            return f"{digits[:cut]}-{digits[cut:]}"
        case 5:
            return f"{digits[:cut]}:{digits[cut:]}"
        case 6:
            return f"{digits[:cut]}{rng.choice(list('+x='))}{digits[cut:]}"
        case _:
            return f"{digits[:cut]} {digits[cut:]}"


def dressed(text: str, rng: np.random.Generator) -> str:
    """`text` with what people set before and after amounts, now and then."""
    if chance(rng, 0.1):
        text = str(rng.choice(["€", "$", "£", "#", "-", "+", "="])) + text
    if chance(rng, 0.12):
        text += str(rng.choice(["/-", "-", "--", "=", "€", ".-", "x", "%", "/="]))
    return text


def height_px(rng: np.random.Generator, most_px: float) -> float:
    """How high digits are: mostly as a spotter is to find them, seldom tiny, or larger than it is to care for."""
    match rng.choice(3, p=[0.84, 0.08, 0.08]):
        case 0:
            return min(most_px, log_uniform(rng, 13, TALLEST_PX))
        case 1:
            return min(most_px, log_uniform(rng, TALLEST_PX, 150))
        case _:
            return min(most_px, log_uniform(rng, 8, 13))
