from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from core import atomic
from core.errors import DataError
from core.run_folder import RECORD, DataSet, Machine, RunRecord, read_record, write_record

RUN = RunRecord(
    network="plain",
    parameters=84_634,
    seed=1,
    labels=["0", "1"],
    settings={"epochs": 3, "learning_rate": 0.004, "from_sha256": None},
    data=[DataSet("MNIST train", 60_000, "ab" * 32, 539)],
    holdout=DataSet("MNIST train, held out", 3000, "cd" * 32, 27),
    test=DataSet("MNIST test", 10_000, "ef" * 32, None),
    others=[DataSet("drawn", 66_000, "01" * 32, None)],
    notes=["A sentence."],
    git_commit="0123456-dirty",
    versions={"keras": "3"},
    machine=Machine("a processor", 2, "Linux"),
    started="2025-01-01T00:00:00+00:00",
    metrics={"test": {"accuracy": 0.9969}},
)


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_record(tmp_path, RUN)
    assert read_record(tmp_path) == RUN


def test_a_folder_that_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no run\.json there, so no run of `python -m train`"):
        read_record(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", msgspec.json.encode({"network": "plain"})])
def test_a_damaged_record_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / RECORD).write_bytes(content)
    with pytest.raises(DataError, match=r"damaged, or of another version .*; train again with --fresh") as raised:
        read_record(tmp_path)
    assert "\n" not in str(raised.value)


def test_a_file_is_replaced_in_one_step_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    path.write_bytes(b"old")
    atomic.write(path, b"new")
    assert (path.read_bytes(), [entry.name for entry in tmp_path.iterdir()]) == (b"new", ["figures.json"])


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    path.write_bytes(b"old")
    (tmp_path / ".figures.json.partial").mkdir()
    with pytest.raises(OSError, match="partial"):
        atomic.write(path, b"new")
    assert path.read_bytes() == b"old"
