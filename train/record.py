"""run.json: what is written of a run when it begins, and whether a later call asks for the same one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import keras
import msgspec
import numpy as np

from core.dataset import GlyphSet
from core.errors import TrainingError
from core.run_folder import DataSet, RunRecord
from train import distribution, provenance
from train.assemble import Assembled
from train.plan import Plan


def now() -> str:
    """ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def new_record(plan: Plan, glyphs: Assembled, model: keras.Model) -> RunRecord:
    """The record of a run that begins."""
    writers_known = all(source.writers is not None for source in glyphs.sources)
    return RunRecord(
        network=plan.network_name,
        parameters=model.count_params(),
        seed=plan.recipe.seed,
        labels=list(glyphs.training.labels),
        settings=plan.settings(),
        data=[_describe(source, source.writers is not None) for source in (*glyphs.sources, *glyphs.extra)],
        holdout=_describe(glyphs.held_out, writers_known),
        test=_describe(glyphs.test, writers_known),
        others=[_describe(others, writers_known=False) for others in glyphs.others],
        notes=[*glyphs.notes, *_transfer_notes(plan), *_worker_notes()],
        git_commit=provenance.git_commit(),
        versions=provenance.versions(),
        machine=provenance.machine(),
        started=now(),
    )


def resumed(folder: Path, earlier: RunRecord, asked: RunRecord) -> RunRecord:
    """`earlier`, which `asked` goes on with. Raises TrainingError if the two would not give the same model."""
    for place, was, wanted in _differences(earlier, asked):
        raise TrainingError(
            f"{folder}: has a run whose {place} is {was}; asked for is {wanted}. "
            "Choose another name with --run, or start over with --fresh"
        )
    if earlier.finished or asked.git_commit == earlier.git_commit:
        return earlier
    return msgspec.structs.replace(
        earlier, notes=[*earlier.notes, f"Interrupted, and gone on with at commit {asked.git_commit}."]
    )


def of_leader(record: RunRecord) -> RunRecord:
    """The record of worker 0, which all workers train by; `record` itself where there is but one.

    Raises TrainingError if `record`, which this worker's command asks for, would not give the same model.
    """
    index, count = distribution.place()
    if count == 1:
        return record
    sent = distribution.arrays_of_leader({"record": np.array(msgspec.json.encode(record).decode())})
    leader = msgspec.json.decode(str(sent["record"]), type=RunRecord)
    for place, was, wanted in _differences(leader, record):
        raise TrainingError(
            f"worker {index}: its {place} is {wanted}, worker 0 has {was}; "
            "give all workers the same settings and glyphs"
        )
    return leader


def _describe(glyphs: GlyphSet, writers_known: bool) -> DataSet:
    """`glyphs` for the record. Where sources with and without writers were mixed, their number says nothing."""
    writers = len(np.unique(glyphs.writers)) if writers_known and glyphs.writers is not None else None
    return DataSet(glyphs.name, len(glyphs), glyphs.sha256(), writers)


def _transfer_notes(plan: Plan) -> Iterator[str]:
    if plan.start_from is not None:
        yield f"Started from the weights of {plan.start_from}, whose training glyphs are not among those listed here."


def _worker_notes() -> Iterator[str]:
    if distribution.devices() > 1:
        yield (
            f"Trained on {distribution.devices()} devices at once, by {distribution.place()[1]} workers; "
            "they add in another order than one does."
        )


def _differences(earlier: RunRecord, asked: RunRecord) -> Iterator[tuple[str, object, object]]:
    for key in sorted(earlier.settings.keys() | asked.settings.keys()):
        was, wanted = earlier.settings.get(key), asked.settings.get(key)
        if was != wanted:
            yield key, was, wanted
    for place, was, wanted in (
        ("set of labels", earlier.labels, asked.labels),
        ("training data", _names(earlier.data), _names(asked.data)),
        ("test data", _names([earlier.test]), _names([asked.test])),
        ("set of other signs", _names(earlier.others), _names(asked.others)),
    ):
        if was != wanted:
            yield place, ", ".join(was) or "none", ", ".join(wanted) or "none"


def _names(sets: list[DataSet]) -> list[str]:
    return [f"{entry.name} ({entry.count} glyphs, sha256 {entry.sha256[:12]})" for entry in sets]
