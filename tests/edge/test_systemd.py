"""What systemd is told, heard on a real socket."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.systemd import Notifier


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(60)
        yield listening


def heard(manager: socket.socket) -> list[str]:
    """All that was said until now."""
    said = []
    manager.setblocking(False)
    while True:
        try:
            said.append(manager.recv(4096).decode())
        except BlockingIOError:
            return said


def told(manager: socket.socket, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": manager.getsockname(), **more}


def test_ready_status_and_stopping_are_told_as_systemd_wants_them(manager: socket.socket) -> None:
    notifier = Notifier(told(manager))
    notifier.ready()
    notifier.status("reading from\nthe canvas")
    notifier.stopping()
    assert heard(manager) == ["READY=1", "STATUS=reading from the canvas", "STOPPING=1"]


def test_the_watchdog_is_fed_no_more_than_it_needs(manager: socket.socket) -> None:
    notifier = Notifier(told(manager, WATCHDOG_USEC="10000000", WATCHDOG_PID=str(os.getpid())))
    for tenth in range(100, 210):
        notifier.alive(tenth / 10)
    assert heard(manager) == ["WATCHDOG=1"] * 3


@pytest.mark.parametrize("more", [{}, {"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "no"}])
def test_a_watchdog_that_is_not_ours_is_not_fed(manager: socket.socket, more: dict[str, str]) -> None:
    Notifier(told(manager, **more)).alive(1.0)
    assert heard(manager) == []


def test_no_other_process_can_speak_for_this_one(manager: socket.socket) -> None:
    environment = told(manager, WATCHDOG_USEC="1", WATCHDOG_PID="1", HOME="/")
    Notifier(environment)
    assert environment == {"HOME": "/"}


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's abstract namespace")
def test_an_abstract_address_is_understood() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0digit-reader-test-{os.getpid()}")
        Notifier({"NOTIFY_SOCKET": f"@digit-reader-test-{os.getpid()}"}).ready()
        assert heard(manager) == ["READY=1"]


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nowhere/at/all"}, {"NOTIFY_SOCKET": "x" * 300}])
def test_without_a_manager_nothing_happens(environment: dict[str, str]) -> None:
    Notifier(environment).ready()


def test_a_daemon_is_ready_tells_its_source_lives_and_stops(manager: socket.socket, root: Path) -> None:
    environment = {**os.environ, **told(manager, WATCHDOG_USEC="200000")}
    daemon = subprocess.Popen(
        [sys.executable, "-m", "edge", "run", "--port", "0", "--source", "canvas"],
        cwd=root,
        env=environment,
        stderr=subprocess.PIPE,
    )
    with daemon:
        said = [manager.recv(4096).decode() for _ in range(3)]
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate()
    said += heard(manager)
    assert said[:2] == ["READY=1", "STATUS=running: canvas, since camera.source is canvas"]
    assert said[2] == "WATCHDOG=1"
    assert said[-1] == "STOPPING=1"
