"""A spotter's whole way from the folder of its run to a verified model file's bytes."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from convert import quantize, second, self_test, verify
from convert.graph import read_graph, without_names
from convert.second import SecondConversion
from convert.spotter_fit import Errors, Looked, fit_alone, fit_vote
from convert.spotter_graph import resizes, with_outputs_in_order
from core import model_file, spotter_run, voice
from core.crops import CONTRACT_VERSION as CROP_CONTRACT
from core.errors import ConversionRefused, DataError, UsageError
from core.manifest import Measured, Provenance, SecondStage, SpotterManifest
from core.model_file import ModelFile, SpotterFile
from core.runtime import PIXELS
from core.scene_set import SceneSet, load_scene_set
from core.spot_figures import Figures, figures
from core.spots import CLASSES, CONTRACT_VERSION, MULTIPLE_PX, decode
from core.spotter import Spotter
from core.voice import Voice
from core.vote import Alone, Vote

VOTE, SECOND = "vote", "second"
"""The other voices, by what their votes are called in the manifest: of the classifier, and of the second stage."""

GATE_SCORE = 0.3
"""Of spots that float and int8 are compared by."""

MOST_LOST = 0.01
"""Share of digits that int8 may lose or misread beyond what float does."""


@dataclass(frozen=True)
class SpotterConversion:
    """A spotter that passed every gate, and what was measured on the way."""

    content: bytes
    """Of the model file."""
    manifest: SpotterManifest
    operators: Counter[str]
    float_read: Figures
    int8_read: Figures
    """Both of one look at the test scenes as they are, from a score of GATE_SCORE on."""
    errors: dict[str, Errors]
    """`alone`, VOTE and SECOND, with the thresholds in the manifest: of the test scenes, looked at as frames are."""
    second: SecondConversion | None
    test: SceneSet

    def figures(self, path: Path) -> dict[str, Any]:
        """All of it, for JSON; `path` is where the file was put."""
        return {
            "file": str(path),
            "bytes": len(self.content),
            "operators": dict(self.operators),
            "float": asdict(self.float_read),
            "int8": asdict(self.int8_read),
            **{name: asdict(errors) for name, errors in self.errors.items()},
            "second_stage": None if self.second is None else self.second.figures(),
            "manifest": msgspec.to_builtins(self.manifest),
        }

    def text(self, path: Path) -> str:
        """All of it, for people; `path` is where the file was put."""
        manifest = self.manifest
        operators = ", ".join(f"{name} ×{count}" for name, count in self.operators.most_common())
        return "\n".join(
            [
                f"{path}: {len(self.content):,} bytes, of which the model {manifest.tflite_bytes:,}; "
                f"{manifest.provenance.parameters:,} parameters",
                f"  operators     {operators}; all int8",
                f"  test scenes   {len(self.test):,}, {self.int8_read.digits:,} digits, {self.test.name}",
                f"  int8          {_told(self.int8_read)}",
                f"  float         {_told(self.float_read)}",
                *([] if self.second is None else [f"  second stage  {self.second.text()}"]),
                *(f"  {name:13} {errors}" for name, errors in self.errors.items()),
            ]
        )


def build(run: Path, classifier: ModelFile | None) -> SpotterConversion:
    """The spotter of the run in the folder `run`, converted and verified, with its second stage if the run has one.

    Both have a vote on what it finds: the second stage, and `classifier`, if given.

    Raises ConversionRefused at the first gate it does not pass, DataError if the folder is damaged, UsageError if the
    network is missing or the classifier reads other labels.
    """
    place = str(run / spotter_run.MODEL)
    record = spotter_run.read_record(run)
    if not (run / spotter_run.MODEL).is_file():
        raise UsageError(f"{run}: has no {spotter_run.MODEL}; train the spotter again")
    calibration, holdout, test = (
        _scenes(run / name) for name in (spotter_run.CALIBRATION, spotter_run.HOLDOUT, spotter_run.TEST)
    )
    frame = calibration.luma.shape[1], calibration.luma.shape[2]
    if test.luma.shape[1:] != frame:
        raise DataError(
            f"{run}: its test scenes are of {test.luma.shape[1:]}, those to calibrate of {frame}; train it again"
        )
    labels = [str(label) for label in range(CLASSES)]
    if classifier is not None and classifier.manifest.labels != labels:
        raise UsageError(
            f"the classifier reads {', '.join(classifier.manifest.labels)}; with a spotter votes one that reads "
            f"{', '.join(labels)}. Name such a one with --classifier"
        )
    network = quantize.load_spotter(run / spotter_run.MODEL, frame)
    tflite, operators = _converted(network, calibration, place)
    unfitted = SpotterManifest(
        labels=labels,
        tflite_bytes=len(tflite),
        tflite_sha256=model_file.sha256(tflite),
        input=PIXELS,
        metrics={},
        provenance=Provenance(
            network="spotter",
            parameters=record.parameters,
            seed=record.settings.get("seed"),
            data=[f"{entry.name}: {entry.count} glyphs, sha256 {entry.sha256}" for entry in record.data],
            git_commit=record.git_commit,
            trained_with=_versions(record.versions),
        ),
        spot_contract=CONTRACT_VERSION,
        outputs=[port.quantisation for port in read_graph(tflite).outputs if port.quantisation],
        resizes=resizes(tflite, frame, place),
        alone=Alone(1.0, 0.0, 0.0),
    )
    spotter = Spotter(SpotterFile(tflite, unfitted), place=place)
    int8_read = figures([spotter.spots(luma, GATE_SCORE).each_once() for luma in test.luma], test.known, GATE_SCORE)
    float_found = [decode(*maps, GATE_SCORE).each_once() for maps in quantize.float_maps(network, test.luma)]
    float_read = figures(float_found, test.known, GATE_SCORE)
    _check_loss(float_read, int8_read, place)
    second_stage = second.convert(run, labels)
    voices = _voices(classifier, second_stage)
    fitted_on, measured_on = (Looked.at(scenes, spotter, voices) for scenes in (holdout, test))
    alone, votes = fit_alone(fitted_on), {name: fit_vote(fitted_on, name) for name in voices}
    errors = {"alone": measured_on.errors_alone(alone)} | {
        name: measured_on.errors_together(vote, name) for name, vote in votes.items()
    }
    metrics = _metrics(int8_read, float_read, test) | {
        f"error_rate_{name}": Measured(round(found.rate, 6), test.name, len(test)) for name, found in errors.items()
    }
    manifest = msgspec.structs.replace(
        unfitted,
        alone=alone,
        vote=votes.get(VOTE),
        second=None if second_stage is None else _entry(second_stage, votes[SECOND], unfitted.provenance),
        metrics=metrics,
    )
    whole = SpotterFile(tflite, manifest, None if second_stage is None else second_stage.tflite)
    tested = self_test.of_spotter(whole, place)
    content = model_file.pack(tflite, tested.manifest, tested.second)
    return SpotterConversion(content, tested.manifest, operators, float_read, int8_read, errors, second_stage, test)


def _voices(classifier: ModelFile | None, second_stage: SecondConversion | None) -> dict[str, Voice]:
    """Those that are to have a vote, by name."""
    voices = {}
    if classifier is not None:
        voices[VOTE] = voice.of_classifier(classifier)
    if second_stage is not None:
        voices[SECOND] = voice.of_crops(second_stage.tflite)
    return voices


def _entry(second_stage: SecondConversion, vote: Vote, of_spotter: Provenance) -> SecondStage:
    """What the manifest says of the second stage, which has the data of its spotter."""
    record = second_stage.record
    return SecondStage(
        crop_contract=CROP_CONTRACT,
        tflite_bytes=len(second_stage.tflite),
        tflite_sha256=model_file.sha256(second_stage.tflite),
        vote=vote,
        provenance=Provenance(
            network="second",
            parameters=record.parameters,
            seed=record.settings.get("seed"),
            data=of_spotter.data,
            git_commit=record.git_commit,
            trained_with=_versions(record.versions),
        ),
    )


def _versions(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _scenes(path: Path) -> SceneSet:
    """The scenes at `path`. Raises DataError if they are no frames that a network can be shown as they are."""
    scenes = load_scene_set(path)
    luma = scenes.luma
    if luma.ndim != 3 or not luma.size or any(side % MULTIPLE_PX for side in luma.shape[1:]):
        raise DataError(
            f"{path}: holds scenes of {luma.shape}; expected (scenes, height, width), both sides a multiple of "
            f"{MULTIPLE_PX} px. Train the spotter again"
        )
    for known in scenes.known:
        if known.boxes.shape != (len(known.labels), 4) or known.ignored.shape[1:] != (4,):
            raise DataError(f"{path}: holds scenes without a box for each digit; train the spotter again")
        if not set(known.labels.tolist()) <= set(range(CLASSES)):
            raise DataError(f"{path}: holds digits other than 0 to {CLASSES - 1}; train the spotter again")
    return scenes


def _converted(network: quantize.Network, calibration: SceneSet, place: str) -> tuple[bytes, Counter[str]]:
    """(the .tflite, its operators), int8 throughout, its outputs in order."""
    shown = calibration.luma.copy()
    shown[0, 0, :2] = 0, 255  # the range that the input is to span, whatever else is in the scenes
    tflite = quantize.to_int8(network, quantize.batches_of_one(shown), place)
    tflite = with_outputs_in_order(tflite, [(1, *output.shape[1:]) for output in network.outputs], place)
    graph = read_graph(tflite)
    verify.check_graph(graph, place)
    return without_names(tflite), graph.operators


def _check_loss(float_read: Figures, int8_read: Figures, place: str) -> None:
    """Refuse a spotter that reads fewer digits in int8 than in float, by more than MOST_LOST of all."""
    lost = _share_read(float_read) - _share_read(int8_read)
    if not math.isfinite(lost) or lost > MOST_LOST:
        raise ConversionRefused(
            f"{place}: finds and reads {_share_read(int8_read):.2%} of the test scenes' digits in int8, "
            f"{_share_read(float_read):.2%} in float; allowed: {MOST_LOST:.0%} less. Train it longer"
        )


def _share_read(read: Figures) -> float:
    """Share of the digits that were found and read right; NaN without digits."""
    if read.recall is None:
        return math.nan
    return read.recall * (read.label_accuracy or 0.0)


def _metrics(int8_read: Figures, float_read: Figures, test: SceneSet) -> dict[str, Measured]:
    metrics = {}
    for kind, read in (("int8", int8_read), ("float", float_read)):
        for name in ("precision", "recall", "label_accuracy", "false_per_empty_scene"):
            value = getattr(read, name)
            if value is not None:
                metrics[f"{name}_{kind}"] = Measured(round(value, 6), test.name, len(test))
    return metrics


def _told(read: Figures) -> str:
    return (
        f"{_percent(read.recall)} of the digits found, {_percent(read.label_accuracy)} of them read right; "
        f"{_percent(read.precision)} of what is found is a digit, {read.false_per_empty_scene or 0:.2f} false digits a "
        "scene without any"
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.2%}"
