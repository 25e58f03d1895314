from __future__ import annotations

import dataclasses
import io
import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from blink import RECIPE, small_plan
from handwriting import glyph_set

from core import run_folder
from core.dataset import load_glyph_set
from core.errors import DataError, TrainingError
from core.run_folder import read_record
from core.splits import Splits
from train import keras_file, run
from train.assemble import Assembled, assemble
from train.fit import Epoch
from train.measure import measure
from train.plan import Plan
from train.progress import Display

LEFT_BY_A_RUN = {
    "model.keras",
    "holdout.keras",
    "history.json",
    "run.json",
    "calibration.npz",
    "holdout.npz",
    "test.npz",
    "report.html",
}


def trained(plan: Plan, glyphs: Assembled) -> str:
    """What was said of the training of `plan`."""
    out = io.StringIO()
    run.train(plan, glyphs, Display(out, io.StringIO()))
    return out.getvalue()


def weights(folder: Path, name: str = "model.keras") -> list[np.ndarray]:
    return keras_file.load(folder / name)[0].get_weights()


def same(left: list[np.ndarray], right: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


@pytest.fixture
def copied_run(finished_run: Path, tmp_path: Path) -> Path:
    return shutil.copytree(finished_run, tmp_path / "small-1")


def test_a_run_leaves_all_there_is_to_know_and_nothing_else(finished_run: Path) -> None:
    assert {path.name for path in finished_run.iterdir()} == LEFT_BY_A_RUN


def test_the_record_says_where_the_model_comes_from(finished_run: Path, assembled: Assembled) -> None:
    record = read_record(finished_run)
    assert (record.network, record.seed, record.labels) == ("small", 1, ["0", "1", "7"])
    assert record.settings == {
        "backend": keras.backend.backend(),
        "network": "small",
        **dataclasses.asdict(RECIPE),
        "refit_epochs": 1,
        "holdout_fraction": 0.2,
        "from_sha256": None,
    }
    (source,) = record.data
    assert (source.name, source.count, source.sha256, source.writers) == (
        "drawn 2",
        120,
        assembled.training.sha256(),
        12,
    )
    (against,) = record.others
    assert (against.name, against.count, against.sha256) == ("drawn 6", 40, assembled.others[0].sha256())
    assert (record.test.count, record.holdout.sha256) == (30, assembled.held_out.sha256())
    assert record.started <= record.finished
    assert record.training_seconds > 0
    assert set(record.versions) == {"python", "numpy", "keras", "tensorflow"}


def test_the_figures_are_of_what_each_network_had_not_seen(finished_run: Path) -> None:
    record, measured = read_record(finished_run), measure(finished_run)
    assert record.metrics == {"holdout": measured.holdout.figures(), "test": measured.test.figures()}
    history = json.loads((finished_run / "history.json").read_text())
    assert record.metrics["holdout"]["accuracy"] == pytest.approx(history["holdout"][-1]["validation_accuracy"])
    assert [epoch["validation_loss"] for epoch in history["refit"]] == [None]


def test_the_second_part_goes_on_from_the_first(finished_run: Path) -> None:
    assert not same(weights(finished_run), weights(finished_run, "holdout.keras"))


def test_the_folder_holds_the_glyphs_that_convert_needs(finished_run: Path, assembled: Assembled) -> None:
    assert load_glyph_set(finished_run / "test.npz").sha256() == assembled.test.sha256()
    assert load_glyph_set(finished_run / "holdout.npz").sha256() == assembled.held_out.sha256()
    calibration = load_glyph_set(finished_run / "calibration.npz")
    trained_on = {pixels.tobytes() for pixels in assembled.training.pixels}
    assert len(calibration) == 50
    assert {pixels.tobytes() for pixels in calibration.pixels} <= trained_on


def test_the_labels_travel_inside_both_models(finished_run: Path) -> None:
    for name in ("model.keras", "holdout.keras"):
        assert keras_file.load(finished_run / name)[1] == ("0", "1", "7")


def test_a_finished_run_only_gets_its_report_again(copied_run: Path, assembled: Assembled) -> None:
    before = (copied_run / "model.keras").read_bytes()
    (copied_run / "report.html").unlink()
    said = trained(small_plan(copied_run), assembled)
    assert "only the report is written again" in said
    assert (copied_run / "report.html").exists()
    assert (copied_run / "model.keras").read_bytes() == before


class Stopped(Exception):
    """Somebody pressed Ctrl-C."""


class StoppingDisplay(Display):
    """Stops the run after the nth epoch that it is told of."""

    def __init__(self, after: int) -> None:
        super().__init__(io.StringIO(), io.StringIO())
        self.left = after

    def on_epoch(self, epoch: Epoch) -> None:
        self.left -= 1
        if self.left == 0:
            raise Stopped


@pytest.mark.parametrize("epochs_done", [2, 4])
def test_a_run_interrupted_in_either_part_ends_as_if_it_had_not_been(
    finished_run: Path, assembled: Assembled, tmp_path: Path, epochs_done: int
) -> None:
    plan = small_plan(tmp_path / "small-1")
    with pytest.raises(Stopped):
        run.train(plan, assembled, StoppingDisplay(epochs_done))
    assert read_record(plan.folder).finished is None
    said = trained(plan, assembled)
    assert f"{plan.folder}: going on with the run started on" in said
    assert same(weights(plan.folder), weights(finished_run))
    assert {path.name for path in plan.folder.iterdir()} == LEFT_BY_A_RUN


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"refit_epochs": 3}, "has a run whose refit_epochs is 1; asked for is 3. Choose another name with --run"),
        ({"recipe": dataclasses.replace(RECIPE, seed=9)}, "has a run whose seed is 1; asked for is 9."),
    ],
)
def test_a_run_of_other_settings_is_left_alone(
    copied_run: Path, assembled: Assembled, changed: dict[str, object], message: str
) -> None:
    with pytest.raises(TrainingError, match=message):
        trained(small_plan(copied_run, **changed), assembled)
    assert {path.name for path in copied_run.iterdir()} == LEFT_BY_A_RUN


def test_a_run_on_other_glyphs_is_left_alone(copied_run: Path, assembled: Assembled) -> None:
    other = assemble([Splits(glyph_set(90, seed=8, labels="017"), assembled.test)], None, 0.2, 1)
    with pytest.raises(TrainingError, match=r"training data is drawn 2 \(120 glyphs, .*\); asked for is drawn 8 \(90"):
        trained(small_plan(copied_run), other)


def test_a_run_against_other_glyphs_is_left_alone(copied_run: Path, assembled: Assembled) -> None:
    alone = dataclasses.replace(assembled, others=())
    with pytest.raises(TrainingError, match=r"set of other signs is drawn 6 \(40 glyphs, .*\); asked for is none\. "):
        trained(small_plan(copied_run), alone)


def test_no_glyph_that_was_trained_against_goes_to_the_quantiser(finished_run: Path, assembled: Assembled) -> None:
    calibration = load_glyph_set(finished_run / "calibration.npz")
    against = {pixels.tobytes() for others in assembled.others for pixels in others.pixels}
    assert not against & {pixels.tobytes() for pixels in calibration.pixels}


def test_a_fresh_start_removes_what_a_run_left_and_nothing_else(copied_run: Path, assembled: Assembled) -> None:
    (copied_run / "mine.txt").write_text("keep")
    recipe = dataclasses.replace(RECIPE, epochs=1)
    trained(small_plan(copied_run, recipe=recipe, refit_epochs=0, fresh=True), assembled)
    assert {path.name for path in copied_run.iterdir()} == LEFT_BY_A_RUN | {"mine.txt"}
    assert list(json.loads((copied_run / "history.json").read_text())) == ["holdout"]
    assert same(weights(copied_run), weights(copied_run, "holdout.keras"))


def test_a_run_may_start_from_the_one_it_replaces(copied_run: Path, assembled: Assembled) -> None:
    recipe = dataclasses.replace(RECIPE, epochs=1, learning_rate=1e-7)
    before = weights(copied_run)
    plan = small_plan(copied_run, recipe=recipe, refit_epochs=0, fresh=True, start_from=copied_run / run_folder.MODEL)
    trained(plan, assembled)
    assert np.allclose(weights(copied_run)[-2], before[-2], atol=1e-4)
    assert read_record(copied_run).notes[-1].startswith(f"Started from the weights of {plan.start_from}")


def test_a_model_to_start_from_that_is_missing_is_told(assembled: Assembled, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"nowhere\.keras: no such file"):
        trained(small_plan(tmp_path / "small-1", start_from=tmp_path / "nowhere.keras"), assembled)
    assert not (tmp_path / "small-1").exists()


def test_a_place_that_cannot_be_written_is_told(assembled: Assembled, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match=r"file/small-1: cannot be written .* choose another place with --out"):
        trained(small_plan(tmp_path / "file" / "small-1"), assembled)
