from __future__ import annotations

from pathlib import Path

import pytest
from handwriting import glyph_set

from core import model_file
from core.errors import TrainingError
from core.run_folder import read_record
from train import cost
from train.compare import compare, converted, markdown, table
from train.robustness import measure


def test_a_run_is_converted_whatever_its_figures(small_model: Path, finished_run: Path) -> None:
    manifest = model_file.read(small_model).manifest
    assert manifest.provenance.network == "small"
    assert manifest.labels == read_record(finished_run).labels


def test_what_cannot_be_converted_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainingError, match=r"empty: cannot be converted; error: .*run\.json") as refused:
        converted(tmp_path / "empty", tmp_path / "out")
    assert "\n" not in str(refused.value)


def test_runs_are_compared_by_what_their_files_do(
    finished_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "UNSEEN_COUNT", 5)
    monkeypatch.setattr(cost, "ROUNDS", 2)
    said: list[str] = []
    (row,) = compare([finished_run], tmp_path, glyph_set(30, seed=11, labels="017"), [], [], said.append)
    figures = row.figures()
    assert figures["network"] == "small"
    assert figures["bytes"] == (tmp_path / "small-1.tflite").stat().st_size
    assert figures["time_share"] > 0
    assert figures["parameters"] == read_record(finished_run).parameters
    head, rule, line = table([figures]).splitlines()
    assert line.startswith("| small | ")
    assert head.count("|") == rule.count("|") == line.count("|")
    assert said == [f"converting {finished_run}", f"measuring {tmp_path / 'small-1.tflite'}"]


def test_a_table_is_markdown() -> None:
    assert markdown(["a", "b"], [["x", "1"], ["y", "2"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |\n| y | 2 |"
