"""What is accepted outlasts a restart, and no file stops the daemon."""

import json
import logging
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reading_rules import MOST_CHARACTERS
from edge.accepted_state import (
    FORMAT,
    MOST_BYTES,
    MOST_OF_A_NAME,
    MOST_READINGS,
    MOST_SET_ASIDE,
    VERSION,
    WRITE_EVERY_S,
    AcceptedState,
)

GOOD = {
    "format": FORMAT,
    "version": VERSION,
    "readings": [{"source": "camera", "region": "water", "text": "0042"}],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "accepted.json"


def filled(path: Path, content: bytes | str) -> Path:
    """`path`, with a file of this content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def names(path: Path) -> list[str]:
    """What is in the folder of `path`."""
    return sorted(entry.name for entry in path.parent.iterdir())


def test_what_is_accepted_is_there_after_a_restart(path: Path) -> None:
    state = AcceptedState(path)
    state.put("camera", "water", "0042")
    state.put("camera", "gas", "7")
    state.close()
    again = AcceptedState(path)
    assert [again.text("camera", region) for region in ("water", "gas", "heat")] == ["0042", "7", ""]
    assert again.text("files", "water") == ""
    assert names(path) == ["accepted.json"]


def test_the_file_is_json_that_a_person_can_read(path: Path) -> None:
    state = AcceptedState(path)
    state.put("camera", "water", "0042")
    state.close()
    assert json.loads(path.read_text(encoding="utf-8")) == GOOD
    assert path.read_text(encoding="utf-8").count("\n") > 5


def test_it_is_written_at_once_and_then_no_more_often_than_cards_bear(path: Path) -> None:
    state = AcceptedState(path)
    written = []
    for tenth in range(200):
        state.put("camera", "", str(tenth))
        state.write_if_due(1000 + tenth / 10)
        written.append(AcceptedState(path).text("camera", ""))
    every = round(WRITE_EVERY_S * 10)
    assert written == [str(tenth // every * every) for tenth in range(200)]
    state.close()
    assert AcceptedState(path).text("camera", "") == "199"


def test_what_has_not_changed_is_not_written(path: Path) -> None:
    state = AcceptedState(filled(path, json.dumps(GOOD)))
    before = path.read_bytes(), path.stat().st_mtime_ns
    for second in range(100):
        state.put("camera", "water", "0042")
        state.write_if_due(second)
    state.close()
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_a_change_that_waited_is_written_though_nothing_new_comes(path: Path) -> None:
    state = AcceptedState(path)
    for second, text in [(0.0, "1"), (1.0, "2"), (2.0, "2"), (WRITE_EVERY_S, "2")]:
        state.put("camera", "", text)
        state.write_if_due(second)
    assert AcceptedState(path).text("camera", "") == "2"


def test_time_that_goes_backwards_does_not_stop_it(path: Path) -> None:
    state = AcceptedState(path)
    for second, text in [(1e9, "1"), (5.0, "2")]:
        state.put("camera", "", text)
        state.write_if_due(second)
    assert AcceptedState(path).text("camera", "") == "2"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is damaged (Input data was truncated)"),
        (json.dumps(GOOD)[:-20], "is damaged (Input data was truncated)"),
        ("\0" * 500, "is damaged (JSON is malformed"),
        ("[" * 100_000, "is damaged ("),
        (b"\xff\xfe", "is damaged ("),
        ("[]", "is damaged (Expected `object`, got `array`)"),
        ('{"a": 1}', "is damaged (Object missing required field `format`)"),
        (json.dumps(GOOD | {"format": "a shopping list"}), "is a file of something else"),
        (json.dumps(GOOD | {"version": 2}), "has version 2, and 1 is known"),
        (json.dumps(GOOD | {"version": 2, "readings": "elsewhere"}), "has version 2, and 1 is known"),
        (json.dumps(GOOD | {"readings": [{"source": "a", "region": "b", "text": 42}]}), "is damaged (Expected `str`"),
        (json.dumps(GOOD | {"readings": [{"source": "a", "region": "b", "text": "4" * 257}]}), "is damaged (Expected"),
        (json.dumps(GOOD | {"readings": GOOD["readings"] * 257}), "is damaged (Expected `array` of length <= 256"),
        (json.dumps(GOOD) + " " * MOST_BYTES, f"is larger than {MOST_BYTES} bytes"),
    ],
)
def test_a_file_that_cannot_be_used_is_set_aside_with_one_warning(
    path: Path, content: bytes | str, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    state = AcceptedState(filled(path, content))
    assert not path.exists()
    assert path.with_name("accepted.json.bad").read_bytes() == (
        content if isinstance(content, bytes) else content.encode()
    )
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert caplog.messages[0].startswith(f"{path}: {problem}")
    assert caplog.messages[0].endswith("; set aside as accepted.json.bad, and nothing is accepted yet")
    state.put("camera", "water", "1")
    state.close()
    assert AcceptedState(path).text("camera", "water") == "1"
    assert len(caplog.records) == 1


def test_no_file_that_was_set_aside_is_replaced(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(MOST_SET_ASIDE):
        AcceptedState(filled(path, f"damage {number}"))
    kept = {file.read_text(encoding="utf-8") for file in path.parent.glob("*.bad")}
    assert kept == {f"damage {number}" for number in range(MOST_SET_ASIDE)}
    caplog.clear()
    state = AcceptedState(filled(path, "one too many"))
    state.put("camera", "", "1")
    state.close()
    assert state.text("camera", "") == "1"
    assert path.read_text(encoding="utf-8") == "one too many"
    assert len(caplog.messages) == 1
    assert "cannot be set aside (20 have been)" in caplog.messages[0]


def test_a_directory_in_its_place_stays_where_it_is(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.mkdir(parents=True)
    state = AcceptedState(path)
    state.put("camera", "", "1")
    state.close()
    assert path.is_dir()
    assert names(path) == ["accepted.json"]
    assert caplog.messages == [
        f"{path}: is no file, and cannot be set aside (no file); what is accepted is kept until the end only"
    ]


def test_a_pipe_in_its_place_is_not_waited_for(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    os.mkfifo(path)
    state = AcceptedState(path)
    state.put("camera", "", "1")
    state.close()
    assert len(caplog.messages) == 1
    assert names(path) == ["accepted.json"]


def test_a_place_that_cannot_be_written_gives_one_warning_until_it_can(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    blocked = tmp_path / "state"
    blocked.write_text("a file where the folder should be", encoding="utf-8")
    state = AcceptedState(blocked / "accepted.json")
    for second in range(100):
        state.put("camera", "", str(second))
        state.write_if_due(second)
    assert len(caplog.messages) == 1
    assert caplog.messages[0].endswith("what is accepted is kept until the end only")
    assert state.text("camera", "") == "99"
    blocked.unlink()
    state.close()
    assert caplog.messages[1:] == [f"{blocked / 'accepted.json'}: is written again"]
    assert AcceptedState(blocked / "accepted.json").text("camera", "") == "99"


def test_the_readings_that_changed_last_are_kept(path: Path) -> None:
    state = AcceptedState(path)
    for number in range(MOST_READINGS):
        state.put(f"recording {number}", "", "1")
    state.put("recording 0", "", "2")
    state.put("one more", "", "3")
    state.close()
    again = AcceptedState(path)
    assert [again.text(name, "") for name in ("recording 0", "recording 1", "recording 2", "one more")] == [
        "2", "", "1", "3",
    ]  # fmt: skip


def test_the_longest_names_and_texts_there_are_can_be_read_again(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    state = AcceptedState(path)
    for number in range(MOST_READINGS):
        state.put(f"\1{number:04}" * MOST_OF_A_NAME, "\1" * 999, "\1" * MOST_CHARACTERS)
    state.put("\udcff.mp4", "", "5")
    state.close()
    again = AcceptedState(path)
    assert again.text("\udcff.mp4", "") == "5"
    assert caplog.messages == []


@given(
    st.binary(max_size=200)
    | st.tuples(st.integers(0, 200), st.binary(min_size=1, max_size=4)).map(
        lambda change: (whole := json.dumps(GOOD).encode())[: change[0]] + change[1] + whole[change[0] + 1 :]
    )
    | st.integers(0, 200).map(lambda length: json.dumps(GOOD).encode()[:length])
)
def test_any_file_is_read_or_set_aside_and_can_be_written_over(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = filled(Path(folder) / "accepted.json", content)
        state = AcceptedState(path)
        aside = path.with_name("accepted.json.bad")
        assert aside.exists() != path.exists()
        assert (aside if aside.exists() else path).read_bytes() == content
        state.put("camera", "water", "123")
        state.close()
        assert AcceptedState(path).text("camera", "water") == "123"
