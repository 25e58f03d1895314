"""Frame to glyphs: every piece of ink that could be a digit, normalised, with its place in the frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Box, Luma
from core.glyph import GLYPH_SIZE_PX, normalise
from core.ink import Piece, Polarity, find_pieces

WIDEST_ASPECT = 2.2
"""A digit is never wider than this times its height; a minus, a fraction bar or a ruled line is."""

THINNEST_ASPECT = 16.0
"""A 1 drawn with a fine pen is at most this many times higher than wide; a table's rule is more."""

SMALLEST_HEIGHT_SHARE = 0.35
"""Of the height most of the ink has: less is a dot, a comma or a speck."""

MOST_GLYPHS = 400
"""Bounds the work on one frame; the largest are kept."""


@dataclass(frozen=True, slots=True)
class Found:
    """What may be digits, and what was left out at once."""

    pixels: NDArray[np.uint8]
    """uint8 (N, 28, 28), one glyph a piece."""
    boxes: list[Box]
    """Where each is, in pixels of the frame."""
    clipped: NDArray[np.bool_]
    """bool (N,): which touch the edge of the frame, and may go on beyond it."""
    left_out: list[tuple[str, Box]]
    """(reason, box) of other ink but specks: `too_small` beside the rest, or by its shape `not_a_digit`."""


def find(luma: Luma, polarity: Polarity, max_side_px: int, min_height_px: int) -> Found:
    """The glyphs in `luma`, uint8 (H, W). Frames with a side longer than `max_side_px` are searched at that size."""
    frame = Box(0, 0, luma.shape[1], luma.shape[0])
    scale = max(1.0, max(luma.shape) / max_side_px)
    if scale > 1:
        size = max(1, round(luma.shape[1] / scale)), max(1, round(luma.shape[0] / scale))
        luma = cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
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
    pixels = np.empty((len(candidates), GLYPH_SIZE_PX, GLYPH_SIZE_PX), np.uint8)
    for index, piece in enumerate(candidates):
        pixels[index] = normalise(piece.ink)
    boxes = [_scaled(piece.box, scale, frame) for piece in candidates]
    clipped = np.array([_touches_edge(piece.box, luma) for piece in candidates], np.bool_)
    return Found(pixels, boxes, clipped, left_out)


def _touches_edge(box: Box, luma: Luma) -> bool:
    height, width = luma.shape
    return box.x <= 0 or box.y <= 0 or box.right >= width or box.bottom >= height


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
    x, y = round(box.x * scale), round(box.y * scale)
    right = min(max(round(box.right * scale), x + 1), frame.width)
    bottom = min(max(round(box.bottom * scale), y + 1), frame.height)
    return Box(x, y, right - x, bottom - y)
