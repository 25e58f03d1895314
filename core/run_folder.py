"""build/<run>/: what `train` leaves there and `convert` takes up. The folder needs nothing from outside itself.

model.keras       the network with its final weights, and labels.json inside
holdout.keras     the same before it was trained further on all glyphs, so the held-out ones were never seen
history.json      one record an epoch, of both parts
run.json          `RunRecord`: settings, data, commit, machine, figures
calibration.npz   training glyphs to show the quantiser
holdout.npz       training glyphs, of whole writers where they are known, that holdout.keras was measured on
test.npz          glyphs that nothing was chosen by
report.html       all of that to look at
own-glyphs.png    what became of people's own pictures, if there were any
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from core import atomic
from core.errors import DataError

MODEL = "model.keras"
HOLDOUT_MODEL = "holdout.keras"
HISTORY = "history.json"
RECORD = "run.json"
CALIBRATION = "calibration.npz"
HOLDOUT = "holdout.npz"
TEST = "test.npz"
REPORT = "report.html"
OWN_GLYPHS = "own-glyphs.png"

FILES = (MODEL, HOLDOUT_MODEL, HISTORY, RECORD, CALIBRATION, HOLDOUT, TEST, REPORT, OWN_GLYPHS)

LABELS_ENTRY = "labels.json"
"""Inside a .keras file, which is a zip: the label of each logit, as a JSON list. Keras passes over it."""


_Record = TypeVar("_Record")


class DataSet(msgspec.Struct, frozen=True):
    """One set of glyphs, recognisable."""

    name: str
    count: int
    sha256: str
    """Of pixels and labels, as `GlyphSet.sha256` has it."""
    writers: int | None
    """How many people wrote it, if anybody knows."""


class Machine(msgspec.Struct, frozen=True):
    """Where it was trained."""

    cpu: str
    cores: int
    system: str


class RunRecord(msgspec.Struct, frozen=True):
    """Where a model comes from, and how good it is."""

    network: str
    parameters: int
    seed: int
    labels: list[str]
    settings: dict[str, Any]
    """Everything that decides the weights, besides the data: the same settings and data give the same model."""
    data: list[DataSet]
    """The training sets, held-out glyphs included."""
    holdout: DataSet
    test: DataSet
    others: list[DataSet]
    """What was trained against as none of the labels."""
    notes: list[str]
    """What a reader of the figures must know, in whole sentences."""
    git_commit: str
    """With -dirty if files differed from it; unknown outside a checkout."""
    versions: dict[str, str]
    """Of python, numpy, keras and its backend."""
    machine: Machine
    started: str
    """ISO 8601, UTC."""
    finished: str | None = None
    """None until the run is done."""
    training_seconds: float = 0.0
    """Spent in epochs, interruptions not counted."""
    metrics: dict[str, dict[str, float]] = msgspec.field(default_factory=dict)
    """`holdout`: of holdout.keras on holdout.npz. `test`: of model.keras on test.npz."""


def read_record(run: Path) -> RunRecord:
    """The record in the folder `run`. Raises DataError, one line, if there is none or it is damaged."""
    return read_json(
        run / RECORD, RunRecord, f"{run}: no {RECORD} there, so no run of `python -m train`; it makes build/<run>"
    )


def read_json(path: Path, kind: type[_Record], missing: str) -> _Record:
    """The record of this kind at `path`. Raises DataError, one line: `missing` if there is none, or what is wrong."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        raise DataError(missing) from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    except msgspec.MsgspecError as error:
        raise DataError(f"{path}: damaged, or of another version ({error}); train again with --fresh") from None


def write_record(run: Path, record: RunRecord) -> None:
    """Put the record into the folder `run`, in one step."""
    write_json(run / RECORD, record)


def write_json(path: Path, content: object) -> None:
    """Put `content` at `path` as indented JSON, in one step."""
    atomic.write(path, msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
