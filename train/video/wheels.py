"""A mechanical counter: wheels with the ten digits behind a window, as on meters of water, gas and distance."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Box
from train.scenes import pens
from train.scenes.canvas import Canvas
from train.scenes.fields import Field, chance, white
from train.scenes.lettering import printed
from train.scenes.material import Material
from train.scenes.page import Page
from train.scenes.view import facing
from train.scenes.writing import habit, number
from train.video.story import Ink, Span

PITCH = 1.38
"""Of the digits on a wheel, in their heights."""
HALF_WINDOW = 0.5
"""Radians of the wheel that show above the middle, and as many below: a digit takes 0.46, its neighbours look in."""
TURN_S = (0.35, 0.7)
"""That a digit takes to pass."""


@dataclass
class Counter:
    """Wheels in a panel; a `Change` of its layer."""

    box: Box
    """Of the windows together, in px of the layer."""
    strips: list[Field]
    """Of each wheel from the left, float32 (10 pitches, width): its digits from 0 down."""
    pitch_px: float
    course: list[tuple[float, NDArray[np.float64]]]
    """Times, and how far each wheel is turned then, in digits; between two of them evenly."""
    glass: Field
    """float32 (H, W) of `box`: share of the light that comes back from behind the windows."""

    def paint(self, reflectance: Field, time_s: float) -> None:
        turned = self.turned(time_s)
        part = reflectance[self.box.y : self.box.bottom, self.box.x : self.box.right]
        width = self.box.width // len(self.strips)
        for place, strip in enumerate(self.strips):
            part[:, place * width : (place + 1) * width] = self.wheel(strip, turned[place])
        part *= self.glass

    def turned(self, time_s: float) -> NDArray[np.float64]:
        """float64 (wheels,): in digits; whole when a wheel rests."""
        for (begun, before), (ends, after) in pairwise(self.course):
            if begun <= time_s < ends:
                return before + (after - before) * (time_s - begun) / (ends - begun)
        return self.course[-1][1]

    def wheel(self, strip: Field, turned: float) -> Field:
        """float32 (H, W): what shows of one wheel, bent and shaded as a cylinder is."""
        height = self.box.height
        down = np.linspace(-1, 1, height)
        angle = np.arcsin(down * np.sin(HALF_WINDOW))
        # Ten digits go round: the pitch is a tenth of the circumference.
        radius_px = self.pitch_px * 10 / (2 * np.pi)
        rows = (turned + 0.5) * self.pitch_px + angle * radius_px
        map_y = np.repeat(np.mod(rows, len(strip))[:, np.newaxis], strip.shape[1], axis=1).astype(np.float32)
        map_x = np.repeat(np.arange(strip.shape[1], dtype=np.float32)[np.newaxis], height, axis=0)
        shown = cv2.remap(strip, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        return shown * (np.cos(angle * 1.5).astype(np.float32)[:, np.newaxis])


def counter(
    material: Material, height_px: float, wheels: int, middle: tuple[int, int], seconds: float, rng: np.random.Generator
) -> tuple[Counter, tuple[Span, ...], bool]:
    """(a counter around `middle` of its layer, when which number stands in it, whether its digits are print)."""
    pitch_px = height_px * PITCH
    width = round(height_px * rng.uniform(0.95, 1.2))
    height = round(2 * np.sin(HALF_WINDOW) * pitch_px * 10 / (2 * np.pi))
    box = Box(middle[0] - wheels * width // 2, middle[1] - height // 2, wheels * width, height)
    font = int(rng.integers(1 << 30)) if chance(rng, 0.35) else None
    dark = chance(rng, 0.5)
    last_differs = chance(rng, 0.4)
    strips, covers = [], []
    hand, manner = material.hand(rng), habit(rng)
    kind = pens.take("white pen" if dark else "marker", rng)
    for place in range(wheels):
        light = dark != (last_differs and place == wheels - 1)
        ground = rng.uniform(0.05, 0.12) if light else rng.uniform(0.8, 0.92)
        level = rng.uniform(0.85, 0.95) if light else rng.uniform(0.04, 0.15)
        shape = round(10 * pitch_px), width
        field = np.full(shape, ground, np.float32) + white(shape, rng) * np.float32(0.008)
        ink = pens.Ink(max(0.09, kind.width), kind.follows_glyph, 1.0, 0.0, 1.0, 0.1, level)
        sheet = Page(
            Canvas(facing(shape), field),
            hand,
            manner,
            ink,
            height_px,
            (0, 0, 0, 0),
            (-np.inf,) * 2 + (np.inf,) * 2,
            rng,
        )
        strips.append(field)
        covers.append([_digit(sheet, value, pitch_px, height_px, level, font) for value in range(10)])
    glass = np.ones((height, wheels * width), np.float32)
    for edge in range(wheels + 1):
        x = edge * width
        glass[:, max(0, x - 2) : x + 2] *= np.float32(0.35)
    shade = np.minimum(1, np.linspace(0.35, 4.0, height))
    glass *= shade.astype(np.float32)[:, np.newaxis]
    course = _course(wheels, seconds, rng)
    made = Counter(box, strips, pitch_px, course, glass)
    return made, _spans(made, covers, seconds), font is not None


def _digit(sheet: Page, value: int, pitch_px: float, height_px: float, level: float, font: int | None) -> Field:
    """float32, as the strip, 0 to 1: the ink of a digit that is put on it, by hand or in the font of a seed."""
    before = sheet.canvas.reflectance.copy()
    foot = (value + 0.5) * pitch_px + (height_px - sheet.canvas.view.shape[0]) / 2
    if font is None:
        writing = number(str(value), sheet.hand, sheet.manner)
        sheet.write(writing, np.array([-writing.width * height_px / 2, foot]), height_px)
    else:
        mask = printed(str(value), np.random.default_rng(font)).mask
        x, y, width, height = cv2.boundingRect(mask)
        scale = height_px / height
        placed = np.array([[scale, 0, -scale * width / 2], [0, scale, foot - height_px]])
        sheet.canvas.mask(np.ascontiguousarray(mask[y : y + height, x : x + width]), placed, level, 1.0)
    ink = cv2.absdiff(before, sheet.canvas.reflectance)
    return ink / max(float(ink.max()), 1e-6)


def _course(wheels: int, seconds: float, rng: np.random.Generator) -> list[tuple[float, NDArray[np.float64]]]:
    """Rests, and turns of the last wheel that take those left of it along where they pass from 9 to 0."""
    value = int(rng.integers(0, 10**wheels - 40))
    value = value // 10 * 10 + int(rng.choice([7, 8, 9]))  # so that a carry comes soon
    turned = np.array([int(digit) for digit in f"{value:0{wheels}d}"], np.float64)
    time_s, course = 0.0, [(0.0, turned)]
    while time_s < seconds:
        time_s += rng.uniform(0.8, 2.2)
        course.append((time_s, turned))
        takes = rng.uniform(*TURN_S)
        for _ in range(int(rng.choice([1, 1, 2, 5]))):
            carried = 0
            while carried < wheels and all(turned[wheels - 1 - place] % 10 == 9 for place in range(carried)):
                carried += 1
            turned = turned.copy()
            turned[wheels - carried :] += 1
            time_s += takes
            course.append((time_s, turned))
    return course


def _spans(made: Counter, covers: list[list[Field]], seconds: float) -> tuple[Span, ...]:
    """The times in which all wheels rest."""
    spans: list[Span] = []
    width = made.box.width // len(made.strips)
    for (begun, before), (ends, after) in pairwise(made.course):
        if not np.array_equal(before, after) or begun >= seconds:
            continue
        values = [int(value) % 10 for value in before]
        inks = []
        for place, value in enumerate(values):
            cover = made.wheel(covers[place][value], value)
            inks.append(_trimmed(cover, made.box.x + place * width, made.box.y))
        spans.append(Span(begun, ends, "".join(map(str, values)), tuple(inks)))
    return tuple(spans)


def _trimmed(cover: Field, left: int, top: int) -> Ink:
    """A digit with hardly more than its own ink: its neighbours on the wheel look in above and below."""
    x, y, width, height = cv2.boundingRect((cover > 0.02).astype(np.uint8))
    y, bottom = max(0, y - 2), min(cover.shape[0], y + height + 2)
    x, right = max(0, x - 3), min(cover.shape[1], x + width + 3)
    return Ink(Box(left + x, top + y, right - x, bottom - y), np.ascontiguousarray(cover[y:bottom, x:right]))
