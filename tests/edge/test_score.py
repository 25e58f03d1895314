"""The metric that readings are measured with."""

import csv
import importlib.util
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ImageError, LabelsError
from edge.__main__ import main
from edge.score import Row, edit_distance, read_labels, score, table, total

DIGITS = st.text("0123", max_size=8)


@pytest.mark.parametrize(
    ("wanted", "read", "expected"),
    [
        ("", "", 0),
        ("123", "123", 0),
        ("123", "13", 1),
        ("123", "1234", 1),
        ("123", "173", 1),
        ("12", "21", 2),
        ("1", "", 1),
    ],
)
def test_the_edit_distance_counts_insertions_deletions_and_substitutions(wanted: str, read: str, expected: int) -> None:
    assert edit_distance(wanted, read) == expected


@given(DIGITS, DIGITS, DIGITS)
def test_the_edit_distance_is_a_metric(a: str, b: str, c: str) -> None:
    assert edit_distance(a, b) == edit_distance(b, a)
    assert (edit_distance(a, b) == 0) == (a == b)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)


def labelled(folder: Path, rows: list[tuple[str, str]], header: str = "file,digits") -> Path:
    """A folder with labels.csv and empty files of these names."""
    for name, _ in rows:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    lines = [header, *(f"{name},{digits}" for name, digits in rows)]
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_sub_folders_are_scored_apart_and_images_without_digits_count_false_digits(tmp_path: Path) -> None:
    folder = labelled(tmp_path, [("a/1.png", "12"), ("a/2.png", "34"), ("b/3.png", ""), ("b/4.png", "")])
    read = {"1.png": "12", "2.png": "35", "3.png": "", "4.png": "77"}
    rows = score(folder, read_labels(folder), lambda path: read[path.name], pytest.fail)
    assert rows == {
        "a": Row(images=2, exact=1, errors=1, digits=4, files={"a/1.png": "12", "a/2.png": "35"}),
        "b": Row(empty_images=2, empty_exact=1, false_digits=2, files={"b/3.png": "", "b/4.png": "77"}),
    }
    assert total(rows) == Row(2, 1, 1, 4, 2, 1, 2)
    assert "25.00%" in table(rows)


def test_an_unreadable_picture_is_told_and_counts_as_nothing_read(tmp_path: Path) -> None:
    def unreadable(path: Path) -> str:
        raise ImageError(f"{path.name}: damaged")

    told: list[str] = []
    folder = labelled(tmp_path, [("1.png", "12")])
    rows = score(folder, read_labels(folder), unreadable, told.append)
    assert rows == {".": Row(images=1, errors=2, digits=2, files={"1.png": ""})}
    assert told == ["1.png: damaged"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "names no files"),
        ("file,digits\n", "names no files"),
        ("name,digits\nx,1\n", "has the columns name, digits; it needs file and digits"),
        ("file,digits\nnone.png,1\n", "line 2 names none.png, which is not in"),
        ("file,digits\nx\n", "line 2 has too few columns"),
        ("file,digits\nsub,1\n", "line 2 names sub, which is a folder; name the files in it"),
        ("file,digits\nok.png,1\n../ok.png,1\n", r"line 3 names \.\./ok\.png, which leaves .*; name a file in it"),
        ("file,digits\n/etc/passwd,1\n", "line 2 names /etc/passwd, which leaves"),
        ("file,digits\nok.png,abc\n", "line 2 has the digits 'abc'; allowed are 0 to 9, or nothing"),
        ("file,digits\nok.png,-3.5\n", "line 2 has the digits '-3.5'; allowed are 0 to 9"),
        ("file,text\nok.png,abc\n", "line 2 has the text 'abc'; letters need a column digits"),
        ("file,text\nok.png,٣\n", "line 2 has the text '٣'; letters need a column digits"),
        ("file,digits\nok.png,1\n./ok.png,2\n", r"line 3 gives \./ok\.png the digits '2', and before '1'; keep one"),
        ("ok.png,1\nok.png,2\n", "has no header, its first line is ok.png, 1; put file,digits above it"),
        ("ok.png,1\n", "has no header"),
        ("file,digits\n\x00", "cannot be read|names no files|line 2"),
    ],
)
def test_labels_that_cannot_be_used_are_refused_with_place_and_remedy(
    tmp_path: Path, content: str, expected: str
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "ok.png").touch()
    (tmp_path / "labels.csv").write_text(content, encoding="utf-8")
    with pytest.raises(LabelsError, match=expected):
        read_labels(tmp_path)


def test_labels_without_end_are_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").symlink_to("/dev/zero")
    with pytest.raises(LabelsError, match=r"labels\.csv: larger than 64 MiB; it needs the columns file and digits"):
        read_labels(tmp_path)


def test_a_folder_in_place_of_labels_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").mkdir()
    with pytest.raises(LabelsError, match=r"labels\.csv: cannot be read \(Is a directory\)$"):
        read_labels(tmp_path)


def test_spaces_between_digits_and_a_file_named_twice_alike_are_no_mistakes(tmp_path: Path) -> None:
    assert read_labels(labelled(tmp_path, [("1.png", "1 2"), ("./1.png", "12")])) == {"1.png": "12"}


def test_the_table_says_of_how_many_images_its_share_is() -> None:
    empty = Row(empty_images=4, empty_exact=2, false_digits=3)
    lines = table(
        {"a": Row(images=15, exact=13, errors=2, digits=40, empty_images=5, empty_exact=5), "b": empty}
    ).splitlines()
    assert "13 of    15 ( 87%)" in lines[1]
    assert lines[0].index("digit errors") == lines[1].index("    2 of    40")
    assert lines[0].index("false digits") == lines[1].index("   0, none on 5 of 5") == lines[2].index("   3, none on")


def test_a_text_column_serves_where_there_is_no_digits_column(tmp_path: Path) -> None:
    assert read_labels(labelled(tmp_path, [("1.png", "-16.391")], "file,text")) == {"1.png": "16391"}


def test_the_command_prints_a_table_and_an_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labelled(tmp_path, [("1.png", "")])
    cv2.imwrite(str(tmp_path / "1.png"), np.full((40, 40), 255, np.uint8))
    assert main(["score", str(tmp_path)]) == 0
    assert "none on 1 of 1 images" in capsys.readouterr().out
    assert main(["score", "--json", str(tmp_path)]) == 0
    scored = json.loads(capsys.readouterr().out)
    assert scored["all"]["empty_exact"] == 1
    assert scored["."]["files"] == {"1.png": ""}
    assert main(["score", str(tmp_path / "none")]) == 1


@pytest.mark.shared_data
def test_the_score_agrees_with_the_reference_metric(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = importlib.util.spec_from_file_location("reference_score", shared_data / "score.py")
    assert spec
    assert spec.loader
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    folder = shared_data / "photos"
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        labels = {row["file"]: row["digits"] for row in csv.DictReader(file)}

    assert main(["read", "--json", *(str(folder / name) for name in labels)]) == 0
    read = {}
    for line in capsys.readouterr().out.splitlines():
        answer = json.loads(line)
        read[str(Path(answer["file"]).relative_to(folder))] = answer["digits"]
    assert main(["score", "--json", str(folder)]) == 0
    ours = json.loads(capsys.readouterr().out)

    for name, theirs in reference.score(labels, read).items():
        row = ours[name]
        assert row["images"] + row["empty_images"] == theirs["images"]
        assert row["exact"] + row["empty_exact"] == theirs["exact"]
        assert row["errors"] + row["false_digits"] == theirs["errors"]
        assert row["digits"] == theirs["digits"]
