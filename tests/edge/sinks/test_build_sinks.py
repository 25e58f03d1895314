"""config.yaml → who is told, in the daemon itself."""

import json
import logging
import os
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest
from hook import Hook
from told import wait_until

from core import config
from core.frame import Box
from edge.events import ReadingAppeared
from edge.sinks.build import build
from edge.sinks.history_csv import rows

PROGRAM = [sys.executable, "-m", "edge"]


def event(number: int) -> ReadingAppeared:
    return ReadingAppeared(f"00000000-0000-8000-8000-{number:012d}", 1, "42", 0.9, Box(1, 2, 3, 4), 1)


def nobody() -> None:
    raise AssertionError


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Pictures to replay: a 7, and then nothing."""
    folder = tmp_path / "clip"
    folder.mkdir()
    page = np.full((200, 140), 230, np.uint8)
    cv2.imwrite(str(folder / "b.png"), page)
    cv2.putText(page, "7", (30, 150), cv2.FONT_HERSHEY_SIMPLEX, 4.5, 40, 12, cv2.LINE_AA)
    cv2.imwrite(str(folder / "a.png"), page)
    return folder


def daemon(settings: Path, clip: Path, **options: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*PROGRAM, "run", "--port", "0", "--config", str(settings), "--source", str(clip)],
        stderr=subprocess.PIPE,
        **options,  # type: ignore[call-overload]
    )


def test_the_daemon_tells_the_same_ids_on_its_output_and_in_its_history(tmp_path: Path, clip: Path) -> None:
    settings = tmp_path / "c.yaml"
    settings.write_text(
        f"camera: {{replay_speed: 0}}\nhistory: {{enabled: true, path: {tmp_path}/h.sqlite}}\n", encoding="utf-8"
    )
    for _ in range(2):
        out, errors = daemon(settings, clip, stdout=subprocess.PIPE).communicate(timeout=60)
        assert {line.split(b":")[0] for line in errors.splitlines()} == {b"source", b"page"}
        told = [json.loads(line) for line in out.splitlines()]
        assert [each["event"] for each in told] == ["reading_appeared", "reading_cleared"]
        assert [row.id for row in rows(tmp_path / "h.sqlite")] == [each["id"] for each in told]


def test_the_daemon_ends_when_nobody_reads_its_lines_and_nobody_else_is_told(tmp_path: Path, clip: Path) -> None:
    settings = tmp_path / "c.yaml"
    settings.write_text("camera: {replay_speed: 0, replay_loop: true}\n", encoding="utf-8")
    running = daemon(settings, clip, stdout=subprocess.PIPE)
    assert running.stdout
    running.stdout.readline()
    running.stdout.close()
    assert running.wait(30) == 1
    assert running.stderr
    assert b"Traceback" not in running.stderr.read()
    running.stderr.close()


def test_the_daemon_goes_on_without_readers_while_somebody_else_is_told(tmp_path: Path) -> None:
    settings = config.parse(f"history: {{enabled: true, path: {tmp_path}/h.sqlite, commit_every_s: 0}}", "x")
    read, write = os.pipe()
    os.close(read)
    sinks = build(settings, {"STATE_DIRECTORY": str(tmp_path)}, write, nobody)
    sinks.tell(event(1))
    wait_until(lambda: {state.name: state.status for state in sinks.states()} == {"history": "ok", "stdout": "trying"})
    sinks.close()
    os.close(write)
    assert [row.id for row in rows(tmp_path / "h.sqlite")] == [event(1).id]


def test_nobody_is_told_if_nobody_is_wanted() -> None:
    sinks = build(config.parse("stdout: {enabled: false}", "x"), {}, -1, nobody)
    sinks.tell(event(1))
    assert sinks.states() == []
    sinks.close()


def test_files_are_where_the_service_manager_wants_them(tmp_path: Path) -> None:
    settings = config.parse("stdout: {enabled: false}\nhistory: {enabled: true, commit_every_s: 3600}", "x")
    environment = {"STATE_DIRECTORY": f"{tmp_path}/state:/other", "RUNTIME_DIRECTORY": f"{tmp_path}/run"}
    sinks = build(settings, environment, -1, nobody)
    sinks.tell(event(1))
    assert (tmp_path / "run" / "history.journal").stat().st_size > 0
    sinks.close()
    assert (tmp_path / "run" / "history.journal").stat().st_size == 0
    assert [row.id for row in rows(tmp_path / "state" / "history.sqlite")] == [event(1).id]


def test_a_second_daemon_tells_as_well_and_says_what_it_lacks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = config.parse("stdout: {enabled: false}\nhistory: {enabled: true, commit_every_s: 0}", "x")
    environment = {"STATE_DIRECTORY": str(tmp_path)}
    both = [build(settings, environment, -1, nobody) for _ in range(2)]
    for number, sinks in enumerate(both):
        sinks.tell(event(number))
    for sinks in both:
        sinks.close()
    assert {row.id for row in rows(tmp_path / "history.sqlite")} == {event(0).id, event(1).id}
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith(f"{tmp_path}/history.journal: another digit-reader uses it; ")


def test_the_rest_of_the_program_does_not_wait_for_telling(tmp_path: Path) -> None:
    settings = config.parse("history: {enabled: true}", "x")
    read, write = os.pipe()
    sinks = build(settings, {"STATE_DIRECTORY": str(tmp_path)}, write, nobody)
    done = threading.Event()

    def tell() -> None:
        for number in range(5000):  # far more than the pipe holds
            sinks.tell(event(number))
        done.set()

    threading.Thread(target=tell, daemon=True).start()
    assert done.wait(10)
    logging.disable()
    sinks.close()
    logging.disable(logging.NOTSET)
    os.close(read)


@pytest.mark.system
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_on_a_read_only_disk_the_daemon_tells_whom_it_can_and_says_each_thing_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,ro", "tmpfs", str(disk)], check=True)
    try:
        with closing(Hook()) as hook:
            settings = config.parse(
                f"stdout: {{enabled: false}}\nhistory: {{enabled: true, commit_every_s: 0}}\n"
                f"webhook: {{enabled: true, url: '{hook.address}'}}",
                "x",
            )
            sinks = build(settings, {"STATE_DIRECTORY": str(disk / "state")}, -1, nobody)
            for number in range(20):
                sinks.tell(event(number))
            wait_until(lambda: len(hook.taken) == 20)
            wait_until(lambda: sinks.states()[0].error != "")
            subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
            wait_until(lambda: sinks.states()[0].delivered == 20, 30)
            sinks.close()
        assert len(list(rows(disk / "state" / "history.sqlite"))) == 20
        warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
        assert len(warnings) == 3
        assert all("Read-only file system" in warning for warning in warnings)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
