"""A spotter's file with a second stage inside: both networks are as they were packed, or the file is refused."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tflite_builder import dense

from core import model_file, voice
from core.crops import crops_at
from core.errors import ModelFileError
from core.manifest import Provenance, SecondStage, SpotterManifest
from core.model_file import LABELS_NAME, MANIFEST_NAME, SECOND_NAME, SpotterFile
from core.vote import Vote

SECOND = dense(np.random.default_rng(1).integers(-1, 2, (10, 784), dtype=np.int8))


@pytest.fixture(scope="module")
def ships(root: Path) -> SpotterFile:
    return model_file.read_spotter(root / "models" / "spotter.tflite")


@pytest.fixture(scope="module")
def file(ships: SpotterFile) -> SpotterFile:
    """A few bytes that stand for the spotter, which is not run here, and a second stage."""
    tflite = ships.tflite[:400]
    stage = SecondStage(
        crop_contract=1,
        tflite_bytes=len(SECOND),
        tflite_sha256=model_file.sha256(SECOND),
        vote=Vote(0.75, [1.0] * 6, [1.0] * 3, -0.25),
        provenance=Provenance("second", 100, 1, [], "0123abc", "Keras 3"),
    )
    manifest = msgspec.structs.replace(
        ships.manifest, tflite_bytes=len(tflite), tflite_sha256=model_file.sha256(tflite), second=stage
    )
    return SpotterFile(tflite, manifest, SECOND)


@pytest.fixture(scope="module")
def packed(file: SpotterFile) -> bytes:
    return model_file.pack(file.tflite, file.manifest, file.second)


def test_what_was_packed_is_unpacked(file: SpotterFile, packed: bytes) -> None:
    assert model_file.unpack_spotter(packed, "it") == file


def test_the_file_that_ships_is_read_whether_it_has_a_second_stage_or_not(ships: SpotterFile) -> None:
    assert (ships.second is None) == (ships.manifest.second is None)
    bare = replace(ships, manifest=msgspec.structs.replace(ships.manifest, second=None), second=None)
    assert model_file.unpack_spotter(model_file.pack(bare.tflite, bare.manifest), "it") == bare


def test_any_one_damaged_byte_is_refused_or_changes_nothing(file: SpotterFile, packed: bytes) -> None:
    for place in range(0, len(packed), 3):
        damaged = bytearray(packed)
        damaged[place] ^= 0x41
        refused_or_as_before(bytes(damaged), file)


@settings(max_examples=200)
@given(st.data())
def test_a_file_that_is_cut_off_is_refused(packed: bytes, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(packed) - 1))
    with pytest.raises(ModelFileError, match=r"^it: "):
        model_file.unpack_spotter(packed[:length], "it")


def refused_or_as_before(content: bytes, file: SpotterFile) -> None:
    try:
        unpacked = model_file.unpack_spotter(content, "it")
    except ModelFileError:
        return
    assert unpacked == file


def zipped(file: SpotterFile, second: bytes | None, **changes: object) -> bytes:
    """The file with another second stage inside, or none, and other words about it."""
    manifest = msgspec.to_builtins(file.manifest)
    manifest["second"] |= changes
    packed = io.BytesIO()
    packed.write(file.tflite)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr(LABELS_NAME, "\n".join(file.manifest.labels) + "\n")
        archive.writestr(MANIFEST_NAME, json.dumps(manifest))
        if second is not None:
            archive.writestr(SECOND_NAME, second)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("second", "changes", "found"),
    [
        (None, {}, "There is no item named 'second.tflite'"),
        (SECOND[:-1], {}, "second.tflite inside does not match the sha256"),
        (SECOND[:-1] + b"\x7f", {}, "second.tflite inside does not match the sha256"),
        (SECOND, {"tflite_bytes": 3}, "second.tflite inside does not match the sha256"),
        (SECOND, {"tflite_sha256": "00"}, "second.tflite inside does not match the sha256"),
        (SECOND, {"crop_contract": 2}, "made for crop contract 2; this program has 1. Convert it again"),
        (SECOND, {"vote": {"classifier": 1.0, "weights": [1.0], "min_evidence": 0.0}}, r"at `\$.second.vote.weights`"),
    ],
)
def test_a_second_stage_that_cannot_be_trusted_is_refused_with_its_reason(
    file: SpotterFile, second: bytes | None, changes: dict[str, object], found: str
) -> None:
    with pytest.raises(ModelFileError, match=rf"^it: .*{found}"):
        model_file.unpack_spotter(zipped(file, second, **changes), "it")


def test_what_does_not_read_back_is_not_written(file: SpotterFile, tmp_path: Path) -> None:
    path = tmp_path / "spotter.tflite"
    with pytest.raises(ModelFileError, match=SECOND_NAME):
        model_file.write(path, model_file.pack(file.tflite, file.manifest), SpotterManifest)
    assert list(tmp_path.iterdir()) == []
    model_file.write(path, model_file.pack(file.tflite, file.manifest, SECOND), SpotterManifest)
    assert model_file.read_spotter(path) == file


def test_its_voice_says_of_each_box_what_the_network_says_of_its_crop() -> None:
    luma = np.random.default_rng(2).integers(0, 256, (80, 120), dtype=np.uint8)
    boxes = np.array([[10, 10, 20, 30], [60, 40, 10, 14]], np.float32)
    speaking = voice.of_crops(SECOND)
    assert np.array_equal(speaking.logits_at(luma, boxes), speaking.network.classify(crops_at(luma, boxes)))
    assert speaking.logits_at(luma, boxes[:0]).shape == (0, 10)


def test_a_network_without_a_logit_for_each_digit_has_no_voice() -> None:
    with pytest.raises(ModelFileError, match="it: gives 3 logits; expected 10, one for each digit"):
        voice.of_crops(dense(np.zeros((3, 784), np.int8)), place="it")
