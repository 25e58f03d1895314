"""The canvas as a source: whatever was last drawn on the page."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np

from core.frame import Frame, Luma

BLANK_SIZE_PX = (480, 640)
"""(height, width) of the empty canvas before anybody draws."""

SETTLE_S = 2.0
"""After a change the drawing is shown this long at the full rate, so that time passes for it and its reading can
settle."""

IDLE_EVERY_S = 1.0
"""Then once in this time: nothing changes, and the frame shows that the canvas is alive."""


class CanvasSource:
    """Frames of a drawing that changes when somebody draws."""

    live = True
    name = "canvas"

    def __init__(self, frame_rate_hz: float) -> None:
        self._every_s = 1 / frame_rate_hz
        self._changed = threading.Condition()
        self._luma: Luma = np.full(BLANK_SIZE_PX, 255, np.uint8)
        self._changed_at = time.monotonic()

    def show(self, luma: Luma) -> None:
        """Take a new drawing, uint8 (H, W), dark on light."""
        with self._changed:
            self._luma = luma
            self._changed_at = time.monotonic()
            self._changed.notify_all()

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """The newest drawing, again and again, until `stop` is set."""
        sequence = 0
        while not stop.is_set():
            with self._changed:
                luma, changed_at = self._luma, self._changed_at
            yield Frame(luma, sequence, time.monotonic_ns())
            sequence += 1
            self._wait(changed_at, stop)

    def _wait(self, changed_at: float, stop: threading.Event) -> None:
        settling = time.monotonic() - changed_at < SETTLE_S
        until = time.monotonic() + (self._every_s if settling else IDLE_EVERY_S)
        with self._changed:
            while not stop.is_set() and self._changed_at == changed_at:
                left_s = until - time.monotonic()
                if left_s <= 0:
                    return
                # In short pieces, since nobody notifies when `stop` is set.
                self._changed.wait(min(left_s, 0.2))
