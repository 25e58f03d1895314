"""What a sink has taken outlasts kill -9, whenever it comes."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from broker import Cable, Ear, Mosquitto
from hook import Hook
from told import wait_until

from edge.sinks.history_csv import rows

FEW, MANY = 20, 200
"""Instants at which the program is killed: in the quick tests, and where there is time."""

INSTANTS = pytest.mark.parametrize(
    "instants", [pytest.param(FEW, id="few"), pytest.param(MANY, id="many", marks=pytest.mark.system)]
)


def lives(kind: str, folder: Path, instants: int, address: str = "") -> list[str]:
    """The ids of all that was told in so many lives; a last one delivers what they left, which must be all."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("kill_loop.py")), kind, folder, str(instants), "1", address],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.curdir for path in sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout)
    assert (outcome["waiting"], outcome["dropped"]) == (0, 0)
    assert len(outcome["told"]) > instants
    told: list[str] = outcome["told"]
    return told


@INSTANTS
def test_no_event_is_missing_from_the_history_and_none_is_in_it_twice(tmp_path: Path, instants: int) -> None:
    told = lives("history", tmp_path, instants)
    kept = Counter(row.id for row in rows(tmp_path / "history.sqlite"))
    assert set(told) - set(kept) == set()
    assert set(kept.values()) == {1}
    # Of each life one event may have been taken that was not yet said to be.
    assert len(kept) - len(told) <= instants
    with closing(sqlite3.connect(tmp_path / "history.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert list(tmp_path.glob("*.bad")) == []


@INSTANTS
def test_every_event_arrives_at_a_webhook_that_comes_and_goes(tmp_path: Path, instants: int) -> None:
    with closing(Hook()) as hook:
        hook.flaps = True
        told = lives("webhook", tmp_path, instants, hook.address)
        received = hook.received()
    assert set(told) - set(received) == set()
    assert_hardly_any_twice(told, received)


@pytest.mark.system
@pytest.mark.parametrize("instants", [FEW, MANY])
def test_every_event_arrives_at_a_broker_whose_cable_is_pulled_again_and_again(tmp_path: Path, instants: int) -> None:
    over = threading.Event()
    with (
        closing(Mosquitto(tmp_path)) as broker,
        closing(Ear(broker.port, "house/event")) as ear,
        closing(Cable(broker.port)) as cable,
    ):

        def pull() -> None:
            while not over.wait(0.3):
                cable.pull()
                over.wait(0.05)
                cable.mend()

        pulling = threading.Thread(target=pull)
        pulling.start()
        told = lives("mqtt", tmp_path, instants, str(cable.port))
        over.set()
        pulling.join()
        wait_until(lambda: not set(told) - {json.loads(payload)["id"] for _, payload, _ in ear.heard})
        assert_hardly_any_twice(told, [json.loads(payload)["id"] for _, payload, _ in ear.heard])


def assert_hardly_any_twice(told: list[str], received: list[str]) -> None:
    """At least once and in order; again only what was on its way when a kill or a failure came."""
    assert len(received) - len(set(received)) < len(told) / 2
    first = dict.fromkeys(received)
    assert [each for each in first if each in set(told)] == told
