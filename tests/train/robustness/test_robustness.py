from __future__ import annotations

import ast
from pathlib import Path

import pytest


def imported(path: Path) -> set[str]:
    """Full names of everything a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("part", ["corruptions", "unseen"])
def test_what_is_measured_with_has_no_code_in_common_with_what_trains(root: Path, part: str) -> None:
    files = sorted((root / "train" / "robustness" / part).rglob("*.py"))
    assert len(files) > 5
    names = set().union(*map(imported, files))
    allowed = ("core.errors.", "core.glyph.", f"train.robustness.{part}.")
    ours_or_keras = {name for name in names if name.split(".")[0] in {"core", "train", "keras", "tensorflow"}}
    assert {name for name in ours_or_keras if not name.startswith(allowed)} == set()


def test_only_commands_that_measure_import_it(root: Path) -> None:
    train = root / "train"
    importers = {
        path.relative_to(train).as_posix()
        for path in train.rglob("*.py")
        if any(name.startswith("train.robustness") for name in imported(path))
    }
    assert {name for name in importers if not name.startswith("robustness/")} == {"__main__.py", "compare.py"}
