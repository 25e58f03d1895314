"""What could not be delivered, on the disk: in order, bounded, and after every crash."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from told import appeared

from edge.sinks.backlog import Backlog
from edge.sinks.journal import Journal
from edge.sinks.spool import LEAST_MB, Spool


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "hook.spool.sqlite"


def texts(spool: Spool, count: int = 10_000) -> list[str]:
    return [envelope.id for envelope in spool.first(count)]


def ids(*numbers: int) -> list[str]:
    return [appeared(number).id for number in numbers]


def test_there_is_no_file_until_one_is_needed(path: Path) -> None:
    spool = Spool(path, 20)
    assert (spool.waiting, spool.first(10), spool.ids()) == (0, [], set())
    spool.close()
    assert not path.parent.exists()


def test_what_is_in_it_is_in_it_after_a_restart(path: Path) -> None:
    spool = Spool(path, 20)
    spool.append([appeared(number) for number in (1, 2, 3)])
    spool.first(2)
    spool.settle(1)
    spool.close()
    again = Spool(path, 20)
    assert again.first(10) == [appeared(2), appeared(3)]
    assert again.ids() == set(ids(2, 3))
    again.close()


@settings(max_examples=30)
@given(st.lists(st.integers(-40, 60), max_size=12))
def test_whatever_comes_and_goes_the_oldest_is_first(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int]
) -> None:
    path = tmp_path_factory.mktemp("spool") / "a.sqlite"
    spool, expected, number = Spool(path, 20), [], 0
    for step in steps:
        if step > 0:
            added = [appeared(number + each) for each in range(step)]
            assert spool.append(added) == 0
            expected += [envelope.id for envelope in added]
            number += step
        elif step < 0:
            settled = len(spool.first(-step))
            if settled:
                spool.settle(settled)
            expected = expected[settled:]
        else:
            spool.close()
            spool = Spool(path, 20)
        assert spool.waiting == len(expected)
        assert texts(spool, 3) == expected[:3]
    spool.close()


def test_it_stays_within_its_bound_and_the_oldest_go(path: Path) -> None:
    spool, dropped, told = Spool(path, LEAST_MB), 0, 0
    for _ in range(40):
        dropped += spool.append([appeared(told + each) for each in range(200)])
        told += 200
        assert sum(each.stat().st_size for each in path.parent.iterdir()) <= LEAST_MB * 1e6
    assert dropped > 0
    assert spool.waiting + dropped == told
    assert texts(spool) == ids(*range(dropped, told))
    assert spool.waiting > 800
    spool.close()


def test_a_damaged_file_is_set_aside_and_another_begun(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database, whatever it is called" * 200)
    spool = Spool(path, 20)
    assert spool.waiting == 0
    spool.append([appeared(1)])
    assert texts(spool) == ids(1)
    spool.close()
    assert path.with_name("hook.spool.sqlite.bad").exists()


def test_a_crash_between_the_spool_and_the_journal_puts_nothing_into_it_twice(path: Path, tmp_path: Path) -> None:
    journal, spool = Journal(tmp_path / "hook.journal"), Spool(path, 20)
    for number in (1, 2, 3):
        journal.append(number, appeared(number).body)
    spool.append([appeared(1), appeared(2)])  # and then the process was killed
    journal.close()
    spool.close()
    backlog = Backlog("hook", journal=Journal(tmp_path / "hook.journal"), spool=Spool(path, 20))
    assert backlog.waiting == 3
    backlog.store()
    assert [envelope.id for envelope in backlog.take(10)] == ids(1, 2, 3)
    backlog.close()
