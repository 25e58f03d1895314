from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from commands import Start, ended
from handwriting import glyph_set

from core import spotter_run
from core.errors import TrainingError
from core.scene_set import load_scene_set
from train import keras_file
from train.spotter import network, run
from train.spotter.__main__ import main
from train.spotter.fit import Recipe

RECIPE = Recipe(steps=3, batch_size=2, shapes=((64, 64),), learning_rate=0.01, check_every_steps=2)


def small() -> keras.Model:
    return network.build(widths=(8, 8, 8, 8, 8))


@pytest.fixture(scope="module")
def sources() -> run.Sources:
    return run.Sources(glyph_set(400, seed=1, writers=20), glyph_set(60, seed=2, labels="AEFHKMNPRTX"))


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("glyphs") / "digits.npz"
    glyph_set(400, seed=1).save(path)
    return str(path)


def test_a_run_leaves_the_network_its_history_and_its_figures_and_is_not_trained_twice(
    sources: run.Sources, tmp_path: Path
) -> None:
    folder, lines = tmp_path / "small", []
    record = run.train(sources, RECIPE, folder, build=small, test_scenes=8, say=lines.append)
    assert {path.name for path in folder.iterdir()} == set(spotter_run.FILES)
    model, labels = keras_file.load(folder / "spotter.keras")
    assert labels == tuple("0123456789")
    assert [part.shape for part in model(np.zeros((1, 64, 64, 1), np.float32))] == [
        (1, 16, 16, 10),
        (1, 16, 16, 2),
        (1, 16, 16, 2),
    ]
    history = json.loads((folder / "history.json").read_text())
    assert [part["step"] for part in history] == [2, 3]
    assert spotter_run.read_record(folder) == record
    assert [figures.threshold for figures in record.figures] == [0.2, 0.3, 0.4, 0.5, 0.6]
    assert {figures.scenes for figures in record.figures} == {8}
    assert len(load_scene_set(folder / "test.npz")) == 8
    assert sum("false digits an empty scene" in line for line in lines) == 2
    with pytest.raises(TrainingError, match="finished run"):
        run.train(sources, RECIPE, folder, build=small)


def test_digits_to_measure_on_are_of_hands_that_were_not_trained_on(sources: run.Sources) -> None:
    to_train, to_measure = sources.parts()
    assert to_train.digits.writers is not None
    assert to_measure.digits.writers is not None
    assert len(to_train.digits) + len(to_measure.digits) == 400
    assert not set(to_train.digits.writers) & set(to_measure.digits.writers)


def test_a_record_without_shares_is_told_with_dashes() -> None:
    record = {"step": 1500, "loss": 1.25, "precision": None, "recall": 0.5, "label_accuracy": None}
    assert run.told(record | {"false_per_empty_scene": 0.125}) == (
        "step  1,500: loss 1.250; precision -, recall 50.0%, label accuracy -, 0.12 false digits an empty scene"
    )


@pytest.mark.slow
def test_the_command_trains_with_a_process_that_draws(start: Start, digits: str, tmp_path: Path) -> None:
    arguments = ["--data", digits, "--size", "64", "--batch-size", "2", "--steps", "2", "--run", "first"]
    status, out, err = ended(start(tmp_path, "-m", "train.spotter", *arguments))
    assert (status, err) == (0, "")
    assert "step      2: loss" in out
    assert (tmp_path / "build" / "first" / "spotter.keras").is_file()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--run", "a/b"], 2, "--run is 'a/b'; allowed: a name without slashes"),
        (["--size", "100"], 2, "argument --size: 100: allowed are multiples of 32, as 256 or 320x256"),
        (["--size", "big"], 2, "argument --size"),
        (["--sedd", "1"], 2, "unrecognized arguments: --sedd 1; see python -m train.spotter --help"),
        (["--workers", "-1"], 2, "--workers is -1; allowed: 0 and more"),
        (["--steps", "0"], 2, "steps is 0; allowed: 1 and more"),
        (["--data", "no"], 1, "no: not there; expected a folder"),
        (["--grounds", "nowhere"], 1, "--grounds nowhere: no pictures there"),
    ],
)
def test_a_mistake_is_one_line_and_a_status(
    digits: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, message: str
) -> None:
    data = [] if "--data" in arguments else ["--data", digits]
    assert main([*data, "--out", str(tmp_path / "build"), *arguments]) == status
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"error: {message}")
    assert not (tmp_path / "build").exists()


def test_a_worker_loads_no_training_framework(start: Start, tmp_path: Path) -> None:
    program = (
        "import sys, train.spotter.__main__; print(sorted({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)))"
    )
    assert ended(start(tmp_path, "-c", program)) == (0, "[]\n", "")
