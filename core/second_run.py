"""What `train.second` adds to build/<run>/ of a spotter (`core.spotter_run`), and `convert` takes up.

second.keras             the second stage with its averaged final weights
second.json              `SecondRecord`: settings, crops, commit, machine, figures
second-calibration.npz   crops that it was trained on, to show the quantiser
second-test.npz          crops of digits that it was not trained on, to measure with
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from core.run_folder import Machine, read_json

MODEL = "second.keras"
RECORD = "second.json"
CALIBRATION = "second-calibration.npz"
TEST = "second-test.npz"

FILES = (MODEL, RECORD, CALIBRATION, TEST)


class SecondRecord(msgspec.Struct, frozen=True):
    """Where a second stage comes from, and how good it is. Its data are those of the spotter in the same folder."""

    parameters: int
    crop_contract: int
    spotter_sha256: str
    """Of spotter.keras, whose finds it was trained on."""
    settings: dict[str, Any]
    """Everything that decides the weights, besides the data and the spotter."""
    crops: list[int]
    """That it was trained on, of each digit, and then of what is none."""
    git_commit: str
    """With -dirty if files differed from it; unknown outside a checkout."""
    versions: dict[str, str]
    """Of python, numpy, keras and its backend."""
    machine: Machine
    training_seconds: float
    """Of the epochs; drawing scenes and interruptions not counted."""
    history: list[dict[str, Any]]
    """A record of each epoch."""
    figures: dict[str, float]
    """Of the float network on second-test.npz: count, errors, accuracy, ... What is no digit is a class there."""


def read_record(run: Path) -> SecondRecord:
    """The record in the folder `run`. Raises DataError, one line, if there is none or it is damaged."""
    return read_json(
        run / RECORD,
        SecondRecord,
        f"{run}: has {MODEL} without {RECORD}; train the second stage again, by `python -m train.second {run}`",
    )
