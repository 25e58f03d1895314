"""A picture as a device gives it, what is asked of a device, and what a camera promises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

GREY = b"GREY"
"""Rows of luma; also the first plane of YUV420, NV12 and their kin."""
YUYV = b"YUYV"
"""Luma at even places."""
UYVY = b"UYVY"
"""Luma at odd places."""
JPEG = b"JPEG"
"""A file, whose size is in its header."""


class Picture(NamedTuple):
    """One picture, in memory that is its camera's until the next one is asked for."""

    layout: bytes
    width: int
    height: int
    stride_bytes: int
    """From one row to the next; rows may be padded."""
    content: memoryview
    captured_ns: int
    """Monotonic clock."""


class Wanted(NamedTuple):
    """What is asked of a camera; it may give another size and rate."""

    kind: str
    """What opens it: see `edge.capture.kinds`."""
    device: int | str
    """An index, a path or an address."""
    width_px: int = 640
    height_px: int = 480
    frame_rate_hz: int = 15
    exposure_ms: float | str = "auto"
    """`auto`, `locked` once it has settled, or fixed."""
    white_balance_k: int | str = "auto"
    """Likewise, in kelvin."""


class Camera(Protocol):
    """One device, in the capture process.

    `pictures` MUST open the device, MUST raise SourceError, one line without the device's name, when that fails or the
    device goes away, and MUST release the device when it ends or is closed. It MAY block for ever: the process is
    killed then. It MAY change the size of its pictures at any time, and MUST pass over what it knows to be damaged.
    """

    def pictures(self) -> Iterator[Picture]:
        """Pictures until the device goes away; each is good until the next is asked for."""
        ...


def plane(layout: bytes, width: int, height: int, stride_bytes: int, content: memoryview, captured_ns: int) -> Picture:
    """The picture of a plane, without what comes after it. Raises ValueError if `content` is too short for it."""
    row_bytes = width if layout == GREY else 2 * width
    needed = stride_bytes * (height - 1) + row_bytes
    if width < 1 or height < 1 or stride_bytes < row_bytes or len(content) < needed:
        raise ValueError(f"{len(content)} bytes are no {width}×{height} picture with rows of {stride_bytes} bytes")
    return Picture(layout, width, height, stride_bytes, content[:needed], captured_ns)
