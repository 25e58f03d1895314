"""docs/tour.ipynb, executed from its first cell to its last."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest
from handwriting import glyph_set, write_idx


@pytest.fixture
def notebook(root: Path) -> nbformat.NotebookNode:
    return nbformat.read(root / "docs" / "tour.ipynb", as_version=4)


def printed(cell: nbformat.NotebookNode) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream" and output.name == "stdout")


@pytest.mark.slow
def test_the_tour_goes_from_the_data_to_a_picture_read(
    notebook: nbformat.NotebookNode, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_idx(tmp_path / "digits", "train", glyph_set(1500, seed=1, writers=60))
    write_idx(tmp_path / "digits", "test", glyph_set(300, seed=2, writers=20))
    monkeypatch.setenv("DIGIT_READER_DATA", str(tmp_path / "digits"))
    monkeypatch.setenv("PYTHONPATH", str(root))
    executed = nbclient.NotebookClient(
        notebook, timeout=250, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    said = [printed(cell) for cell in executed.cells if cell.cell_type == "code"]
    accuracy = re.search(r"([\d.]+)% of 300 test glyphs read right", "".join(said))
    assert float(accuracy[1]) > 90
    assert said[-1].split() == ["written:", "01234", "01234"]
    assert {path.name for path in (tmp_path / "build").iterdir()} == {"tour", "tour.yaml", "tour.tflite", "tour.png"}


def test_the_tour_is_kept_without_outputs(notebook: nbformat.NotebookNode) -> None:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [(cell.outputs, cell.execution_count) for cell in code] == [([], None)] * len(code)


def test_the_tour_imports_only_what_the_project_installs(notebook: nbformat.NotebookNode, root: Path) -> None:
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    imported = set(re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)) - sys.stdlib_module_names
    assert imported == {"IPython", "core", "cv2", "keras", "numpy", "train"}
