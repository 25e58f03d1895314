"""A program that tells events to a sink, is killed at a random instant, starts again, and so on; then all is counted.

    python kill_loop.py {history|webhook|mqtt} FOLDER INSTANTS SEED [ADDRESS]

It prints JSON: how many events `put` had returned for before each kill ("told", ids), and how the last run ended. What
has become of the events is for the test to find out: in the history's file, or at who was told.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from told import appeared

from edge.sinks import Sink, worker
from edge.sinks.backlog import Backlog
from edge.sinks.history import history_sink
from edge.sinks.journal import Journal
from edge.sinks.mqtt import MqttSink, MqttTarget, Topics
from edge.sinks.mqtt_link import Broker
from edge.sinks.spool import Spool
from edge.sinks.webhook import WebhookTarget
from edge.sinks.worker import Pace, Worker

PAUSE_S = {"history": 0.0001, "webhook": 0.002, "mqtt": 0.002}
"""Between events: less than it takes to tell them, on a machine that does other things as well."""

LONGEST_S = 0.15
"""Of one life. One in five ends at a time at which the journal is being read, and a thread or database opened."""


def new_sink(kind: str, folder: Path, address: str) -> Sink:
    """The sink as the daemon makes it, but that it writes often enough to be hit while it does."""
    journal = Journal(folder / "run" / f"{kind}.journal")
    if kind == "history":
        return history_sink(folder / "history.sqlite", 36500, 100, commit_every_s=0.01, journal=journal)
    # The spool is written to soon, and not only after minutes.
    worker.STORE_AFTER_S = 0.02
    backlog = Backlog(kind, journal=journal, spool=Spool(folder / "state" / f"{kind}.spool.sqlite", max_mb=20))
    pace = Pace(batch=10, first_pause_s=0.005, most_pause_s=0.02, tend_every_s=0.1)
    if kind == "mqtt":
        broker = Broker("127.0.0.1", int(address), client_id="killed")
        return MqttSink(MqttTarget(broker, Topics("house")), backlog, pace)
    return Worker(kind, WebhookTarget(address, timeout_s=2.0), backlog, pace)


def live(kind: str, folder: Path, address: str, stream: str, told: int) -> None:
    """Tell many events a second, and write the number of each to `told` once `put` has returned."""
    sink = new_sink(kind, folder, address)
    number = 0
    while True:
        sink.put(appeared(number, stream))
        os.write(told, b"%d\n" % number)
        number += 1
        time.sleep(PAUSE_S[kind])


def killed(kind: str, folder: Path, address: str, stream: str, after_s: float) -> list[str]:
    """The ids of all events that a life had told that ended `after_s` after the first of them.

    Of a negative time, so long after it began, whether or not it had come to tell anything by then.
    """
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        try:
            live(kind, folder, address, stream, write)
        finally:
            os._exit(1)
    os.close(write)
    if after_s >= 0:
        select.select([read], [], [])  # it has told something
    time.sleep(abs(after_s))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with open(read, "rb") as lines:  # noqa: PTH123 — a descriptor
        return [appeared(int(line), stream).id for line in lines if line.endswith(b"\n")]


def main() -> None:
    """All lives, and a last one that ends in peace."""
    kind, folder, instants, seed, *rest = sys.argv[1:]
    address = rest[0] if rest else ""
    rng = random.Random(int(seed))  # noqa: S311
    told = []
    for instant in range(int(instants)):
        told += killed(kind, Path(folder), address, f"life {instant}", rng.uniform(-LONGEST_S / 4, LONGEST_S))
    sink = new_sink(kind, Path(folder), address)
    deadline = time.monotonic() + 60
    while sink.state().waiting and time.monotonic() < deadline:
        time.sleep(0.02)
    state = sink.state()
    sink.close(10)
    print(json.dumps({"told": told, "waiting": state.waiting, "dropped": state.dropped, "error": state.error}))


if __name__ == "__main__":
    main()
