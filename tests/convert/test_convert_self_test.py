"""`python -m convert` gives each model file a self-test, and an older file one afterwards."""

import json
import os
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from convert.__main__ import main
from convert.conversion import Conversion
from core import model_file, self_test
from core.model_file import AnyModel

MOST_BYTES = 3000
"""Of a self-test in its file."""


def unpacked(path: Path) -> AnyModel:
    return model_file.unpack_any(path.read_bytes(), "it")


def without(model: AnyModel) -> bytes:
    """The file as it was before there were self-tests."""
    changes = {"self_test": None}
    if getattr(model.manifest, "second", None) is not None:
        changes["second"] = msgspec.structs.replace(model.manifest.second, self_test=None)
    bare = replace(model, manifest=msgspec.structs.replace(model.manifest, **changes))
    return model_file.pack(bare.tflite, bare.manifest, getattr(bare, "second", None))


@pytest.fixture(params=["digits.tflite", "spotter.tflite"])
def older(request: pytest.FixtureRequest, root: Path, tmp_path: Path) -> Path:
    """A file that ships, without its self-test."""
    path = tmp_path / request.param
    path.write_bytes(without(unpacked(root / "models" / request.param)))
    return path


def test_what_is_converted_has_a_self_test_that_passes(conversion: Conversion) -> None:
    converted = model_file.unpack(conversion.content, "it")
    assert converted.manifest == conversion.manifest
    assert self_test.check(converted, "it") == 0


def test_an_older_file_gets_one_that_takes_few_bytes_and_changes_nothing_else(older: Path) -> None:
    before, bare = older.stat().st_size, older.read_bytes()
    assert self_test.check(unpacked(older), "it") is None
    assert main(["--self-test", str(older)]) == 0
    assert self_test.check(unpacked(older), "it") == 0
    assert 0 < older.stat().st_size - before < MOST_BYTES
    assert without(unpacked(older)) == bare


def test_doing_it_again_gives_the_same_bytes(older: Path) -> None:
    written = []
    for _ in range(2):
        assert main(["--self-test", str(older)]) == 0
        written.append(older.read_bytes())
    assert written[0] == written[1]


def test_json_tells_the_manifest_as_it_is_now(older: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--self-test", str(older), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"file": str(older), "manifest": msgspec.to_builtins(unpacked(older).manifest)}


def test_the_two_files_that_ship_stay_small(root: Path) -> None:
    assert sum((root / "models" / name).stat().st_size for name in ("digits.tflite", "spotter.tflite")) < 600_000


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        (["{tmp}/none.tflite"], 1, "/none.tflite: no such file"),
        (["{tmp}/cut.tflite"], 1, "/cut.tflite: no readable manifest at its end"),
        (
            ["{tmp}/m.tflite", "--output", "{tmp}/o"],
            2,
            "--self-test goes with one model file; it does not go with --output",
        ),
        (["{tmp}/m.tflite", "build/x"], 2, "it does not go with a network to convert"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    arguments: list[str], status: int, expected: str, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = (root / "models" / "digits.tflite").read_bytes()
    (tmp_path / "cut.tflite").write_bytes(shipped[:-9])
    (tmp_path / "m.tflite").write_bytes(shipped)
    first, *rest = [argument.format(tmp=tmp_path) for argument in arguments]
    assert main(["--self-test", first, *rest]) == status
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert expected in printed.err
    assert (tmp_path / "m.tflite").read_bytes() == shipped


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_must_not_be_written_stays_as_it_is(older: Path) -> None:
    before = older.read_bytes()
    older.parent.chmod(0o555)
    assert main(["--self-test", str(older)]) == 1
    older.parent.chmod(0o755)
    assert older.read_bytes() == before
