"""Frame to glyphs: every piece of ink that could be a digit, normalised, with its place in the frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Box, Luma
from core.glyph import GLYPH_SIZE_PX, normalise
from core.ink import Piece, find_pieces
from core.paper import Polarity

WIDEST_ASPECT = 6.0
"""Digits that touch are not wider than this times their height; a fraction bar or a ruled line is."""

THINNEST_ASPECT = 16.0
"""A 1 drawn with a fine pen is at most this many times higher than wide; a table's rule is more."""

SMALLEST_HEIGHT_SHARE = 0.12
"""Of the height most of the ink has: less is a dot, a comma or a speck, whatever the digits' own height."""

LEAST_SIDE_PX = 150
"""Smaller frames are enlarged to this: they are crops, and between their digits are few pixels to cut along. Still too
small for a page, so that the paper is estimated as that of a crop is."""

MOST_ENLARGED = 3.0
"""But not more than so many times."""

MOST_GLYPHS = 400
"""Bounds the work on one frame; the largest are kept."""


@dataclass(frozen=True, slots=True)
class Found:
    """What may be digits, and what was left out at once."""

    pieces: list[Piece]
    """In pixels of the frame as it was searched."""
    pixels: NDArray[np.uint8]
    """uint8 (N, 28, 28), one glyph a piece."""
    left_out: list[tuple[str, Box]]
    """(reason, box) of other ink but specks, in pixels of the frame: `too_small` beside the rest, or by its shape
    `not_a_digit`."""
    searched: Box
    """The frame as it was searched."""
    frame: Box
    """The frame itself."""
    scale: float
    """How many of its pixels became one of those searched."""

    @property
    def boxes(self) -> list[Box]:
        """Where each piece is, in pixels of the frame."""
        return [self.in_frame(piece.box) for piece in self.pieces]

    @property
    def clipped(self) -> NDArray[np.bool_]:
        """bool (N,): which pieces touch the edge of the frame, and may go on beyond it."""
        return self.touches_edge([piece.box for piece in self.pieces])

    def in_frame(self, box: Box) -> Box:
        """`box` of the frame as it was searched in pixels of the frame itself."""
        return _scaled(box, self.scale, self.frame)

    def touches_edge(self, boxes: list[Box]) -> NDArray[np.bool_]:
        """bool (N,): which of `boxes` touch the edge of the frame as it was searched."""
        return np.array([_touches_edge(box, self.searched) for box in boxes], np.bool_)


def find(luma: Luma, polarity: Polarity, max_side_px: int, min_height_px: int) -> Found:
    """What may be digits in `luma`, uint8 (H, W), `min_height_px` high and more.

    Frames with a side longer than `max_side_px` are searched at that size, and small ones enlarged.
    """
    frame = Box(0, 0, luma.shape[1], luma.shape[0])
    scale = _scale(luma.shape, max_side_px)
    if scale != 1:
        size = max(1, round(luma.shape[1] / scale)), max(1, round(luma.shape[0] / scale))
        luma = cv2.resize(luma, size, interpolation=cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC)
        min_height_px = round(min_height_px / min(1.0, scale))
    candidates: list[Piece] = []
    left_out: list[tuple[str, Box]] = []
    pieces = find_pieces(luma, polarity)
    usual_px = _usual_height_px(pieces)
    for piece in pieces:
        if max(piece.box.width, piece.box.height) < min_height_px:
            continue  # grain and specks: a page can have thousands, and nobody asks about them
        reason = _impossible(piece.box, min_height_px, usual_px)
        if reason:
            left_out.append((reason, _scaled(piece.box, scale, frame)))
        else:
            candidates.append(piece)
    if len(candidates) > MOST_GLYPHS:
        candidates = sorted(candidates, key=lambda piece: piece.box.area, reverse=True)[:MOST_GLYPHS]
    searched = Box(0, 0, luma.shape[1], luma.shape[0])
    return Found(candidates, glyphs(candidates), left_out, searched, frame, scale)


def glyphs(pieces: Sequence[Piece]) -> NDArray[np.uint8]:
    """uint8 (N, 28, 28): one normalised glyph a piece."""
    pixels = np.empty((len(pieces), GLYPH_SIZE_PX, GLYPH_SIZE_PX), np.uint8)
    for index, piece in enumerate(pieces):
        pixels[index] = normalise(piece.ink)
    return pixels


def _scale(shape: tuple[int, ...], max_side_px: int) -> float:
    """How many pixels of a frame of `shape` become one of the frame as it is searched."""
    longest = max(shape)
    return max(longest / max_side_px, min(1.0, max(longest / LEAST_SIDE_PX, 1 / MOST_ENLARGED)))


def _touches_edge(box: Box, frame: Box) -> bool:
    return box.x <= 0 or box.y <= 0 or box.right >= frame.right or box.bottom >= frame.bottom


def _impossible(box: Box, min_height_px: int, usual_px: float) -> str:
    """Why ink of this shape cannot be a digit; empty if it can."""
    least_px = max(min_height_px, SMALLEST_HEIGHT_SHARE * usual_px)
    if max(box.width, box.height) < least_px:
        return "too_small"
    if box.width > WIDEST_ASPECT * box.height or box.height > THINNEST_ASPECT * box.width:
        return "not_a_digit"
    return "too_small" if box.height < least_px else ""


def _usual_height_px(pieces: list[Piece]) -> float:
    """The height that half of the ink by area has at least; 0 without ink."""
    if not pieces:
        return 0.0
    heights = np.array([piece.box.height for piece in pieces], np.float64)
    areas = np.array([cv2.countNonZero(piece.ink) for piece in pieces], np.float64)
    order = np.argsort(heights)
    cumulative = np.cumsum(areas[order])
    return float(heights[order][np.searchsorted(cumulative, cumulative[-1] / 2)])


def _scaled(box: Box, scale: float, frame: Box) -> Box:
    """`box` of the shrunk frame in pixels of the frame itself, inside it."""
    x, y = min(round(box.x * scale), frame.width - 1), min(round(box.y * scale), frame.height - 1)
    right = min(max(round(box.right * scale), x + 1), frame.width)
    bottom = min(max(round(box.bottom * scale), y + 1), frame.height)
    return Box(x, y, right - x, bottom - y)
