"""One training run of a spotter, from glyphs to a folder that holds what came of it; resumable at every record.

spotter.keras     the network with its averaged final weights
history.json      a record of each part of the run
spotter.json      where it comes from, and its figures on scenes of digits that were held out, at several thresholds
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras

from core import run_folder
from core.dataset import GlyphSet, hold_out
from core.errors import TrainingError
from core.frame import Luma
from train import keras_file, provenance
from train.scenes import Batch, Material
from train.scenes.material import DIGITS
from train.spotter import network
from train.spotter.fit import Progress, Recipe, fit
from train.spotter.measure import THRESHOLD, exam, figures, spots_of

MODEL, HISTORY, RECORD, CHECKPOINT = "spotter.keras", "history.json", "spotter.json", "spotter.checkpoint.npz"

HELD_OUT_SHARE = 0.1
HOLD_OUT_SEED = 0
"""Not the run's own seed: runs of other seeds are measured on digits of the same hands."""
EXAM_SCENES = 256
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
    exam_scenes: int = EXAM_SCENES,
    say: Callable[[str], None] = print,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> dict[str, Any]:
    """What is in spotter.json of the run in `folder`, once it is finished; raises TrainingError if it was before.

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
    scenes = exam(to_measure, recipe.shapes[0], exam_scenes)

    def measure(averaged: keras.Model) -> dict[str, Any]:
        return asdict(figures(spots_of(averaged, scenes), scenes.truths))

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
    record = _record(model, sources, recipe, scenes, sum(part["seconds"] for part in history))
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


def _record(model: keras.Model, sources: Sources, recipe: Recipe, scenes: Batch, seconds: float) -> dict[str, Any]:
    found = spots_of(model, scenes, min(THRESHOLDS))
    return {
        "parameters": model.count_params(),
        "settings": asdict(recipe),
        "data": [
            {"name": glyphs.name, "count": len(glyphs), "sha256": glyphs.sha256()}
            for glyphs in (sources.digits, sources.letters)
            if glyphs is not None
        ],
        "grounds": len(sources.grounds),
        "git_commit": provenance.git_commit(),
        "versions": provenance.versions(),
        "machine": provenance.machine(),
        "training_seconds": seconds,
        "figures": [asdict(figures(found, scenes.truths, threshold)) for threshold in THRESHOLDS],
    }
