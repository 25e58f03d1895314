"""What moved between two frames: all of the picture, or something in a part of it. Found on small pictures.

Small pictures hold contrast, not brightness: each pixel as a share of the light around it. A lamp that flickers, the
dark bands that it makes in a camera, and most of a hand's shadow are then no difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Box, Luma

SMALL_SIDE_PX = 240
"""The longer side of small pictures is less than this, and more than half of it unless the frame is smaller: a frame of
640×480 is seen as 160×120. A stroke of 3 px then is 0.75 px wide, and noise four times weaker."""

AROUND_PX = 9
"""Contrast is with a square this wide in the small picture: narrower than bands of flicker, wider than strokes."""

DARKEST_LIGHT = 24
"""Of 255. In less light than this noise would be contrast."""

PLAIN = 128
"""Contrast of what is as light as its surroundings."""

CELL_PX = 8
"""What differs is told of cells this wide in the small picture: 32 px of 640."""

LEAST_STRAY_PX = 3
"""Pixels of a cell that differ, for it to. A digit 30 px high has 7 along its stroke, in two cells at worst; grain has
one or two."""

LEAST_STRAY = 4.0
STRAY_PER_GRAIN = 3.0
"""A pixel differs if its contrast does by more than LEAST_STRAY and so many times the mean difference between two
frames of a view at rest. Of 1,200 frames of 48 drawn scenes at rest, with noise of 2 to 8 grey levels, JPEG of quality
40 to 90 and light of ±5 %, none then differed. One more digit 30 px high, with strokes of 3 px, was missed in 2 of 192
frames if it takes 60 % of the light; if 30 %, in 8 of 128, and with noise of 8 grey levels in 19 of 64; if 20 %, in 24
of 128. The scenes are as they come, with textures and doodles where the digit was put."""

SAMPLED_PART = np.uint8(2)
"""Of the contrast within 3×3 px the half: so much darker or lighter a thin stroke may come out where it lies otherwise
among the pixels."""

MOST_GRAIN = 4.0
"""More than this between two frames is motion, not noise."""

EXPLAINED_SHARE = 0.1
"""Of the squared difference between two frames that a shift has to explain; noise explains none. Shifts by up to 16 px
of drawn scenes with noise of 2 to 8 grey levels are told to 0.2 px of 640 (median) or 0.5 px (90 %); 7 of 576 were
wrong by more than 2 px, all of one faint scene."""

TRUSTED_SHIFT_PX = 0.6
MOST_SMALL_PX = 1.5
"""Of the small picture: gradients tell of shifts about as far as a stroke is wide."""

ANOTHER_SHARE = 0.6
LEAST_THERE = 10
"""Of the cells with something in them, or of so many if they are fewer: if more differ and no shift explains it, it is
another picture."""

UPSET_SHARE = 0.25
"""Of the cells that are the same in both pictures, at most so many may differ when those are laid on each other: a hand
moves as far as it likes, but the page below it stays."""

ALIGNED_SHARE = 0.5
"""Of the cells that differ, at most so many still do when the pictures are laid on each other as they moved."""

LEAST_FAR_PX = 16
"""Lower pictures have too little in them for a correlation."""

Shift = tuple[float, float]
"""(x, y) in px: right and down are positive."""


@dataclass(frozen=True)
class View:
    """A frame, made small."""

    size: tuple[int, int]
    """(height, width) of the frame."""
    fine: Luma
    """Twice as large as `coarse`, or the same for frames that are small themselves."""
    coarse: Luma
    contrast: Luma
    """uint8, as `coarse`: share of the light around, PLAIN where it is the same."""

    @cached_property
    def span(self) -> tuple[Luma, Luma]:
        """uint8 both, as `coarse`: least and largest contrast that each 3×3 px may show when they tremble."""
        least = cv2.erode(self.contrast, _SQUARE, borderType=cv2.BORDER_REPLICATE)
        most = cv2.dilate(self.contrast, _SQUARE, borderType=cv2.BORDER_REPLICATE)
        spare = cv2.subtract(most, least) // SAMPLED_PART
        return cv2.subtract(least, spare), cv2.add(most, spare)

    @cached_property
    def smooth(self) -> NDArray[np.float32]:
        """Contrast without its grain."""
        return cv2.blur(self.contrast, (3, 3)).astype(np.float32)

    @property
    def scale(self) -> float:
        """Px of the frame in one of `coarse`."""
        return float(max(self.size) / max(self.coarse.shape))


_SQUARE = np.ones((3, 3), np.uint8)


def view(luma: Luma) -> View:
    """`luma`, uint8 (H, W), made small."""
    fine = coarse = luma
    while max(coarse.shape) >= SMALL_SIDE_PX and min(coarse.shape) >= 2:
        fine, coarse = coarse, _halved(coarse)
    if coarse is luma:
        # Cameras use their buffers again; what is kept must be our own.
        fine = coarse = luma.copy()
    around = cv2.max(cv2.blur(coarse, (AROUND_PX, AROUND_PX)), float(DARKEST_LIGHT))
    return View((luma.shape[0], luma.shape[1]), fine, coarse, cv2.divide(coarse, around, scale=PLAIN))


def _halved(luma: Luma) -> Luma:
    # An odd line is left out: averages of whole pixels are twenty times faster than of parts of them.
    height, width = luma.shape[0] // 2, luma.shape[1] // 2
    return cv2.resize(luma[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)


# --- what differs -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Strays:
    """Where two frames differ by more than noise and a shift of a pixel of the small picture."""

    cells: NDArray[np.bool_]
    """(rows, columns)."""
    cell_px: float
    """Side of a cell in px of the frame."""

    def near(self, box: Box, margin: float) -> bool:
        """Whether any cell in `box`, or closer to it than `margin` times its height, differs."""
        reach = margin * box.height
        top, bottom = self._span(box.y - reach, box.bottom + reach, self.cells.shape[0])
        left, right = self._span(box.x - reach, box.right + reach, self.cells.shape[1])
        return bool(self.cells[top:bottom, left:right].any())

    def _span(self, low: float, high: float, count: int) -> tuple[int, int]:
        first = min(max(int(low // self.cell_px), 0), count - 1)
        return first, min(max(int(-(-high // self.cell_px)), first + 1), count)


def grain(before: View, now: View) -> float:
    """Mean absolute difference of contrast, 0 to 255; what it is at rest is noise."""
    return float(cv2.mean(cv2.absdiff(before.contrast, now.contrast))[0])


def usual_grain(before: View, now: View) -> float:
    """The same of the cell in the middle when they are sorted by it, since something may move in the others."""
    rows, columns = (-(-side // CELL_PX) for side in now.contrast.shape)
    difference = cv2.absdiff(before.contrast, now.contrast).astype(np.float32)
    return float(np.median(cv2.resize(difference, (columns, rows), interpolation=cv2.INTER_AREA)))


def tolerance(at_rest: float) -> float:
    """By how much the contrast of a pixel may differ if `grain` is `at_rest` when nothing moves."""
    return LEAST_STRAY + STRAY_PER_GRAIN * min(at_rest, MOST_GRAIN)


def strays(before: View, now: View, at_rest: float, shift: Shift = (0.0, 0.0)) -> Strays:
    """Where `now` differs from `before` once that is moved by `shift`, in px of the frame. Both are of one size.

    A pixel differs if it is out of the range of the 3×3 px around it in the other picture, so that edges that tremble
    do not; both ways round, or ink that is wiped away would hide among its surroundings.
    """
    here, there = _common(now.contrast.shape, shift, now.scale)
    cells = np.zeros((-(-now.contrast.shape[0] // CELL_PX), -(-now.contrast.shape[1] // CELL_PX)), np.bool_)
    # At rest no pixel differs from its own, let alone from all those around it.
    same = shift == (0.0, 0.0) and _furthest(before, now) <= tolerance(at_rest)
    if now.contrast[here].size and not same:
        old, new = before.contrast[there], now.contrast[here]
        (old_low, old_high), (new_low, new_high) = before.span, now.span
        appeared = cv2.max(cv2.subtract(new, old_high[there]), cv2.subtract(old_low[there], new))
        vanished = cv2.max(cv2.subtract(old, new_high[here]), cv2.subtract(new_low[here], old))
        most = cv2.max(appeared, vanished)
        cells = _cells(now.contrast.shape, here, most > tolerance(at_rest))
    return Strays(cells, CELL_PX * now.scale)


def _furthest(before: View, now: View) -> float:
    """The largest difference of contrast."""
    return float(cv2.norm(before.contrast, now.contrast, cv2.NORM_INF))


def structured(seen: View, at_rest: float) -> NDArray[np.bool_]:
    """(rows, columns): the cells of `strays` in which there is something to see."""
    everywhere = slice(None), slice(None)
    low, high = seen.span
    return _cells(
        seen.contrast.shape,
        everywhere,
        cv2.subtract(high, low) > 2 * (1 + 2 / int(SAMPLED_PART)) * tolerance(at_rest),
    )


def _cells(shape: tuple[int, ...], where: tuple[slice, slice], marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(rows, columns): the cells of a picture of `shape` with LEAST_STRAY_PX `marked` in its part `where`."""
    rows, columns = -(-shape[0] // CELL_PX), -(-shape[1] // CELL_PX)
    padded = np.zeros((rows * CELL_PX, columns * CELL_PX), np.uint8)
    padded[: shape[0], : shape[1]][where] = marked
    # Rows first: eight of them are added at the speed of memory, while columns are but a few numbers by then.
    by_row = padded.reshape(rows, CELL_PX, columns * CELL_PX).sum(axis=1, dtype=np.uint8)
    counts = by_row.reshape(rows, columns, CELL_PX).sum(axis=2, dtype=np.uint8)
    # A picture of one or two pixels has no cell with three.
    return np.asarray(counts >= min(LEAST_STRAY_PX, shape[0] * shape[1]))


def _common(shape: tuple[int, ...], shift: Shift, scale: float) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Where a small picture, and where the one before it, shows what both show."""
    x, y = (round(part / scale) for part in shift)
    height, width = shape[0], shape[1]
    x, y = max(-width, min(x, width)), max(-height, min(y, height))
    here = slice(max(0, y), height + min(0, y)), slice(max(0, x), width + min(0, x))
    there = slice(max(0, -y), height + min(0, -y)), slice(max(0, -x), width + min(0, -x))
    return here, there


# --- how all of it moved ----------------------------------------------------------------------------------------------


def shift_between(before: View, now: View, at_rest: float) -> Shift | None:
    """How far all of the picture moved, in px of the frame; (0, 0) if it did not or nothing shows; None if it is
    another picture. Both are of one size.

    Small shifts by least squares over brightness gradients (Lucas and Kanade, 1981), without the cells in which
    something moves by itself. If that is in most of them, all of the picture may have moved far: then by phase
    correlation (Kuglin and Hines, 1975), which counts only if the pictures agree when they are laid on each other.
    """
    found = _gradients(before.smooth, now.smooth)
    if _furthest(before, now) <= tolerance(at_rest) or (found.explained >= 0.5 and found.small(TRUSTED_SHIFT_PX)):
        return found.scaled(now.scale)
    moving = strays(before, now, at_rest).cells
    there = structured(before, at_rest) | structured(now, at_rest)
    far = _far(before, now, at_rest, moving, there & ~moving)
    if far is not None:
        return far
    if np.count_nonzero(moving & there) > ANOTHER_SHARE * max(LEAST_THERE, int(np.count_nonzero(there))):
        return None
    return _gradients(before.smooth, now.smooth, ~moving).scaled(now.scale)


def _far(
    before: View, now: View, at_rest: float, moving: NDArray[np.bool_], resting: NDArray[np.bool_]
) -> Shift | None:
    """A shift that makes the pictures alike, of which these cells are `moving` and `resting`; None if there is none."""
    height, width = now.contrast.shape
    if min(height, width) < LEAST_FAR_PX or not moving.any():
        return None
    old, new = (_halved(picture.contrast).astype(np.float32) - PLAIN for picture in (before, now))
    (half_x, half_y), _ = cv2.phaseCorrelate(old, new)
    x, y = round(2 * half_x), round(2 * half_y)
    if abs(x) > width / 2 or abs(y) > height / 2:
        return None
    shift = x * now.scale, y * now.scale
    left = strays(before, now, at_rest, shift).cells
    if np.count_nonzero(left) > ALIGNED_SHARE * np.count_nonzero(moving):
        return None
    if np.count_nonzero(left & resting) > UPSET_SHARE * np.count_nonzero(resting):
        return None
    here, there = _common(now.contrast.shape, shift, now.scale)
    rest = _gradients(before.smooth[there], now.smooth[here]).scaled(now.scale)
    return shift[0] + rest[0], shift[1] + rest[1]


class _Found(NamedTuple):
    """A small shift."""

    x: float
    y: float
    explained: float
    """Share of the squared difference; 0 if nothing tells."""

    def small(self, most: float) -> bool:
        return abs(self.x) <= most >= abs(self.y)

    def scaled(self, scale: float) -> Shift:
        """In px of the frame; (0, 0) if it explains too little."""
        if self.explained < EXPLAINED_SHARE or not self.small(MOST_SMALL_PX):
            return 0.0, 0.0
        return self.x * scale, self.y * scale


def _gradients(old: NDArray[np.float32], new: NDArray[np.float32], cells: NDArray[np.bool_] | None = None) -> _Found:
    """The shift from `old` to `new` in their px; of their `cells` only, if some are given."""
    middle = cv2.addWeighted(old, 0.5, new, 0.5, 0)
    across = cv2.Sobel(middle, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8).ravel()
    down = cv2.Sobel(middle, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8).ravel()
    # Smoothed as the gradients are by how they are taken, or shifts of thin strokes would come out a sixth too large.
    later = cv2.GaussianBlur(cv2.subtract(new, old), (3, 3), 0).ravel()
    if cells is not None:
        inside = cells.repeat(CELL_PX, axis=0)[: old.shape[0]].repeat(CELL_PX, axis=1)[:, : old.shape[1]].ravel()
        across, down, later = across * inside, down * inside, later * inside
    xx, xy, yy = float(across @ across), float(across @ down), float(down @ down)
    x_later, y_later, whole = float(across @ later), float(down @ later), float(later @ later)
    determinant = xx * yy - xy * xy
    # Lines of one direction, or none, do not tell how far they moved along themselves.
    if whole <= 0 or determinant <= 0.01 * (xx + yy) ** 2:
        return _Found(0.0, 0.0, 0.0)
    x = (xy * y_later - yy * x_later) / determinant
    y = (xy * x_later - xx * y_later) / determinant
    return _Found(x, y, -(x * x_later + y * y_later) / whole)
