"""The models that were chosen: a folder with their files, and one small file that says which of them are in use.

A choice is switched by replacing that small file in one step, once the model's own file is whole on disk; those of the
choices before stay beside it. So whenever the power goes, what is in use then is there.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core import atomic, model_file
from core.errors import ModelFileError
from core.manifest import Manifest, SpotterManifest
from core.model_file import AnyModel, ModelFile

FOLDER = "models"
"""In the state directory."""

FILE_NAME = "models.json"
LOCK_NAME = ".lock"

FORMAT = "chosen models"
VERSION = 1

MOST_BEFORE = 5
"""Choices before the one in use that are kept, some 500 kB each at most."""

MOST_BYTES = 1 << 16
"""Of FILE_NAME. All that it may hold is smaller."""

MOST_OF_A_NAME = 255

_OURS = re.compile(r"\.?[0-9a-f]{64}\.tflite.*|\.models\.json\.partial")
"""Files that are written here, and those that a killed program left half written."""

Kind = Literal["classifier", "spotter"]


def kind_of(model: AnyModel) -> Kind:
    """Which of the two `model` is."""
    return "classifier" if isinstance(model, ModelFile) else "spotter"


class Chosen(msgspec.Struct, frozen=True):
    """A file that was chosen."""

    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    """Of the whole file."""
    name: Annotated[str, Meta(min_length=1, max_length=MOST_OF_A_NAME)]
    """Which it had."""


class Choice(msgspec.Struct, frozen=True):
    """What is in use from a moment on. None is the one that ships."""

    at: str = ""
    """UTC, as in 2026-01-31T12:00:00Z; empty if nothing was ever chosen."""
    classifier: Chosen | None = None
    spotter: Chosen | None = None

    def of(self, kind: Kind) -> Chosen | None:
        """What it says of one of the two."""
        return self.classifier if kind == "classifier" else self.spotter


SHIPS = Choice()
"""Nothing was chosen."""


class PutBack(msgspec.Struct, frozen=True):
    """A choice that was left because reading with it failed."""

    at: str
    choice: Choice
    why: str


class _Head(msgspec.Struct, frozen=True):
    """What files of all versions begin with."""

    format: str
    version: int


class _File(_Head, frozen=True):
    choices: Annotated[list[Choice], Meta(max_length=MOST_BEFORE + 1)]
    """Newest first. After the last comes what ships."""
    put_back: PutBack | None = None
    """The last one."""


@dataclass(frozen=True)
class ModelStore:
    """The folder. Any number of programs may use it at once; only one of them changes it at a time."""

    folder: Path

    def choices(self) -> list[Choice]:
        """The choice in use, and those before it. Empty if nothing was chosen. Raises ModelFileError if damaged."""
        return self._read().choices

    def put_back_last(self) -> PutBack | None:
        """The last choice that was put back by itself. Raises ModelFileError as `choices` does."""
        return self._read().put_back

    def path(self, chosen: Chosen) -> Path:
        """Where the file is that was chosen."""
        return self.folder / f"{chosen.sha256}.tflite"

    def read(self, chosen: Chosen) -> AnyModel:
        """A model that was chosen, as it was then. Raises ModelFileError, one line."""
        path = self.path(chosen)
        content = model_file.read_bytes(path)
        if model_file.sha256(content) != chosen.sha256:
            raise ModelFileError(
                f"{path}: is not as it was when {chosen.name} was chosen; choose it again with `digit-reader model use`"
            )
        return model_file.unpack_any(content, str(path))

    def use(self, content: bytes, model: AnyModel, name: str, at: str) -> Choice:
        """From `at` on the model file `content`, which is `model`, is in use; the choice that says so.

        Raises ModelFileError if that cannot be written; then all is as it was.
        """
        kind = kind_of(model)
        chosen = Chosen(model_file.sha256(content), name[-MOST_OF_A_NAME:])
        with self._locked():
            before = self._read_or_new()
            now = msgspec.structs.replace(before.choices[0] if before.choices else SHIPS, at=at, **{kind: chosen})
            if not self._is_whole(chosen):
                model_file.write(self.path(chosen), content, Manifest if kind == "classifier" else SpotterManifest)
            self._write([now, *before.choices], before.put_back)
        return now

    def roll_back(self) -> tuple[Choice, Choice]:
        """The choice that was in use, and the one that is now. Raises ModelFileError if nothing is chosen."""
        with self._locked():
            state = self._read()
            if not state.choices:
                raise ModelFileError(
                    f"{self.folder}: nothing to roll back to; the models that ship are in use. "
                    "Choose others with `digit-reader model use FILE`"
                )
            was, *left = state.choices
            self._write(left, state.put_back)
        return was, left[0] if left else SHIPS

    def put_back(self, failing: Choice, why: str, at: str) -> None:
        """Leave the choice `failing`, unless another has been made since. Raises ModelFileError."""
        with self._locked():
            state = self._read()
            if state.choices and state.choices[0] == failing:
                self._write(state.choices[1:], PutBack(at, failing, why))

    def _is_whole(self, chosen: Chosen) -> bool:
        try:
            return model_file.sha256(model_file.read_bytes(self.path(chosen))) == chosen.sha256
        except ModelFileError:
            return False

    def _read_or_new(self) -> _File:
        """A damaged file is begun anew: what was chosen is unknown, and whoever chooses is told what is used."""
        try:
            return self._read()
        except ModelFileError:
            return _File(FORMAT, VERSION, [])

    def _read(self) -> _File:
        path = self.folder / FILE_NAME
        try:
            with path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            return _File(FORMAT, VERSION, [])
        except OSError as error:
            raise ModelFileError(f"{path}: cannot be read ({error.strerror}); {_AGAIN}") from None
        try:
            head = msgspec.json.decode(content, type=_Head)
            if (head.format, head.version) != (FORMAT, VERSION):
                raise ModelFileError(
                    f"{path}: is {head.format} of version {head.version}; expected {FORMAT} of {VERSION}. {_AGAIN}"
                )
            return msgspec.json.decode(content, type=_File)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise ModelFileError(f"{path}: is damaged ({error}); {_AGAIN}") from None

    def _write(self, choices: list[Choice], put_back: PutBack | None) -> None:
        """Switch, and then sweep out what no choice names any more. Raises ModelFileError."""
        path, kept = self.folder / FILE_NAME, choices[: MOST_BEFORE + 1]
        content = msgspec.json.format(msgspec.json.encode(_File(FORMAT, VERSION, kept, put_back)), indent=2)
        try:
            atomic.write(path, content + b"\n")
            atomic.flush_folder(self.folder)
        except OSError as error:
            raise _unwritable(path, error) from None
        chosen = [each for choice in kept for each in (choice.classifier, choice.spotter) if each]
        named = {self.path(each).name for each in chosen}
        with contextlib.suppress(OSError):
            for entry in self.folder.iterdir():
                if _OURS.fullmatch(entry.name) and entry.name not in named:
                    entry.unlink()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """While no other program changes the folder, which is there then. Raises ModelFileError."""
        path = self.folder / LOCK_NAME
        try:
            _make(self.folder)
            # Only read, so that what root has made serves a service without its rights.
            descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise _unwritable(self.folder, error) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


_AGAIN = "choose again with `digit-reader model use FILE`"


def _make(folder: Path) -> None:
    """The folder, which belongs to whom the one around it does: a service then may change what root chose for it."""
    if folder.is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    around = folder.parent.stat()
    if os.geteuid() == 0 and around.st_uid != 0:
        os.chown(folder, around.st_uid, around.st_gid)


def _unwritable(path: Path, error: OSError) -> ModelFileError:
    return ModelFileError(
        f"{path}: cannot be written ({error.strerror}); what was in use still is. Make room or give the right to "
        "write there, or name another folder with model.folder of config.yaml"
    )
