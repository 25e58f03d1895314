from __future__ import annotations

import io
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from commands import Start, ended
from handwriting import glyph_set
from small import small_second

from core import second_run, spotter_run
from core.crop_set import load_crop_set
from core.errors import TrainingError, UsageError
from train import keras_file
from train.progress import Display
from train.second import run
from train.second.__main__ import main
from train.second.run import CHECKPOINT, CROPS, Settings
from train.spotter.run import Sources

SMALL = Settings(scenes=20, epochs=1, batch_size=32)


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "spotter-1"))


@pytest.fixture(scope="module")
def data(sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What names the sources on the command line."""
    folder = tmp_path_factory.mktemp("glyphs")
    arguments = []
    for option, glyphs in (("--data", sources.digits), ("--letters", sources.letters)):
        glyphs.save(folder / f"{option[2:]}.npz")
        arguments += [option, str(folder / f"{option[2:]}.npz")]
    return arguments


def quiet() -> Display:
    return Display(io.StringIO(), io.StringIO())


def test_a_run_leaves_the_network_its_record_and_crops_beside_the_spotters_and_is_not_trained_twice(
    folder: Path, sources: Sources
) -> None:
    before = {path.name for path in folder.iterdir()}
    record = run.train(folder, sources, SMALL, display=quiet(), build=small_second)
    assert {path.name for path in folder.iterdir()} == before | set(second_run.FILES)
    model, labels = keras_file.load(folder / second_run.MODEL)
    assert labels == tuple("0123456789")
    assert model.output_shape == (None, 10)
    assert second_run.read_record(folder) == record
    assert record.crops[-1] > 0
    assert sum(record.crops[:-1]) > 0
    assert record.figures["count"] == len(load_crop_set(folder / second_run.TEST))
    assert len(load_crop_set(folder / second_run.CALIBRATION)) == min(1000, sum(record.crops))
    with pytest.raises(TrainingError, match="has a second stage; start over with --fresh"):
        run.train(folder, sources, SMALL, display=quiet(), build=small_second)
    again = run.train(folder, sources, SMALL, display=quiet(), build=small_second, fresh=True)
    assert (again.crops, again.figures["nll"]) == (record.crops, pytest.approx(record.figures["nll"], rel=1e-3))
    assert (folder / spotter_run.MODEL).is_file()


def test_a_run_that_was_interrupted_goes_on_with_the_crops_it_has(
    folder: Path, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(run, "fit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run.train(folder, sources, SMALL, display=quiet(), build=small_second)
    assert (folder / CROPS).is_file()
    with pytest.raises(TrainingError, match="of another run; start over with --fresh"):
        run.train(folder, sources, replace(SMALL, seed=2), display=quiet(), build=small_second)
    drawn: list[int] = []
    record = run.train(folder, sources, SMALL, display=quiet(), build=small_second, on_scene=drawn.append)
    assert drawn == []
    assert sum(record.crops) > 0
    assert not (folder / CROPS).exists()
    assert not (folder / CHECKPOINT).exists()


def test_material_that_the_spotter_was_not_trained_with_is_refused(folder: Path, sources: Sources) -> None:
    for others in (replace(sources, letters=None), replace(sources, digits=glyph_set(400, seed=9))):
        with pytest.raises(TrainingError, match="its spotter was trained with other material"):
            run.train(folder, others, SMALL, display=quiet(), build=small_second)
    assert not (folder / CROPS).exists()


@pytest.mark.parametrize("wrong", [{"scenes": 0}, {"epochs": 0}, {"seed": -1}, {"learning_rate": 0.0}])
def test_settings_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Settings(**wrong)


@pytest.mark.slow
def test_the_command_trains_with_a_process_that_draws(
    start: Start, folder: Path, data: list[str], tmp_path: Path
) -> None:
    arguments = [str(folder), *data, "--scenes", "20", "--epochs", "1"]
    status, out, err = ended(start(tmp_path, "-m", "train.second", *arguments))
    assert (status, err) == (0, "")
    assert "second stage epoch  1 of 1" in out
    assert f"next: python -m convert {folder}" in out
    assert (folder / second_run.MODEL).is_file()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--scenes", "0"], 2, "scenes is 0; allowed: 1 and more"),
        (["--workers", "-1"], 2, "--workers is -1; allowed: 0 and more"),
        (["--sceens", "1"], 2, "unrecognized arguments: --sceens 1; see python -m train.second --help"),
    ],
)
def test_a_mistake_is_one_line_and_a_status(
    folder: Path,
    data: list[str],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    message: str,
) -> None:
    assert main([str(folder), *data, *arguments]) == status
    assert capsys.readouterr().err == f"error: {message}\n"


def test_a_folder_without_a_finished_spotter_is_told_in_one_line(
    folder: Path, data: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(folder / "no"), *data]) == 2
    (folder / spotter_run.RECORD).unlink()
    assert main([str(folder), *data]) == 1
    nowhere, unfinished = capsys.readouterr().err.splitlines()
    assert "no: not there; expected the folder of a run of `python -m train.spotter`" in nowhere
    assert "has no spotter.json, so training has not ended; start it again and it goes on" in unfinished


def test_a_worker_loads_no_training_framework(start: Start, tmp_path: Path) -> None:
    program = (
        "import sys, train.second.__main__; print(sorted({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)))"
    )
    assert ended(start(tmp_path, "-c", program)) == (0, "[]\n", "")
