"""A spotter's run → one int8 file that serves frames of every size."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import keras
import msgspec
import numpy as np
import pytest
from keras import layers
from small_network import save

from convert import quantize, spotter
from convert.__main__ import main
from convert.spotter_fit import Errors, Looked, fit_alone, fit_vote
from core import run_folder, spotter_run
from core.errors import ConversionRefused, DataError, ModelFileError, UsageError
from core.model_file import read, read_spotter, unpack_spotter
from core.run_folder import DataSet, Machine
from core.scene_set import Known, SceneSet
from core.spots import Spots
from core.spotter import Spotter
from core.spotter_run import SpotterRecord

FRAME = (64, 96)


def network(channels: tuple[int, int, int] = (10, 2, 2)) -> keras.Model:
    """As deep as a spotter, and untrained: five halvings, and three maps at a quarter."""
    keras.utils.set_random_seed(1)
    luma = keras.Input((None, None, 1))
    x = layers.Rescaling(1 / 255)(luma)
    for strides in (2, 2):
        x = layers.ReLU()(layers.Conv2D(8, 3, strides=strides, padding="same")(x))
    deep = layers.Conv2D(8, 3, strides=2, padding="same")(x)
    deeper = layers.Conv2D(8, 3, strides=2, padding="same")(layers.ReLU()(deep))
    deep = layers.Add()([deep, layers.UpSampling2D(2, interpolation="bilinear")(deeper)])
    x = layers.Add()([x, layers.UpSampling2D(2, interpolation="bilinear")(deep)])
    return keras.Model(luma, [layers.Conv2D(count, 1)(x) for count in channels])


def scenes(count: int, seed: int) -> SceneSet:
    """Noise with a digit each, wherever."""
    rng = np.random.default_rng(seed)
    known = [
        Known(np.array([[20, 10, 20, 30]], np.float32), rng.integers(0, 10, 1), np.empty((0, 4), np.float32))
        for _ in range(count)
    ]
    return SceneSet("noise", rng.integers(0, 256, (count, *FRAME), dtype=np.uint8), tuple(known))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run as `train.spotter` leaves it."""
    folder = tmp_path_factory.mktemp("spotter")
    model = network()
    save(model, folder / spotter_run.MODEL)
    for seed, name in enumerate((spotter_run.CALIBRATION, spotter_run.HOLDOUT, spotter_run.TEST)):
        scenes(8, seed).save(folder / name)
    record = SpotterRecord(
        parameters=model.count_params(),
        settings={"seed": 7},
        data=[DataSet("drawn", 10, "ab", None)],
        grounds=0,
        git_commit="0123abc",
        versions={"keras": keras.__version__},
        machine=Machine("a cpu", 1, "a system"),
        training_seconds=1.0,
        figures=[],
    )
    run_folder.write_json(folder / spotter_run.RECORD, record)
    return folder


@pytest.fixture(scope="module")
def conversion(run: Path, root: Path) -> spotter.SpotterConversion:
    return spotter.build(run, read(root / "models" / "digits.tflite"))


def test_the_file_says_where_the_network_comes_from_and_how_it_did(conversion: spotter.SpotterConversion) -> None:
    manifest = unpack_spotter(conversion.content, "it").manifest
    assert manifest == conversion.manifest
    assert (manifest.provenance.seed, manifest.provenance.git_commit) == (7, "0123abc")
    assert manifest.vote is not None
    assert manifest.metrics["error_rate_vote"].count == 8
    assert sorted(resize.stride_px for resize in manifest.resizes) == [4, 8]


@pytest.mark.parametrize("frame", [FRAME, (32, 32), (96, 160), (128, 64)])
def test_int8_maps_are_those_of_the_float_network_at_every_size(
    conversion: spotter.SpotterConversion, run: Path, frame: tuple[int, int]
) -> None:
    luma = np.random.default_rng(9).integers(0, 256, frame, dtype=np.uint8)
    (expected,) = quantize.float_maps(quantize.load_spotter(run / spotter_run.MODEL, frame), luma[None])
    int8 = Spotter(unpack_spotter(conversion.content, "it"))._at(frame).maps(luma)
    for values, quantised, wanted in zip(int8, conversion.manifest.outputs, expected, strict=True):
        real = (values.astype(np.float32) - quantised.zero_point) * quantised.scale
        assert real.shape == wanted.shape
        assert np.abs(real - wanted).mean() < 4 * quantised.scale


def test_without_a_classifier_there_is_no_vote(run: Path) -> None:
    alone = spotter.build(run, None)
    assert alone.manifest.vote is None
    assert set(alone.errors) == {"alone"}


def test_the_command_converts_a_spotters_run_and_says_how_it_did(
    run: Path, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "spotter.tflite"
    arguments = [str(run), "--output", str(output), "--classifier", str(root / "models" / "digits.tflite")]
    assert main([*arguments, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["bytes"] == output.stat().st_size
    assert figures["vote"]["digits"] == 8
    assert main(arguments) == 0
    assert "errors a digit" in capsys.readouterr().out
    with pytest.raises(ModelFileError, match=r"is a spotter; config.yaml has model.spotter for it"):
        read(output)
    with pytest.raises(ModelFileError, match=r"is a classifier of glyphs; config.yaml has model.path for it"):
        read_spotter(root / "models" / "digits.tflite")


def test_a_run_that_has_not_ended_is_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / spotter_run.MODEL).write_bytes((run / spotter_run.MODEL).read_bytes())
    with pytest.raises(DataError, match="training has not ended"):
        spotter.build(tmp_path, None)


@pytest.mark.parametrize(
    ("name", "changes", "found"),
    [
        (spotter_run.CALIBRATION, {"luma": np.zeros((8, 64), np.uint8)}, r"holds scenes of \(8, 64\)"),
        (spotter_run.HOLDOUT, {"luma": np.zeros((8, 50, 96), np.uint8)}, r"both sides a multiple of 32 px"),
        (spotter_run.HOLDOUT, {"boxes": np.zeros((8, 3), np.float32)}, "without a box for each digit"),
        (spotter_run.HOLDOUT, {"labels": np.full(8, 10)}, "digits other than 0 to 9"),
        (spotter_run.TEST, {"luma": np.zeros((8, 96, 64), np.uint8)}, r"test scenes are of \(96, 64\)"),
    ],
)
def test_scenes_that_cannot_be_shown_are_refused(
    run: Path, tmp_path: Path, name: str, changes: dict[str, np.ndarray], found: str
) -> None:
    copy = Path(shutil.copytree(run, tmp_path / "run"))
    with np.load(run / name) as scenes:
        np.savez(copy / name, **dict(scenes) | changes)
    with pytest.raises(DataError, match=found):
        spotter.build(copy, None)


def test_a_classifier_of_other_labels_is_to_have_no_vote(run: Path, root: Path) -> None:
    digits = read(root / "models" / "digits.tflite")
    letters = replace(digits, manifest=msgspec.structs.replace(digits.manifest, labels=list("abcdefghij")))
    with pytest.raises(UsageError, match=r"reads a, b, .*; with a spotter votes one that reads 0, 1, "):
        spotter.build(run, letters)


def test_the_network_stands_for_its_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(network(), tmp_path / spotter_run.MODEL)
    assert main([str(tmp_path / spotter_run.MODEL)]) == 1
    assert "has no spotter.json, so training has not ended" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["build/plain"], ["--evaluate", "digits.tflite", "--data", "mnist"]])
def test_a_classifier_to_vote_goes_with_a_spotters_run_only(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--classifier", "digits.tflite"]) == 2
    assert "--classifier" in capsys.readouterr().err


def test_another_network_is_refused(tmp_path: Path) -> None:
    save(network((10, 2, 3)), tmp_path / "other.keras")
    with pytest.raises(ConversionRefused, match="maps of 10, 2 and 2 channels"):
        quantize.load_spotter(tmp_path / "other.keras", FRAME)


def looked(scores: list[float], truth: list[int], digits: int, logits: np.ndarray | None = None) -> Looked:
    """Places where a 3 is found with these scores; another voice gives the logits."""
    found = np.full((len(scores), 10), 1e-3, np.float32)
    found[:, 3] = scores
    spots = Spots(np.zeros((len(scores), 4), np.float32), found)
    return Looked(
        digits, [spots], np.array(truth), np.ones(len(scores), bool), {} if logits is None else {"other": [logits]}
    )


def test_the_least_evidence_is_where_errors_are_fewest() -> None:
    places = looked([0.9, 0.8, 0.6, 0.4, 0.2], [3, 3, -1, 3, -1], digits=4)
    alone = fit_alone(places)
    # Taking the fourth gains a digit for the price of the third: as many errors, so the fewest places are taken.
    assert places.errors_alone(alone) == Errors(digits=4, missed=2, misread=0, false=0)


def test_digits_are_likelier_in_company_where_most_are() -> None:
    rng = np.random.default_rng(4)
    every, truth = [], []
    for _ in range(200):  # three digits in a row, and something alone that looks like one as much
        boxes = [(x, 10, 12, 20) for x in (0, 15, 30)] + [(200, 150, 25, 50)]
        scores = np.full((4, 10), 1e-3, np.float32)
        scores[:, 3] = rng.uniform(0.3, 0.7, 4)
        every.append(Spots(np.array(boxes, np.float32), scores))
        truth += [3, 3, 3, -1]
    said = [np.full((4, 10), -1.0, np.float32)] * 200
    places = Looked(600, every, np.array(truth), np.ones(800, bool), {"other": said})
    assert places.errors_together(fit_vote(places, "other"), "other").rate < 0.01


def test_a_voice_that_knows_better_is_given_weight() -> None:
    rng = np.random.default_rng(3)
    truth = np.where(rng.random(400) < 0.5, 3, -1)
    logits = np.full((400, 10), -5.0, np.float32)
    logits[truth == 3, 3] = 6.0
    places = looked(rng.uniform(0.2, 0.8, 400).tolist(), truth.tolist(), int((truth == 3).sum()), logits)
    together, alone = places.errors_together(fit_vote(places, "other"), "other"), places.errors_alone(fit_alone(places))
    assert together.rate < 0.01 < alone.rate
