"""Allographs: the ways in which people of many countries form each digit, as paths of a pen.

A path is points "x,y" in hundredths of the digit's height, y down, joined by a smooth curve. "|" is a corner at the
point before it, "/" lifts the pen. A stroke that begins with "<" or ends with ">" may get a writer's hook there; one
that ends with "~" closes a bowl, which writers do too far or not far enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
"""float32 (N, 2): x, y."""

STEPS = 5
"""Points on the curve from one point of a path to its next."""


@dataclass(frozen=True)
class Allograph:
    """One way to form a digit."""

    share: float
    """Of the writers of this digit, before all are scaled to 1."""
    path: str


ALLOGRAPHS: tuple[dict[str, Allograph], ...] = (
    {
        "round": Allograph(4, "40,0 18,6 4,28 2,55 10,84 31,100 52,92 65,68 66,40 57,13 37,0 ~"),
        "narrow": Allograph(2.5, "27,0 14,13 8,38 7,66 15,92 27,100 39,88 44,60 43,30 36,8 25,0 ~"),
        "loop": Allograph(0.8, "28,6 9,24 3,54 10,85 32,100 54,88 63,56 56,22 40,4 23,1 21,12 36,17 52,10 70,0"),
        "open": Allograph(1.2, "24,9 9,27 3,55 11,86 32,100 54,87 62,57 58,26 44,4"),
        "from the side": Allograph(1.2, "6,30 2,56 10,86 30,100 50,88 58,58 54,22 38,2 18,6 6,28 3,44 ~"),
        "slashed": Allograph(0.35, "38,0 10,9 -4,38 -1,72 22,99 52,93 70,64 68,28 54,6 36,0 ~ / 76,16 34,50 -8,86"),
        "tail to the right": Allograph(0.8, "44,8 26,1 9,18 2,52 10,86 30,100 50,84 56,50 48,20 34,6 46,10 66,6"),
        "like a 6 turned in": Allograph(0.4, "34,0 14,16 3,52 10,86 32,100 52,84 57,50 46,20 26,18"),
    },
    {
        "bar": Allograph(3, "< 30,0 30,50 29,100 >"),
        "short flag": Allograph(2, "17,26 36,0 | 36,50 35,100 >"),
        "curved flag": Allograph(1, "11,35 22,28 31,15 35,0 | 36,50 34,100 >"),
        "medium flag": Allograph(1.5, "11,43 38,0 | 38,50 37,100 >"),
        "long flag": Allograph(2, "-4,60 18,28 40,0 | 40,50 40,100"),
        "flag as long as the stem": Allograph(0.8, "-10,84 17,41 43,0 | 44,50 45,100"),
        "flag and foot": Allograph(1.2, "15,28 37,0 | 37,50 37,100 / 14,100 36,99 62,100"),
        "bar and foot": Allograph(0.4, "30,0 30,50 30,100 / 8,101 30,100 52,100"),
        "upturned foot": Allograph(0.4, "16,24 34,0 | 31,44 29,84 38,99 52,92"),
        "flowing": Allograph(0.6, "14,30 27,16 37,1 36,30 30,66 24,100"),
    },
    {
        "straight foot": Allograph(3, "10,20 24,3 44,1 58,14 57,36 42,60 20,84 4,100 | 38,99 64,100"),
        "small loop": Allograph(2, "4,24 16,5 36,0 55,11 56,33 42,60 24,86 9,99 -7,93 -4,77 14,76 34,92 52,101 70,92"),
        "large loop": Allograph(
            1.5, "6,22 18,4 38,0 56,10 58,30 44,56 28,82 12,99 -10,101 -18,84 -3,66 19,72 38,94 54,102 74,90"
        ),
        "tall loop": Allograph(
            0.8, "2,18 17,2 38,0 54,13 53,36 40,66 24,92 4,103 -12,93 -8,70 10,60 28,75 42,96 56,103 73,94"
        ),
        "like a z": Allograph(1, "< 4,7 26,3 56,3 | 40,36 22,68 2,98 | 34,97 64,98"),
        "wave": Allograph(1.5, "8,23 20,4 41,1 56,14 54,37 35,65 6,98 | 22,88 37,93 52,101 70,91"),
        "curled": Allograph(1, "20,28 9,25 9,9 28,0 50,4 60,24 49,52 26,79 2,99 | 32,98 66,97"),
        "closed head": Allograph(1, "48,36 28,39 14,24 22,6 42,0 57,12 56,36 40,62 20,84 3,98 | 22,92 40,99 56,92"),
        "closed head, short foot": Allograph(0.9, "46,34 26,36 15,22 24,4 44,0 57,13 53,40 36,70 10,97 | 26,93 44,96"),
        "closed head, loop": Allograph(
            0.9, "47,33 27,36 14,22 24,4 43,0 57,14 52,42 34,72 14,97 -2,101 -6,89 10,83 28,93 46,101 60,93"
        ),
        "short foot": Allograph(0.9, "10,24 20,5 40,0 55,13 52,38 36,68 12,98 | 26,94 44,96"),
        "wound head": Allograph(0.6, "32,20 22,28 11,18 20,3 42,0 57,14 50,42 30,74 4,99 | 26,95 50,97"),
    },
    {
        "round": Allograph(3, "4,10 22,0 42,3 50,20 40,38 22,45 | 44,47 60,62 58,84 38,99 14,98 0,86"),
        "without a corner": Allograph(1.2, "0,16 18,1 42,3 51,21 41,38 27,45 45,52 57,69 51,90 28,101 0,91"),
        "flat top": Allograph(1.8, "< 2,0 26,2 54,1 | 39,21 23,41 | 41,42 57,56 59,78 42,97 18,100 -2,88"),
        "small loop": Allograph(
            1.2, "4,13 23,0 46,4 53,21 42,38 26,51 12,51 13,39 28,38 50,50 59,71 48,94 24,101 0,90"
        ),
        "deep": Allograph(1, "10,8 28,-1 48,6 52,22 38,38 12,50 | 36,47 56,58 60,80 40,99 16,100 2,94"),
        "like a z": Allograph(0.7, "< 0,4 24,2 48,1 | 34,18 16,38 | 38,40 55,54 56,78 36,100 8,99 -6,88"),
        "narrow": Allograph(0.7, "12,6 26,0 38,10 34,30 22,44 | 36,50 42,70 32,94 12,102 -2,94"),
    },
    {
        "open V": Allograph(2, "20,2 12,28 4,57 | 32,58 64,55 / 46,24 45,60 44,100 >"),
        "open L": Allograph(1.5, "9,0 8,27 6,54 | 34,54 66,53 / 47,6 46,53 45,100 >"),
        "open U": Allograph(1.5, "5,2 3,26 6,46 22,54 38,53 53,46 / 55,0 54,34 52,66 50,100 >"),
        "closed": Allograph(2, "46,0 24,32 0,66 | 34,67 70,65 / 47,0 47,50 46,100 >"),
        "closed in one stroke": Allograph(0.7, "46,100 47,66 48,33 48,0 | 25,33 0,65 | 34,68 68,67"),
        "long stem": Allograph(1, "16,0 9,20 0,43 | 30,44 62,42 / 49,13 45,56 40,100 >"),
        "loop": Allograph(0.4, "14,2 7,30 0,58 | 24,62 50,54 68,34 69,10 55,3 46,26 42,62 40,100"),
        "short bar": Allograph(1, "18,0 10,28 3,56 | 20,57 36,55 / 52,22 50,60 48,100 >"),
        "lightning": Allograph(0.7, "22,0 11,28 0,55 | 28,53 54,45 / 54,20 46,60 36,100 >"),
        "low stem": Allograph(1, "20,0 9,32 0,61 | 28,60 58,56 / 38,40 33,72 27,104 >"),
        "narrow, low stem": Allograph(0.9, "24,0 12,32 4,62 | 24,62 44,57 / 35,36 30,70 25,102 >"),
        "stem at the end of the bar": Allograph(0.7, "14,0 6,30 0,60 | 24,60 46,52 / 48,30 46,66 43,100 >"),
        "in one stroke": Allograph(0.7, "20,0 10,28 2,56 | 24,58 46,46 54,24 | 48,60 40,100"),
    },
    {
        "joined": Allograph(2.5, "18,0 14,24 10,47 | 30,40 52,50 58,70 46,94 20,100 -2,88 / 18,0 40,2 60,1"),
        "one stroke": Allograph(2, "54,0 36,3 14,4 | 12,24 8,46 | 28,38 48,44 56,66 44,92 20,101 -4,94"),
        "detached bar": Allograph(2, "12,9 10,28 6,48 | 26,42 48,50 56,70 46,92 22,100 0,93 / 28,-3 46,-4 70,-7"),
        "like an s": Allograph(1.2, "60,1 32,1 15,9 11,28 23,41 44,50 56,69 46,92 22,100 -4,91"),
        "long roof": Allograph(1, "12,2 10,24 8,46 | 26,40 46,48 52,68 44,91 24,100 2,94 / 12,2 44,2 84,-4"),
        "flat belly": Allograph(0.8, "10,0 9,24 8,48 | 28,46 48,54 52,74 40,94 4,99 / 10,0 34,0 56,-1"),
        "small belly": Allograph(1.2, "56,-2 36,0 22,3 | 19,24 15,42 | 27,40 36,52 34,74 20,96 0,103"),
        "narrow": Allograph(1, "20,2 17,24 14,44 | 25,44 31,60 27,82 12,99 -4,102 / 20,2 36,0 52,-4"),
        "tall neck": Allograph(0.8, "14,4 12,32 10,60 | 26,54 42,62 42,84 26,100 2,98 / 14,4 36,2 58,-2"),
        "lightning": Allograph(0.7, "54,0 34,2 18,4 | 12,40 | 28,40 36,50 26,76 6,100"),
    },
    {
        "straight spine": Allograph(2.5, "50,0 31,28 12,56 4,76 12,95 32,101 50,92 53,74 41,59 23,61 7,75 ~"),
        "curled": Allograph(1.5, "55,11 42,0 24,8 8,34 2,64 8,90 30,101 52,92 60,72 48,54 28,52 10,64 3,78 ~"),
        "wide bowl": Allograph(1.5, "40,0 18,16 4,46 2,74 16,97 42,101 64,88 66,66 48,51 24,54 4,71 ~"),
        "tall spine": Allograph(1.2, "36,0 20,22 8,52 3,80 13,99 33,101 46,88 43,70 28,64 12,70 4,81 ~"),
        "wound in": Allograph(0.6, "48,0 24,14 7,44 3,74 16,97 40,100 58,85 56,66 38,56 20,64 13,78"),
        "open bowl": Allograph(0.5, "46,0 24,16 8,44 4,73 16,96 38,100 55,86 53,66 38,59 25,65"),
        "large bowl": Allograph(0.9, "36,0 16,20 4,50 6,84 28,101 54,92 60,64 44,44 20,48 5,66 ~"),
        "small bowl": Allograph(0.8, "44,0 28,24 14,56 8,84 18,100 34,97 40,82 30,71 14,80 ~"),
    },
    {
        "plain": Allograph(2.2, "< 2,3 30,4 58,0 | 46,28 34,62 26,100"),
        "crossed": Allograph(2.5, "< 0,2 30,4 60,1 | 46,32 34,66 28,100 / 16,51 36,49 60,46"),
        "hook": Allograph(1.5, "4,19 5,3 | 30,5 60,2 | 45,34 33,68 27,100"),
        "long hook": Allograph(0.5, "2,25 6,3 | 34,4 64,2 | 56,34 44,68 33,100"),
        "curved stem": Allograph(1.5, "< 0,4 32,5 62,3 | 46,21 34,46 29,74 31,100"),
        "crossed, curved stem": Allograph(1.2, "< 0,5 32,5 64,1 | 48,20 36,46 31,74 32,100 / 14,54 36,51 62,52"),
        "wavy roof": Allograph(1, "0,14 10,2 26,7 44,8 62,1 | 45,30 32,62 24,100"),
        "round corner": Allograph(0.6, "0,7 24,3 48,1 59,8 51,32 38,64 29,100"),
        "hook, crossed": Allograph(0.9, "4,19 5,3 | 30,5 60,2 | 45,34 33,68 27,100 / 14,53 36,50 62,47"),
        "crossed low": Allograph(0.8, "< 0,4 30,5 58,1 | 44,32 32,66 24,100 / 4,64 32,60 62,56"),
        "small roof, long bar": Allograph(0.8, "10,8 28,4 46,0 | 36,34 26,68 18,100 / -6,54 26,50 60,44"),
        "wavy roof, crossed": Allograph(0.8, "0,14 10,2 26,7 44,8 62,1 | 45,30 32,62 24,100 / 14,54 34,50 58,47"),
    },
    {
        "like an s": Allograph(
            3, "56,12 40,0 18,3 10,20 24,40 46,56 58,76 46,97 20,100 4,82 16,60 40,42 54,26 55,10 ~"
        ),
        "two circles": Allograph(
            1.5, "31,47 12,39 8,18 22,2 41,1 53,17 49,37 30,47 ~ / 31,46 8,56 0,78 14,98 40,101 58,85 53,59 29,46 ~"
        ),
        "open top": Allograph(1.5, "42,4 23,0 9,13 17,35 40,53 55,76 43,98 17,100 2,82 14,60 39,43 58,25 68,5"),
        "slim": Allograph(1, "27,0 9,9 9,27 24,47 41,66 44,87 26,101 7,91 5,72 20,53 38,34 42,13 25,0 ~"),
        "small top": Allograph(
            1.2, "31,0 12,7 11,27 34,43 57,58 62,81 44,101 14,100 0,80 9,58 32,44 52,27 50,7 29,0 ~"
        ),
        "small foot": Allograph(1, "32,0 8,8 2,30 16,48 40,62 51,84 32,102 12,96 9,78 30,59 54,44 62,22 50,4 30,0 ~"),
        "crossing high": Allograph(
            0.8, "54,10 38,0 18,3 14,16 30,32 54,54 60,78 42,98 14,100 0,82 12,58 34,36 52,20 54,9 ~"
        ),
        "not closed": Allograph(0.8, "52,16 40,1 18,3 9,19 24,39 47,56 56,77 42,98 14,99 2,82 18,60 44,40 60,22"),
    },
    {
        "straight leg": Allograph(2.5, "54,9 28,0 6,11 4,34 20,48 42,40 54,14 | 53,46 52,72 50,100 >"),
        "curved leg": Allograph(2, "57,22 40,0 15,4 3,24 11,44 32,48 50,34 56,13 | 57,46 47,78 22,100"),
        "turned 6": Allograph(1, "58,40 54,13 34,0 12,7 3,30 16,47 38,45 56,29 58,54 45,82 18,101"),
        "open bowl": Allograph(1, "36,10 20,6 5,19 6,39 23,48 42,38 57,3 | 56,40 54,70 52,100"),
        "like a g": Allograph(1.2, "52,9 30,0 8,11 4,32 19,46 40,38 53,12 | 55,44 54,78 40,99 20,99 3,86"),
        "small bowl": Allograph(1, "51,5 32,-1 11,7 11,28 29,38 46,28 53,5 | 51,40 46,70 40,100"),
        "slanting leg": Allograph(1, "56,10 34,0 12,8 6,28 20,42 42,34 58,8 | 46,40 34,70 22,100"),
        "leg from the middle": Allograph(0.9, "50,8 28,0 8,14 8,34 26,45 46,34 52,16 44,4 | 34,46 24,74 16,102"),
        "looped": Allograph(0.8, "62,-4 44,6 22,6 6,22 12,44 34,46 52,28 58,4 | 54,44 44,76 28,100"),
        "tail to the right": Allograph(0.4, "53,9 30,0 8,12 6,34 24,47 44,36 54,10 | 52,46 50,84 60,98 76,92"),
    },
)
"""By digit and name."""


@dataclass(frozen=True)
class Form:
    """A path as arrays, ready to be drawn often."""

    points: Points
    curve: NDArray[np.float32]
    """float32 (M, N): the points of the path to those on the curve (Catmull and Rom, 1974)."""
    straighter: NDArray[np.float32]
    """float32 (M, N): what is to be added for straight lines between the points."""
    strokes: tuple[slice, ...]
    """Of the M points on the curve."""
    closings: tuple[int, ...]
    """Index of each point that closes a bowl."""
    entry: bool
    """Whether the first stroke may begin with a hook."""
    exits: tuple[bool, ...]
    """Of each stroke whether it may end with a hook."""


@cache
def form(path: str) -> Form:
    """The path in the notation of this file as arrays; read once."""
    points: list[tuple[float, float]] = []
    pieces: list[list[int]] = []
    strokes, closings, exits = [], [], []
    drawn = 0
    for stroke in path.split("/"):
        first = drawn
        own: list[list[int]] = [[]]
        for word in stroke.split():
            if word == "|":
                own.append([len(points) - 1])
            elif "," in word:
                x, y = word.split(",")
                own[-1].append(len(points))
                points.append((float(x), float(y)))
        if "~" in stroke:
            closings.append(len(points) - 1)
        exits.append(">" in stroke)
        pieces.extend(own)
        drawn += sum((len(piece) - 1) * STEPS + 1 for piece in own)
        strokes.append(slice(first, drawn))
    curve = np.zeros((drawn, len(points)), np.float32)
    straight = np.zeros_like(curve)
    row = 0
    for piece in pieces:
        framed = [piece[0], *piece, piece[-1]]
        for place in range(len(piece) - 1):
            for step in range(STEPS):
                t = step / STEPS
                np.add.at(curve[row], framed[place : place + 4], _weights(t))
                straight[row, piece[place]] += 1 - t
                straight[row, piece[place + 1]] += t
                row += 1
        curve[row, piece[-1]] = straight[row, piece[-1]] = 1
        row += 1
    return Form(
        points=np.array(points, np.float32),
        curve=curve,
        straighter=straight - curve,
        strokes=tuple(strokes),
        closings=tuple(closings),
        entry="<" in path,
        exits=tuple(exits),
    )


def _weights(t: float) -> list[float]:
    """Of the four points around a step at `t`, 0 to 1."""
    return [
        0.5 * (-t + 2 * t**2 - t**3),
        0.5 * (2 - 5 * t**2 + 3 * t**3),
        0.5 * (t + 4 * t**2 - 3 * t**3),
        0.5 * (t**3 - t**2),
    ]
