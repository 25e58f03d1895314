"""Events to tell, and waiting for what comes of them."""

from __future__ import annotations

import time
from collections.abc import Callable

from core.frame import Box
from edge.events import ReadingAppeared, event_id
from edge.sinks.envelope import Envelope, of_event

T0_MS = 1_790_000_000_000
"""In September 2026."""


def appeared(number: int, stream: str = "test") -> Envelope:
    """The `number`th event of a stream: a number that appeared."""
    box = Box(10, 20, 30, 40)
    event = ReadingAppeared(
        event_id(stream, number), number * 10**9, f"{number:04d}", 0.98, box, number * 10**9, "water"
    )
    return of_event(event, T0_MS + number)


def wait_until(true: Callable[[], bool], within_s: float = 20.0) -> None:
    """Returns as soon as `true()`; fails if that takes longer than `within_s`."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)
