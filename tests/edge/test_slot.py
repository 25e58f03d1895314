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
    while (frame := slot.take(5)) is not None:
        numbers.append(frame.sequence)
    assert slot.ended
    return numbers


def test_a_recording_waits_so_no_frame_is_lost() -> None:
    slot = FrameSlot(Counting(50, live=False))
    slot.start()
    assert taken(slot) == list(range(50))
    assert slot.dropped == 0


def test_a_live_source_overwrites_so_the_newest_frame_is_taken_and_the_rest_counted() -> None:
    source = Counting(50, live=True)
    slot = FrameSlot(source)
    slot.start()
    assert source.delivered.wait(5)
    assert taken(slot) == [49]
    assert slot.dropped == 49


def test_what_ended_the_source_is_raised_once_its_frames_are_taken() -> None:
    slot = FrameSlot(Counting(3, live=False, failure=SourceError("gone")))
    slot.start()
    assert taken(slot) == [0, 1, 2]
    assert str(slot.failure) == "gone"


class Silent(Counting):
    """A source that gives nothing until it is stopped."""

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        stop.wait()
        yield from ()


def test_who_waits_for_a_frame_waits_no_longer_than_asked() -> None:
    slot = FrameSlot(Silent(0, live=True))
    slot.start()
    started = time.monotonic()
    assert not slot.wait(0.05)
    assert slot.take(0.05) is None
    assert 0.1 <= time.monotonic() - started < 1
    assert not slot.ended
    slot.stop()


@pytest.mark.parametrize("live", [True, False])
def test_a_slot_that_is_stopped_ends_its_source(live: bool) -> None:
    slot = FrameSlot(Counting(10**9, live))
    slot.start()
    assert slot.wait(5)
    slot.stop()
    assert slot.take(0) is not None
    assert slot.ended
