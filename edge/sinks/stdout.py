"""Events as JSON lines on standard output."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from edge.sinks.backlog import Backlog
from edge.sinks.envelope import Envelope
from edge.sinks.worker import DeliveryError, Pace, Worker

NAME = "stdout"

MOST_WAITING = 10_000
"""A replay without pauses tells faster than some programs read."""

PACE = Pace(batch=100, most_pause_s=10.0)


class StdoutTarget:
    """Writes whole lines, also over interruptions."""

    def __init__(self, file: int, gone: Callable[[], None]) -> None:
        """`file` is a descriptor; `gone` is called if nobody reads from it any more."""
        self._file, self._gone = file, gone
        self._begun_id = ""
        self._rest = b""

    def tend(self) -> None:
        """Nothing to see to."""

    def deliver(self, batch: Sequence[Envelope]) -> int:
        """Writes all of `batch`, or as much of it as goes."""
        for count, envelope in enumerate(batch):
            try:
                self._write(envelope)
            except OSError as error:
                if isinstance(error, BrokenPipeError):
                    self._gone()
                if count:
                    return count
                raise DeliveryError(f"standard output cannot be written ({error.strerror})") from None
        return len(batch)

    def close(self) -> None:
        """The descriptor is not ours to close."""

    def _write(self, envelope: Envelope) -> None:
        if self._begun_id != envelope.id:
            # A line that was begun and then dropped is ended, or the next one would be part of it.
            self._rest = (b"\n" if self._rest else b"") + envelope.line + b"\n"
            self._begun_id = envelope.id
        while self._rest:
            self._rest = self._rest[os.write(self._file, self._rest) :]
        self._begun_id = ""


def stdout_sink(file: int, gone: Callable[[], None]) -> Worker:
    """A sink that writes to the descriptor `file`; `gone` is called on its thread once nobody reads any more."""
    return Worker(NAME, StdoutTarget(file, gone), Backlog(NAME, MOST_WAITING), PACE)
