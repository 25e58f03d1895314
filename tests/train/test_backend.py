from __future__ import annotations

import sys
from pathlib import Path

import pytest
from commands import Start, ended, needs
from handwriting import glyph_set, write_idx

from core.errors import UsageError
from core.model_file import read
from core.run_folder import read_record
from train import backend


def test_the_setting_counts_before_the_environment_and_tensorflow_is_what_is_left() -> None:
    assert backend.choose("tensorflow", {"KERAS_BACKEND": "jax"}) == "tensorflow"
    assert backend.choose(None, {"KERAS_BACKEND": "tensorflow"}) == "tensorflow"
    assert backend.choose(None, {"KERAS_BACKEND": ""}) == "tensorflow"
    assert backend.choose(None, {}) == "tensorflow"


def test_an_unknown_backend_of_the_environment_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^KERAS_BACKEND is 'theano'; allowed: tensorflow, jax, torch$"):
        backend.choose(None, {"KERAS_BACKEND": "theano"})


def test_a_backend_that_is_not_installed_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name == "torch" or name.startswith("torch.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(UsageError, match=r"^the backend torch is not installed; pip install torch, or choose another"):
        backend.choose("torch", {})


CONFIG = """\
train: {data: [digits], not_digits: [], epochs: 1, refit_epochs: 1, batch_size: 16, holdout_fraction: 0.2}
convert: {min_accuracy: 0, max_disagreement: 1}
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["jax", "torch"])
def test_a_run_on_another_backend_is_trained_recorded_resumed_and_converted(
    name: str, tmp_path: Path, start: Start
) -> None:
    needs(name)
    (tmp_path / "config.yaml").write_text(CONFIG)
    write_idx(tmp_path / "digits", "train", glyph_set(90, seed=1, writers=9))
    write_idx(tmp_path / "digits", "test", glyph_set(30, seed=2, writers=3))
    command = ["-m", "train", "--config", "config.yaml"]
    status, out, err = ended(start(tmp_path, *command, "--backend", name))
    assert (status, err) == (0, "")
    assert "on all:   epoch  1 of 1: loss " in out
    run = tmp_path / "build" / "plain-1"
    record = read_record(run)
    assert record.settings["backend"] == name
    assert set(record.versions) == {"python", "numpy", "keras", name}

    status, _, err = ended(start(tmp_path, *command, "--backend", "tensorflow"))
    assert (status, err.count("\n")) == (1, 1)
    assert f"has a run whose backend is {name}; asked for is tensorflow. " in err

    status, _, err = ended(
        start(tmp_path, "-m", "convert", str(run), "--config", "config.yaml", "--output", "digits.tflite")
    )
    assert (status, err) == (0, "")
    assert f"{name} {record.versions[name]}" in read(tmp_path / "digits.tflite").manifest.provenance.trained_with
