"""Sheets with handwriting, drawn once, larger than the frame or smaller; all from `train.scenes`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from core.errors import UsageError
from core.frame import Box
from train.scenes import papers, pens, textures
from train.scenes.canvas import Canvas
from train.scenes.distractors import DISTRACTORS
from train.scenes.fields import Field, Shape, chance
from train.scenes.material import Material
from train.scenes.page import Page
from train.scenes.view import facing
from train.scenes.writing import Habit, habit, number
from train.video.story import Ink, Subject

PAPERS = {
    "plain": 0.34,
    "kraft": 0.06,
    "creased": 0.1,
    "ruled": 0.17,
    "squared": 0.13,
    "dotted": 0.03,
    "tinted": 0.05,
    "whiteboard": 0.05,
    "blackboard": 0.04,
    "dark paper": 0.03,
}
DESKS = ("wood", "clouds", "cloth", "threads", "leaves", "cells", "things", "bricks")
BESIDE = {"words": 0.35, "print": 0.25, "doodle": 0.2, "sign": 0.15, "stain": 0.1}
"""What else is on a sheet, and how often."""
EDGE_PX = 26
"""Around a sheet, for its shadow."""
SHADOW_SHARE = 0.3
TRIES = 40
PEN_WIDTHS = (0.06, 0.15)
"""Shares of a digit's height."""
LEAST_GAP = 0.06
"""Between digits, in their heights."""
MARGIN = 0.35
"""Around a number, in heights of its digits: what else is on the sheet keeps away."""
LEAST_HEIGHT_PX = 16.0
PIECE_COVER, PIECE_SHARE = 0.25, 0.04
"""Pieces of a digit are of ink that covers at least so much of what its darkest does, and are so much of it all."""
NOBODY = -1
"""Number of what is no number of the clip."""


@dataclass(frozen=True)
class Written:
    """A number that has its place on a page, but is not on it yet."""

    text: str
    box: Box
    """Around all of its ink."""
    change: Field
    """float32 (H, W) of `box`: what its ink adds to the reflectance."""
    digits: tuple[Ink, ...]

    def put(self, reflectance: Field) -> None:
        """Write it there."""
        part = reflectance[self.box.y : self.box.bottom, self.box.x : self.box.right]
        np.clip(part + self.change, 0.01, 1.05, out=part)


def desk(shape: Shape, rng: np.random.Generator) -> Field:
    """float32 (H, W): what sheets lie on."""
    field = textures.TEXTURES[DESKS[rng.integers(len(DESKS))]](facing(shape), rng)
    return cv2.GaussianBlur(field, (0, 0), 0.8) * np.float32(rng.uniform(0.5, 1.0))


def page(material: Material, shape: Shape, height_px: float, area: Box, rng: np.random.Generator) -> Page:
    """A sheet of `shape` that is written on within `area` of it, by one hand with one pen that shows."""
    names, shares = list(PAPERS), np.array(list(PAPERS.values()))
    paper = names[int(rng.choice(len(names), p=shares / shares.sum()))]
    where = facing(shape)
    ink = pens.take(_pen(paper, rng), rng)
    ink = replace(
        ink,
        opacity=max(ink.opacity, 0.75),
        level=max(ink.level, 0.8) if paper in papers.DARK else min(ink.level, 0.35),
        width=float(np.clip(ink.width, *PEN_WIDTHS)),
    )
    half = np.array(shape[::-1]) / 2
    left, top = area.x - half[0], area.y - half[1]
    return Page(
        Canvas(where, papers.PAPERS[paper](where, height_px, rng)),
        material.hand(rng),
        _legible(habit(rng)),
        ink,
        height_px,
        (left, top, left + area.width, top + area.height),
        (-np.inf, -np.inf, np.inf, np.inf),
        rng,
    )


def _legible(own: Habit) -> Habit:
    """The habit of somebody who sets digits apart: what they write is to be read without a doubt."""
    return replace(own, gap=max(own.gap, LEAST_GAP), gap_spread=0.02, wander=min(own.wander, 0.03), joins=False)


def _pen(paper: str, rng: np.random.Generator) -> str:
    if paper == "whiteboard":
        return "marker"
    if paper == "blackboard":
        return "chalk"
    names = pens.LIGHT_PENS if paper in papers.DARK else pens.DARK_PENS
    return names[rng.integers(len(names))]


def write(page: Page, digits: int, rng: np.random.Generator, over: Written | None = None) -> Written:
    """A number of at most so many digits in a free place on the page, or over another one.

    Where there is no room it gets fewer digits, and smaller ones. Raises UsageError if not even one finds a place.
    """
    left, top, right, bottom = page.area
    height = page.height_px
    for _ in range(TRIES):
        text = "".join(str(digit) for digit in rng.integers(0, 10, digits))
        writing = number(text, page.hand, page.manner)
        room = np.array([right - left - writing.width * height, bottom - top - height])
        where = np.array([left, top + height]) + rng.random(2) * np.maximum(room, 0)
        if over is not None:
            half = np.array(page.canvas.view.shape[::-1]) / 2
            where = np.array([over.box.x, over.box.bottom]) - half + rng.normal(0, 0.08, 2) * height
        elif room.min() < 0 or not page.fits(page.box_of(writing.width, where, 1.15 * height)):
            digits, height = max(1, digits - (rng.random() < 0.4)), max(LEAST_HEIGHT_PX, 0.93 * height)
            continue
        before, known = page.canvas.reflectance.copy(), len(page.written)
        page.write(writing, where, height, turn=rng.normal(0, 0.02), line=len(page.lines))
        change = page.canvas.reflectance - before
        page.canvas.reflectance[:] = before
        stamps = [written.stamp for written in page.written[known:] if not written.void]
        whole = len(stamps) == len(text) and all(stamp.ink_box and stamp.seen > 0.999 for stamp in stamps)
        if whole and all(_hangs_together(stamp.cover, sign) for stamp, sign in zip(stamps, text, strict=True)):
            box = Box(*cv2.boundingRect((np.abs(change) > 1e-4).astype(np.uint8)))
            inks = tuple(Ink(stamp.box, stamp.cover) for stamp in stamps)
            away = round(MARGIN * height)
            page.canvas.taken.append(Box(box.x - away, box.y - away, box.width + 2 * away, box.height + 2 * away))
            return Written(text, box, change[box.y : box.bottom, box.x : box.right].copy(), inks)
        del page.canvas.taken[-1:]  # it was struck out, runs over an edge, or is broken
    raise UsageError(f"no room for a number on {right - left:.0f}x{bottom - top:.0f} px; try a larger size")


def _hangs_together(cover: Field, digit: str) -> bool:
    """Whether the ink of a digit, `cover`, 0 to 1, is in no more pieces than people write it in: what is left of a
    hairline that the pen could not draw, a person could not read either."""
    inked = cv2.GaussianBlur(cover, (0, 0), 1.0)
    inked = (inked > PIECE_COVER * float(inked.max())).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(inked)
    areas = stats[1:, cv2.CC_STAT_AREA]
    return int((areas > PIECE_SHARE * areas.sum()).sum()) <= (2 if digit in "45" else 1)


def beside(page: Page, rng: np.random.Generator) -> None:
    """Put words, print and the like on what is free of the page."""
    for name, share in BESIDE.items():
        if chance(rng, share):
            DISTRACTORS[name](page)


def printed(page: Page, layer: int) -> list[Subject]:
    """The digits of print on the page, which count neither way."""
    return [Subject(NOBODY, layer, (), box) for box in page.canvas.printed_digits]


def cut_out(reflectance: Field, rng: np.random.Generator) -> Field:
    """float32 (H, W, 2): a sheet that ends EDGE_PX before its picture does, and casts a shadow there."""
    height, width = reflectance.shape
    cover = np.zeros((height, width), np.float32)
    cover[EDGE_PX:-EDGE_PX, EDGE_PX:-EDGE_PX] = 1
    cover = cv2.GaussianBlur(cover, (0, 0), 0.5)
    drop = rng.normal(0, 4, 2)
    shadow = cv2.warpAffine(
        cv2.GaussianBlur(cover, (0, 0), rng.uniform(2, 6)),
        np.array([[1, 0, drop[0]], [0, 1, drop[1]]]),
        (width, height),
    )
    shadow *= np.float32(rng.uniform(0.05, SHADOW_SHARE))
    return np.dstack([np.clip(reflectance, 0.01, 1.05) * cover, cover + (1 - cover) * shadow])
