"""The history: every event once, for as long and as large as is wanted."""

import csv
import io
import logging
import os
import resource
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from told import T0_MS, appeared, wait_until

from core.errors import HistoryError
from core.frame import Box
from edge.__main__ import main
from edge.events import QualityChanged, ReadingChanged, event_id
from edge.sinks.backlog import Backlog
from edge.sinks.envelope import Envelope, of_event
from edge.sinks.history import DAY_MS, NAME, HistoryTarget, history_sink
from edge.sinks.history_csv import export_csv, rows
from edge.sinks.journal import Journal
from edge.sinks.worker import DeliveryError, Pace, Worker

AGES = 36500.0
"""Days. The events of these tests are of 2026."""

QUICK = Pace(batch=500, linger_s=0.0, first_pause_s=0.05, most_pause_s=0.1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history.sqlite"


def ids(path: Path) -> list[str]:
    return [row.id for row in rows(path)]


def written(path: Path, envelopes: list[Envelope], keep_days: float = AGES, max_mb: float = 100.0) -> None:
    target = HistoryTarget(path, keep_days, max_mb)
    for start in range(0, len(envelopes), 500):
        target.deliver(envelopes[start : start + 500])
    target.close()


def test_every_event_is_kept_once_and_in_order(path: Path) -> None:
    told = [appeared(number) for number in range(1, 1200)]
    written(path, told)
    written(path, told[500:])
    assert ids(path) == [envelope.id for envelope in told]


def test_events_wait_for_others_so_that_the_card_is_written_rarely(path: Path) -> None:
    sink = history_sink(path, AGES, 100, commit_every_s=0.5)
    began = time.monotonic()
    for number in range(5):
        sink.put(appeared(number))
    assert not path.exists()
    wait_until(lambda: sink.state().delivered == 5)
    assert time.monotonic() - began >= 0.5
    sink.put(appeared(6))
    sink.close(5)
    assert len(ids(path)) == 6
    assert (sink.state().waiting, sink.state().dropped) == (0, 0)


def test_a_day_of_one_event_a_minute_writes_less_than_four_megabytes(path: Path) -> None:
    target = HistoryTarget(path, AGES, 100)
    target.deliver([appeared(0)])
    before = written_bytes()
    for commit in range(144):  # every 600 s
        target.deliver([appeared(10 * commit + number) for number in range(1, 11)])
    target.close()
    assert written_bytes() - before < 4_000_000
    assert len(ids(path)) == 1441


def written_bytes() -> int:
    """That this process has caused to be written to disks."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))


def test_events_older_than_is_wanted_are_deleted(path: Path) -> None:
    now_ms = time.time_ns() // 10**6
    old = [
        of_event(QualityChanged(event_id("old", n), n, "too_dark", "", "good"), now_ms - 10 * DAY_MS) for n in range(9)
    ]
    new = [
        of_event(QualityChanged(event_id("new", n), n, "too_dark", "", "good"), now_ms - 2 * DAY_MS) for n in range(3)
    ]
    written(path, old, keep_days=365)
    written(path, new, keep_days=7)
    assert ids(path) == [envelope.id for envelope in new]


def test_a_file_that_is_too_large_loses_its_oldest_events_and_does_not_grow(path: Path) -> None:
    told = [appeared(number) for number in range(6000)]
    written(path, told, max_mb=1.0)
    kept = ids(path)
    assert kept == [envelope.id for envelope in told[-len(kept) :]]
    assert len(kept) > 1500
    assert path.stat().st_size < 1.3e6


def test_a_damaged_file_is_set_aside_and_another_begun(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    sink = Worker(NAME, HistoryTarget(path, AGES, 100), Backlog(NAME), QUICK)
    sink.put(appeared(1))
    wait_until(lambda: sink.state().delivered == 1)
    sink.close(5)
    assert ids(path) == [appeared(1).id]
    assert path.with_name("history.sqlite.bad").read_bytes().startswith(b"no database")
    assert sum("set aside as history.sqlite.bad" in message for message in caplog.messages) == 1


def test_a_database_of_another_program_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (a)")
    before = path.read_bytes()
    with pytest.raises(DeliveryError, match="a database of another program; name another file"):
        HistoryTarget(path, AGES, 100).deliver([appeared(1)])
    assert path.read_bytes() == before
    assert sorted(each.name for each in path.parent.iterdir()) == ["history.sqlite"]


@contextmanager
def full_disk(most_bytes: int) -> Iterator[None]:
    """No file of this process can be longer than `most_bytes`."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_with_no_room_is_said_once_and_nothing_is_lost_when_there_is_room_again(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sink = Worker(NAME, HistoryTarget(path, AGES, 100), Backlog(NAME), QUICK)
    with full_disk(20_000):
        for number in range(200):
            sink.put(appeared(number))
            time.sleep(0.002)
        wait_until(lambda: sink.state().status == "failed")
        assert sink.state().waiting > 0
    wait_until(lambda: sink.state().waiting == 0)
    sink.close(5)
    assert ids(path) == [appeared(number).id for number in range(200)]
    assert [message.split(":")[0] for message in caplog.messages] == ["history", "history"]
    assert "tries again, and keeps what it has to tell" in caplog.messages[0]
    assert caplog.messages[1] == "history: delivers again"


def test_a_place_that_cannot_be_is_said_once_and_the_program_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "state"
    blocked.write_text("a file where the folder should be", encoding="utf-8")
    sink = Worker(NAME, HistoryTarget(blocked / "history.sqlite", AGES, 100), Backlog(NAME, most=10), QUICK)
    for number in range(25):
        sink.put(appeared(number))
    wait_until(lambda: sink.state().status == "failed")
    state = sink.state()
    assert (state.waiting, state.dropped, state.delivered) == (10, 15, 0)
    assert state.error == f"{blocked}/history.sqlite: File exists"
    assert len(caplog.messages) == 1
    blocked.unlink()
    wait_until(lambda: sink.state().delivered == 10)
    sink.close(5)


@pytest.mark.system
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_full_file_system_loses_nothing_of_what_was_written_and_goes_on_when_it_has_room(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)], check=True)
    try:
        path = disk / "history.sqlite"
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(200_000))
        sink = Worker(NAME, HistoryTarget(path, AGES, 100), Backlog(NAME), QUICK)
        told = 0
        while sink.state().status != "failed":
            sink.put(appeared(told))
            told += 1
            time.sleep(0.001)
        ballast.unlink()
        wait_until(lambda: sink.state().waiting == 0)
        sink.close(5)
        assert ids(path) == [appeared(number).id for number in range(told)]
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# The table for people.


def test_the_history_is_exported_as_a_table(path: Path) -> None:
    changed = ReadingChanged(event_id("t", 2), 2, "0043", "0042", 0.5, Box(1, 2, 3, 4), 1)
    quality = QualityChanged(event_id("t", 3), 3, "too_dark", 'too dark, "2" of 14', "good")
    written(path, [appeared(1), *(of_event(event, T0_MS) for event in (changed, quality))])
    table = io.StringIO()
    assert export_csv(path, table) == 3
    found = list(csv.DictReader(io.StringIO(table.getvalue())))
    assert found[0]["time"] == "2026-09-21T14:13:20.001Z"
    assert [row["event"] for row in found] == ["reading_appeared", "reading_changed", "quality_changed"]
    assert [(row["text"], row["before"], row["confidence"]) for row in found] == [
        ("0001", "", "0.98"),
        ("0043", "0042", "0.5"),
        ("", "good", ""),
    ]
    assert (found[0]["region"], found[2]["reason"], found[2]["state"]) == ("water", 'too dark, "2" of 14', "too_dark")


def test_the_history_can_be_exported_while_the_daemon_writes(path: Path) -> None:
    target = HistoryTarget(path, AGES, 100)
    target.deliver([appeared(1)])
    assert ids(path) == [appeared(1).id]
    target.deliver([appeared(2)])
    target.close()
    assert ids(path) == [appeared(1).id, appeared(2).id]


def test_what_is_no_history_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"none.sqlite: no such file; history.enabled in config.yaml"):
        list(rows(tmp_path / "none.sqlite"))
    (tmp_path / "text").write_text("text " * 1000, encoding="utf-8")
    with pytest.raises(HistoryError, match=r"text: cannot be read \(file is not a database\)"):
        list(rows(tmp_path / "text"))
    with closing(sqlite3.connect(tmp_path / "other")) as other:
        other.execute("CREATE TABLE events (body)")
    with pytest.raises(HistoryError, match="other: no history of digit-reader"):
        list(rows(tmp_path / "other"))


def test_the_command_prints_the_table(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written(path, [appeared(1)])
    config = tmp_path / "c.yaml"
    config.write_text(f"history: {{path: {path}}}\n", encoding="utf-8")
    assert main(["history", "export", "--csv", "--config", str(config)]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == "time,event,region,text,before,confidence,rule,reason,state,id"
    assert out.splitlines()[1].startswith("2026-09-21T14:13:20.001Z,reading_appeared,water,0001,,0.98,")
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "elsewhere"))
    assert main(["history", "export", "--csv"]) == 1
    assert f"{tmp_path}/elsewhere/history.sqlite: no such file" in capsys.readouterr().err


def test_what_an_earlier_run_left_in_its_journal_is_written_at_once(path: Path, tmp_path: Path) -> None:
    left = Journal(tmp_path / "history.journal")
    for number in (1, 2):
        left.append(number, appeared(number).body)
    left.close()
    written(path, [appeared(1)])
    sink = history_sink(path, AGES, 100, commit_every_s=3600, journal=Journal(tmp_path / "history.journal"))
    wait_until(lambda: sink.state().delivered == 2)
    sink.put(appeared(3))
    assert ids(path) == [appeared(1).id, appeared(2).id]
    sink.close(5)
    assert ids(path) == [appeared(1).id, appeared(2).id, appeared(3).id]
    assert (tmp_path / "history.journal").stat().st_size == 0
