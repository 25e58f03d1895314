"""The newest-frame slot."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from core.errors import SourceError
from core.frame import Frame
from edge.sources.slot import FrameSlot


class Counting:
    """A source of `count` small frames, as fast as they go, that ends with `failure` if there is one."""

    name = "counting"

    def __init__(self, count: int, live: bool, failure: SourceError | None = None) -> None:
        self._count = count
        self.live = live
        self._failure = failure
        self.delivered = threading.Event()

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        for sequence in range(self._count):
            yield Frame(np.zeros((1, 1), np.uint8), sequence, sequence)
        self.delivered.set()
        if self._failure:
            raise self._failure


def taken(slot: FrameSlot) -> list[int]:
    """Sequence numbers until the end."""
    numbers = []
    while (frame := slot.take()) is not None:
        numbers.append(frame.sequence)
    return numbers


def test_a_recording_waits_so_no_frame_is_lost() -> None:
    slot = FrameSlot(Counting(50, live=False), threading.Event())
    slot.start()
    assert taken(slot) == list(range(50))
    assert slot.dropped == 0


def test_a_live_source_overwrites_so_the_newest_frame_is_taken_and_the_rest_counted() -> None:
    source = Counting(50, live=True)
    slot = FrameSlot(source, threading.Event())
    slot.start()
    assert source.delivered.wait(5)
    assert taken(slot) == [49]
    assert slot.dropped == 49


def test_what_ended_the_source_is_raised_once_its_frames_are_taken() -> None:
    slot = FrameSlot(Counting(3, live=False, failure=SourceError("gone")), threading.Event())
    slot.start()
    assert taken(slot) == [0, 1, 2]
    with pytest.raises(SourceError, match="gone"):
        slot.raise_failure()


def test_waiting_ends_when_it_is_told_to_stop() -> None:
    stop = threading.Event()

    class Silent(Counting):
        def frames(self, stop: threading.Event) -> Iterator[Frame]:
            stop.wait()
            yield from ()

    slot = FrameSlot(Silent(0, live=True), stop)
    slot.start()
    threading.Timer(0.05, stop.set).start()
    started = time.monotonic()
    assert slot.take() is None
    assert time.monotonic() - started < 1
