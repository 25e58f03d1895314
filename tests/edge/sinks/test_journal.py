"""What has been taken and not delivered outlasts the process."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.sinks import journal
from edge.sinks.journal import Journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "hook.journal"


def again(path: Path) -> list[tuple[int, bytes]]:
    """What the next process finds."""
    found = Journal(path)
    left = found.load()
    found.close()
    return left


def test_what_was_appended_and_not_settled_is_there_again(path: Path) -> None:
    kept = Journal(path)
    for number in range(1, 6):
        kept.append(number, b'{"n":%d}' % number)
    kept.settle(3)
    kept.close()
    assert again(path) == [(4, b'{"n":4}'), (5, b'{"n":5}')]


def test_a_cleared_journal_is_an_empty_file(path: Path) -> None:
    kept = Journal(path)
    kept.append(1, b"{}")
    kept.clear()
    kept.close()
    assert (path.stat().st_size, again(path)) == (0, [])


@given(
    torn=st.integers(0, 400),
    flipped=st.integers(0, 399),
    bodies=st.lists(st.binary(max_size=40).map(bytes.hex), max_size=6),
)
def test_whatever_became_of_the_file_what_is_whole_is_read_and_more_can_follow(
    tmp_path_factory: pytest.TempPathFactory, torn: int, flipped: int, bodies: list[str]
) -> None:
    path = tmp_path_factory.mktemp("run") / "a.journal"
    kept = Journal(path)
    for number, body in enumerate(bodies, 1):
        kept.append(number, body.encode())
    kept.close()
    content = bytearray(path.read_bytes())
    if flipped < len(content):
        content[flipped] ^= 0x20
    path.write_bytes(content[: max(0, len(content) - torn)])
    told = [(number, body.encode()) for number, body in enumerate(bodies, 1)]
    opened = Journal(path)
    found = opened.load()
    assert set(found) <= set(told)
    if flipped >= len(content) and not torn:
        assert found == told
    opened.append(99, b"after")
    opened.close()
    assert again(path) == [*found, (99, b"after")]


def test_a_long_journal_is_written_anew_with_what_is_left(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MOST_BYTES", 1000)
    kept = Journal(path)
    number = 0
    while not kept.is_long:
        number += 1
        kept.append(number, b"x" * 50)
    kept.rewrite([(number, b"left")])
    assert path.stat().st_size < 100
    assert not kept.is_long
    kept.append(number + 1, b"more")
    kept.close()
    assert again(path) == [(number, b"left"), (number + 1, b"more")]


def test_two_processes_do_not_share_a_journal(path: Path) -> None:
    kept = Journal(path)
    with pytest.raises(BlockingIOError):
        Journal(path)
    kept.close()
    Journal(path).close()


def test_nobody_else_may_read_it(path: Path) -> None:
    kept = Journal(path)
    kept.append(1, b"{}")
    kept.rewrite([(1, b"{}")])
    assert {path.parent.stat().st_mode & 0o77, path.stat().st_mode & 0o77} == {0}
    kept.close()
