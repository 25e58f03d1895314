"""Every sink with somebody to tell who can be made to fail, to hang and to recover, for the tests all sinks share."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol

import pytest
from broker import Cable, Ear, Mosquitto, password_file
from hook import Hook
from told import wait_until

from edge.sinks import Sink
from edge.sinks.backlog import Backlog
from edge.sinks.history import HistoryTarget
from edge.sinks.history_csv import rows
from edge.sinks.mqtt import MqttSink, MqttTarget, Topics
from edge.sinks.mqtt_link import Broker
from edge.sinks.stdout import StdoutTarget
from edge.sinks.webhook import WebhookTarget
from edge.sinks.worker import Pace, Worker

MOST = 500
"""Events that the sinks of these tests hold in memory."""

QUICK = Pace(batch=100, first_pause_s=0.02, most_pause_s=0.1)

SECRET = "hunter2-correct-horse"  # noqa: S105


class Rig(Protocol):
    """A sink and who it tells."""

    sink: Sink

    def received(self) -> list[str]:
        """The ids of all events that have arrived, in their order, as often as they did."""
        ...

    def fail(self) -> None:
        """From now on nothing arrives."""
        ...

    def hang(self) -> None:
        """From now on who is told neither answers nor hangs up."""
        ...

    def mend(self) -> None:
        """From now on all is well."""
        ...

    def close(self) -> None: ...


class StdoutRig:
    """Lines into a pipe; /dev/full in its place fails, a pipe that nobody reads hangs."""

    def __init__(self, folder: Path) -> None:
        self._read, self._write = os.pipe()
        self._file = os.dup(self._write)
        self._reading = threading.Event()
        self._reading.set()
        self._lines = b""
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()
        self.sink: Sink = Worker("stdout", StdoutTarget(self._file, lambda: None), Backlog("stdout", MOST), QUICK)

    def received(self) -> list[str]:
        return [json.loads(line)["id"] for line in self._lines.splitlines(keepends=True) if line.endswith(b"\n")]

    def fail(self) -> None:
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, self._file)
        os.close(full)

    def hang(self) -> None:
        self._reading.clear()
        os.write(self._write, b'{"id":"wakes the reader"}\n')
        os.set_blocking(self._write, False)
        try:
            while os.write(self._write, b" " * 4096):
                pass
        except BlockingIOError:
            os.set_blocking(self._write, True)

    def mend(self) -> None:
        self._reading.set()
        os.dup2(self._write, self._file)

    def close(self) -> None:
        self._reading.set()
        self.sink.close(5)
        os.close(self._write)
        os.close(self._file)
        self._reader.join()
        os.close(self._read)

    def _collect(self) -> None:
        while content := os.read(self._read, 65536):
            self._lines += content
            self._reading.wait()


class HistoryRig:
    """A file; a folder in its place fails, another writer's lock hangs."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "history" / "history.sqlite"
        self._lock: sqlite3.Connection | None = None
        self.sink: Sink = Worker("history", HistoryTarget(self._path, 36500, 100), Backlog("history", MOST), QUICK)

    def received(self) -> list[str]:
        return [row.id for row in rows(self._path)] if self._path.is_file() else []

    def fail(self) -> None:
        wait_until(lambda: self.sink.state().waiting == 0)
        self._path.parent.mkdir(exist_ok=True)
        with closing(sqlite3.connect(self._path)) as database:
            database.execute("CREATE TRIGGER refuse BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'refused'); END")

    def hang(self) -> None:
        self._lock = sqlite3.connect(self._path, isolation_level=None)
        self._lock.execute("BEGIN IMMEDIATE")

    def mend(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None
        with closing(sqlite3.connect(self._path)) as database:
            database.execute("DROP TRIGGER IF EXISTS refuse")

    def close(self) -> None:
        if self._lock:
            self._lock.close()
        self.sink.close(5)


class WebhookRig:
    """A web server of our own; its answers fail, or never come."""

    def __init__(self, folder: Path) -> None:
        self.hook = Hook()
        target = WebhookTarget(f"{self.hook.address}/{SECRET}?token={SECRET}", SECRET, timeout_s=1.0)
        self.sink: Sink = Worker("webhook", target, Backlog("webhook", MOST), QUICK, [SECRET])

    def received(self) -> list[str]:
        return self.hook.received()

    def fail(self) -> None:
        self.hook.answer = 500

    def hang(self) -> None:
        self.hook.answer = "nothing"

    def mend(self) -> None:
        self.hook.answer = 200

    def close(self) -> None:
        self.mend()
        self.sink.close(5)
        self.hook.close()


class MqttRig:
    """Mosquitto, behind a cable that can be pulled out and held shut."""

    def __init__(self, folder: Path) -> None:
        self._broker = Mosquitto(folder, f"allow_anonymous false\npassword_file {password_file(folder, SECRET)}\n")
        self._cable = Cable(self._broker.port)
        self._ear = Ear(self._broker.port, "house/event", "me", SECRET)
        broker = Broker("127.0.0.1", self._cable.port, client_id="rig", username="me", password=SECRET)
        self.sink: Sink = MqttSink(
            MqttTarget(broker, Topics("house")),
            Backlog("mqtt", MOST),
            Pace(batch=20, tend_every_s=0.1, first_pause_s=0.02, most_pause_s=0.1),
            [SECRET],
        )

    def received(self) -> list[str]:
        return [json.loads(payload)["id"] for _, payload, _ in self._ear.heard]

    def fail(self) -> None:
        self._cable.pull()

    def hang(self) -> None:
        self._cable.hold()

    def mend(self) -> None:
        self._cable.mend()

    def close(self) -> None:
        self.mend()
        self.sink.close(5)
        self._ear.close()
        self._cable.close()
        self._broker.close()


RIGS: dict[str, Callable[[Path], Rig]] = {
    "stdout": StdoutRig,
    "history": HistoryRig,
    "webhook": WebhookRig,
    "mqtt": MqttRig,
}


@pytest.fixture(
    params=[pytest.param(name, marks=pytest.mark.system if name == "mqtt" else ()) for name in RIGS],
)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    made: Rig = RIGS[request.param](tmp_path)
    yield made
    made.close()
