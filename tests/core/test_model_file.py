"""The model file survives what happens to files: cut off, damaged, tampered with, half written, read-only."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tflite_builder import dense, manifest_of

from core import model_file
from core.errors import ModelFileError
from core.interpreter import Interpreter
from core.model_file import LABELS_NAME, MANIFEST_NAME

TFLITE = dense(np.eye(3, 784, dtype=np.int8))


def a_manifest(**changes):
    return manifest_of(TFLITE, **{"labels": ["0", "1", "²"]} | changes)


PACKED = model_file.pack(TFLITE, a_manifest())


def refusal_of(content):
    with pytest.raises(ModelFileError) as refusal:
        model_file.unpack(content, "m.tflite")
    message = str(refusal.value)
    assert message.startswith("m.tflite: ")
    assert "\n" not in message
    return message


def test_what_was_packed_is_unpacked():
    unpacked = model_file.unpack(PACKED, "m.tflite")
    assert (TFLITE, a_manifest()) == (unpacked.tflite, unpacked.manifest)


def test_packing_twice_gives_the_same_bytes():
    assert model_file.pack(TFLITE, a_manifest()) == PACKED


def test_the_whole_file_runs_as_it_is_in_the_interpreter():
    pixels = np.random.default_rng(0).integers(0, 256, (4, 28, 28), np.uint8)
    np.testing.assert_array_equal(Interpreter(TFLITE).classify(pixels), Interpreter(PACKED).classify(pixels))


def test_zipfile_reads_labels_and_manifest_in_place(tmp_path):
    path = tmp_path / "digits.tflite"
    path.write_bytes(PACKED)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.read(LABELS_NAME).decode() == "0\n1\n²\n"
        assert json.loads(archive.read(MANIFEST_NAME)) == msgspec.to_builtins(a_manifest())


def test_pythons_own_unzip_command_reads_it(tmp_path):
    path = tmp_path / "digits.tflite"
    path.write_bytes(PACKED)
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(path), str(tmp_path)], check=True)
    assert (tmp_path / LABELS_NAME).read_text("utf-8") == "0\n1\n²\n"


@settings(deadline=None, max_examples=200)
@given(length=st.integers(0, len(PACKED) - 1))
def test_a_file_that_is_cut_off_is_refused(length):
    refusal_of(PACKED[:length])


def refused_or_as_before(content):
    try:
        unpacked = model_file.unpack(content, "m.tflite")
    except ModelFileError:
        return
    assert (TFLITE, a_manifest()) == (unpacked.tflite, unpacked.manifest)


def test_any_one_damaged_byte_is_refused_or_changes_nothing():
    for place in range(len(PACKED)):
        for flipped in (0x01, 0x80, 0xFF):
            damaged = bytearray(PACKED)
            damaged[place] ^= flipped
            refused_or_as_before(bytes(damaged))


@settings(deadline=None, max_examples=500)
@given(damage=st.dictionaries(st.integers(len(TFLITE), len(PACKED) - 1), st.integers(0, 255), min_size=1, max_size=12))
def test_any_damage_to_the_zip_is_refused_or_changes_nothing(damage):
    damaged = bytearray(PACKED)
    for place, value in damage.items():
        damaged[place] = value
    refused_or_as_before(bytes(damaged))


@settings(deadline=None)
@given(content=st.binary(max_size=200))
def test_any_other_bytes_are_refused(content):
    refusal_of(content)


def zipped(**entries):
    packed = io.BytesIO()
    packed.write(TFLITE)
    with zipfile.ZipFile(packed, "a") as archive:
        for name, text in entries.items():
            archive.writestr({"labels": LABELS_NAME, "manifest": MANIFEST_NAME}[name], text)
    return packed.getvalue()


def manifest_json(**changes):
    return json.dumps(msgspec.to_builtins(a_manifest()) | changes)


LABELS = "0\n1\n²\n"


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ({"labels": LABELS}, "There is no item named 'manifest.json'"),
        ({"manifest": manifest_json()}, "There is no item named 'labels.txt'"),
        ({"labels": "7\n8\n9\n", "manifest": manifest_json()}, "labels.txt and manifest.json inside differ"),
        ({"labels": LABELS, "manifest": "{"}, "its manifest is not valid"),
        ({"labels": LABELS, "manifest": "[" * 100_000}, "its manifest is not valid"),
        ({"labels": LABELS, "manifest": b'{"labels": ["\xff"]}'}, "its manifest is not valid"),
        (
            {"labels": LABELS, "manifest": manifest_json(glyph_contract=2)},
            "made for glyph contract 2; this program has 1",
        ),
        ({"labels": LABELS, "manifest": manifest_json(temperature=0)}, "at `$.temperature`"),
        ({"labels": LABELS, "manifest": manifest_json(min_confidence=1.1)}, "at `$.min_confidence`"),
        ({"labels": LABELS, "manifest": manifest_json(min_evidence="high")}, "at `$.min_evidence`"),
        ({"labels": LABELS, "manifest": manifest_json(min_sharpness=-0.1)}, "at `$.min_sharpness`"),
        ({"labels": LABELS, "manifest": manifest_json(labels=["0", "0"])}, "labels must differ from each other"),
        (
            {"labels": LABELS, "manifest": manifest_json(labels=["0", " "])},
            "labels must differ from each other and not be",
        ),
        ({"labels": LABELS, "manifest": manifest_json(labels=["0", "1\n2"])}, "a label must be one line"),
        ({"labels": LABELS, "manifest": manifest_json(output={"scale": 0, "zero_point": 1})}, "at `$.output.scale`"),
        ({"labels": LABELS, "manifest": manifest_json(tflite_sha256="00")}, "does not match the sha256"),
        ({"labels": LABELS, "manifest": manifest_json(tflite_bytes=-1)}, "does not match the sha256"),
        ({"labels": LABELS, "manifest": manifest_json(tflite_bytes=10**9)}, "does not match the sha256"),
    ],
)
def test_a_manifest_that_cannot_be_trusted_is_refused_with_its_reason(entries, found):
    assert found in refusal_of(zipped(**entries))


def test_a_manifest_of_a_later_program_with_more_fields_is_read():
    later = zipped(labels=LABELS, manifest=manifest_json(dream="electric sheep"))
    assert a_manifest() == model_file.unpack(later, "m.tflite").manifest


def test_a_manifest_of_an_earlier_program_without_the_later_thresholds_is_read():
    earlier = json.loads(manifest_json())
    for name in ("min_evidence", "min_sharpness"):
        del earlier[name]
    read = model_file.unpack(zipped(labels=LABELS, manifest=json.dumps(earlier)), "m.tflite").manifest
    assert (read.min_confidence, read.min_evidence, read.min_sharpness) == (0.5, None, None)


def test_the_thresholds_come_back_as_they_were_packed():
    for evidence in (-7.125, 0.0, 3.25, None):
        manifest = a_manifest(min_evidence=evidence, min_sharpness=0.375)
        assert model_file.unpack(model_file.pack(TFLITE, manifest), "m.tflite").manifest == manifest


def test_a_zip_bomb_is_refused_unread():
    bomb = zipped(labels=LABELS, manifest=" " * (model_file.LARGEST_FILE_BYTES + 1))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, zipfile.ZipFile(io.BytesIO(bomb)) as source:
        for entry in source.infolist():
            archive.writestr(entry.filename, source.read(entry))
    assert "manifest.json claims 16777217 bytes" in refusal_of(packed.getvalue())


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(ModelFileError, match=r"digits\.tflite: no such file; `python -m convert` makes one$"):
        model_file.read(tmp_path / "digits.tflite")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ModelFileError, match="cannot be read"):
        model_file.read(tmp_path)


def test_a_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "digits.tflite"
    with path.open("wb") as file:
        file.truncate(model_file.LARGEST_FILE_BYTES + 1)
    with pytest.raises(ModelFileError, match="16777217 bytes; a model file has at most 16777216"):
        model_file.read(path)


def test_a_device_without_an_end_is_refused():
    with pytest.raises(ModelFileError, match=r"^/dev/zero: has no end; a model file has at most 16777216 bytes$"):
        model_file.read(Path("/dev/zero"))


@pytest.fixture
def old_file(tmp_path):
    path = tmp_path / "models" / "digits.tflite"
    path.parent.mkdir()
    path.write_bytes(model_file.pack(TFLITE, a_manifest(temperature=9.0)))
    return path


def only_the_old_file_is_there(path, before):
    return [path] == list(path.parent.iterdir()) and path.read_bytes() == before


def test_writing_replaces_the_old_file_and_leaves_nothing_else(old_file):
    model_file.write(old_file, PACKED)
    assert only_the_old_file_is_there(old_file, PACKED)
    assert (TFLITE, a_manifest()) == (model_file.read(old_file).tflite, model_file.read(old_file).manifest)


def test_everyone_may_read_what_was_written(old_file):
    model_file.write(old_file, PACKED)
    assert old_file.stat().st_mode & 0o777 == 0o644


def test_folders_on_the_way_are_made(tmp_path):
    path = tmp_path / "a" / "b" / "digits.tflite"
    model_file.write(path, PACKED)
    assert path.read_bytes() == PACKED


def test_what_does_not_read_back_is_not_put_in_place(old_file):
    before = old_file.read_bytes()
    with pytest.raises(ModelFileError, match=r"models/digits\.tflite: no readable manifest"):
        model_file.write(old_file, PACKED[:-1])
    assert only_the_old_file_is_there(old_file, before)


def test_a_rename_that_fails_leaves_the_old_file(old_file, monkeypatch):
    before = old_file.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ModelFileError, match=r"digits\.tflite: cannot be written \(No space left on device\)"):
        model_file.write(old_file, PACKED)
    assert only_the_old_file_is_there(old_file, before)


def test_a_place_that_is_a_folder_is_refused(tmp_path):
    place = tmp_path / "digits.tflite"
    place.mkdir()
    with pytest.raises(ModelFileError, match=r"digits\.tflite: cannot be written \(Is a directory\)"):
        model_file.write(place, PACKED)
    assert [place] == list(tmp_path.iterdir())


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "models").touch()
    with pytest.raises(ModelFileError, match="cannot be written"):
        model_file.write(tmp_path / "models" / "digits.tflite", PACKED)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_must_not_be_written_is_refused(old_file):
    before = old_file.read_bytes()
    old_file.parent.chmod(0o555)
    with pytest.raises(ModelFileError, match=r"cannot be written \(Permission denied\)"):
        model_file.write(old_file, PACKED)
    assert before == old_file.read_bytes()


KILLED_BEFORE_THE_RENAME = """
import os, signal, sys
from pathlib import Path
from core import model_file
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
model_file.write(Path(sys.argv[1]), sys.stdin.buffer.read())
"""


def test_a_kill_before_the_rename_leaves_the_old_file(old_file):
    before = old_file.read_bytes()
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_BEFORE_THE_RENAME, str(old_file)], input=PACKED, capture_output=True, check=False
    )
    assert killed.returncode == -9
    assert before == old_file.read_bytes()
    model_file.write(old_file, PACKED)
    assert old_file.read_bytes() == PACKED
