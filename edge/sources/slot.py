"""The newest-frame slot between a source and the pipeline: a live source overwrites it, a recording waits for it."""

from __future__ import annotations

import threading

from core.frame import Frame
from edge.sources import Source

WAKE_EVERY_S = 0.1
"""How long a recording that waits for its frame to be taken may outlast being stopped."""

ENDS_WITHIN_S = 1.0
"""What a source promises."""


class FrameSlot:
    """Runs a source on a thread of its own and holds its newest frame."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._stop = threading.Event()
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

    def stop(self) -> None:
        """Release the source."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join(ENDS_WITHIN_S)

    def wait(self, within_s: float) -> bool:
        """Whether there is a frame to take, as soon as there is one; False at the end, or if none comes in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None or self._ended, within_s)
            return self._frame is not None

    def take(self, within_s: float) -> Frame | None:
        """The newest frame nobody has taken yet, as soon as there is one; None at the end, or if none comes in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None or self._ended, within_s)
            frame, self._frame = self._frame, None
            self._changed.notify_all()
            return frame

    @property
    def ended(self) -> bool:
        """Whether every frame there will ever be was taken."""
        with self._changed:
            return self._ended and self._frame is None

    @property
    def failure(self) -> Exception | None:
        """What ended the source, if it was an error."""
        return self._failure

    def _capture(self) -> None:
        try:
            for frame in self.source.frames(self._stop):
                self._put(frame)
                if self._stop.is_set():
                    break
        except Exception as error:  # who takes the frames has to know
            self._failure = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _put(self, frame: Frame) -> None:
        with self._changed:
            if self.source.live:
                self.dropped += self._frame is not None
            else:
                while self._frame is not None and not self._stop.is_set():
                    self._changed.wait(WAKE_EVERY_S)
            self._frame = frame
            self._changed.notify_all()
