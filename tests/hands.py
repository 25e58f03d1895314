"""Paths of the ten digits as two people write them, for tests that draw.

Each stroke is a few points (x,y in hundredths of the digit's height, y down), joined by a smooth curve. `round` writes
as taught in many schools; `upright` is quicker and more angular: a hook on the 1, a bar through the 7, an open 4 and
a 9 with a straight leg.
"""

from __future__ import annotations

Point = tuple[float, float]
Stroke = list[Point]

ROUND = {
    "0": ["36,2 16,12 5,38 6,68 20,94 38,99 56,86 66,56 62,24 48,5 35,2"],
    "1": ["36,0 34,25 32,50 30,75 28,100"],
    "2": ["8,24 16,8 34,0 54,6 61,24 52,46 34,68 16,87 4,98", "4,98 30,97 66,98"],
    "3": ["10,12 28,1 50,5 57,20 48,38 28,46", "28,46 50,52 62,70 54,90 32,100 12,95 3,84"],
    "4": ["42,0 30,25 16,48 3,66", "3,66 35,66 70,64", "52,34 51,60 49,100"],
    "5": ["16,3 13,22 10,42", "10,42 28,36 50,44 60,64 52,86 32,99 12,96 2,86", "16,3 36,3 60,0"],
    "6": ["50,0 28,16 12,42 7,70 17,93 36,100 54,90 59,72 49,55 31,53 15,64 9,78"],
    "7": ["3,4 32,5 63,2", "63,2 49,30 36,62 27,100"],
    "8": ["54,12 38,1 18,6 11,22 22,39 40,52 56,68 57,87 40,99 19,97 8,82 15,64 34,49 51,34 57,19 53,10"],
    "9": ["56,20 44,4 25,2 9,15 7,34 20,48 39,45 53,30 57,16 56,40 51,68 43,100"],
}

UPRIGHT = {
    "0": ["40,3 22,4 6,22 2,52 10,84 32,98 54,88 64,58 60,24 42,3 32,5"],
    "1": ["20,17 30,9 38,0", "38,0 39,35 38,70 38,100"],
    "2": ["6,18 22,2 44,3 54,20 47,44 28,70 8,93 14,82 30,86 46,97 66,92"],
    "3": ["6,3 30,3 58,2", "58,2 44,20 28,38", "28,38 50,45 60,66 50,90 26,100 4,92"],
    "4": ["14,2 10,26 7,52", "7,52 34,53 64,50", "52,8 51,50 50,100"],
    "5": ["60,2 36,2 14,3", "14,3 12,22 10,44", "10,44 32,38 54,48 58,70 46,92 24,100 3,93"],
    "6": ["40,0 22,24 9,52 8,80 24,99 46,95 57,76 47,58 26,58 10,74"],
    "7": ["4,4 34,4 64,4", "64,4 48,36 36,66 28,100", "18,52 38,50 58,48"],
    "8": ["50,8 32,0 14,10 16,30 34,44 52,60 58,80 44,97 22,98 8,84 14,64 32,46 48,30 54,14 46,5"],
    "9": ["52,12 34,1 14,8 8,28 20,46 40,42 53,22", "53,10 54,40 53,70 52,100"],
}

HANDS = {"round": ROUND, "upright": UPRIGHT}

CURVE_POINTS = 4
"""Points on the curve from one point of a stroke to its next."""


def write(digit: str, hand: str, x: float, y: float, height: float) -> list[Stroke]:
    """The strokes of one digit, `height` tall, with the top left corner of its box at (x, y)."""
    return [
        [(x + height * across, y + height * down) for across, down in smooth(_points(stroke))]
        for stroke in HANDS[hand][digit]
    ]


def smooth(stroke: Stroke) -> Stroke:
    """A curve through all points of `stroke` (Catmull and Rom, 1974)."""
    framed = [stroke[0], *stroke, stroke[-1]]
    curve = [
        _between(*framed[i : i + 4], step / CURVE_POINTS)
        for i in range(len(stroke) - 1)
        for step in range(CURVE_POINTS)
    ]
    return [*curve, stroke[-1]]


def _points(stroke: str) -> Stroke:
    pairs = (pair.split(",") for pair in stroke.split())
    return [(int(x) / 100, int(y) / 100) for x, y in pairs]


def _between(before: Point, start: Point, end: Point, after: Point, t: float) -> Point:
    """The point at `t`, 0 to 1, of the way from `start` to `end`."""

    def axis(i: int) -> float:
        a, b, c, d = before[i], start[i], end[i], after[i]
        return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)

    return axis(0), axis(1)
