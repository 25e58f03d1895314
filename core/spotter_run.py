"""build/<run>/ of a spotter: what `train.spotter` leaves there and `convert` takes up.

spotter.keras     the network with its averaged final weights
history.json      a record of each part of the run
spotter.json      `SpotterRecord`: settings, data, commit, machine, figures
calibration.npz   training scenes to show the quantiser
holdout.npz       scenes of digits that were not trained on, to fit thresholds with
test.npz          other scenes of these digits, to measure with
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from core.run_folder import HISTORY, DataSet, Machine, read_json
from core.spot_figures import Figures

MODEL = "spotter.keras"
RECORD = "spotter.json"
CALIBRATION = "calibration.npz"
HOLDOUT = "holdout.npz"
TEST = "test.npz"

FILES = (MODEL, HISTORY, RECORD, CALIBRATION, HOLDOUT, TEST)


class SpotterRecord(msgspec.Struct, frozen=True):
    """Where a spotter comes from, and how good it is."""

    parameters: int
    settings: dict[str, Any]
    """Everything that decides the weights, besides the data: the same settings and data give the same model."""
    data: list[DataSet]
    """The glyphs that scenes were written with, held-out ones included."""
    grounds: int
    """Pictures without digits that were used as grounds."""
    git_commit: str
    """With -dirty if files differed from it; unknown outside a checkout."""
    versions: dict[str, str]
    """Of python, numpy, keras and its backend."""
    machine: Machine
    training_seconds: float
    """Interruptions not counted."""
    figures: list[Figures]
    """Of the float network on test.npz, at several thresholds."""


def read_record(run: Path) -> SpotterRecord:
    """The record in the folder `run`. Raises DataError, one line, if there is none or it is damaged."""
    return read_json(
        run / RECORD,
        SpotterRecord,
        f"{run}: has no {RECORD}, so training has not ended; start it again and it goes on",
    )
