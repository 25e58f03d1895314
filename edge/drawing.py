"""Drawings: strokes as a pen, finger or mouse made them, and the picture they give.

Strokes travel, not pixels: they are small, independent of the screen's resolution, and every canvas (the page's, the
window's) gives the same ink through the one rasteriser here.
"""

from __future__ import annotations

import re
from typing import Annotated

import cv2
import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from core.errors import ImageError
from core.frame import Luma

MAX_SIDE_PX = 4096
MAX_STROKES = 500
MAX_POINTS = 20_000
"""In all strokes together: minutes of drawing without a pause."""
MAX_LINE_PX = 500_000
"""Of line in all strokes together. Time goes with the length: on one 3 GHz core this much takes about 0.1 s."""
MAX_PAINTED_PX = 40_000_000
"""Painted by all strokes together, over and over where points lie close. A thick stroke's time goes with this: 15
million take about 0.2 s. Minutes of drawing stay below it."""
MAX_BYTES = 2**20
"""Of JSON. The largest drawing allowed, with every coordinate to a tenth of a pixel, is a third of this."""

Side = Annotated[int, Meta(ge=16, le=MAX_SIDE_PX)]
Point = tuple[float, float]
"""(x, y) in pixels from the canvas's top left corner; it may lie outside."""


class Stroke(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one pen left between touching and lifting. One point alone is a dot."""

    width_px: Annotated[float, Meta(gt=0, le=256)]
    points: Annotated[list[Point], Meta(min_length=1, max_length=MAX_POINTS)]


class Drawing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A canvas, `width` × `height` pixels, and the strokes on it, oldest first."""

    width: Side
    height: Side
    strokes: Annotated[list[Stroke], Meta(max_length=MAX_STROKES)]


def decode(content: bytes) -> Drawing:
    """The drawing in JSON `content`. Raises ImageError, one line, for anything else or more than the bounds above."""
    if len(content) > MAX_BYTES:
        raise ImageError(f"drawing: {len(content)} bytes; allowed up to {MAX_BYTES}. Clear the canvas")
    try:
        drawing = msgspec.json.decode(content, type=Drawing)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ImageError(f"drawing: {_explain(str(error))}") from None
    points = sum(len(stroke.points) for stroke in drawing.strokes)
    if points > MAX_POINTS:
        raise ImageError(f"drawing: {points} points; allowed up to {MAX_POINTS} in all strokes. Clear the canvas")
    length_px = sum(_length_px(_near(drawing, stroke)) for stroke in drawing.strokes)
    if length_px > MAX_LINE_PX:
        raise ImageError(f"drawing: {length_px:.0f} px of line; allowed up to {MAX_LINE_PX}. Clear the canvas")
    painted_px = sum(_painted_px(_near(drawing, stroke), stroke.width_px) for stroke in drawing.strokes)
    if painted_px > MAX_PAINTED_PX:
        raise ImageError(f"drawing: {painted_px:.0f} px of ink; allowed up to {MAX_PAINTED_PX}. Clear the canvas")
    return drawing


def rasterise(drawing: Drawing) -> Luma:
    """uint8 (height, width): ink 0 on paper 255, anti-aliased, round ends and joints; what is outside is cut off."""
    luma = np.full((drawing.height, drawing.width), 255, np.uint8)
    for stroke in drawing.strokes:
        points = _near(drawing, stroke)
        if len(points) == 1:
            points = np.repeat(points, 2, axis=0)  # OpenCV draws a line of no length as a dot
        # The canvas counts from the corner of the first pixel, OpenCV from its centre.
        fixed = np.rint((points - 0.5) * (1 << _FRACTION_BITS)).astype(np.int32)
        cv2.polylines(luma, [fixed], False, (0,), _thickness(stroke.width_px), cv2.LINE_AA, _FRACTION_BITS)
    return luma


_FRACTION_BITS = 4
"""Points are drawn to a sixteenth of a pixel, finer than 8 bits of luma can show."""


def _near(drawing: Drawing, stroke: Stroke) -> NDArray[np.float64]:
    """float64 (N, 2): the stroke's points, those further than a canvas away moved to there, so nothing overflows."""
    size = np.array((drawing.width, drawing.height), np.float64)
    return np.clip(np.array(stroke.points, np.float64), -size, 2 * size)


def _length_px(points: NDArray[np.float64]) -> float:
    steps = np.diff(points, axis=0)
    return float(np.hypot(steps[:, 0], steps[:, 1]).sum())


def _painted_px(points: NDArray[np.float64], width_px: float) -> float:
    """Along the line, and a disc of the width at each point."""
    return (_length_px(points) + len(points) * width_px) * width_px


def _thickness(width_px: float) -> int:
    """OpenCV's thickness for a line that measures `width_px` across, to within a pixel.

    Measured on OpenCV 4.14: with anti-aliasing a line of even thickness t is t + 1.4 px wide, one of odd t as wide as
    t + 1, and only t = 1 is a hairline of its own.
    """
    return max(1, 2 * round((width_px - 1.4) / 2))


_PATH = re.compile(r"^(?P<problem>.*?) - at `\$\.?(?P<path>[^`]*)`$", re.DOTALL)


def _explain(message: str) -> str:
    """msgspec's message with the place first and on one line, as our errors have it."""
    message = " ".join(message.split())
    found = _PATH.match(message)
    if found is None or not found["path"]:
        return found["problem"] if found else message
    return f"{found['path']}: {found['problem']}"
