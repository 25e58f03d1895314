"""The second stage of a spotter's run, from Keras to a verified int8 .tflite."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert import calibrate, quantize, verify
from convert.graph import read_graph, without_names
from core import second_run, spotter_run
from core.crop_set import load_crop_set
from core.crops import CONTRACT_VERSION
from core.errors import ConversionRefused, UsageError
from core.evaluation import Evaluation, evaluate
from core.interpreter import Interpreter
from core.second_run import SecondRecord

MOST_LOST = 0.01
"""Share of the held-out crops that int8 may misread beyond what float does."""

MOST_DIFFERING = 0.02
"""Share of them that float and int8 may read differently: 0.4 % did of one that was trained on 242,000 crops. More than
of a classifier's glyphs, for these are what a spotter was in doubt about, and small steps tip many of them."""


@dataclass(frozen=True)
class SecondConversion:
    """A second stage that passed every gate, and what was measured on the way."""

    tflite: bytes
    record: SecondRecord
    float_read: Evaluation
    int8_read: Evaluation
    """Both of the held-out crops, no digit being a class of its own."""
    differing: int
    """Held-out crops that the two read differently."""
    test_name: str

    def figures(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {
            "bytes": len(self.tflite),
            "parameters": self.record.parameters,
            "float": self.float_read.figures(),
            "int8": self.int8_read.figures(),
            "differing": self.differing,
        }

    def text(self) -> str:
        """All of it, for people."""
        read = self.int8_read
        return (
            f"{len(self.tflite):,} bytes, {self.record.parameters:,} parameters; of {read.count:,} held-out crops int8 "
            f"tells {read.accuracy:.2%} right, float {self.float_read.accuracy:.2%}, {self.differing} differently"
        )


def convert(run: Path, labels: list[str]) -> SecondConversion | None:
    """The second stage of the run in the folder `run`, over `labels` and "none"; None if the run has none.

    Raises ConversionRefused at the first gate it does not pass, DataError if the folder is damaged, and UsageError if
    the second stage is of another spotter, or unfinished.
    """
    path = run / second_run.MODEL
    if not path.is_file() and not (run / second_run.RECORD).is_file():
        return None
    place = str(path)
    record = second_run.read_record(run)
    if not path.is_file():
        raise UsageError(f"{run}: has no {path.name}; train the second stage again")
    if record.crop_contract != CONTRACT_VERSION:
        raise UsageError(
            f"{path}: trained on crops of contract {record.crop_contract}; this program has {CONTRACT_VERSION}. Train "
            "the second stage again"
        )
    if record.spotter_sha256 != hashlib.sha256((run / spotter_run.MODEL).read_bytes()).hexdigest():
        raise UsageError(f"{path}: was trained for another spotter than {spotter_run.MODEL} beside it; train it again")
    calibration, test = (load_crop_set(run / name) for name in (second_run.CALIBRATION, second_run.TEST))
    network = quantize.load(path)
    verify.check_labels(tuple(labels), quantize.classes_of(network), place)
    tflite = quantize.quantize(network, calibrate.representative(calibration.pixels), place)
    verify.check_graph(read_graph(tflite), place)
    tflite = without_names(tflite)
    classes = (*labels, "none")
    float_read, int8_read = (
        evaluate(_beside_none(logits), test.targets, classes)
        for logits in (
            quantize.float_logits(network, test.pixels),
            Interpreter(tflite, place=place).classify(test.pixels),
        )
    )
    differing = int((float_read.predictions != int8_read.predictions).sum())
    conversion = SecondConversion(tflite, record, float_read, int8_read, differing, test.name)
    _check(conversion, place)
    return conversion


def _beside_none(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (N, classes + 1): `logits` and the constant zero that stands for no digit."""
    return np.append(logits, np.zeros_like(logits[:, :1]), axis=1)


def _check(conversion: SecondConversion, place: str) -> None:
    """Refuse a second stage that reads worse in int8 than in float, or otherwise."""
    float_read, int8_read = conversion.float_read, conversion.int8_read
    if float_read.accuracy - int8_read.accuracy > MOST_LOST:
        raise ConversionRefused(
            f"{place}: tells {int8_read.accuracy:.2%} of {int8_read.count} held-out crops right in int8, "
            f"{float_read.accuracy:.2%} in float; allowed: {MOST_LOST:.0%} less. Train it longer"
        )
    if conversion.differing > MOST_DIFFERING * int8_read.count:
        raise ConversionRefused(
            f"{place}: float and int8 differ on {conversion.differing} of {int8_read.count} held-out crops; allowed: "
            f"{MOST_DIFFERING:.0%}. Train it longer"
        )
