"""The sheet as the camera will see it, while things are laid on it."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Box
from train.scenes import pens
from train.scenes.fields import Field
from train.scenes.pens import Glyph, Ink
from train.scenes.view import Points, View

SUBPIXEL_BITS = 4
"""OpenCV draws at fractions of a pixel when told the number of binary places."""
INK_FROM = 0.3
"""Share of a pixel covered from which it counts as ink."""
MOST_STAMP_SHARE = 3
"""Of the frame's longer side, that a glyph may take. Near the horizon of a tilted sheet it would take kilometres."""


@dataclass
class Stamp:
    """Ink laid in the frame: how much of each pixel of `box` is covered, 0 to 1."""

    box: Box
    """Of `cover`, which lies within the frame."""
    cover: Field
    ink_box: Box | None
    """Around the ink within the frame; None if there is none."""
    seen: float
    """Share of the ink that is within the frame, 0 to 1."""


@dataclass
class Canvas:
    """Reflectance of what is in view, 0 to 1, in pixels of the frame."""

    view: View
    reflectance: Field
    taken: list[Box] = field(default_factory=list)
    """Where something is to be read: further things keep away."""
    printed_digits: list[Box] = field(default_factory=list)

    def is_free(self, box: Box) -> bool:
        """Whether nothing was put there, and it overlaps the frame."""
        height, width = self.view.shape
        if box.right <= 0 or box.bottom <= 0 or box.x >= width or box.y >= height:
            return False
        return not any(
            box.x < other.right and other.x < box.right and box.y < other.bottom and other.y < box.bottom
            for other in self.taken
        )

    def paint(self, cover: Field, box: Box, level: float | Field) -> None:
        """Lay a colour over the part `box` of the frame, where and as much as `cover` says."""
        part = self.reflectance[box.y : box.bottom, box.x : box.right]
        part += (level - part) * cover

    def glyph(self, glyph: Glyph, placed: NDArray[np.float64], ink: Ink, rng: np.random.Generator) -> Stamp | None:
        """Write a glyph; `placed`, (2, 3), takes pixels of it to the sheet. None if it is outside of the frame,
        or at the horizon."""
        drawn = pens.distances(glyph, ink)
        height, width = drawn.field.shape
        from_field = np.array([[1 / pens.FIELD_SCALE, 0, drawn.origin[0]], [0, 1 / pens.FIELD_SCALE, drawn.origin[1]]])
        to_sheet = placed[:, :2] @ from_field
        to_sheet[:, 2] += placed[:, 2]
        near = self.view.affine_at(to_sheet @ np.array([width / 2, height / 2, 1.0]))
        whole = near[:, :2] @ to_sheet
        whole[:, 2] += near[:, 2]
        corners = np.array([[0, 0], [width, 0], [0, height], [width, height]]) @ whole[:, :2].T + whole[:, 2]
        left, top = np.floor(corners.min(axis=0)).astype(int).tolist()
        right, bottom = np.ceil(corners.max(axis=0)).astype(int).tolist()
        frame_height, frame_width = self.view.shape
        if right <= 0 or bottom <= 0 or left >= frame_width or top >= frame_height:
            return None
        if max(right - left, bottom - top) > MOST_STAMP_SHARE * max(self.view.shape):
            return None
        whole[:, 2] -= (left, top)
        px_a_cell = abs(float(np.linalg.det(whole[:, :2]))) ** 0.5
        flags = cv2.INTER_CUBIC if px_a_cell > 1 else cv2.INTER_LINEAR
        # Beyond the field it is at least as far to any ink as at its edge.
        size = right - left, bottom - top
        field = cv2.warpAffine(drawn.field, whole, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return self._stamped(pens.coverage(field, drawn.half, px_a_cell, ink, rng), left, top, ink, rng)

    def stroke(
        self, path: Points, width: float, ink: Ink, rng: np.random.Generator, closed: bool = False
    ) -> Box | None:
        """Draw a line of some width through points of the sheet; the part of the frame it is in, or None."""
        return self.strokes([path], width, ink, rng, closed)

    def strokes(
        self, paths: list[Points], width: float, ink: Ink, rng: np.random.Generator, closed: bool = False
    ) -> Box | None:
        """As `stroke`, several lines with one pen; where they cross the ink is no darker."""
        projected = [self.view.project(path) for path in paths]
        cover, box = _lines(projected, width, self.view.shape, closed)
        if cover is None:
            return None
        self.paint(pens.laid(cover, ink, rng), box, ink.level)
        return box

    def mask(self, mask: NDArray[np.uint8], placed: NDArray[np.float64], level: float, opacity: float) -> Box | None:
        """Lay a picture of coverage, 0 to 255, on the sheet, which `placed`, (2, 3), takes its pixels to."""
        height, width = mask.shape
        near = self.view.affine_at(placed @ np.array([width / 2, height / 2, 1.0]))
        whole = near[:, :2] @ placed
        whole[:, 2] += near[:, 2]
        corners = np.array([[0, 0], [width, 0], [0, height], [width, height]]) @ whole[:, :2].T + whole[:, 2]
        frame_height, frame_width = self.view.shape
        left, top = np.maximum(np.floor(corners.min(axis=0) - 1), 0).astype(int).tolist()
        right, bottom = np.minimum(np.ceil(corners.max(axis=0) + 1), (frame_width, frame_height)).astype(int).tolist()
        if left >= right or top >= bottom:
            return None
        whole[:, 2] -= (left, top)
        scale = abs(float(np.linalg.det(whole[:, :2]))) ** 0.5
        if scale < 0.6:
            mask, whole = _shrunk(mask, whole, scale)
        cover = cv2.warpAffine(mask, whole, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
        box = Box(left, top, right - left, bottom - top)
        self.paint(cover * np.float32(opacity / 255), box, level)
        return box

    def _stamped(self, cover: Field, left: int, top: int, ink: Ink, rng: np.random.Generator) -> Stamp | None:
        """Lay `cover` with its corner at (left, top), in or out of the frame."""
        frame_height, frame_width = self.view.shape
        x, y = max(0, -left), max(0, -top)
        inner = cover[y : frame_height - top, x : frame_width - left]
        box = Box(left + x, top + y, inner.shape[1], inner.shape[0])
        total = float(cover.sum())
        seen = float(inner.sum()) / total if total > 0 else 0.0
        ink_x, ink_y, ink_width, ink_height = cv2.boundingRect((inner > INK_FROM).astype(np.uint8))
        ink_box = Box(box.x + ink_x, box.y + ink_y, ink_width, ink_height) if ink_width else None
        kept = inner.copy()
        self.paint(pens.laid(inner, ink, rng), box, ink.level)
        return Stamp(box, kept, ink_box, seen)


def _shrunk(
    mask: NDArray[np.uint8], whole: NDArray[np.float64], scale: float
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """`mask` made smaller by area first, so that fine lettering does not fall between the pixels."""
    height, width = mask.shape
    size = max(1, round(width * scale)), max(1, round(height * scale))
    whole = whole.copy()
    whole[:, 0] *= width / size[0]
    whole[:, 1] *= height / size[1]
    return cv2.resize(mask, size, interpolation=cv2.INTER_AREA), whole


def _lines(paths: list[Points], width_px: float, shape: tuple[int, int], closed: bool) -> tuple[Field | None, Box]:
    """(coverage of the part of the frame that the lines are in, or None, that part)."""
    everything = np.vstack(paths)
    margin = width_px / 2 + 2
    nothing = Box(0, 0, 0, 0)
    if not np.isfinite(everything).all() or np.abs(everything).max() > 20_000:
        return None, nothing
    left, top = np.maximum(np.floor(everything.min(axis=0) - margin), 0).astype(int).tolist()
    limits = np.array(shape[::-1])
    right, bottom = np.minimum(np.ceil(everything.max(axis=0) + margin), limits).astype(int).tolist()
    if left >= right or top >= bottom:
        return None, nothing
    drawn = np.zeros((bottom - top, right - left), np.uint8)
    thickness = max(1, round(width_px))
    fixed = [np.round((path - (left, top)) * (1 << SUBPIXEL_BITS)).astype(np.int32) for path in paths]
    cv2.polylines(drawn, fixed, closed, 255, thickness, cv2.LINE_AA, SUBPIXEL_BITS)
    return drawn * np.float32(min(1.0, width_px / thickness) / 255), Box(left, top, right - left, bottom - top)
