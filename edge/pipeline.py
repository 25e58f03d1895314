"""One frame through everything: see, then track digits, then numbers. No clock, no input or output, no globals."""

from __future__ import annotations

from core.config import ReadingConfig
from core.frame import Frame
from edge.events import AnyEvent
from edge.group import group
from edge.numbers import NumberTracker
from edge.read import Reading
from edge.reader import Reader
from edge.track import DigitTracker
from edge.view import View


class Pipeline:
    """Reads frames in their order."""

    def __init__(self, reader: Reader, config: ReadingConfig, stream: str = "") -> None:
        """`stream` names where the frames come from, and makes the ids of its events its own."""
        self._reader = reader
        self._digits = DigitTracker(reader.labels, config.cleared_after_s)
        self._numbers = NumberTracker(config.stable_after_s, stream)
        self._view: View | None = None
        self._shape: tuple[int, ...] = ()

    @property
    def readings(self) -> list[Reading]:
        """The readings that count now."""
        return self._numbers.confirmed

    def step(self, frame: Frame) -> list[AnyEvent]:
        """What changed with this frame."""
        if frame.luma.shape != self._shape:
            self._view, self._shape = self._reader.view(frame.luma), frame.luma.shape
            self._digits.forget()
        assert self._view is not None  # noqa: S101 — for type checkers
        seen = self._reader.see(self._view.of(frame.luma))
        self._digits.update(seen.digits, seen.rejected, frame.captured_ns)
        return self._numbers.update(self._digits, frame.captured_ns, group, back=self._view.back)
