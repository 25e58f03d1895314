"""A camera that does what a file says, to try out what an installation does when a camera goes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from core.errors import SourceError
from edge.capture.picture import GREY, JPEG, UYVY, YUYV, Picture, Wanted, plane

LOOK_EVERY_S = 0.02
"""A silent camera looks so often whether it is to be something else."""


class Behaviour(NamedTuple):
    """What the file says, as JSON; whatever it does not, is as here. Without the file the camera is not plugged in."""

    does: str = "works"
    """`works`; `silent`, no more pictures; `hangs`, a call that never returns; `garbage`, files that are no pictures;
    `refuses`, an error at every opening."""
    width_px: int = 64
    height_px: int = 48
    padding_bytes: int = 0
    """After each row."""
    layout: str = "GREY"
    """GREY, YUYV or UYVY."""
    level: int = 200
    """Of every pixel, but for a mark at the top left that differs from one picture to the next, as noise does."""


def behaviour(path: Path) -> Behaviour:
    """What a fake camera's file says. Raises SourceError if it is not plugged in."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SourceError(f"there is no such device ({error.strerror})") from None
    return Behaviour(**json.loads(text)) if text.strip() else Behaviour()


class FakeCamera:
    """Plain pictures at the wanted rate."""

    def __init__(self, wanted: Wanted) -> None:
        self._path = Path(str(wanted.device))
        self._every_s = 1 / wanted.frame_rate_hz

    def pictures(self) -> Iterator[Picture]:
        """Pictures until the file is gone."""
        number = 0
        if behaviour(self._path).does == "refuses":
            raise SourceError("it refuses to be opened")
        while True:
            now = behaviour(self._path)
            if now.does == "hangs":
                time.sleep(3600)
            if now.does == "silent":
                time.sleep(LOOK_EVERY_S)
                continue
            if now.does == "garbage":
                yield Picture(JPEG, 0, 0, 0, memoryview(b"\xff\xd8 no picture \xff\xd9"), time.monotonic_ns())
            else:
                yield _drawn(now, number)
            number += 1
            time.sleep(self._every_s)


def _drawn(now: Behaviour, number: int) -> Picture:
    layout = now.layout.encode()
    # Chroma beside luma, and padding, are such that mistaking them for luma shows.
    luma, row = bytes([now.level]), bytearray()
    row += {GREY: luma, YUYV: luma + b"\0", UYVY: b"\0" + luma}[layout] * now.width_px + b"\xff" * now.padding_bytes
    content = row * now.height_px
    content[1 if layout == UYVY else 0] = number % 256
    return plane(layout, now.width_px, now.height_px, len(row), memoryview(content), time.monotonic_ns())
