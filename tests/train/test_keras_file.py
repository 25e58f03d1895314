from __future__ import annotations

import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from blink import build_small
from handwriting import glyph_set

from core.errors import TrainingError
from core.run_folder import LABELS_ENTRY
from train import keras_file
from train.fit import predict_logits


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    keras_file.save(build_small(3), ("0", "1", "seven"), tmp_path / "model.keras")
    return tmp_path / "model.keras"


def test_a_model_comes_back_with_its_labels(tmp_path: Path) -> None:
    model, pixels = build_small(3), glyph_set(5, seed=1).pixels
    keras_file.save(model, ("0", "1", "seven"), tmp_path / "model.keras")
    found, labels = keras_file.load(tmp_path / "model.keras")
    assert labels == ("0", "1", "seven")
    assert np.array_equal(predict_logits(found, pixels), predict_logits(model, pixels))
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


def test_keras_loads_it_as_any_other(saved: Path) -> None:
    assert keras.models.load_model(saved).name == "small"


def test_the_optimizer_stays_behind(tmp_path: Path, saved: Path) -> None:
    compiled = build_small(3)
    compiled.compile("adam", "mse")
    compiled.optimizer.build(compiled.trainable_variables)
    keras_file.save(compiled, ("0", "1", "seven"), tmp_path / "compiled.keras")
    assert (tmp_path / "compiled.keras").stat().st_size == pytest.approx(saved.stat().st_size, abs=2000)


def without_labels(path: Path) -> None:
    """Make of it what Keras alone would have saved."""
    with zipfile.ZipFile(path) as archive:
        entries = {entry: archive.read(entry) for entry in archive.namelist() if entry != LABELS_ENTRY}
    with zipfile.ZipFile(path, "w") as archive:
        for entry, content in entries.items():
            archive.writestr(entry, content)


def test_a_model_saved_by_someone_else_has_no_labels(saved: Path) -> None:
    without_labels(saved)
    assert keras_file.load(saved)[1] is None


def test_the_labels_of_the_run_beside_it_are_taken(finished_run: Path, tmp_path: Path) -> None:
    for name in ("model.keras", "run.json"):
        (tmp_path / name).write_bytes((finished_run / name).read_bytes())
    without_labels(tmp_path / "model.keras")
    assert keras_file.load(tmp_path / "model.keras")[1] == ("0", "1", "7")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"no such file; `python -m train` makes one"):
        keras_file.load(tmp_path / "model.keras")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_keras_model_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.keras").write_bytes(content)
    with pytest.raises(TrainingError, match=r"model\.keras: cannot be loaded as a Keras model \(.*\)") as raised:
        keras_file.load(tmp_path / "model.keras")
    assert "\n" not in str(raised.value)


def test_a_truncated_model_is_told(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-100])
    with pytest.raises(TrainingError, match="cannot be loaded as a Keras model"):
        keras_file.load(saved)


def test_damaged_labels_are_told(saved: Path) -> None:
    without_labels(saved)
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr(LABELS_ENTRY, "[1, 2")
    with pytest.raises(TrainingError, match=r"its labels\.json is damaged"):
        keras_file.load(saved)
