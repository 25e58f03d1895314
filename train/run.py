"""One training run, from its glyphs to a folder that holds all there is to know about it; resumable at every epoch.

It has two parts. The first trains with glyphs held out and measures on them, which gives holdout.keras. The second goes
on from there, with all glyphs and a fresh, lower learning rate, which gives model.keras. Nothing is ever chosen by the
test glyphs: they are read once, at the end.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import keras
import msgspec
import numpy as np

from core import atomic, run_folder
from core.errors import DataError
from core.run_folder import RunRecord
from train import distribution, keras_file, transfer
from train.assemble import Assembled
from train.contact_sheet import contact_sheet
from train.fit import Epoch, fit
from train.measure import measure
from train.plan import Plan
from train.progress import Display
from train.record import new_record, now, of_leader, resumed
from train.report import write_report

HOLDOUT_CHECKPOINT = "holdout.checkpoint.npz"
REFIT_CHECKPOINT = "refit.checkpoint.npz"
"""Where an interrupted run goes on; gone when it is finished."""

CHECKPOINTS = (HOLDOUT_CHECKPOINT, REFIT_CHECKPOINT)

CALIBRATION_SEED = 0xCA1B


def train(plan: Plan, glyphs: Assembled, display: Display) -> RunRecord:
    """The record of the finished run, whose files are in `plan.folder`; what an earlier call did is not done again.

    Raises TrainingError if the folder has a run of other settings or glyphs, and DataError if it cannot be written.
    """
    folder = plan.folder
    model = _build(plan, glyphs)
    record = new_record(plan, glyphs, model)
    if distribution.leads():
        record = _earlier(plan, record)
    record = of_leader(record)
    if record.finished:
        _report_again(folder, record, display)
        return record
    if distribution.leads():
        if (folder / run_folder.RECORD).exists():
            display.say(f"{folder}: going on with the run started on {record.started[:10]}")
        display.begun(folder, record)
        _begin(folder, plan, glyphs, record)
    history = _fit_both(plan, glyphs, model, display)
    if distribution.leads():
        record = _finish(folder, record, history)
        display.finished(folder, record)
    return record


def _earlier(plan: Plan, record: RunRecord) -> RunRecord:
    """The record of the run in the folder, if there is one to go on with; otherwise `record`."""
    if plan.fresh:
        _clear(plan.folder)  # not before: it may start from the run it replaces
    if not (plan.folder / run_folder.RECORD).exists():
        return record
    return resumed(plan.folder, run_folder.read_record(plan.folder), record)


def _report_again(folder: Path, record: RunRecord, display: Display) -> None:
    display.say(f"{folder}: finished on {record.finished[:10]}; only the report is written again")
    if distribution.leads():
        with distribution.alone():
            write_report(folder, measure(folder))
        display.finished(folder, record)


def _build(plan: Plan, glyphs: Assembled) -> keras.Model:
    """The network, with the weights it starts from."""
    keras.utils.set_random_seed(plan.recipe.seed)
    model = plan.network.build(len(glyphs.training.labels))
    if plan.start_from is not None:
        transfer.start_from(plan.start_from, model, glyphs.training.labels)
    return model


def _begin(folder: Path, plan: Plan, glyphs: Assembled, record: RunRecord) -> None:
    """Write all that is known before the first epoch."""
    order = np.random.default_rng([plan.recipe.seed, CALIBRATION_SEED]).permutation(len(glyphs.training))
    calibration = glyphs.training.take(np.sort(order[: plan.calibration_glyphs]))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        run_folder.write_record(folder, record)
        calibration.save(folder / run_folder.CALIBRATION)
        glyphs.held_out.save(folder / run_folder.HOLDOUT)
        glyphs.test.save(folder / run_folder.TEST)
        if glyphs.examples:
            atomic.write(folder / run_folder.OWN_GLYPHS, contact_sheet(glyphs.examples))
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be written ({error.strerror or error}); choose another place with --out"
        ) from None


def _fit_both(plan: Plan, glyphs: Assembled, model: keras.Model, display: Display) -> dict[str, list[Epoch]]:
    """The epochs of both parts, which leave holdout.keras and model.keras; those done before are not done again."""
    folder, labels = plan.folder, glyphs.training.labels
    history = {}
    later_glyphs = plan.refit_epochs * len(glyphs.training)
    display.part("held out:", epochs=plan.recipe.epochs, glyphs=len(glyphs.kept), later_glyphs=later_glyphs)
    history["holdout"] = fit(
        model,
        glyphs.kept,
        plan.recipe,
        folder / HOLDOUT_CHECKPOINT,
        glyphs.held_out,
        glyphs.others,
        on_progress=display.on_progress,
        on_epoch=display.on_epoch,
    )
    _save(model, labels, folder / run_folder.HOLDOUT_MODEL)
    if plan.refit_epochs:
        display.part("on all:  ", epochs=plan.refit_epochs, glyphs=len(glyphs.training), later_glyphs=0)
        history["refit"] = fit(
            model,
            glyphs.training,
            plan.refit_recipe(),
            folder / REFIT_CHECKPOINT,
            others=glyphs.others,
            on_progress=display.on_progress,
            on_epoch=display.on_epoch,
        )
    _save(model, labels, folder / run_folder.MODEL)
    return history


def _save(model: keras.Model, labels: tuple[str, ...], path: Path) -> None:
    if distribution.leads():
        keras_file.save(model, labels, path)


def _finish(folder: Path, record: RunRecord, history: dict[str, list[Epoch]]) -> RunRecord:
    """Measure, and write all that is known now; returns the completed record."""
    epochs = [epoch for part in history.values() for epoch in part]
    run_folder.write_json(
        folder / run_folder.HISTORY, {part: [asdict(epoch) for epoch in done] for part, done in history.items()}
    )
    with distribution.alone():
        measured = measure(folder)
    record = msgspec.structs.replace(
        record,
        finished=now(),
        training_seconds=round(sum(epoch.seconds for epoch in epochs), 1),
        metrics={"holdout": measured.holdout.figures(), "test": measured.test.figures()},
    )
    run_folder.write_record(folder, record)
    write_report(folder, measured)
    for checkpoint in CHECKPOINTS:
        (folder / checkpoint).unlink(missing_ok=True)
    return record


def _clear(folder: Path) -> None:
    """Remove what a run leaves, and nothing else that may lie there."""
    for name in (*run_folder.FILES, *CHECKPOINTS):
        (folder / name).unlink(missing_ok=True)
