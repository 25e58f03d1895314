"""One training run of a spotter, from glyphs to a folder that holds what came of it; resumable at every record.

What is in the folder is in `core.spotter_run`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import msgspec

from core import run_folder
from core.dataset import GlyphSet, hold_out
from core.errors import TrainingError
from core.frame import Luma
from core.run_folder import HISTORY, DataSet
from core.scene_set import SceneSet
from core.spot_figures import figures
from core.spots import THRESHOLD
from core.spotter_run import CALIBRATION, HOLDOUT, MODEL, RECORD, TEST, SpotterRecord
from train import keras_file, provenance
from train.scenes import Material
from train.scenes.material import DIGITS
from train.spotter import network
from train.spotter.fit import Progress, Recipe, fit
from train.spotter.measure import SEED, exam, spots_of

CHECKPOINT = "spotter.checkpoint.npz"

HELD_OUT_SHARE = 0.1
HOLD_OUT_SEED = 0
"""Not the run's own seed: runs of other seeds are measured on digits of the same hands."""
TEST_SCENES = 256
HOLDOUT_SCENES = 512
CALIBRATION_SCENES = 128
THRESHOLDS = (0.2, THRESHOLD, 0.4, 0.5, 0.6)
"""That the final figures are given for."""


@dataclass(frozen=True)
class Sources:
    """What scenes are drawn of, before some of it is held out."""

    digits: GlyphSet
    letters: GlyphSet | None = None
    grounds: tuple[Luma, ...] = ()

    def parts(self) -> tuple[Material, Material]:
        """(to train on, to measure on). By whole writers, where they are known; letters and grounds are in both."""
        kept, held_out = hold_out(self.digits, HELD_OUT_SHARE, HOLD_OUT_SEED)
        return Material(kept, self.letters, self.grounds), Material(held_out, self.letters, self.grounds)


def train(
    sources: Sources,
    recipe: Recipe,
    folder: Path,
    *,
    workers: int = 0,
    fresh: bool = False,
    build: Callable[[], keras.Model] = network.build,
    test_scenes: int = TEST_SCENES,
    say: Callable[[str], None] = print,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> SpotterRecord:
    """The record of the run in `folder`, once it is finished; raises TrainingError if it was before.

    `fresh` removes an earlier run there. `say` is told what stays to be read, a line at a time.
    """
    if fresh and folder.exists():
        shutil.rmtree(folder)
    if (folder / RECORD).exists():
        raise TrainingError(f"{folder}: has a finished run; choose another name with --run, or start over with --fresh")
    to_train, to_measure = sources.parts()
    _make(folder)
    keras.utils.set_random_seed(recipe.seed)
    model = build()
    say(f"spotter, {model.count_params():,} parameters, {recipe.steps:,} steps, seed {recipe.seed}, to {folder}")
    say(f"digits: {len(to_train.digits):,} to train on, {len(to_measure.digits):,} held out")
    commit = provenance.git_commit()  # now: files may change while it trains
    test = _leave_scenes(to_train, to_measure, recipe, folder, test_scenes)

    def measure(averaged: keras.Model) -> dict[str, Any]:
        return msgspec.to_builtins(figures(spots_of(averaged, test), test.known))

    history = fit(
        model,
        to_train,
        recipe,
        folder / CHECKPOINT,
        workers=workers,
        measure=measure,
        on_progress=on_progress,
        on_record=lambda record: say(told(record)),
    )
    keras_file.save(model, DIGITS, folder / MODEL)
    run_folder.write_json(folder / HISTORY, history)
    record = _record(model, sources, recipe, test, commit, sum(part["seconds"] for part in history))
    run_folder.write_json(folder / RECORD, record)
    (folder / CHECKPOINT).unlink()
    return record


def told(record: dict[str, Any]) -> str:
    """One record as a line."""
    shares = {name: record[name] for name in ("precision", "recall", "label_accuracy")}
    words = ", ".join(
        f"{name.replace('_', ' ')} {'-' if share is None else f'{share:.1%}'}" for name, share in shares.items()
    )
    false = record["false_per_empty_scene"]
    return (
        f"step {record['step']:6,}: loss {record['loss']:.3f}; {words}, "
        f"{'-' if false is None else f'{false:.2f}'} false digits an empty scene"
    )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(
            f"{folder}: cannot be written ({error.strerror or error}); choose another place with --out"
        ) from None


def _leave_scenes(to_train: Material, to_measure: Material, recipe: Recipe, folder: Path, test_scenes: int) -> SceneSet:
    """Put the scenes into `folder` that `convert` needs; those to measure with."""
    shape = recipe.shapes[0]
    exam(to_train, shape, CALIBRATION_SCENES, "scenes of training digits").save(folder / CALIBRATION)
    # As many again of other seeds: what thresholds are fitted on is not what they are measured on.
    exam(to_measure, shape, HOLDOUT_SCENES, "scenes of held-out digits", SEED + 1).save(folder / HOLDOUT)
    test = exam(to_measure, shape, test_scenes, "scenes of held-out digits")
    test.save(folder / TEST)
    return test


def _record(
    model: keras.Model, sources: Sources, recipe: Recipe, test: SceneSet, commit: str, seconds: float
) -> SpotterRecord:
    found = spots_of(model, test, min(THRESHOLDS))
    return SpotterRecord(
        parameters=model.count_params(),
        settings=msgspec.json.decode(msgspec.json.encode(recipe)),  # lists for tuples, as on disk
        data=[
            DataSet(glyphs.name, len(glyphs), glyphs.sha256(), writers=None)
            for glyphs in (sources.digits, sources.letters)
            if glyphs is not None
        ],
        grounds=len(sources.grounds),
        git_commit=commit,
        versions=provenance.versions(),
        machine=provenance.machine(),
        training_seconds=seconds,
        figures=[figures(found, test.known, threshold) for threshold in THRESHOLDS],
    )
