"""One frame through everything: read, then track. No clock, no input or output, no globals."""

from __future__ import annotations

from core.config import ReadingConfig
from core.frame import Frame
from edge.events import AnyEvent
from edge.read import Reading
from edge.reader import Reader
from edge.track import Tracker


class Pipeline:
    """Reads frames in their order."""

    def __init__(self, reader: Reader, config: ReadingConfig, stream: str = "") -> None:
        """`stream` names where the frames come from, and makes the ids of its events its own."""
        self._reader = reader
        self._tracker = Tracker(config.stable_after_s, config.cleared_after_s, stream)

    @property
    def readings(self) -> list[Reading]:
        """The readings that count now."""
        return self._tracker.confirmed

    def step(self, frame: Frame) -> list[AnyEvent]:
        """What changed with this frame."""
        return self._tracker.update(self._reader.read(frame.luma).readings, frame.captured_ns)
