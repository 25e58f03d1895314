"""Two scores of one folder, side by side."""

import copy
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from edge.__main__ import main
from edge.score import Row
from edge.score_compare import MOST_LISTED, compare, load, table

Saved = dict[str, dict[str, Any]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """`a` has a 7 and a 14, `b` has blank paper; each can be read."""
    rows = [("a/1.png", "7"), ("a/2.png", "14"), ("b/3.png", "")]
    for name, digits in rows:
        page = np.full((200, 300), 230, np.uint8)
        cv2.putText(page, digits, (30, 150), cv2.FONT_HERSHEY_SIMPLEX, 4.5, 40, 12, cv2.LINE_AA)
        (tmp_path / name).parent.mkdir(exist_ok=True)
        assert cv2.imwrite(str(tmp_path / name), page)
    lines = ["file,digits", *(f"{name},{digits}" for name, digits in rows)]
    (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def saved(folder: Path, capsys: pytest.CaptureFixture[str]) -> Saved:
    """What `score --json` prints about it."""
    assert main(["score", str(folder), "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


def earlier(folder: Path, run: object) -> str:
    path = folder / "before.json"
    path.write_text(json.dumps(run), encoding="utf-8")
    return str(path)


def better_before(saved: Saved) -> Saved:
    """A run in which `b` had two false digits and the 14 was no 14."""
    run = copy.deepcopy(saved)
    run["a"] |= {"exact": 1, "errors": 1}
    run["a"]["files"]["a/2.png"] = "11"
    run["b"] |= {"false_digits": 2, "empty_exact": 0}
    run["b"]["files"]["b/3.png"] = "52"
    return run


def test_a_run_beside_itself_marks_nothing(folder: Path, saved: Saved, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(folder), "--compare", earlier(folder, saved)]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["folder", "images", "exact", "digit", "errors", "false", "digits"]
    assert [line.split() for line in lines] == [["a", "2", "2", "0"], ["b", "1", "0"], ["all", "3", "2", "0", "0"]]


def test_rows_that_got_better_are_marked_and_their_files_named(
    folder: Path, saved: Saved, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", str(folder), "--compare", earlier(folder, better_before(saved))]) == 0
    _, a, b, together, *listed = capsys.readouterr().out.splitlines()
    assert " ".join(a.split()) == "a 2 1 → 2 1 → 0 better"
    assert " ".join(b.split()) == "b 1 2 → 0 better"
    assert " ".join(together.split()) == "all 3 1 → 2 1 → 0 2 → 0 better"
    assert listed == [
        "",
        "exact after, not before: 2",
        "  a/2.png: 14 is there, read 11 before, 14 after",
        "  b/3.png: nothing is there, read 52 before, nothing after",
    ]


def test_a_row_that_got_worse_is_marked_and_the_exit_status_stays_0(
    folder: Path, saved: Saved, capsys: pytest.CaptureFixture[str]
) -> None:
    before = earlier(folder, saved)
    cv2.imwrite(str(folder / "a" / "2.png"), np.full((200, 300), 230, np.uint8))
    assert main(["score", str(folder), "--compare", before]) == 0
    out = capsys.readouterr().out
    assert "a 2 2 → 1 0 → 2 worse" in " ".join(out.split())
    assert "exact before, not after: 1\n  a/2.png: 14 is there, read 14 before, nothing after\n" in out


def test_json_has_both_runs_and_what_differs(folder: Path, saved: Saved, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(folder), "--json", "--compare", earlier(folder, better_before(saved))]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    compared = json.loads(line)
    assert compared["after"] == saved
    assert compared["before"]["all"]["exact"] == 1
    assert compared["marks"] == {"a": "better", "b": "better", "all": "better"}
    assert compared["no_longer_exact"] == []
    assert compared["newly_exact"] == [
        {"file": "a/2.png", "digits": "14", "before": "11", "after": "14"},
        {"file": "b/3.png", "digits": "", "before": "52", "after": ""},
    ]


def test_a_run_written_without_files_is_compared_row_by_row(
    folder: Path, saved: Saved, capsys: pytest.CaptureFixture[str]
) -> None:
    for row in saved.values():
        del row["files"]
    saved["a"]["exact"] = 1
    assert main(["score", str(folder), "--compare", earlier(folder, saved)]) == 0
    out = capsys.readouterr().out
    assert "1 → 2" in out
    assert "does not say what was read in each" in out
    assert main(["score", str(folder), "--json", "--compare", earlier(folder, saved)]) == 0
    assert json.loads(capsys.readouterr().out)["newly_exact"] is None


def test_a_row_of_one_run_only_or_with_other_images_is_called_so() -> None:
    before = {"a": Row(images=2, exact=1, digits=4), "b": Row(images=1, digits=3)}
    after = {"b": Row(images=2, exact=2, digits=5), "c": Row(images=1, exact=1, digits=1)}
    comparison = compare(before, after, {})
    assert comparison.marks == {"a": "only before", "b": "other images", "c": "only after", "all": "other images"}
    lines = {line.split()[0]: " ".join(line.split()) for line in table(comparison).splitlines()[1:5]}
    assert lines["a"] == "a 2 → – 1 → – 0 → – only before"
    assert lines["b"] == "b 1 → 2 0 → 2 0 other images"
    assert lines["c"] == "c – → 1 – → 1 – → 0 only after"


@pytest.mark.parametrize(
    ("exact", "errors", "false_digits", "expected"),
    [
        (0, 0, 0, "same"),
        (1, 0, 0, "better"),
        (0, -1, -2, "better"),
        (-1, 0, 0, "worse"),
        (0, 1, 0, "worse"),
        (0, 0, 1, "worse"),
        (1, 1, 0, "mixed"),
        (0, -3, 1, "mixed"),
    ],
)
def test_each_figure_can_make_a_row_better_or_worse(exact: int, errors: int, false_digits: int, expected: str) -> None:
    before = Row(images=9, exact=5, errors=5, digits=20, empty_images=3, false_digits=5)
    after = Row(9, 5 + exact, 5 + errors, 20, 3, 0, 5 + false_digits)
    assert compare({"a": before}, {"a": after}, {}).marks == {"a": expected, "all": expected}


def test_the_table_lists_some_files_and_counts_the_rest_which_the_object_has() -> None:
    labels = {f"a/{number:02}.png": "1" for number in range(MOST_LISTED + 3)}
    before = {"a": Row(images=len(labels), exact=len(labels), digits=len(labels), files=labels)}
    after = {"a": Row(images=len(labels), digits=len(labels), files=dict.fromkeys(labels, "7"))}
    comparison = compare(before, after, labels)
    lines = table(comparison).splitlines()
    assert sum(line.startswith("  a/") for line in lines) == MOST_LISTED
    assert lines[-1] == "  and 3 more, which --json names"
    assert len(comparison.no_longer_exact or ()) == len(labels)


def test_files_that_are_no_longer_labelled_are_not_compared() -> None:
    before = {"a": Row(images=1, exact=1, digits=1, files={"a/gone.png": "1"})}
    after = {"a": Row(images=1, exact=1, digits=1, files={"a/new.png": "1"})}
    comparison = compare(before, after, {"a/new.png": "1"})
    assert (comparison.no_longer_exact, comparison.newly_exact) == ([], [])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is not JSON"),
        (b"folder   images\n", "is not JSON"),
        (b"\xff\xfe{\x00}\x00", "is not JSON"),
        (b'{"a": {"x": ' + b"[" * 100_000, "is not JSON"),
        (b"[]", "is JSON of another shape"),
        (b"{}", "is JSON of another shape"),
        (b'{"a": 1}', "is JSON of another shape"),
        (b'{"a": {"images": -1}, "all": {}}', "is JSON of another shape"),
        (b'{"a": {"images": "1"}, "all": {}}', "is JSON of another shape"),
        (b'{"a": {"images": 1}}', "is JSON of another shape"),
        (b'{"a": {}, "all": {}}', "is JSON of another shape"),
        (b'{"all": {"images": 1}}', "is JSON of another shape"),
        (b'{"before": {"a": {"images": 1}, "all": {}}, "after": {}}', "is JSON of another shape"),
        (b'{"q\\n": {"images": 1}, "z": {"images": 1}, "all": {}}', r"scores the folders 'q\\n', 'z', and .* has 'a'"),
    ],
)
def test_a_file_that_is_no_earlier_run_is_refused_in_one_line_with_the_remedy(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    path = tmp_path / "before.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=expected) as refused:
        load(path, tmp_path, {"a/1.png": "1"})
    message = str(refused.value)
    assert message.startswith(f"--compare {path}: ")
    assert "; name " in message
    assert "\n" not in message


@given(st.binary(max_size=60) | st.text('{}[]":,alx19 ').map(str.encode))
def test_any_bytes_are_refused_in_one_line(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(content)
    with pytest.raises(UsageError) as refused:
        load(path, path.parent, {"a/1.png": "1"})
    assert len(str(refused.value).splitlines()) == 1


def test_a_missing_or_endless_file_is_wrong_usage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (folder / "none.json", folder, Path("/dev/zero")):
        assert main(["score", str(folder), "--compare", str(name)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"error: --compare {name}: ")
        assert "digit-reader score DIR --json" in line
