"""The second stage of a spotter's run, converted into the same file."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import keras
import msgspec
import numpy as np
import pytest
from small_network import save, small_network
from test_spotter import network, scenes

from convert import second, spotter
from convert.__main__ import main
from core import run_folder, second_run, self_test, spotter_run
from core.crop_set import NONE, CropSet
from core.errors import ConversionRefused, DataError, UsageError
from core.evaluation import evaluate
from core.interpreter import Interpreter
from core.model_file import read_spotter, unpack_spotter
from core.run_folder import DataSet, Machine
from core.second_run import SecondRecord
from core.spotter_run import SpotterRecord

DIGITS = [str(label) for label in range(10)]
MACHINE = Machine("a cpu", 1, "a system")


def crops(count: int, seed: int) -> CropSet:
    """Squares whose brightness is their digit, and noise, which is none."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, NONE + 1, count)
    pixels = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    for place in np.flatnonzero(targets < NONE):
        pixels[place] = 0
        pixels[place, : 2 + 2 * targets[place], 8:20] = 255
    return CropSet("squares", pixels, targets)


def trained() -> keras.Model:
    """The small network, taught squares."""
    model, shown = small_network(), crops(600, 1)

    def loss(targets: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
        beside = keras.ops.concatenate([logits, keras.ops.zeros_like(logits[:, :1])], axis=1)
        return keras.losses.sparse_categorical_crossentropy(targets, beside, from_logits=True)

    model.compile(keras.optimizers.Adam(3e-3), loss)
    model.fit(shown.pixels[..., None].astype("float32"), shown.targets, batch_size=50, epochs=4, verbose=0)
    return model


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run as `train.spotter` and then `train.second` leave it."""
    folder = tmp_path_factory.mktemp("spotter")
    save(network(), folder / spotter_run.MODEL)
    for seed, name in enumerate((spotter_run.CALIBRATION, spotter_run.HOLDOUT, spotter_run.TEST)):
        scenes(8, seed).save(folder / name)
    common = {
        "settings": {"seed": 7},
        "git_commit": "0123abc",
        "versions": {"keras": keras.__version__},
        "machine": MACHINE,
        "training_seconds": 1.0,
    }
    of_spotter = SpotterRecord(parameters=1, data=[DataSet("drawn", 10, "ab", None)], grounds=0, figures=[], **common)
    run_folder.write_json(folder / spotter_run.RECORD, of_spotter)
    model = trained()
    save(model, folder / second_run.MODEL)
    crops(100, 2).save(folder / second_run.CALIBRATION)
    crops(300, 3).save(folder / second_run.TEST)
    of_second = SecondRecord(
        parameters=model.count_params(),
        crop_contract=1,
        spotter_sha256=hashlib.sha256((folder / spotter_run.MODEL).read_bytes()).hexdigest(),
        crops=crops(600, 1).counts(),
        history=[],
        figures={},
        **common,
    )
    run_folder.write_json(folder / second_run.RECORD, of_second)
    return folder


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run, tmp_path / "run"))


def test_the_second_stage_is_in_the_file_with_its_vote_and_reads_as_it_did(run: Path) -> None:
    conversion = spotter.build(run, None)
    assert "of 300 held-out crops int8 tells" in conversion.text(Path("it"))
    file = unpack_spotter(conversion.content, "it")
    assert file.manifest.vote is None
    assert file.manifest.second is not None
    assert file.manifest.second.provenance.seed == 7
    assert set(conversion.errors) == {"alone", "second"}
    assert file.manifest.metrics["error_rate_second"].count == 8
    assert file.manifest.second.self_test is not None
    assert self_test.check(file, "it") == 0
    shown = crops(200, 4)
    logits = Interpreter(file.second).classify(shown.pixels)
    read = evaluate(np.append(logits, np.zeros((200, 1), np.float32), axis=1), shown.targets, (*DIGITS, "none"))
    assert read.accuracy > 0.5


def test_the_command_packs_both_networks_and_fits_a_vote_of_the_classifier_too(
    run: Path, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "spotter.tflite"
    arguments = [str(run), "--output", str(output), "--classifier", str(root / "models" / "digits.tflite")]
    assert main([*arguments, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["second_stage"]["int8"]["count"] == 300
    assert (figures["vote"]["digits"], figures["second"]["digits"]) == (8, 8)
    file = read_spotter(output)
    assert file.second is not None
    assert file.manifest.vote is not None


def test_the_same_run_gives_the_same_bytes(run: Path) -> None:
    one, other = (second.convert(run, DIGITS) for _ in range(2))
    assert one is not None
    assert other is not None
    assert one.tflite == other.tflite


def test_a_run_without_one_has_none(copy: Path) -> None:
    for name in second_run.FILES:
        (copy / name).unlink()
    assert second.convert(copy, DIGITS) is None


def test_one_of_another_spotter_is_refused(copy: Path) -> None:
    save(network((10, 2, 2)), copy / spotter_run.MODEL)
    (copy / spotter_run.MODEL).write_bytes((copy / spotter_run.MODEL).read_bytes() + b"\0")
    with pytest.raises(UsageError, match=r"was trained for another spotter than spotter\.keras beside it"):
        second.convert(copy, DIGITS)


def test_one_of_other_crops_is_refused(copy: Path) -> None:
    record = second_run.read_record(copy)
    run_folder.write_json(copy / second_run.RECORD, msgspec.structs.replace(record, crop_contract=2))
    with pytest.raises(UsageError, match="trained on crops of contract 2; this program has 1"):
        second.convert(copy, DIGITS)


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        (second_run.RECORD, DataError, r"has second\.keras without second\.json"),
        (second_run.MODEL, UsageError, r"has no second\.keras; train the second stage again"),
        (second_run.CALIBRATION, DataError, "no such file"),
        (second_run.TEST, DataError, "no such file"),
    ],
)
def test_a_part_that_is_missing_is_told(copy: Path, name: str, kind: type[Exception], found: str) -> None:
    (copy / name).unlink()
    with pytest.raises(kind, match=found):
        second.convert(copy, DIGITS)


def test_a_network_of_other_labels_is_refused(run: Path) -> None:
    with pytest.raises(ConversionRefused, match="10 outputs for 3 labels"):
        second.convert(run, ["0", "1", "2"])


def test_one_that_reads_otherwise_in_int8_than_in_float_is_refused(run: Path) -> None:
    conversion = second.convert(run, DIGITS)
    assert conversion is not None
    shown = crops(300, 3)
    shuffled = evaluate(np.eye(11)[np.random.default_rng(1).integers(0, 11, 300)], shown.targets, (*DIGITS, "none"))
    with pytest.raises(ConversionRefused, match=r"held-out crops right in int8, .* in float; allowed: 1% less"):
        second._check(replace(conversion, int8_read=shuffled), "it")
    with pytest.raises(ConversionRefused, match="differ on 10 of 300 held-out crops; allowed: 2%"):
        second._check(replace(conversion, differing=10), "it")
