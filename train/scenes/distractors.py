"""What is on a page beside digits, and before it: words, print, doodles, stains, fingers, shadows of hands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from core.frame import Box
from train.scenes.fields import Field, chance, log_uniform, octaves, smooth
from train.scenes.lettering import sentence
from train.scenes.page import Page
from train.scenes.script import lettered, penmanship, scrawl, vocable
from train.scenes.view import Points
from train.scenes.writing import Writing, loops, signed
from train.scenes.writing import word as handwritten_word

Distractor = Callable[[Page], None]
"""MUST lay nothing over what is already there to be read, but for lines and faint stains."""

TRIES = 5
"""To find a free place."""
MOST_WORDS = 30
"""Of a letter in view: more would cost as much time as several other scenes."""


def words(page: Page) -> None:
    """A few lines of handwriting, a list, or a page full."""
    match page.rng.choice(["letter", "list", "lines"], p=[0.35, 0.25, 0.4]):
        case "letter":
            _letter(page)
        case "list":
            _list(page)
        case _:
            _lines(page)


def _lines(page: Page) -> None:
    """Lines here and there, in script, loops or separate letters."""
    rng = page.rng
    left, top, right, bottom = page.area
    height = page.height_px * np.exp(rng.normal(0, 0.3))
    running = chance(rng, 0.2)
    y = rng.uniform(top, bottom)
    for _ in range(int(rng.integers(1, 6))):
        x = left + rng.uniform(-0.2, 0.5) * (right - left)
        while x < right:
            if not _has_room(page, x, y, height):
                x += height
                continue
            written = loops(rng) if running else handwritten_word(page.hand, page.manner)
            x += _word_at(page, written, x, y, height) + rng.uniform(0.4, 1.0) * height
        y += height * rng.uniform(1.3, 2.4)
        if y > bottom + height:
            break


def _letter(page: Page) -> None:
    """Paragraphs in one hand from edge to edge, as in a letter, notes or a diary."""
    rng = page.rng
    left, top, right, bottom = page.area
    # Seldom larger than what a sheet of paper holds; MOST_WORDS bounds the time.
    height = min(page.height_px * np.exp(rng.normal(0, 0.3)), log_uniform(rng, 16, 70))
    own = penmanship(page.manner.slant, rng)
    pitch, gap = height * rng.uniform(1.35, 2.0), height * rng.uniform(0.3, 0.7)
    margin = left + rng.uniform(-0.3, 0.15) * (right - left)
    turn = rng.normal(0, 0.02)
    y, count = top + height * rng.uniform(0.3, 1.3), 0
    while y < bottom + 0.5 * height and count < MOST_WORDS:
        ends = right - (rng.uniform(0.1, 0.8) * (right - left) if chance(rng, 0.12) else 0.0)
        x = margin + abs(rng.normal(0, 0.15)) * height
        while x < ends and count < MOST_WORDS:
            rise = np.tan(turn) * (x - margin) + rng.normal(0, 0.02) * height
            if not _has_room(page, x, y + rise, height):
                x += height
                continue
            paths, width = lettered(vocable(own, rng), own, rng)
            x += _word_at(page, Writing(paths=paths, width=width), x, y + rise, height, turn) + gap
            count += 1
        y += pitch * (2 if chance(rng, 0.08) else 1)


def _list(page: Page) -> None:
    """One to three words a line below each other, as on a shopping list; some with dashes before them."""
    rng = page.rng
    left, top, right, bottom = page.area
    height = page.height_px * np.exp(rng.normal(0, 0.2))
    own = penmanship(page.manner.slant, rng)
    pitch, margin = height * rng.uniform(1.35, 2.4), left + rng.uniform(-0.1, 0.6) * (right - left)
    y, dashes = top + rng.uniform(0.5, 3) * height, chance(rng, 0.35)
    for _ in range(int(rng.integers(2, 12))):
        x = margin + rng.normal(0, 0.15) * height
        if dashes:
            paths, width = signed("-", rng)
            x += _word_at(page, Writing(paths=paths, width=width), x, y, height) + 0.3 * height
        for _ in range(int(rng.choice([1, 2, 3], p=[0.6, 0.25, 0.15]))):
            paths, width = lettered(vocable(own, rng), own, rng)
            x += _word_at(page, Writing(paths=paths, width=width), x, y, height) + rng.uniform(0.3, 0.7) * height
        y += pitch
        if y > bottom + height:
            break


def _has_room(page: Page, x: float, y: float, height: float) -> bool:
    """Whether a word may begin there. Most of the time goes into words: none is made that would not be seen."""
    return page.fits(page.box_of(1.0, np.array([x, y]), height))


def _word_at(page: Page, written: Writing, x: float, y: float, height: float, turn: float | None = None) -> float:
    """Write where nothing else is; how much of the line it takes in px either way."""
    at = np.array([x, y])
    turn = page.rng.normal(0, 0.03) if turn is None else turn
    if page.fits(page.box_of(written.width, at, height)):
        page.write(written, at, height, turn=turn)
    return written.width * height


def print_block(page: Page) -> None:
    """Lines of print of one size, as on a form, a page or a label."""
    rng = page.rng
    left, top, right, bottom = page.area
    dense = chance(rng, 0.25)
    size = log_uniform(rng, 6, 13) if dense else log_uniform(rng, 7, 34)
    level = rng.uniform(0.75, 1.0) if page.ink.level > 0.65 else rng.uniform(0.0, 0.5)
    opacity, pitch = rng.uniform(0.4, 1), size * rng.uniform(1.1, 2)
    y, x0 = rng.uniform(top - size, bottom), left + rng.uniform(-0.1, 0.7) * (right - left)
    if dense:  # a column of a book, a newspaper, a form's small print
        y, x0 = top, left + rng.uniform(-0.1, 0.4) * (right - left)
    figures = rng.choice([0.0, 0.0, 0.15, 0.5])
    for _ in range(30 if dense else int(rng.integers(1, 9))):
        count = int(np.clip((right - x0) / (size * 3.5), 1, 9))
        text = sentence(rng, count if dense else int(rng.integers(1, count + 1)), figures)
        if page.fits(page.box_of(0.62 * len(text), np.array([x0, y + size]), size)):
            box = page.print_line(text, np.array([x0, y]), size, level, opacity)
            if box is not None:
                page.canvas.taken.append(box)
        y += pitch
        if y > bottom:
            break


def _free(page: Page, width: float, height: float) -> Points | None:
    """The lower left of a free place of this size in digits' heights, on the sheet."""
    left, top, right, bottom = page.area
    for _ in range(TRIES):
        at = np.array([page.rng.uniform(left, right), page.rng.uniform(top, bottom)])
        if page.fits(page.box_of(width, at, height)):
            return at
    return None


def doodle(page: Page) -> None:
    """A signature or scrawl, an arrow, a tick, a star, a house, a zigzag: what pens do while people think."""
    rng = page.rng
    size = page.height_px * log_uniform(rng, 0.6, 3)
    if chance(rng, 0.3):
        paths, width = scrawl(rng)
        at = _free(page, width, size)
        if at is not None:
            page.write(Writing(paths=paths, width=width), at, size, turn=rng.normal(0, 0.15))
        return
    at = _free(page, 1.2, size)
    if at is None:
        return
    match rng.integers(8):
        case 0:  # arrow; never upright, for with its head out of view it would be a 1
            turn = rng.uniform(-0.9, 0.9) + rng.choice([0, np.pi])
            tip = np.array([np.cos(turn), np.sin(turn)])
            side = np.array([-tip[1], tip[0]])
            paths = [np.array([-tip, tip]), np.array([tip * 0.6 + side * 0.3, tip, tip * 0.6 - side * 0.3])]
        case 1:  # tick
            paths = [np.array([[-0.4, 0.0], [-0.15, 0.35], [0.6, -0.7]])]
        case 2:  # star
            turns = np.arange(6) * 4 * np.pi / 5 - np.pi / 2
            paths = [np.column_stack([np.cos(turns), np.sin(turns)])]
        case 3:  # house
            paths = [
                np.array([[-0.6, 0.6], [-0.6, -0.2], [0, -0.8], [0.6, -0.2], [0.6, 0.6], [-0.6, 0.6], [0.6, -0.2]])
            ]
        case 4:  # zigzag
            count = int(rng.integers(5, 14))
            paths = [np.column_stack([np.linspace(-1, 1, count), 0.4 * (-1.0) ** np.arange(count)])]
        case 5:  # hatching, crossed: in one direction it would be a tally
            count = int(rng.integers(4, 9))
            feet = np.linspace(-0.9, 0.7, count)
            paths = [np.array([[foot, 0.5], [foot + side, -0.5]]) for foot in feet for side in (0.5, -0.5)]
        case 6:  # blacked out
            path = np.cumsum(rng.normal(0, 0.35, (60, 2)), axis=0)
            paths = [path - path.mean(axis=0)]
            paths[0] *= 0.9 / np.abs(paths[0]).max()
        case _:  # a curve that runs over itself many times
            turn = np.linspace(0, 2 * np.pi * rng.integers(3, 9), 90)
            drift = np.linspace(-0.7, 0.7, 90)
            paths = [np.column_stack([drift + 0.3 * np.cos(turn), 0.4 * np.sin(turn)])]
    jitter = rng.normal(0, 0.03, 2)
    half = np.array([0.6, -0.5])
    writing = Writing(paths=[path * 0.5 * np.exp(jitter) + half for path in paths], width=1.2)
    page.write(writing, at, size)


def sign(page: Page) -> None:
    """A sign by itself: a cross, a sum's sign, a currency."""
    rng = page.rng
    height = page.height_px * np.exp(rng.normal(0, 0.25))
    paths, width = signed(str(rng.choice(list("-=+x*€$£%#/"))), rng)
    at = _free(page, width, height)
    if at is not None:
        page.write(Writing(paths=paths, width=width), at, height)


def underline(page: Page) -> None:
    """A long stroke, straight or wavy, that may run through anything."""
    rng = page.rng
    left, top, right, bottom = page.area
    y, x = rng.uniform(top, bottom), np.sort(rng.uniform(left, right, 2))
    if x[1] - x[0] < 3 * page.height_px:
        return
    along = np.linspace(x[0], x[1], 24)
    wave = page.height_px * rng.choice([0.0, 0.03, 0.15]) * np.sin(along / page.height_px * rng.uniform(0.5, 4))
    path = np.column_stack([along, y + wave + rng.normal(0, 0.06) * (along - x[0])])
    page.canvas.stroke(path, page.ink.width * page.height_px, replace(page.ink, opacity=rng.uniform(0.4, 1)), rng)


def stain(page: Page) -> None:
    """Coffee, grease, ink that shows through, a smudge: faint, with soft or dark rims."""
    rng = page.rng
    field = page.canvas.reflectance
    height, width = field.shape
    reach = log_uniform(rng, 0.06, 0.6) * max(height, width)
    at = rng.uniform(0, 1, 2) * (width, height)
    across = np.arange(width, dtype=np.float32) - np.float32(at[0])
    down = (np.arange(height, dtype=np.float32) - np.float32(at[1]))[:, np.newaxis]
    distance = np.sqrt(across * across + down * down) / np.float32(reach)
    distance += smooth(field.shape, max(6.0, reach / 2), rng) * np.float32(0.15)
    inside = np.clip((1 - distance) * np.float32(log_uniform(rng, 1.5, 15)), 0, 1)
    if chance(rng, 0.3):
        inside *= 0.3 + np.clip(distance, 0, 1) ** 6
    field *= 1 - inside * np.float32(log_uniform(rng, 0.03, 0.3))


def marks(page: Page) -> None:
    """Specks, punch holes, staples' dots: small dark things."""
    rng = page.rng
    height, width = page.canvas.view.shape
    cover = np.zeros((height, width), np.uint8)
    for _ in range(int(log_uniform(rng, 2, 60))):
        at = int(rng.integers(0, width * 8)), int(rng.integers(0, height * 8))
        cv2.circle(cover, at, int(log_uniform(rng, 4, 18)), 255, -1, cv2.LINE_AA, 3)
    page.canvas.paint(cover * np.float32(1 / 255), Box(0, 0, width, height), rng.uniform(0, 0.5))


def empty_grid(page: Page) -> None:
    """A table that nobody has filled in."""
    height, left = page.height_px, page.area[0]
    xs = np.arange(left, page.area[2] + height, height * page.rng.uniform(1, 4))
    ys = np.arange(page.area[1], page.area[3] + height, height * page.rng.uniform(1, 2.5))
    width, level = page.rng.uniform(0.6, 2.5), page.rng.uniform(0, 0.6)
    for x in xs:
        page.rule(np.array([[x, ys[0]], [x, ys[-1]]]), width, level)
    for y in ys:
        page.rule(np.array([[xs[0], y], [xs[-1], y]]), width, level)


DISTRACTORS: dict[str, Distractor] = {
    "words": words,
    "print": print_block,
    "doodle": doodle,
    "sign": sign,
    "underline": underline,
    "stain": stain,
    "marks": marks,
    "empty grid": empty_grid,
}


def fingers(field: Field, rng: np.random.Generator) -> Field:
    """float32 (H, W), 0 to 1: where a hand or a pen now covers `field`, on which it is painted."""
    height, width = field.shape
    size = max(height, width)
    cover = np.zeros((height, width), np.uint8)
    edge = rng.uniform(0, 2 * np.pi)
    outside = np.array([width, height]) * (0.5 + 0.75 * np.array([np.cos(edge), np.sin(edge)]))
    inwards = np.array([width, height]) * rng.uniform(0.3, 0.7, 2) - outside
    tip = outside + inwards * rng.uniform(0.35, 0.8)
    slim = chance(rng, 0.4)
    thick = max(3, round(size * (rng.uniform(0.02, 0.05) if slim else rng.uniform(0.07, 0.2))))
    side = np.array([-inwards[1], inwards[0]]) / max(1.0, float(np.hypot(*inwards)))
    for finger in range(1 if slim else int(rng.integers(1, 4))):
        offset = side * thick * 1.05 * finger
        bend = side * rng.normal(0, 0.05) * size
        path = np.array([outside + offset, (outside + tip) / 2 + offset + bend, tip + offset - inwards * 0.06 * finger])
        cv2.polylines(cover, [np.round(path * 16).astype(np.int32)], False, 255, thick, cv2.LINE_AA, 4)
    shadow = cv2.blur(cover, (2 * (thick // 3) + 1, 2 * (thick // 3) + 1))
    shift = np.array([[1, 0, rng.normal(0, thick / 3)], [0, 1, rng.normal(0, thick / 3)]])
    field *= 1 - cv2.warpAffine(shadow, shift, (width, height)) * np.float32(rng.uniform(0.1, 0.6) / 255)
    # Round: bright along the middle, dark at the rims.
    distance = cv2.distanceTransform((cover > 127).astype(np.uint8), cv2.DIST_L2, 3)
    round_shade = np.sqrt(np.clip(distance / np.float32(thick / 2), 0, 1))
    skin = np.float32(rng.uniform(0.1, 0.75)) * (np.float32(0.6) + np.float32(0.4) * round_shade)
    skin += octaves((height, width), max(6.0, thick / 4), rng, 3) * np.float32(0.02)
    share = cover * np.float32(1 / 255)
    field += (skin - field) * share
    return share
