"""What every sink promises, run on each of them with somebody real to tell."""

import logging
import time

import pytest
from rigs import MOST, SECRET, Rig, rig
from told import appeared, wait_until

__all__ = ["rig"]

AT_ONCE_S = 0.5
"""For MOST events: a sink that waits for who is told takes seconds for one."""


def tell(rig: Rig, first: int, last: int) -> list[str]:
    """Put events; their ids."""
    told = [appeared(number) for number in range(first, last)]
    for envelope in told:
        rig.sink.put(envelope)
    return [envelope.id for envelope in told]


def arrived(rig: Rig, ids: list[str]) -> list[str]:
    """Those of `ids` that arrived, in the order of their first arrival."""
    return [each for each in dict.fromkeys(rig.received()) if each in set(ids)]


def test_every_event_arrives_once_and_in_order(rig: Rig) -> None:
    ids = tell(rig, 0, 100)
    wait_until(lambda: len(rig.received()) >= 100)
    assert rig.received() == ids
    wait_until(lambda: rig.sink.state().delivered == 100)
    state = rig.sink.state()
    assert (state.name, state.status, state.error) == (rig.sink.name, "ok", "")
    assert (state.waiting, state.dropped) == (0, 0)
    assert state.since.endswith("Z")


def test_nothing_is_lost_while_who_is_told_is_gone_for_a_while(rig: Rig) -> None:
    ids = tell(rig, 0, 5)
    wait_until(lambda: rig.sink.state().delivered == 5)
    rig.fail()
    ids += tell(rig, 5, 50)
    wait_until(lambda: rig.sink.state().status == "failed")
    assert rig.sink.state().waiting > 0
    rig.mend()
    wait_until(lambda: rig.sink.state().waiting == 0)
    wait_until(lambda: len(arrived(rig, ids)) == 50)
    assert arrived(rig, ids) == ids
    wait_until(lambda: rig.sink.state().status == "ok")
    assert rig.sink.state().dropped == 0


def test_a_failure_is_told_in_one_line_and_logged_once(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    tell(rig, 0, 1)
    wait_until(lambda: rig.sink.state().delivered == 1)
    assert caplog.messages == []
    rig.fail()
    tell(rig, 1, 10)
    wait_until(lambda: rig.sink.state().status == "failed")
    error = rig.sink.state().error
    assert error
    assert len(error.splitlines()) == 1
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith(f"{rig.sink.name}: ")
    rig.mend()
    wait_until(lambda: rig.sink.state().status == "ok")
    assert caplog.messages[1:] == [f"{rig.sink.name}: delivers again"]
    assert rig.sink.state().error == error


def test_telling_waits_for_nobody_who_hangs(rig: Rig) -> None:
    tell(rig, 0, 1)
    wait_until(lambda: rig.sink.state().delivered == 1)
    rig.hang()
    began = time.monotonic()
    tell(rig, 1, MOST)
    assert time.monotonic() - began < AT_ONCE_S
    assert rig.sink.state().waiting > 0


def test_a_flood_loses_the_oldest_and_counts_them(rig: Rig) -> None:
    tell(rig, 0, 1)
    wait_until(lambda: rig.sink.state().delivered == 1)
    rig.hang()
    tell(rig, 1, 2)
    time.sleep(0.05)  # it is in hand now
    ids = tell(rig, 2, 5 * MOST)
    state = rig.sink.state()
    assert state.waiting + state.dropped + state.delivered == 5 * MOST
    rig.mend()
    wait_until(lambda: rig.sink.state().waiting == 0)
    state = rig.sink.state()
    assert state.dropped + state.delivered == 5 * MOST
    got = arrived(rig, ids)
    assert got[-MOST:] == ids[-MOST:]
    assert got == [each for each in ids if each in set(got)]


def test_closing_does_not_wait_for_who_hangs(rig: Rig) -> None:
    tell(rig, 0, 1)
    wait_until(lambda: rig.sink.state().delivered == 1)
    rig.hang()
    tell(rig, 1, 20)
    began = time.monotonic()
    rig.sink.close(0.3)
    assert time.monotonic() - began < 1.5


def test_closing_delivers_what_waits(rig: Rig) -> None:
    ids = tell(rig, 0, 300)
    rig.sink.close(10)
    wait_until(lambda: len(rig.received()) >= 300)
    assert rig.received() == ids


def test_nothing_that_is_said_has_a_secret_in_it(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tell(rig, 0, 1)
    wait_until(lambda: rig.sink.state().delivered == 1)
    rig.fail()
    tell(rig, 1, 10)
    wait_until(lambda: rig.sink.state().status == "failed")
    assert SECRET not in f"{rig.sink.state()} {caplog.text} {rig.sink!r}"
