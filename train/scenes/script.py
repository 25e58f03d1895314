"""Handwritten words: letters joined or separate, by somebody with their own slant, size, speed and care.

A word is a chain of a few points a letter (letters.py) with a curve through them. The curve is a mixture of the spline
of Catmull and Rom (1974), which meets every point, and the cubic B-spline, which cuts the corners as a fast pen does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from train.scenes.fields import chance
from train.scenes.letters import ACCENTED, Letter, mark, ways
from train.scenes.view import Points

if TYPE_CHECKING:  # writing.py builds on this file
    from train.scenes.writing import Habit

LOOKALIKES = frozenset("oOQDlIiJsSzZbGgqByAt")
"""Letters that, seen alone, somebody takes for one of 0 1 2 4 5 6 7 8 9."""
LEAST_PLAIN_SHARE = 1 / 3
"""Of the letters of a word with lookalikes: the others tell that it is a word."""
STEPS = 5
"""Points on the curve for each point of a skeleton."""

VOCABULARY = tuple(
    """
    the and for with from have this that they were which their there about would could should people because
    through before after again mother father brother house garden water bread butter cheese apples carrots onions
    potatoes tomatoes sugar coffee flour chicken yoghurt rice pepper honey cream lemon mushrooms letter thank you dear
    please remember meeting Monday Tuesday Wednesday Thursday Friday Saturday January February March April September
    October November December yours kind regards faithfully summer winter never always something nothing where when
    what change world morning evening night work number name address received amount signature cheque account
    und der die das nicht eine mit auch auf für über können müssen Straße Brüder Grüße Freunde Kaffee Wurst Brötchen
    Kartoffeln Zwiebeln Äpfel Rechnung Mutter Küche schön heute morgen immer wieder zusammen Herzliche Fenster Wetter
    les des une pour dans avec vous nous être très bientôt merci madame monsieur fromage beurre jardin maison février
    août français après toujours chèque montant garçon élève écrire demain vendredi rendez
    que los las para con como mañana niño señor gracias queso leche manzanas trabajo familia corazón noche tiempo
    che una sono della perché grazie pane formaggio domani giorno finestra mercato zucchero cuore amico
    het een van niet voor groeten morgen kaas brood vrienden och att det som inte med från köpa mjölk smör vänner
    Anna Peter Maria Thomas Hannah Michael Charlotte Andrew Katharina William Margaret Jürgen Françoise Henrik Emma
    Martin Rebecca Robert Eleanor Victoria Matthew Theresa Antonio Fernando Nikolaus Vincent Xaver Yvonne Werner
    Schneider Hoffmann Müller Meyer Fischer Anderson Johnson Thompson Walker Murphy Dupont Moreau Rossi Ferrari
    Hernández García Kowalski Novak Papadopoulos Singh Sharma Kumar Rahman Mehta Chen Nguyen Watanabe
    """.replace("ß", "ss").split()
)
"""Of letters, lists and forms, in languages of Europe, with names of people."""
VOWELS, ONSETS, CODAS = (
    "aaeeeiiouu",
    ("b", "br", "c", "ch", "d", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "pl", "r", "s", "st", "t", "v", "w", "z"),
    "   nrmlstch",
)


@dataclass(frozen=True)
class Penmanship:
    """How somebody writes letters. Lengths are shares of a digit's height."""

    joined: bool
    slant: float
    """Tangent of the angle to the upright, to the right."""
    x_height: float
    ascender: float
    """Above the x-height."""
    descender: float
    breadth: float
    """Of letters, as a multiple of what the skeletons have."""
    spacing: float
    """Between separate letters, and added to each join; in x-heights."""
    loop: float
    """Width of the loops above and below, as a multiple of what the skeletons have."""
    speed: float
    """0 to 1: how far the curve cuts corners, and words flatten towards their end."""
    sloppiness: float
    """Deviation of the points of a skeleton, in x-heights."""
    lifts: float
    """Share of the joins that are left out."""
    capitals: float
    """Share of the words all in capitals."""
    ways: tuple[int, ...]
    """Which variant of each letter of the alphabet."""


def penmanship(slant: float, rng: np.random.Generator) -> Penmanship:
    """Somebody's, whose digits have this slant."""
    joined = chance(rng, 0.62)
    speed = float(rng.beta(1.2, 2.2)) if joined else float(rng.uniform(0, 0.35))
    return Penmanship(
        joined=joined,
        slant=float(slant + (rng.normal(0.12, 0.14) if joined else rng.normal(0, 0.06))),
        x_height=float(rng.uniform(0.4, 0.6)),
        ascender=float(rng.uniform(0.32, 0.62)),
        descender=float(rng.uniform(0.25, 0.55)),
        breadth=float(np.exp(rng.normal(0.0, 0.17))) * (1 + 0.35 * speed),
        spacing=float(rng.uniform(0.0, 0.3) if joined else rng.uniform(0.1, 0.34)),
        loop=round(float(rng.uniform(0.3, 1.6)), 1),  # few values, for letters are kept for each
        speed=speed,
        sloppiness=float(rng.uniform(0.01, 0.035) + 0.03 * rng.random() ** 2),
        lifts=float(rng.choice([0.0, 0.08, 0.3])),
        capitals=0.0 if joined else float(rng.choice([0.0, 0.1, 1.0], p=[0.6, 0.25, 0.15])),
        ways=tuple(rng.integers(0, 6, 26).tolist()),
    )


def tells(text: str) -> bool:
    """Whether nobody takes a word for a number: of its letters enough are like no digit."""
    letters = [_bare(sign)[0] for sign in text]
    plain = sum(letter not in LOOKALIKES for letter in letters)
    return plain == len(letters) or (len(letters) >= 3 and plain >= LEAST_PLAIN_SHARE * len(letters))


def _bare(sign: str) -> tuple[str, str]:
    """The letter without its accent, and the accent or nothing."""
    letter, accent = ACCENTED.get(sign.lower(), (sign.lower(), ""))
    return (letter.upper() if sign.isupper() else letter), accent


def vocable(own: Penmanship, rng: np.random.Generator) -> str:
    """A word of some language, a name, or what could be one; of two letters at least."""
    while True:
        if chance(rng, 0.75):
            text = VOCABULARY[rng.integers(len(VOCABULARY))]
        else:
            text = "".join(
                ONSETS[rng.integers(len(ONSETS))] + VOWELS[rng.integers(len(VOWELS))] + CODAS[rng.integers(len(CODAS))]
                for _ in range(rng.integers(1, 4))
            ).replace(" ", "")
            if chance(rng, 0.15):
                text = text.capitalize()
        if own.capitals and chance(rng, own.capitals):
            text = text.upper()
        if tells(text):
            return text


def script(manner: Habit, rng: np.random.Generator) -> tuple[list[Points], float]:
    """(strokes, width) of a word in the hand of somebody with this manner: for the same manner always the same hand."""
    own = _penmanship_of(manner.slant, manner.narrowness)
    return lettered(vocable(own, rng), own, rng)


@lru_cache(maxsize=64)
def _penmanship_of(slant: float, narrowness: float) -> Penmanship:
    bits = np.array([slant, narrowness]).view(np.uint32)
    return penmanship(slant, np.random.default_rng(bits))


def lettered(text: str, own: Penmanship, rng: np.random.Generator) -> tuple[list[Points], float]:
    """(strokes, width) of a word of the letters a to z, A to Z and ACCENTED, in the plane of a writing."""
    strokes, places = _chained(text, own, rng)
    lengths = np.array([len(stroke) for stroke in strokes])
    points, place = np.concatenate(strokes), np.repeat(places, lengths)
    if own.joined:
        place = points[:, 0] / max(1e-6, float(points[:, 0].max()))
    ends = np.cumsum(lengths)
    starts = ends - lengths
    corner = np.zeros(len(points), bool)
    corner[1:] = (points[1:] == points[:-1]).all(axis=1)
    corner[starts] = False
    noise = rng.normal(0, own.sloppiness, points.shape)
    noise[corner] = noise[np.nonzero(corner)[0] - 1]
    points = points + noise
    # Fast words run out: the last letters are lower and wider than the first.
    flat = 1 - 0.45 * own.speed * place
    y = points[:, 1]
    middle = np.clip(y, 0, 1) * own.x_height
    up = (middle + np.maximum(y - 1, 0) * own.ascender + np.minimum(y, 0) * own.descender) * flat
    up += np.interp(place, (0, 0.3, 0.7, 1), rng.normal(0, 0.6 * own.sloppiness, 4))
    x = points[:, 0] * own.x_height + own.slant * up
    curves = _curves(np.column_stack([x, -up]), starts, ends, corner, own.speed)
    return _from_zero(curves)


def _from_zero(curves: list[Points]) -> tuple[list[Points], float]:
    """`curves` moved so that they begin at x = 0, and their width."""
    left = min(float(curve[:, 0].min()) for curve in curves)
    for curve in curves:
        curve[:, 0] -= left
    return curves, max(float(curve[:, 0].max()) for curve in curves)


def _chained(text: str, own: Penmanship, rng: np.random.Generator) -> tuple[list[Points], list[float]]:
    """(points of each stroke in x-heights, up positive; how far along the word it begins, 0 to 1)."""
    strokes: list[Points] = []
    places: list[float] = []
    late: list[Points] = []  # dots, bars and accents, for which the pen comes back
    running: list[Points] = []
    end = 0.0
    chances = rng.random((len(text), 3))
    for at, sign in enumerate(text):
        letter, accent = _bare(sign)
        form = _way(letter, own, chances[at, 0])
        joins = own.joined and letter.islower()
        breadth = own.breadth * (0.9 + 0.2 * chances[at, 1])
        stretch = np.array([breadth, 1.0])
        body = form.strokes[0] * stretch + (end, 0)
        place = at / len(text)
        if joins and running and chances[at, 2] >= own.lifts:
            running.append(body)
        else:
            if running:
                strokes.append(np.concatenate(running))
            running = []
            places.append(place)
            if joins:
                entry = [np.array([[end - 0.18, 0.08 + 0.1 * chances[at, 1]]])] if chances[at, 0] < 0.6 else []
                running = [*entry, body]
            else:
                strokes.append(body)
        further = form.strokes[1:] + (mark(accent) if accent else ())
        moved = [stroke * stretch + (end, 0.9 if letter.isupper() and accent else 0) for stroke in further]
        if joins:
            late.extend(stroke + np.array([0.25 * own.speed * chances[at, 1], 0]) for stroke in moved)
        else:
            strokes.extend(moved)
            places.extend([place] * len(moved))
        end += form.width * breadth + own.spacing * (0.6 + 0.8 * chances[at, 1])
    if running:
        strokes.append(np.concatenate(running))
    return strokes + late, places + [1.0] * len(late)


def _way(letter: str, own: Penmanship, drawn: float) -> Letter:
    """The writer's usual variant, seldom another."""
    forms = ways(letter, own.joined, own.loop)
    usual = own.ways[ord(letter.lower()) - ord("a")]
    return forms[(usual + (drawn > 0.93)) % len(forms)]


_CATMULL_ROM = np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]) / 2
_B_SPLINE = np.array([[1, 4, 1, 0], [-3, 0, 3, 0], [3, -6, 3, 0], [-1, 3, -3, 1]]) / 6
_POWERS = np.power.outer(np.arange(STEPS) / STEPS, np.arange(4))


def _curves(
    points: Points, starts: NDArray[np.int64], ends: NDArray[np.int64], corner: NDArray[np.bool_], speed: float
) -> list[Points]:
    """The curve of each stroke, points[start:end]; where `corner` is set, a point repeats the one before."""
    basis = _POWERS @ (_CATMULL_ROM + 0.75 * speed * (_B_SPLINE - _CATMULL_ROM))
    lengths = ends - starts
    first, last = np.repeat(starts, lengths), np.repeat(ends - 1, lengths)
    at = np.arange(len(points))
    goes_on = at < last
    goes_on[:-1] &= ~corner[1:]  # no way to go between the two points of a corner
    at, first, last = at[goes_on], first[goes_on], last[goes_on]
    around = np.stack([np.maximum(at - 1, first), at, at + 1, np.minimum(at + 2, last)], axis=1)
    curve = (basis @ points[around]).reshape(-1, 2)
    cuts = np.searchsorted(at, starts) * STEPS
    parts = np.split(curve, cuts[1:])
    return [np.vstack([part, points[end - 1]]) for part, end in zip(parts, ends, strict=True)]


def scrawl(rng: np.random.Generator) -> tuple[list[Points], float]:
    """(strokes, width) of a signature or a long quick scrawl with large loops, some of it underlined."""
    count = int(rng.integers(5, 15))
    fade = np.linspace(1, rng.uniform(0.2, 0.9), count)
    tall = fade * rng.choice([0.35, 0.5, 1.0, 1.6], size=count, p=[0.4, 0.25, 0.2, 0.15]) * rng.uniform(0.7, 1.2, count)
    deep = fade * rng.choice([0.0, 0.1, 0.6], size=count, p=[0.65, 0.2, 0.15])
    tall[0] = rng.uniform(1.0, 1.7)
    step = rng.uniform(0.2, 0.5) * (1 + 0.5 * np.linspace(0, 1, count))
    foot = np.cumsum(step * rng.uniform(0.6, 1.4, count))
    loop = rng.uniform(-0.3, 0.8, count) * step + 0.1 * tall
    lean = rng.uniform(0.0, 0.6)
    up = np.column_stack([foot + loop, -0.6 * tall])
    top = np.column_stack([foot + loop / 2, -tall])
    down = np.column_stack([foot - loop / 2, -0.5 * tall])
    base = np.column_stack([foot, deep])
    points = np.stack([up, top, down, base], axis=1).reshape(-1, 2)
    tail = foot[-1] + rng.uniform(0.3, 2.0)
    chains = [np.vstack([[0.0, -0.3 * tall[0]], points, [tail, rng.normal(-0.15, 0.2)]])]
    if chance(rng, 0.45):  # back under it all
        ends = rng.uniform(-0.3, 0.3) * tail, rng.uniform(0.5, 1.1) * tail
        under = rng.uniform(0.2, 0.5)
        line = np.array(
            [[ends[1], under - 0.1], [ends[0], under + 0.08], [ends[0] + 0.2, under + 0.2], [ends[1] + 0.3, under]]
        )
        if chance(rng, 0.5):
            chains[0] = np.vstack([chains[0], line])
        else:
            chains.append(line[1:])
    if chance(rng, 0.4):  # a bar through its middle
        middle = rng.uniform(0.2, 0.8) * tail
        chains.append(np.array([[middle - 0.4, -0.55], [middle + 0.7, -0.7]]))
    lengths = np.array([len(chain) for chain in chains])
    ends_at = np.cumsum(lengths)
    whole = np.concatenate(chains)
    whole[:, 0] -= lean * whole[:, 1]
    curves = _curves(whole, ends_at - lengths, ends_at, np.zeros(len(whole), bool), rng.uniform(0.1, 0.9))
    return _from_zero(curves)
