"""The daemon, when its camera comes and goes."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import httpx
import pytest

from tests.edge.fake_cameras import WebCamera, plug_in, streams
from tests.edge.test_capture_process import capture_processes, gone
from tests.edge.test_command_line import SEVEN, Daemon, digit_page

ENDS_WITHIN_S = 20.0
"""It takes some 0.5 s; the rest is for machines that have other things to do."""

Start = Callable[..., Daemon]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a daemon that reads from a source."""
    started: list[Daemon] = []

    def start_one(source: object, **settings: object) -> Daemon:
        config = tmp_path / "config.yaml"
        config.write_text(json.dumps({"camera": {"source": source, "stall_after_s": 0.5, **settings}}))
        started.append(Daemon("--config", config))
        return started[-1]

    yield start_one
    for daemon in started:
        daemon.process.kill()
        daemon.process.communicate()


@pytest.fixture
def camera(tmp_path: Path) -> Path:
    return plug_in(tmp_path / "camera")


@pytest.fixture
def daemon(start: Start, camera: Path) -> Daemon:
    return start([f"fake:{camera}", "canvas"])


def state_of(daemon: Daemon) -> dict[str, object]:
    address = daemon.wait_for(r"page: (http://127\.0\.0\.1:\d+/)")[1]
    return dict(httpx.get(f"{address}api/state").json())


def test_the_canvas_takes_over_when_the_camera_goes_until_it_is_back(daemon: Daemon, camera: Path) -> None:
    name = f"fake:{camera}"
    daemon.wait_for(f"source: {name}, since")
    assert (state_of(daemon)["source_state"], state_of(daemon)["source_error"]) == ("running", "")
    camera.unlink()
    gone_away = f"{name}: there is no such device (No such file or directory)"
    lost, taken_over = daemon.event(), daemon.event()
    assert (lost["event"], lost["state"], lost["source"], lost["reason"]) == ("source_changed", "lost", name, gone_away)
    assert (taken_over["state"], taken_over["source"], taken_over["before"]) == ("fallback", "canvas", "lost")
    state = state_of(daemon)
    assert (state["source"], state["source_state"], state["source_error"]) == ("canvas", "fallback", gone_away)
    plug_in(camera)
    back = daemon.event()
    assert (back["state"], back["source"], back["before"]) == ("running", name, "fallback")
    daemon.wait_for("it works; reading from it instead of canvas")
    assert [line.removeprefix(f"{name}: ") for line in daemon.log.splitlines() if "page" not in line] == [
        f"source: {name}, since camera.source is {name}, canvas",
        "there is no such device (No such file or directory); opening it again in 1 s",
        "there is no such device (No such file or directory); reading from canvas until it works",
        "it works; reading from it instead of canvas",
    ]


def test_a_silent_camera_is_opened_again(start: Start, camera: Path) -> None:
    daemon = start(f"fake:{camera}")
    daemon.wait_for("source: fake")
    (before,) = capture_processes(daemon.process.pid)
    plug_in(camera, does="hangs")
    daemon.wait_for(f"fake:{camera}: silent for 0.5 s; opening it again in 1 s")
    plug_in(camera)
    daemon.wait_for(f"fake:{camera}: it works again")
    (after,) = capture_processes(daemon.process.pid)
    assert after != before


def test_a_capture_process_that_is_killed_is_started_again(daemon: Daemon) -> None:
    daemon.wait_for("source: fake")
    (before,) = capture_processes(daemon.process.pid)
    os.kill(before, signal.SIGKILL)
    daemon.wait_for("its capture process was killed by signal 9; opening it again in 1 s")
    daemon.wait_for("it works again")
    assert capture_processes(daemon.process.pid) != [before]


@pytest.mark.parametrize("does", ["works", "silent", "hangs", "garbage", "refuses", "gone"])
def test_the_daemon_ends_at_once_whatever_its_camera_does_and_leaves_no_process(
    start: Start, camera: Path, does: str
) -> None:
    daemon = start(f"fake:{camera}", stall_after_s=60)
    daemon.wait_for("source: fake")
    children = capture_processes(daemon.process.pid)
    if does == "gone":
        camera.unlink()
    else:
        plug_in(camera, does=does)
    time.sleep(0.2)
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(ENDS_WITHIN_S) == 0
    assert all(gone(child) for child in children)


def test_a_camera_that_is_not_there_at_the_start_is_waited_for(start: Start, tmp_path: Path) -> None:
    camera = tmp_path / "camera"
    daemon = start(f"fake:{camera}")
    daemon.wait_for(f"fake:{camera}: there is no such device .*; trying again in 1 s")
    assert state_of(daemon)["source_state"] == "lost"
    plug_in(camera)
    daemon.wait_for(f"fake:{camera}: it works\n")
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(ENDS_WITHIN_S) == 0


def test_no_process_is_left_of_a_daemon_that_is_killed(daemon: Daemon) -> None:
    daemon.wait_for("source: fake")
    (child,) = capture_processes(daemon.process.pid)
    daemon.process.kill()
    assert gone(child)


def test_what_a_camera_showed_is_cleared_before_another_source_is_read(start: Start) -> None:
    page = cv2.imencode(".jpg", digit_page("7"))[1].tobytes()
    noisy = [cv2.imencode(".jpg", digit_page("7") - level % 2)[1].tobytes() for level in range(200)]
    with WebCamera(streams(page, *noisy, every_s=0.05)) as web:
        daemon = start([web.address, "canvas"])
        address = daemon.wait_for(r"page: (http://127\.0\.0\.1:\d+/)")[1]
        assert daemon.event()["event"] == "reading_appeared"
        os.kill(capture_processes(daemon.process.pid)[0], signal.SIGKILL)
        assert daemon.event()["state"] == "lost"
    # The server is gone, so the second try fails.
    assert daemon.event()["state"] == "fallback"
    cleared = daemon.event()
    assert (cleared["event"], cleared["text"]) == ("reading_cleared", "7")
    httpx.post(f"{address}api/read", json=SEVEN)
    drawn = daemon.event()
    assert (drawn["event"], drawn["text"]) == ("reading_appeared", "7")
    assert drawn["id"] != cleared["id"]
