"""Where frames come from: one Protocol, and the choice among its implementations."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Protocol

from core.frame import Frame


class Source(Protocol):
    """Something that delivers frames.

    A source MUST return from the iterator within 1 s of `stop` being set; MUST number frames from 0 without gaps as
    it delivers them, with `captured_ns` never falling except where a recording starts over; MUST raise SourceError,
    one line, when it cannot be opened or goes away; and MUST release the device when the iterator ends or is closed.
    It MAY change the size of its frames at any time.
    """

    name: str
    """For people: "camera 0", "canvas", "meter.mp4"."""

    live: bool
    """A live source does not wait: frames nobody took are overwritten. A recording waits."""

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Frames until `stop` is set, the recording ends, or the source goes away."""
        ...
