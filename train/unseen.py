"""Glyphs that are no digits, of kinds kept aside to MEASURE rejection: nothing is ever trained or fitted on them.

Rejecting what one was trained to reject proves little, so what measures it must be of other kinds than what trained it
(outlier exposure: Hendrycks, Mazeika and Dietterich, 2019). These kinds and their code therefore have nothing in common
with the distractors of training, and must stay apart from them.

Most are drawn larger, by a pen of random width and in a random slant and scale, and normalised as the edge does it.
Care is taken that none is a digit after all: letters shaped like one are left out, and so are a ring (0), an upright
stroke (1), a hook to the left at the top (7), two rings on top of each other (8), a ring on a stem (9).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import UsageError
from core.glyph import GLYPH_SIZE_PX, Ink, Pixels, normalise

Glyphs = NDArray[np.uint8]
"""uint8 (N, 28, 28): ink 255 on paper 0."""

Points = NDArray[np.float64]
"""float64 (N, 2): x to the right and y down, the drawing from -1 to 1."""

Draw = Callable[[np.random.Generator], Ink]
"""One picture, uint8 (H, W), ink 255 on paper 0."""

PAGE_PX = 112
REACH_PX = 44
"""From the middle of the page to where the drawing ends: the rest is room for the pen."""
SUBPIXEL_BITS = 4
"""OpenCV takes coordinates as integers with so many binary places."""

ROTATION_DEG = 10.0
SHEAR = 0.3
LOG_SCALE = 0.2
"""Each axis is scaled by exp of up to this, independently."""
WARPED_PX = 176
"""Holds the page after any of these."""
SOFT_SHARE = 0.5
SOFTEST_SIGMA_PX = 2.5
"""Half a pixel of the final glyph: a lens slightly out of focus."""
FAINTEST_INK = 24
"""Less is paper: the halo of a blur must not count towards the size of the ink."""

WIDEST_ASPECT = 2.2
"""Nothing wider than this times its height reaches the classifier; what is, is squeezed."""


def made(kind: str, count: int, seed: int) -> Glyphs:
    """uint8 (count, 28, 28): glyphs of one of `KINDS`, the same for the same seed; fewer are the first of more.

    Raises UsageError for a kind that is not there.
    """
    if kind not in KINDS:
        raise UsageError(f"unseen kind {kind!r} is not one that can be drawn; allowed: {', '.join(KINDS)}")
    return KINDS[kind](count, np.random.default_rng(seed))


# ---- From a drawing to a glyph


def _glyphs(pictures: Sequence[Pixels]) -> Glyphs:
    return np.stack(pictures) if pictures else np.zeros((0, GLYPH_SIZE_PX, GLYPH_SIZE_PX), np.uint8)


def _drawn(draw: Draw) -> Callable[[int, np.random.Generator], Glyphs]:
    """A maker of what `draw` draws, in any hand, normalised."""
    return lambda count, rng: _glyphs([_normalised(_in_some_hand(draw(rng), rng)) for _ in range(count)])


def _raw(draw: Draw) -> Callable[[int, np.random.Generator], Glyphs]:
    """A maker of what `draw` draws, as it is."""
    return lambda count, rng: _glyphs([draw(rng) for _ in range(count)])


def _in_some_hand(page: Ink, rng: np.random.Generator) -> Ink:
    """`page`, slanted, scaled and blurred at random."""
    height, width = page.shape
    angle = np.deg2rad(rng.uniform(-ROTATION_DEG, ROTATION_DEG))
    scale = np.diag(np.exp(rng.uniform(-LOG_SCALE, LOG_SCALE, 2)))
    shear = np.array([[1, rng.uniform(-SHEAR, SHEAR)], [0, 1]])
    turn = _turn(angle) @ shear @ scale
    move = WARPED_PX / 2 - turn @ np.array([width / 2, height / 2])
    warped = cv2.warpAffine(page, np.column_stack([turn, move]), (WARPED_PX, WARPED_PX))
    if rng.random() < SOFT_SHARE:
        warped = cv2.GaussianBlur(warped, (0, 0), rng.uniform(0.3, SOFTEST_SIGMA_PX))
    return warped


def _normalised(ink: Ink) -> Pixels:
    """The glyph of `ink`, squeezed first if it is wider than the edge would take."""
    _, ink = cv2.threshold(ink, FAINTEST_INK, 0, cv2.THRESH_TOZERO)
    x, y, width, height = cv2.boundingRect(ink)
    ink = ink[y : y + height, x : x + width]
    if width > WIDEST_ASPECT * height:
        ink = cv2.resize(ink, (round(WIDEST_ASPECT * height), height), interpolation=cv2.INTER_AREA)
    return normalise(ink)


# ---- Drawing in units


def _turn(angle: float) -> NDArray[np.float64]:
    """The rotation by `angle` in radians, clockwise as seen on the page."""
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _page() -> Ink:
    return np.zeros((PAGE_PX, PAGE_PX), np.uint8)


def _px(points: Points) -> NDArray[np.int32]:
    """`points` in pixels of the page, with SUBPIXEL_BITS binary places."""
    return np.rint((PAGE_PX / 2 + REACH_PX * points) * 2**SUBPIXEL_BITS).astype(np.int32)


def _line(page: Ink, points: Points, pen_px: float, closed: bool = False) -> None:
    cv2.polylines(page, [_px(points)], closed, 255, max(1, round(pen_px)), cv2.LINE_AA, SUBPIXEL_BITS)


def _fill(page: Ink, points: Points) -> None:
    cv2.fillPoly(page, [_px(points)], 255, cv2.LINE_AA, SUBPIXEL_BITS)


def _disc(page: Ink, centre: Points, radius: float) -> None:
    x, y = _px(centre)
    cv2.circle(page, (int(x), int(y)), round(radius * REACH_PX * 2**SUBPIXEL_BITS), 255, -1, cv2.LINE_AA, SUBPIXEL_BITS)


def _arc(centre: Sequence[float] | Points, radius: float, start_deg: float = 0.0, end_deg: float = 360.0) -> Points:
    angles = np.deg2rad(np.linspace(start_deg, end_deg, 24))
    return np.asarray(centre) + radius * np.column_stack([np.cos(angles), np.sin(angles)])


def _grid(columns: int, rows: int) -> Points:
    """The middles of `columns` by `rows` equal cells, the longer side from -1 to 1."""
    cell = 2 / max(columns, rows)
    x, y = np.meshgrid(np.arange(columns) - (columns - 1) / 2, np.arange(rows) - (rows - 1) / 2)
    return cell * np.column_stack([x.ravel(), y.ravel()])


def _rectangle(left: float, top: float, right: float, bottom: float) -> Points:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


# ---- Print

PRINT_FACES = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_PLAIN,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_COMPLEX | cv2.FONT_ITALIC,
)
SCRIPT_FACES = (cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX)
FACES = PRINT_FACES + SCRIPT_FACES

LETTERS = "ACEFHKLMNPRTUVWXYacdehkmnpruvwx"
"""Without those that somebody writes like a digit: O o Q D 0, I i J j l f t 1, Z z 2, b G 6, S s 5, B 8, g q y 9."""
DIGITS_IN_SCRIPT = "ELTY"
"""In the script faces these, too, are near a 3 or 8, a 2, a 7 and a 9."""
LETTERS_OF_WORDS = LETTERS + "bfgoqstyzBDGOQSZ"
"""Two letters or more in one glyph are no digit, whichever they are, unless they are mere strokes, as I and l."""


def _text(text: str, face: int, rng: np.random.Generator) -> Ink:
    pen_px = int(rng.integers(2, 8))
    (width, height), below = cv2.getTextSize(text, face, 1, 1)
    scale = 1.8 * REACH_PX / max(width / len(text), height + below)
    (width, height), below = cv2.getTextSize(text, face, scale, pen_px)
    page = np.zeros((height + below + 4 * pen_px, width + 4 * pen_px), np.uint8)
    cv2.putText(page, text, (2 * pen_px, 2 * pen_px + height), face, scale, 255, pen_px, cv2.LINE_AA)
    longest = max(page.shape)
    if longest > PAGE_PX:
        shrink = PAGE_PX / longest
        page = cv2.resize(page, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return page


def _printed_letter(rng: np.random.Generator) -> Ink:
    letter = LETTERS[rng.integers(len(LETTERS))]
    faces = PRINT_FACES if letter in DIGITS_IN_SCRIPT else FACES
    return _text(letter, faces[rng.integers(len(faces))], rng)


def _printed_word(rng: np.random.Generator) -> Ink:
    letters = rng.integers(len(LETTERS_OF_WORDS), size=rng.integers(2, 5))
    return _text("".join(LETTERS_OF_WORDS[letter] for letter in letters), FACES[rng.integers(len(FACES))], rng)


# ---- Figures


def _spiral(rng: np.random.Generator) -> Ink:
    """At least two and a half turns: fewer could be a 6, a 9 or an unclosed 0. Round or square."""
    turns = rng.uniform(2.5, 3.4)
    angles = np.linspace(0, 2 * np.pi * turns, 200)
    path = np.column_stack([np.cos(angles), np.sin(angles)])
    if rng.random() < 0.3:
        path /= np.abs(path).max(axis=1, keepdims=True)
    path *= np.linspace(0.05, 1, len(angles))[:, None] ** rng.uniform(0.8, 1.2)
    path = path @ _turn(rng.uniform(0, 2 * np.pi)) * [rng.choice([-1, 1]), 1]
    page = _page()
    _line(page, path / np.abs(path).max(), REACH_PX / turns * rng.uniform(0.2, 0.45))
    return page


def _star_or_arrow(rng: np.random.Generator) -> Ink:
    return (_star, _pentagram, _asterisk, _line_arrow, _block_arrow)[rng.integers(5)](rng)


def _star(rng: np.random.Generator) -> Ink:
    """Five to eight tips: the outline of four is a hollow diamond, near a 0."""
    tips = int(rng.integers(5, 9))
    angles = np.pi * np.arange(2 * tips) / tips + rng.uniform(0, 2 * np.pi)
    radii = np.where(np.arange(2 * tips) % 2 == 0, 1, rng.uniform(0.3, 0.5))
    return _outlined_or_filled(radii[:, None] * np.column_stack([np.cos(angles), np.sin(angles)]), rng)


def _pentagram(rng: np.random.Generator) -> Ink:
    """A five-pointed star in one stroke."""
    angles = 4 * np.pi / 5 * np.arange(5) - np.pi / 2
    page = _page()
    _line(page, np.column_stack([np.cos(angles), np.sin(angles)]), rng.uniform(3, 8), closed=True)
    return page


def _asterisk(rng: np.random.Generator) -> Ink:
    page, rays, pen_px = _page(), int(rng.integers(5, 10)), rng.uniform(3, 10)
    for angle in 2 * np.pi * np.arange(rays) / rays + rng.uniform(0, 2 * np.pi):
        _line(page, np.array([[0, 0], [np.cos(angle), np.sin(angle)]]), pen_px)
    return page


def _outlined_or_filled(points: Points, rng: np.random.Generator) -> Ink:
    page = _page()
    if rng.random() < 0.5:
        _fill(page, points)
    else:
        _line(page, points, rng.uniform(3, 9), closed=True)
    return page


def _arrow_direction(rng: np.random.Generator) -> NDArray[np.float64]:
    """A rotation of what points right: down to the right or anywhere to the left.

    Upright arrows may be taken for a 1, and one up to the right for a 7.
    """
    return _turn(np.deg2rad(rng.uniform(-15, 50) if rng.random() < 0.5 else rng.uniform(130, 225)))


def _line_arrow(rng: np.random.Generator) -> Ink:
    barb = rng.uniform(0.4, 0.7)
    head = np.array([[1 - barb, -barb * 0.8], [1, 0], [1 - barb, barb * 0.8]])
    direction, page, pen_px = _arrow_direction(rng).T, _page(), rng.uniform(5, 13)
    _line(page, np.array([[-1, 0], [1, 0]]) @ direction, pen_px)
    _line(page, head @ direction, pen_px)
    if rng.random() < 0.3:
        _line(page, -head @ direction, pen_px)
    return page


def _block_arrow(rng: np.random.Generator) -> Ink:
    shaft, neck = rng.uniform(0.15, 0.35), rng.uniform(-0.1, 0.3)
    upper = np.array([[-1, -shaft], [neck, -shaft], [neck, -rng.uniform(0.6, 0.9)], [1, 0]])
    return _outlined_or_filled(np.concatenate([upper, upper[-2::-1] * [1, -1]]) @ _arrow_direction(rng).T, rng)


# ---- Rings, dots and regular textures


def _rings_or_dots(rng: np.random.Generator) -> Ink:
    return (_dots, _dotted_curves, _concentric_rings, _cluster_of_rings)[rng.integers(4)](rng)


def _dots(rng: np.random.Generator) -> Ink:
    """Dots in rows and columns, two of each or more."""
    columns, rows = (int(n) for n in rng.integers(2, 6, 2))
    page, radius = _page(), rng.uniform(0.35, 0.7) / max(columns, rows)
    for centre in _grid(columns, rows):
        _disc(page, centre, radius)
    return page


def _dotted_curves(rng: np.random.Generator) -> Ink:
    """One to three dotted lines, bent and side by side, lying rather than standing: a standing one could be a 1."""
    lines, dots = int(rng.integers(1, 4)), int(rng.integers(5, 9))
    x = np.linspace(-1, 1, dots)
    wave = rng.uniform(0.2, 0.35) * np.sin(rng.uniform(2, 5) * x + rng.uniform(0, 2 * np.pi))
    page, radius, lean = _page(), rng.uniform(0.5, 0.8) / dots, _turn(np.deg2rad(rng.uniform(-35, 35)))
    for offset in 0.45 * (np.arange(lines) - (lines - 1) / 2):
        for centre in np.column_stack([x, wave + offset]) @ lean.T:
            _disc(page, centre, radius)
    return page


def _concentric_rings(rng: np.random.Generator) -> Ink:
    """Two to four rings; the paper between them is wider than the pen, so that they do not merge into a thick 0."""
    rings = int(rng.integers(2, 5))
    page, gap, centre = _page(), 1 / rings, rng.uniform(-0.04, 0.04, 2)
    pen_px = max(2, REACH_PX * gap * rng.uniform(0.15, 0.4))
    for radius in gap * np.arange(1, rings + 1):
        _line(page, _arc(centre, radius), pen_px, closed=True)
    if rng.random() < 0.3:
        _disc(page, centre, 0.4 * gap)
    return page


def _cluster_of_rings(rng: np.random.Generator) -> Ink:
    """Three or four rings in a row, or two rows of three, that touch or overlap: rows of two could be an 8."""
    page, pen_px = _page(), rng.uniform(3, 6)
    rows = int(rng.integers(1, 3))
    centres = _grid(int(rng.integers(3, 5)) if rows == 1 else 3, rows)
    spacing = centres[1, 0] - centres[0, 0]
    centres[:, 0] += np.where(centres[:, 1] > 0, rng.uniform(-0.5, 0.5) * spacing, 0)
    for centre in centres:
        _line(page, _arc(centre, spacing * rng.uniform(0.4, 0.6)), pen_px, closed=True)
    return page


def _hatching(rng: np.random.Generator) -> Ink:
    """Four to seven parallel strokes in any direction, often crossed by as many, within a square or a disc."""
    lines, direction, round_clip = int(rng.integers(4, 8)), rng.uniform(0, np.pi), rng.random() < 0.4
    page, pen_px = _page(), max(2, 2 * REACH_PX / lines * rng.uniform(0.15, 0.35))
    families = [direction]
    if rng.random() < 0.6:
        families.append(direction + rng.choice([np.pi / 2, np.pi / 2, np.pi / 3]))
    for angle in families:
        for offset in np.linspace(-0.92, 0.92, lines) + rng.uniform(-0.05, 0.05, lines):
            half = np.sqrt(1 - offset**2) if round_clip else 0.85
            ends = half * np.array([-1, 1]) + rng.uniform(-0.12, 0.12, 2)
            _line(page, np.column_stack([ends, [offset, offset]]) @ _turn(angle).T, pen_px)
    return page


def _checkered(rng: np.random.Generator) -> Ink:
    return (_chessboard, _bricks, _basket_weave)[rng.integers(3)](rng)


def _chessboard(rng: np.random.Generator) -> Ink:
    """Four to six squares a side: three leave a diamond round a hole, which could be a 0."""
    columns, rows = (int(n) for n in rng.integers(4, 7, 2))
    page, half = _page(), 1 / max(columns, rows)
    for index, centre in enumerate(_grid(columns, rows)):
        if (index % columns + index // columns) % 2 == 0:
            _fill(page, centre + half * _rectangle(-1, -1, 1, 1))
    return page


def _bricks(rng: np.random.Generator) -> Ink:
    """Courses of bricks, as their joints or as the bricks themselves."""
    courses, length, solid = int(rng.integers(3, 7)), rng.uniform(0.6, 1.0), rng.random() < 0.4
    height = 2 / courses
    page, pen_px = _page(), rng.uniform(0.2, 0.35) * height * REACH_PX
    inset = pen_px / REACH_PX / 2 if solid else 0
    for course in range(courses):
        top = -1 + course * height
        edges = np.clip(np.arange(-1 - length * (course % 2) / 2, 1 + length, length), -1, 1)
        for left, right in pairwise(edges):
            if right - left < 3 * inset + 0.05:
                continue
            brick = _rectangle(left + inset, top + inset, right - inset, top + height - inset)
            if solid:
                _fill(page, brick)
            else:
                _line(page, brick, pen_px, closed=True)
    return page


def _basket_weave(rng: np.random.Generator) -> Ink:
    """Squares of two or three strokes, lying and standing by turns."""
    side, strokes = int(rng.integers(3, 5)), int(rng.integers(2, 4))
    page, half = _page(), 1 / side
    pen_px = max(2, 2 * half / strokes * REACH_PX * rng.uniform(0.3, 0.5))
    for index, centre in enumerate(_grid(side, side)):
        lying = (index % side + index // side) % 2 == 0
        for offset in (np.arange(strokes) - (strokes - 1) / 2) / strokes * 1.7 * half:
            stroke = np.array([[-0.8 * half, offset], [0.8 * half, offset]])
            _line(page, centre + (stroke if lying else stroke[:, ::-1]), pen_px)
    return page


def _wood_grain(rng: np.random.Generator) -> Ink:
    """Four to six fine lines that wave together, some around a knot."""
    lines, x = int(rng.integers(4, 7)), np.linspace(-1, 1, 24)
    # Steep waves would bring the lines so close together that they merge.
    frequency, steepness = rng.uniform(2, 5), rng.uniform(0.3, 0.8)
    phases = rng.uniform(0, 2 * np.pi) + rng.uniform(-0.2, 0.2) * np.arange(lines)[:, None]
    y = np.linspace(-0.9, 0.9, lines)[:, None] + steepness / frequency * np.sin(frequency * x + phases)
    page, turn, pen_px = _page(), _turn(rng.uniform(0, np.pi)).T, rng.uniform(2, 4)
    if rng.random() < 0.5:
        knot = rng.uniform(-0.3, 0.3, 2)
        away = y - knot[1]
        y += 0.25 * np.sign(away) * np.exp(-np.abs(away) / 0.4 - ((x - knot[0]) / 0.4) ** 2)
        _line(page, (knot + _arc((0, 0), 0.12) * [2, 1]) @ turn, pen_px, closed=True)
    for line, (first, last) in zip(y, rng.integers(0, 5, (lines, 2)), strict=True):
        _line(page, np.column_stack([x, line])[first : len(x) - last] @ turn, pen_px)
    return page


# ---- Shades


def _gradient(rng: np.random.Generator) -> Pixels:
    """A smooth shade over the whole glyph, as where a shadow was taken for ink; with a camera's slight noise.

    Each is far wider than a stroke, and none closes a ring, so that no blurred 1 or 0 is among them.
    """
    y, x = np.mgrid[-1 : 1 : GLYPH_SIZE_PX * 1j, -1 : 1 : GLYPH_SIZE_PX * 1j]
    shade = (_ramp, _penumbra, _vignette, _two_ramps)[rng.integers(4)](x, y, rng)
    low, high = shade.min(), shade.max()
    faintest, darkest = rng.uniform(0, 60), rng.uniform(100, 255)
    shade = faintest + (darkest - faintest) * (shade - low) / (high - low)
    noise = rng.uniform(0, 6) * rng.standard_normal(shade.shape)
    return np.clip(np.rint(shade + noise), 0, 255).astype(np.uint8)


Shade = NDArray[np.float64]
"""float64 (28, 28), of any range."""


def _ramp(x: Shade, y: Shade, rng: np.random.Generator) -> Shade:
    angle = rng.uniform(0, 2 * np.pi)
    return np.asarray(x * np.cos(angle) + y * np.sin(angle))


def _penumbra(x: Shade, y: Shade, rng: np.random.Generator) -> Shade:
    """The soft edge of a shadow, straight or slightly bent."""
    across, along = _ramp(x, y, rng), rng.uniform(-0.4, 0.4) * (x**2 + y**2)
    return np.asarray(1 / (1 + np.exp(-(across + along + rng.uniform(-0.4, 0.4)) * rng.uniform(3, 12))))


def _vignette(x: Shade, y: Shade, rng: np.random.Generator) -> Shade:
    """Darker away from a point, or towards it."""
    right, down = rng.uniform(-0.8, 0.8, 2)
    distance = np.hypot(x - right, (y - down) * rng.uniform(0.8, 1.25))
    return np.asarray(distance ** rng.uniform(1, 3) * rng.choice([-1, 1]))


def _two_ramps(x: Shade, y: Shade, rng: np.random.Generator) -> Shade:
    """Two shadows over each other."""
    return np.asarray(np.maximum(_ramp(x, y, rng), _ramp(x, y, rng)))


# ---- Icons


def _face_or_icon(rng: np.random.Generator) -> Ink:
    return (_smiley, _heart, _house, _fir, _bare_tree, _sun, _flower, _fish)[rng.integers(8)](rng)


def _smiley(rng: np.random.Generator) -> Ink:
    page, pen_px = _page(), rng.uniform(3, 6)
    _line(page, _arc((0, 0), 1), pen_px, closed=True)
    for side in (-1, 1):
        _disc(page, np.array([side * rng.uniform(0.3, 0.4), -0.3]), rng.uniform(0.1, 0.16))
    glad = rng.random() < 0.7
    mouth = _arc((0, 0.05), rng.uniform(0.5, 0.6), 20, 160) if glad else _arc((0, 0.9), 0.5, 215, 325)
    _line(page, mouth, pen_px)
    return page


def _heart(rng: np.random.Generator) -> Ink:
    t = np.linspace(0, 2 * np.pi, 60)
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return _outlined_or_filled(np.column_stack([16 * np.sin(t) ** 3, -y - 2]) / 16, rng)


def _house(rng: np.random.Generator) -> Ink:
    page, pen_px, eaves = _page(), rng.uniform(3, 7), rng.uniform(-0.3, 0.1)
    _line(page, _rectangle(-0.75, eaves, 0.75, 1), pen_px, closed=True)
    _line(page, np.array([[-1, eaves], [0, -1], [1, eaves]]), pen_px, closed=True)
    door = rng.uniform(-0.5, 0.2)
    _fill(page, _rectangle(door, 0.45, door + 0.35, 1))
    if rng.random() < 0.5:
        _line(page, np.array([[0.5, -0.5], [0.5, -0.9], [0.7, -0.9], [0.7, -0.3]]), pen_px)
    return page


def _fir(rng: np.random.Generator) -> Ink:
    """Two or three tiers on a trunk."""
    tiers, page = int(rng.integers(2, 4)), _page()
    solid, pen_px = rng.random() < 0.5, rng.uniform(3, 7)
    tier_height = 1.7 / tiers
    for tier in range(tiers):
        top, half = -1 + tier * tier_height, 0.45 + 0.5 * tier / tiers
        triangle = np.array([[0, top - 0.1 * tier], [half, top + tier_height], [-half, top + tier_height]])
        if solid:
            _fill(page, triangle)
        else:
            _line(page, triangle, pen_px, closed=True)
    _line(page, np.array([[0, 0.7], [0, 1]]), 2 * pen_px)
    return page


def _bare_tree(rng: np.random.Generator) -> Ink:
    """A trunk with three or four branches to each side."""
    page, pen_px = _page(), rng.uniform(3, 6)
    _line(page, np.array([[0, 1], [rng.uniform(-0.1, 0.1), -1]]), pen_px)
    for height in np.linspace(0.45, -0.5, int(rng.integers(3, 5))):
        for side in (-1, 1):
            angle, length = rng.uniform(0.4, 0.8), rng.uniform(0.8, 1.1) * (0.75 + height / 3)
            foot = np.array([0, height + rng.uniform(-0.1, 0.1)])
            _line(page, np.array([foot, foot + length * np.array([side * np.cos(angle), -np.sin(angle)])]), pen_px)
    return page


def _sun(rng: np.random.Generator) -> Ink:
    page, pen_px, rays = _page(), rng.uniform(3, 7), int(rng.integers(8, 13))
    disc = _arc((0, 0), rng.uniform(0.35, 0.5))
    _line(page, disc, pen_px, closed=True)
    if rng.random() < 0.5:
        _fill(page, disc)
    for angle in 2 * np.pi * np.arange(rays) / rays + rng.uniform(0, 1):
        _line(page, np.outer([rng.uniform(0.6, 0.7), 1], [np.cos(angle), np.sin(angle)]), pen_px)
    return page


def _flower(rng: np.random.Generator) -> Ink:
    page, pen_px, petals = _page(), rng.uniform(3, 6), int(rng.integers(5, 8))
    for angle in 2 * np.pi * np.arange(petals) / petals + rng.uniform(0, 2 * np.pi):
        _line(page, _arc((0.65 * np.cos(angle), 0.65 * np.sin(angle)), 1.8 / petals), pen_px, closed=True)
    _disc(page, np.zeros(2), 0.2)
    return page


def _fish(rng: np.random.Generator) -> Ink:
    page, pen_px, side = _page(), rng.uniform(3, 7), rng.choice([-1, 1])
    height = rng.uniform(0.45, 0.6)
    _line(page, (_arc((0, 0), 1) * [0.7, height] - [0.3, 0]) * [side, 1], pen_px, closed=True)
    _line(page, np.array([[0.35, 0], [1, -0.5], [0.85, 0], [1, 0.5]]) * [side, 1], pen_px, closed=True)
    _disc(page, np.array([-0.65 * side, -0.12]), 0.09)
    return page


def _splash(rng: np.random.Generator) -> Ink:
    """A solid blot with five arms or more, some running down, and drops about it.

    Fewer arms could make it a thick 1, 4 or 7.
    """
    page, angles = _page(), np.linspace(0, 2 * np.pi, 120, endpoint=False)
    arms = int(rng.integers(5, 10))
    radii = rng.uniform(0.45, 0.6) * np.ones_like(angles)
    for wave in range(2, 6):
        radii += rng.uniform(0, 0.06) * np.cos(wave * angles + rng.uniform(0, 2 * np.pi))
    starts = 2 * np.pi * (np.arange(arms) + rng.uniform(-0.25, 0.25, arms)) / arms + rng.uniform(0, 2 * np.pi)
    for start in starts:
        apart = np.angle(np.exp(1j * (angles - start)))
        radii += rng.uniform(0.15, 0.4) * np.exp(-((apart / rng.uniform(0.1, 0.22)) ** 2))
    _fill(page, np.minimum(radii, 1)[:, None] * np.column_stack([np.cos(angles), np.sin(angles)]))
    for _ in range(rng.integers(0, 4)):
        x, length = rng.uniform(-0.35, 0.35), rng.uniform(0.5, 1)
        _line(page, np.array([[x, 0], [x, length]]), rng.uniform(4, 9))
        _disc(page, np.array([x, length]), rng.uniform(0.06, 0.12))
    for _ in range(rng.integers(1, 7)):
        angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(0.7, 1)
        _disc(page, away * np.array([np.cos(angle), np.sin(angle)]), rng.uniform(0.04, 0.12))
    return page


# ---- From digits


def three_digits(digits: Glyphs, rng: np.random.Generator) -> Glyphs:
    """uint8 (N // 3, 28, 28): three of `digits` side by side and touching, as one glyph; each digit is used once."""
    chosen = rng.permutation(len(digits))[: len(digits) // 3 * 3].reshape(-1, 3)
    return _glyphs([_normalised(_side_by_side(digits[three], rng)) for three in chosen])


def _side_by_side(digits: Glyphs, rng: np.random.Generator) -> Ink:
    """The ink of `digits` in a row, each up to 2 px up or down and over the one before it."""
    page = np.zeros((GLYPH_SIZE_PX + 4, len(digits) * GLYPH_SIZE_PX), np.uint8)
    right = 0
    for pixels in digits:
        x, y, width, height = cv2.boundingRect(pixels)
        left, top = max(0, right - int(rng.integers(0, 3))), y + int(rng.integers(0, 5))
        place = page[top : top + height, left : left + width]
        np.maximum(place, pixels[y : y + height, x : x + width], out=place)
        right = left + width
    return page


def quarter_digits(digits: Glyphs, rng: np.random.Generator) -> Glyphs:
    """uint8 (M, 28, 28), M ≤ N: one quarter of each of `digits`, random among those that are no digit; none if all are.

    Of a quarter only the largest piece of ink counts, as the edge takes pieces one by one. It has a fifth of the
    digit's ink or more and encloses no paper, as a small 0, 6, 8 or 9 does. It is wider than high, though no wider than
    the edge takes: a 1, with or without a foot, is not. And its ink lies to the bottom of its box, as in ∪, L and ⌟:
    that of a wide 7 lies to the top, that of a wide 2 or 3 in the middle.
    """
    orders = rng.permuted(np.tile(np.arange(4), (len(digits), 1)), axis=1)
    chosen = (_quarter(pixels, order) for pixels, order in zip(digits, orders, strict=True))
    return _glyphs([_normalised(quarter) for quarter in chosen if quarter is not None])


def _quarter(pixels: Pixels, order: NDArray[np.int64]) -> Ink | None:
    """The first quarter in `order` that is enough ink and no digit."""
    half, ink = GLYPH_SIZE_PX // 2, int(pixels.sum())
    for index in order:
        top, left = half * (index // 2), half * (index % 2)
        quarter = _largest_piece(pixels[top : top + half, left : left + half])
        if ink and int(quarter.sum()) >= LEAST_INK_OF_A_QUARTER * ink and not _could_be_digit(quarter):
            return quarter
    return None


def _largest_piece(ink: Ink) -> Ink:
    _, pieces, statistics, _ = cv2.connectedComponentsWithStats((ink > 0).astype(np.uint8), connectivity=8)
    sizes = statistics[1:, cv2.CC_STAT_AREA]
    return np.where(pieces == 1 + sizes.argmax(), ink, 0).astype(np.uint8) if len(sizes) else ink


def overwritten(digits: Glyphs, rng: np.random.Generator) -> Glyphs:
    """uint8 (M, 28, 28), M ≤ N: each of `digits` under another, up to 2 px apart, if one is found that suits it.

    Neither may be a single stroke (a digit struck through is still that digit), neither may nearly cover the other (a 3
    over an 8 is an 8), and together they enclose four pieces of paper or more: an 8 and a slashed 0 have two, and a
    sliver between two strokes that nearly meet makes three.
    """
    unions = (_overwritten(first, digits[rng.integers(len(digits), size=MOST_PARTNERS)], rng) for first in digits)
    return _glyphs([_normalised(union) for union in unions if union is not None])


def _overwritten(first: Pixels, others: Glyphs, rng: np.random.Generator) -> Ink | None:
    """`first` and the first of `others` that makes no digit with it."""
    if _is_stroke(first):
        return None
    for second in others:
        moved = np.roll(second, rng.integers(-2, 3, 2), axis=(0, 1))
        union = np.maximum(first, moved)
        if (
            _papers_enclosed(union, faintest=127, least_px=3) >= 4
            and not _is_stroke(moved)
            and _most_covered(first, moved) <= MOST_COVERED
        ):
            return union
    return None


MOST_PARTNERS = 6
"""Few pairs suit: a single try would leave little to measure with."""


# ---- Which shapes are a digit's

STROKE_ELONGATION = 2.5
"""Ink whose standard deviation along its principal axis is this many times that across it is a single stroke."""
LEAST_INK_OF_A_QUARTER = 0.2
LEAST_ASPECT = 1.2
"""A stem on a foot, which may be a 1, is not this many times wider than high."""
LEAST_DEPTH = 0.6
"""Where the centre of mass of a ∪, L or ⌟ is, in heights of its box from the top; that of a digit is near a half."""
MOST_COVERED = 0.6
"""Share of a digit's ink that may lie on or right beside another's."""


def _could_be_digit(ink: Ink) -> bool:
    """Whether a piece of a digit has a shape that some digit has; see `quarter_digits`."""
    x, y, width, height = cv2.boundingRect(ink)
    trimmed = ink[y : y + height, x : x + width]
    if not LEAST_ASPECT * height <= width <= WIDEST_ASPECT * height:
        return True
    if _papers_enclosed(trimmed, faintest=32, least_px=1) > 0:
        return True
    moments = cv2.moments(trimmed)
    return (moments["m01"] / moments["m00"] + 0.5) / height < LEAST_DEPTH


def _papers_enclosed(ink: Ink, faintest: int, least_px: int) -> int:
    """How many pieces of paper, each of `least_px` or more, are enclosed by ink of more than `faintest`."""
    framed = cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    paper = (framed <= faintest).astype(np.uint8)
    sizes = cv2.connectedComponentsWithStats(paper, connectivity=4)[2][:, cv2.CC_STAT_AREA]
    # The first is the ink, another the paper all around.
    return int((sizes[1:] >= least_px).sum()) - 1


def _most_covered(first: Ink, second: Ink) -> float:
    """The share of one's ink on or right beside the other's, of whichever is covered more."""
    near = np.ones((3, 3), np.uint8)
    shares = [
        (cv2.dilate(over, near)[under > 127] > 127).mean()
        for under, over in ((first, second), (second, first))
        if (under > 127).any()
    ]
    return float(max(shares, default=1.0))


def _is_stroke(ink: Ink) -> bool:
    along, across = np.sqrt(np.linalg.eigvalsh(_spread(ink))[::-1])
    return bool(along > STROKE_ELONGATION * across)


def _spread(ink: Ink) -> NDArray[np.float64]:
    """float64 (2, 2): the covariance of where the ink is, in px²; a pixel counts as wide as it is."""
    moments = cv2.moments(ink)
    xx, xy, yy = (moments[name] / max(moments["m00"], 1) for name in ("mu20", "mu11", "mu02"))
    return np.array([[xx + 1 / 12, xy], [xy, yy + 1 / 12]])


KINDS: dict[str, Callable[[int, np.random.Generator], Glyphs]] = {
    "printed_letters": _drawn(_printed_letter),
    "printed_words": _drawn(_printed_word),
    "spirals": _drawn(_spiral),
    "stars_and_arrows": _drawn(_star_or_arrow),
    "rings_and_dots": _drawn(_rings_or_dots),
    "hatching": _drawn(_hatching),
    "checkered": _drawn(_checkered),
    "gradients": _raw(_gradient),
    "faces_and_icons": _drawn(_face_or_icon),
    "splashes": _drawn(_splash),
    "wood_grain": _drawn(_wood_grain),
}
"""Makers by kind: how many, and the source of chance → that many glyphs."""

FROM_DIGITS: dict[str, Callable[[Glyphs, np.random.Generator], Glyphs]] = {
    "three_digits": three_digits,
    "quarter_digits": quarter_digits,
    "overwritten": overwritten,
}
"""Makers by kind: real digits, and the source of chance → glyphs of parts or several of them; fewer than there were."""
