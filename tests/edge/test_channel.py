"""What passes between the daemon and its capture process."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.channel import SLOTS, Lost, Receiver, Sender, hear_wanted, tell_wanted
from edge.capture.picture import GREY, Picture, Wanted, plane


@pytest.fixture
def ends() -> Iterator[tuple[Sender, Receiver, socket.socket]]:
    ours, its = socket.socketpair()
    receiver = Receiver(ours)
    with its:
        yield Sender(its), receiver, its
    receiver.close()


Ends = tuple[Sender, Receiver, socket.socket]


def picture(level: int, size: int = 100) -> Picture:
    return plane(GREY, size, 1, size, memoryview(bytes([level]) * size), level)


def test_what_is_wanted_arrives_as_it_was_told() -> None:
    ours, its = socket.socketpair()
    wanted = Wanted("v4l2", "/dev/video0", exposure_ms=12.5, white_balance_k="locked")
    with ours, its:
        tell_wanted(ours, wanted)
        assert hear_wanted(its) == wanted


def test_a_picture_arrives_as_it_was_sent(ends: Ends) -> None:
    sender, receiver, _ = ends
    sender.send(picture(7))
    held = receiver.newest(1)
    assert held
    assert held.picture._replace(content=bytes(held.picture.content)) == picture(7)._replace(content=bytes([7]) * 100)


def test_the_newest_is_taken_and_the_others_are_given_back(ends: Ends) -> None:
    sender, receiver, _ = ends
    for round_ in range(5):
        for level in range(SLOTS):
            sender.send(picture(10 * round_ + level))
        held = receiver.newest(1)
        assert held
        assert held.picture.captured_ns == 10 * round_ + SLOTS - 1
        receiver.release(held)


def test_what_finds_no_free_slot_is_dropped_and_never_waits(ends: Ends) -> None:
    sender, receiver, _ = ends
    for level in range(1000 * SLOTS):
        sender.send(picture(level % 256))
    held = receiver.newest(1)
    assert held
    assert held.picture.captured_ns == SLOTS - 1
    receiver.release(held)
    assert receiver.newest(0.01) is None


def test_a_picture_that_is_held_is_not_written_over(ends: Ends) -> None:
    sender, receiver, _ = ends
    sender.send(picture(1))
    held = receiver.newest(1)
    assert held
    for level in range(2, 100):
        sender.send(picture(level, size=100 if level < 50 else 100_000))
    assert set(held.picture.content) == {1}


@given(st.lists(st.integers(1, 300_000), min_size=1, max_size=12), st.randoms())
def test_pictures_of_any_sizes_arrive_whole_and_in_order(sizes: list[int], chance: object) -> None:
    ours, its = socket.socketpair()
    sender, receiver = Sender(its), Receiver(ours)
    seen = []
    with its, closing(receiver):
        for level, size in enumerate(sizes):
            sender.send(picture(level, size))
            if chance.random() < 0.5:  # type: ignore[attr-defined]
                held = receiver.newest(0.5)
                if held:
                    assert set(held.picture.content) == {held.picture.captured_ns}
                    assert len(held.picture.content) == sizes[held.picture.captured_ns]
                    seen.append(held.picture.captured_ns)
                    receiver.release(held)
    assert seen == sorted(set(seen))


def test_the_reason_a_camera_is_gone_arrives_after_its_last_picture(ends: Ends) -> None:
    sender, receiver, its = ends
    sender.send(picture(1))
    sender.lost("it was\nunplugged")
    its.close()
    assert receiver.newest(1)
    with pytest.raises(Lost, match=r"^it was unplugged$"):
        receiver.newest(1)


def test_a_process_that_ends_without_a_word_is_missed_at_once(ends: Ends) -> None:
    _, receiver, its = ends
    threading.Timer(0.05, its.close).start()
    asked = time.monotonic()
    with pytest.raises(Lost, match=r"^$"):
        receiver.newest(60)
    assert time.monotonic() - asked < 30


def test_a_sender_whose_daemon_is_gone_is_told(ends: Ends) -> None:
    sender, receiver, _ = ends
    receiver.close()
    with pytest.raises(Lost):
        sender.send(picture(1))


def test_no_file_stays_open_when_the_memory_grows() -> None:
    def held() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    ours, its = socket.socketpair()
    sender, receiver = Sender(its), Receiver(ours)
    before = held()
    for size in (10, 10_000, 1_000_000):
        sender.send(picture(1, size))
        seen = receiver.newest(1)
        assert seen
        receiver.release(seen)
    # Each side maps the newest memory, which holds one file open.
    assert held() <= before + 2
    receiver.close()
    its.close()


@pytest.mark.parametrize(("size", "stride"), [(99, 10), (100, 9), (0, 10)])
def test_a_picture_of_fewer_bytes_than_it_needs_is_none(size: int, stride: int) -> None:
    with pytest.raises(ValueError, match="are no 10×10 picture"):
        plane(GREY, 10, 10, stride, memoryview(bytes(size)), 0)
