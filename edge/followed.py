"""What is followed in the frames of one source, and afresh in those of the next: a camera's tracks are no other's."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from pathlib import Path

from core.config import Config
from core.frame import Frame
from edge.accepted_state import AcceptedState, usual_path
from edge.events import AnyEvent
from edge.pipeline import Pipeline
from edge.quality import GOOD, Quality, Watch
from edge.read import Reading
from edge.reader import Reader
from edge.sources import Source
from edge.sources.canvas import CanvasSource


class Followed:
    """Takes frames of any source through a pipeline of its own."""

    def __init__(self, config: Config, new_reader: Callable[[bool], Reader]) -> None:
        """`new_reader(drawn)` gives what reads: drawings, or what a camera sees."""
        self._config, self._new_reader = config, new_reader
        self._readers: dict[bool, Reader] = {}
        self._kept: AcceptedState | None = None
        self._source: Source | None = None
        self._pipeline: Pipeline | None = None
        self._at_ns = 0

    @property
    def readings(self) -> list[Reading]:
        """The readings that count now."""
        return self._pipeline.readings if self._pipeline else []

    @property
    def quality(self) -> Quality:
        """Of the last frame."""
        return self._pipeline.quality if self._pipeline else GOOD

    def step(self, frame: Frame, source: Source, now_s: float) -> list[AnyEvent]:
        """What changed with this frame of `source`, which the last one may not have come from."""
        events: list[AnyEvent] = []
        if self._pipeline is None or self._source is None or self._source.name != source.name:
            events = self._pipeline.close(self._at_ns) if self._pipeline else []
            self._pipeline = self._pipeline_of(source)
        self._source, self._at_ns = source, frame.captured_ns
        events += self._pipeline.step(frame)
        if self._kept is not None:
            for region, text in self._pipeline.accepted.items():
                self._kept.put(source.name, region, text)
            self._kept.write_if_due(now_s)
        return events

    def close(self) -> None:
        """Keep what outlasts a restart."""
        if self._kept is not None:
            self._kept.close()

    def _pipeline_of(self, source: Source) -> Pipeline:
        drawn = isinstance(source, CanvasSource)
        if drawn not in self._readers:
            self._readers[drawn] = self._new_reader(drawn)
        # A replay's events have the same ids each time; no two runs of a live source share any.
        stream = f"{source.name}/{uuid.uuid4()}" if source.live else source.name
        # A recording may hold one picture for long; a camera that does is stuck.
        watch = Watch(drawn=drawn) if source.live else Watch(stuck_after_s=None)
        return Pipeline(self._readers[drawn], self._config.reading, stream, watch, self._accepted(source))

    def _accepted(self, source: Source) -> dict[str, str]:
        """What was accepted before, by region; nothing of a recording, which starts over."""
        reading = self._config.reading
        if not source.live or not reading.regions:
            return {}
        if self._kept is None:
            self._kept = AcceptedState(Path(reading.state_path) if reading.state_path else usual_path(os.environ))
        return {region.name: self._kept.text(source.name, region.name) for region in reading.regions}
