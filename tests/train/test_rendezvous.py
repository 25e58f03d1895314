from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest
from commands import free_address

from core.errors import TrainingError
from train import rendezvous


class Aside(threading.Thread):
    """Does something in another thread, and keeps what it raised."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self.work, self.raised = work, ""
        self.start()

    def run(self) -> None:
        try:
            self.work()
        except TrainingError as error:
            self.raised = str(error)


@pytest.fixture
def address() -> tuple[str, int]:
    host, _, port = free_address().rpartition(":")
    return host, int(port)


def test_all_go_on_when_all_have_come(address: tuple[str, int]) -> None:
    # Worker 2 is there before worker 0 listens.
    others = [Aside(lambda index=index: rendezvous.follow(address, index, 3, 20)) for index in (2, 1)]
    rendezvous.lead(address[1], 3, 20)
    for other in others:
        other.join(20)
    assert [other.raised for other in others] == ["", ""]
    with socket.create_server(("", address[1])):
        pass  # the port is free again, at once


def test_worker_0_names_who_did_not_come(address: tuple[str, int]) -> None:
    other = Aside(lambda: rendezvous.follow(address, 2, 4, 20))
    with pytest.raises(TrainingError, match=r"^worker 0: of 4 workers these did not come within 1 s: 1, 3; start each"):
        rendezvous.lead(address[1], 4, 1)
    other.join(20)
    assert "(it hung up)" in other.raised


def test_a_worker_that_finds_nobody_says_where(address: tuple[str, int]) -> None:
    with pytest.raises(TrainingError) as told:
        rendezvous.follow(address, 1, 2, 0.3)
    assert str(told.value) == (
        f"worker 1 of 2: worker 0 at 127.0.0.1:{address[1]} does not take it (Connection refused); start worker 0 "
        "there, and each worker with its own --worker-index and the same --coordinator and --workers"
    )


@pytest.mark.parametrize(
    ("index", "count", "reason"),
    [(1, 2, "there is another worker 1 already"), (1, 5, "--workers is 3 at worker 0"), (7, 3, "--workers is 3 at")],
)
def test_a_worker_that_does_not_fit_is_told_why(address: tuple[str, int], index: int, count: int, reason: str) -> None:
    first = Aside(lambda: rendezvous.follow(address, 1, 3, 20))
    leader = Aside(lambda: rendezvous.lead(address[1], 3, 20))
    if reason.startswith("there is"):
        count = 3
        second = [Aside(lambda: rendezvous.follow(address, 1, 3, 20)), first]
        second[0].join(2)
        second[1].join(2)
        assert sum(reason in worker.raised for worker in second) == 1
    else:
        with pytest.raises(TrainingError, match=reason):
            rendezvous.follow(address, index, count, 20)
    rendezvous.follow(address, 2, 3, 20)
    leader.join(20)
    assert leader.raised == ""


def test_who_says_nothing_sensible_does_not_count(address: tuple[str, int]) -> None:
    leader = Aside(lambda: rendezvous.lead(address[1], 2, 20))
    while True:
        try:
            stranger = socket.create_connection(address, timeout=5)
            break
        except ConnectionRefusedError:
            continue
    with stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n")
        assert b"--workers is 2 at worker 0" in stranger.recv(1000)
    rendezvous.follow(address, 1, 2, 20)
    leader.join(20)
    assert leader.raised == ""


def test_a_port_that_is_taken_is_named(address: tuple[str, int]) -> None:
    with (
        socket.create_server(("", address[1])),
        pytest.raises(
            TrainingError, match=rf"^worker 0: cannot listen on port {address[1]} \(Address already in use\)"
        ),
    ):
        rendezvous.lead(address[1], 2, 1)
