"""The newest-frame slot between a source and the pipeline: a live source overwrites it, a recording waits for it."""

from __future__ import annotations

import threading

from core.frame import Frame
from edge.sources import Source

WAKE_EVERY_S = 0.1
"""How long waiting for the other side may outlast `stop`."""


class FrameSlot:
    """Runs a source on a thread of its own and holds its newest frame."""

    def __init__(self, source: Source, stop: threading.Event) -> None:
        self._source = source
        self._stop = stop
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._ended = False
        self._failure: Exception | None = None
        self.dropped = 0
        """Frames of a live source that were overwritten before anybody took them."""
        # A driver call may hang for seconds; as a daemon thread it cannot keep the process from ending.
        self._thread = threading.Thread(target=self._capture, name="capture", daemon=True)

    def start(self) -> None:
        """Begin to capture."""
        self._thread.start()

    def take(self) -> Frame | None:
        """The newest frame nobody has taken yet, as soon as there is one; None at the end or when `stop` is set."""
        with self._changed:
            while self._frame is None and not self._ended and not self._stop.is_set():
                self._changed.wait(WAKE_EVERY_S)
            if self._stop.is_set():
                return None
            frame, self._frame = self._frame, None
            self._changed.notify_all()
            return frame

    def raise_failure(self) -> None:
        """Raise what ended the source, if it was an error: who takes the frames has to know."""
        if self._failure:
            raise self._failure

    def _capture(self) -> None:
        try:
            for frame in self._source.frames(self._stop):
                self._put(frame)
                if self._stop.is_set():
                    break
        except Exception as error:  # raised again by raise_failure
            self._failure = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _put(self, frame: Frame) -> None:
        with self._changed:
            if self._source.live:
                self.dropped += self._frame is not None
            else:
                while self._frame is not None and not self._stop.is_set():
                    self._changed.wait(WAKE_EVERY_S)
            self._frame = frame
            self._changed.notify_all()
