"""One scene: a ground, a page, what is written on it, the camera; and the truth about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import UsageError
from core.frame import Box, Luma
from train.scenes import camera, papers, pens, textures, view
from train.scenes.camera import Quality
from train.scenes.canvas import Canvas, Stamp
from train.scenes.cutouts import moved, side_by_side
from train.scenes.distractors import DISTRACTORS, fingers
from train.scenes.fields import Field, Shape, chance, log_uniform, octaves
from train.scenes.layout import LAYOUTS
from train.scenes.material import Material
from train.scenes.page import Page
from train.scenes.truth import Digit, Number, Scene, Truth
from train.scenes.view import View
from train.scenes.writing import habit, height_px

EMPTY_SHARE = 0.25
"""Of the scenes: those without any digit. Most of a camera's life is that, and a spotter is to be silent then."""

WITH_DIGITS = {
    "rows": 0.21,
    "columns": 0.09,
    "table": 0.12,
    "form": 0.08,
    "close": 0.15,
    "amount": 0.14,
    "cell": 0.14,
    "scattered": 0.07,
}
"""Share of each layout among the scenes with digits."""

WITHOUT_DIGITS = {"texture": 0.34, "words": 0.18, "print": 0.18, "doodles": 0.12, "blank": 0.18}
"""Share of each kind among the scenes without digits."""

KINDS = (*WITH_DIGITS, *WITHOUT_DIGITS)

PAPER_SHARES = {
    "plain": 0.2,
    "kraft": 0.05,
    "creased": 0.09,
    "ruled": 0.14,
    "squared": 0.13,
    "dotted": 0.03,
    "guilloche": 0.12,
    "tinted": 0.04,
    "whiteboard": 0.07,
    "blackboard": 0.08,
    "dark paper": 0.05,
}

DOCUMENT_PAPER_SHARES = {
    "plain": 0.34,
    "kraft": 0.06,
    "creased": 0.08,
    "ruled": 0.14,
    "squared": 0.08,
    "guilloche": 0.14,
    "tinted": 0.1,
    "blackboard": 0.02,
    "dark paper": 0.04,
}
"""Under what was cut out of documents."""

DOCUMENT_KINDS = ("amount", "cell")
"""Their sheets fill the view, and nobody's fingers are on them."""

SIDE_BY_SIDE = {"cell": 1.0, "amount": 0.45, "close": 0.6}
"""Share of the scenes of a kind: some of them in one frame, cut out each by itself."""

CHEQUE_SHARE = 0.25
"""Of the scenes close to one number: on a ground of waves, beside the share that other scenes have."""

NEGATIVE_SHARE = 0.04
"""Of the scenes: tones turned round, as on scans and screens in dark colours."""
ENLARGED_SHARE = 0.12
"""Of the scenes: a small picture enlarged to the frame, as a crop of a few dozen pixels is before it is read."""
SEEN_SHARE = 0.7
"""Of a digit's ink that must be in the frame: with less, some digits could be others."""
COVERED_SHARE = 0.2
"""Of a digit's ink that may be under a finger."""
LEAST_DIGIT_PX = 7
"""Height of the ink. Fewer pixels no longer tell a 3 from an 8."""
LEAST_CONTRAST = 10.0
"""Grey levels of 255 between ink and what is around it. With less a digit counts neither way."""
LEAST_CONTRAST_TO_GROUND = 0.9
"""The same, as a multiple of the deviation of noise and texture around it."""

LEAST_SIDE_PX = 32


def scene(
    material: Material, shape: Shape, seed: int, index: int, empty_share: float = EMPTY_SHARE, kind: str | None = None
) -> Scene:
    """Scene `index` of `seed`: for the same material, shape and shares always the same, to the bit.

    `shape` is (height, width) in px. A share `empty_share` of all scenes has no digit; 1 for nothing but such scenes.
    `kind`, one of KINDS, asks for scenes of one kind. Raises UsageError for a shape, share or kind that cannot be.
    """
    _check(shape, empty_share, kind)
    rng = np.random.default_rng([seed, index])
    empty = chance(rng, empty_share)
    drawn = _choice(WITHOUT_DIGITS if empty else WITH_DIGITS, rng)
    kind = drawn if kind is None else kind
    if chance(rng, SIDE_BY_SIDE.get(kind, 0.0)):
        return side_by_side(lambda inner: _taken(material, inner, kind, rng), shape, rng)
    if chance(rng, ENLARGED_SHARE):
        return _enlarged(material, shape, kind, rng)
    return _taken(material, shape, kind, rng)


def _check(shape: Shape, empty_share: float, kind: str | None) -> None:
    if min(shape) < LEAST_SIDE_PX:
        raise UsageError(
            f"a scene of {shape[1]}x{shape[0]} px is too small; allowed: {LEAST_SIDE_PX} px a side and more"
        )
    if not 0 <= empty_share <= 1:
        raise UsageError(f"the share of empty scenes is {empty_share:g}; allowed: 0 to 1")
    if kind is not None and kind not in KINDS:
        raise UsageError(f"no scenes of kind {kind!r}; allowed: {', '.join(KINDS)}")


def _choice(shares: dict[str, float], rng: np.random.Generator) -> str:
    weights = np.array(list(shares.values()))
    return list(shares)[int(rng.choice(len(weights), p=weights / weights.sum()))]


def _enlarged(material: Material, shape: Shape, kind: str, rng: np.random.Generator) -> Scene:
    """A scene of fewer pixels, enlarged until it fills the frame's height or width; beside it is nothing."""
    height, width = shape
    factor = log_uniform(rng, 1.3, 4)
    inner = [max(LEAST_SIDE_PX, round(side / factor)) for side in shape]
    if chance(rng, 0.5):  # of another form than the frame
        side = int(rng.integers(2))
        inner[side] = max(LEAST_SIDE_PX, round(inner[side] * rng.uniform(0.4, 1)))
    small = _taken(material, (inner[0], inner[1]), kind, rng)
    factor = min(height / inner[0], width / inner[1])
    size = max(1, int(inner[1] * factor)), max(1, int(inner[0] * factor))
    kinds = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST)
    large = cv2.resize(small.luma, size, interpolation=kinds[int(rng.choice(3, p=[0.5, 0.45, 0.05]))])
    spare = height - size[1], width - size[0]
    top, left = (int(rng.integers(0, free + 1)) for free in spare)
    border = (top, spare[0] - top, left, spare[1] - left)
    if chance(rng, 0.25):
        frame = cv2.copyMakeBorder(large, *border, cv2.BORDER_REPLICATE)
    else:
        level = int(rng.choice([0, 127, 255, round(float(large.mean()))]))
        frame = cv2.copyMakeBorder(large, *border, cv2.BORDER_CONSTANT, value=level)
    scale = size[0] / inner[1], size[1] / inner[0]
    digits = [replace(digit, box=moved(digit.box, scale, left, top)) for digit in small.truth.digits]
    ignore = tuple(moved(box, scale, left, top) for box in small.truth.ignore)
    return Scene(frame, Truth(tuple(digits), small.truth.numbers, ignore), kind, small.light_on_dark)


def _taken(material: Material, shape: Shape, kind: str, rng: np.random.Generator) -> Scene:
    high_px = height_px(rng, 0.7 * min(shape))
    where = view.askew(shape, rng)
    if kind == "texture":
        ground = _ground(material, where, rng)
        if chance(rng, 0.1):
            fingers(ground, rng)
        light = chance(rng, 0.5)
        return Scene(_frame(ground, Quality(high_px), rng), Truth((), (), ()), kind, light)
    document = kind in DOCUMENT_KINDS
    paper = _choice(DOCUMENT_PAPER_SHARES if document else PAPER_SHARES, rng)
    if kind == "close" and chance(rng, CHEQUE_SHARE):
        paper = "guilloche"
    page = _page(material, where, paper, high_px, rng, ends_share=0.05 if document else 0.3)
    if kind in WITH_DIGITS and chance(rng, 0.12) and kind != "close" and not document:
        DISTRACTORS["print"](page)  # print that was there before the pen
    finest_px = high_px
    if kind in LAYOUTS:
        LAYOUTS[kind](page)
        if not page.written:  # there was no room for it
            LAYOUTS["scattered"](page)
        heights = [written.stamp.ink_box.height for written in page.written if written.stamp.ink_box is not None]
        finest_px = float(np.median(heights)) if heights else high_px
    for name in _further(kind, rng):
        DISTRACTORS[name](page)
    if np.isfinite(page.ends).any():
        _cut_out(page, _ground(material, where, rng))
    covered = fingers(page.canvas.reflectance, rng) if chance(rng, 0.01 if document else 0.07) else None
    negative = chance(rng, NEGATIVE_SHARE)
    if negative:
        page.canvas.reflectance = np.float32(1.02) - np.clip(page.canvas.reflectance, 0, 1)
    luma = _frame(page.canvas.reflectance, Quality(finest_px), rng)
    return Scene(luma, _truth(page, luma, covered), kind, (paper in papers.DARK) != negative)


def _frame(reflectance: Field, quality: Quality, rng: np.random.Generator) -> Luma:
    return camera.photographed(reflectance, quality, rng)


def _ground(material: Material, where: View, rng: np.random.Generator) -> Field:
    """Something that nobody writes on; if there are pictures to use, half of the time one of them."""
    if material.grounds and chance(rng, 0.5):
        return _from_picture(material.grounds[rng.integers(len(material.grounds))], where.shape, rng)
    names = list(textures.TEXTURES)
    field = textures.TEXTURES[names[rng.integers(len(names))]](where, rng)
    if chance(rng, 0.2):  # two materials with an edge between them
        other = textures.TEXTURES[names[rng.integers(len(names))]](where, rng)
        split = octaves(where.shape, max(where.shape), rng, 1) if chance(rng, 0.4) else where.sheet[rng.integers(2)]
        field = np.where(split > rng.uniform(-0.5, 0.5), field, other)
    return field


def _from_picture(picture: NDArray[np.uint8], shape: Shape, rng: np.random.Generator) -> Field:
    """A part of the picture, mirrored at random, at its own scale or larger; where it ends it goes on mirrored."""
    zoom = rng.uniform(0.8, 1.6)
    flip = rng.integers(4)
    picture = picture[:: -1 if flip & 1 else 1, :: -1 if flip & 2 else 1]
    height, width = shape
    spare = np.array([picture.shape[1] * zoom - width, picture.shape[0] * zoom - height])
    shift = -spare * rng.random(2)
    size = np.array([[zoom, 0, shift[0]], [0, zoom, shift[1]]])
    part = cv2.warpAffine(
        np.ascontiguousarray(picture), size, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    return part * np.float32(1 / 255)


def _page(
    material: Material, where: View, paper: str, high_px: float, rng: np.random.Generator, *, ends_share: float
) -> Page:
    """A sheet of this paper; it ends in view in `ends_share` of the scenes, with whatever lies beyond."""
    height, width = where.shape
    if chance(rng, 0.03):  # written on anything: wood, a wall, a carton
        reflectance = cv2.GaussianBlur(_ground(material, where, rng), (0, 0), 1.5) * np.float32(0.4) + np.float32(0.55)
        paper = "plain"
    else:
        reflectance = papers.PAPERS[paper](where, high_px, rng)
    area = np.array([-width / 2, -height / 2, width / 2, height / 2])
    ends = np.array([-np.inf, -np.inf, np.inf, np.inf])
    if chance(rng, ends_share):
        inset = rng.uniform(0.05, 0.3, 4) * (rng.random(4) < 0.45) * (width, height, width, height)
        area += inset * (1, 1, -1, -1)
        ends = np.where(inset > 0, area, ends)
        # Some room is left however small the scene is.
        area += np.where(inset > 0, min(0.3 * high_px, 10, 0.15 * min(height, width)), 0) * (1, 1, -1, -1)
    names = pens.LIGHT_PENS if paper in papers.DARK else pens.DARK_PENS
    name = names[rng.integers(len(names))]
    if paper == "whiteboard":
        name = "marker" if chance(rng, 0.7) else "felt pen"
    elif paper == "blackboard":
        name = "chalk"
    hand = material.hand(rng)
    return Page(
        Canvas(where, reflectance),
        hand,
        habit(rng),
        pens.take(name, rng),
        high_px,
        tuple(area.tolist()),
        tuple(ends.tolist()),
        rng,
    )


def _cut_out(page: Page, beyond: Field) -> None:
    """Let the sheet end at its ends and show `beyond`, on which it may cast a shadow."""
    rng = page.rng
    x, y = page.canvas.view.sheet
    left, top, right, bottom = np.array(page.ends, np.float32)
    inside = np.minimum(np.minimum(x - left, right - x), np.minimum(y - top, bottom - y))
    if chance(rng, 0.6):
        reach = np.float32(rng.uniform(2, 14))
        beyond = beyond * (1 - np.clip(1 + inside / reach, 0, 1) * np.float32(rng.uniform(0.1, 0.6)))
    cover = np.clip(inside + 0.5, 0, 1)
    sheet = page.canvas.reflectance
    sheet -= beyond
    sheet *= cover
    sheet += beyond


def _further(kind: str, rng: np.random.Generator) -> Sequence[str]:
    """What else is on the page, in the order in which it is laid there."""
    match kind:
        case "words":
            chosen = ["words"] * int(rng.integers(1, 4)) + ["sign"] * int(rng.integers(0, 3))
        case "print":
            chosen = ["print"] * int(rng.integers(1, 6)) + ["empty grid"] * int(chance(rng, 0.2))
        case "doodles":
            chosen = ["doodle"] * int(rng.integers(1, 7)) + ["sign"] * int(rng.integers(0, 5)) + ["underline"]
        case "blank":
            chosen = ["empty grid"] * int(chance(rng, 0.25)) + ["stain"] * int(rng.integers(0, 3))
        case "close" | "amount" | "cell":
            return [name for name in ("stain", "underline") if chance(rng, 0.08)]
        case _:
            chosen = []
    odds = {"words": 0.2, "print": 0.15, "doodle": 0.15, "sign": 0.2, "underline": 0.08, "stain": 0.1, "marks": 0.06}
    if kind in LAYOUTS:
        return [*chosen, *(name for name, share in odds.items() if chance(rng, share))]
    return [*chosen, *(name for name in ("stain", "marks") if chance(rng, 0.12))]


def _truth(page: Page, luma: Luma, covered: Field | None) -> Truth:
    """What of the page is to be found in the frame that became of it."""
    texts, whole = [""] * len(page.lines), [True] * len(page.lines)
    found: list[tuple[int, Box, int]] = []
    ignore = list(page.canvas.printed_digits)
    for written in page.written:
        stamp = written.stamp
        if stamp.ink_box is None:
            whole[written.number] = False
        elif written.void or not _is_readable(stamp, luma, covered):
            whole[written.number] = False
            ignore.append(stamp.ink_box)
        else:
            texts[written.number] += str(written.label)
            found.append((written.label, stamp.ink_box, written.number))
    kept = {number: place for place, number in enumerate(sorted({number for _, _, number in found}))}
    numbers = tuple(Number(texts[number], page.lines[number], whole[number]) for number in kept)
    return Truth(tuple(Digit(label, box, kept[number]) for label, box, number in found), numbers, tuple(ignore))


def _is_readable(stamp: Stamp, luma: Luma, covered: Field | None) -> bool:
    box = stamp.box
    assert stamp.ink_box is not None  # noqa: S101 — for type checkers
    if stamp.seen < SEEN_SHARE or stamp.ink_box.height < LEAST_DIGIT_PX:
        return False
    inside = slice(box.y, box.bottom), slice(box.x, box.right)
    if covered is not None and float((covered[inside] * stamp.cover).sum()) > COVERED_SHARE * float(stamp.cover.sum()):
        return False
    part = luma[inside]
    ink = (stamp.cover > 0.6 * float(stamp.cover.max())).astype(np.uint8)
    paper = (stamp.cover < 0.02).astype(np.uint8)
    if cv2.countNonZero(ink) == 0 or cv2.countNonZero(paper) == 0:
        return False
    # Light that falls unevenly is no noise: only what changes within a digit is.
    reach = max(5, stamp.ink_box.height // 2 * 2 + 1)
    grain = cv2.subtract(part, cv2.blur(part, (reach, reach)), dtype=cv2.CV_32F)
    deviation = float(cv2.meanStdDev(grain, mask=paper)[1][0, 0])
    contrast = abs(cv2.mean(part, mask=ink)[0] - cv2.mean(part, mask=paper)[0])
    return contrast >= max(LEAST_CONTRAST, LEAST_CONTRAST_TO_GROUND * deviation)
