"""The one file that is deployed: a .tflite with its labels and manifest in a zip appended to it.

TFLite ignores trailing bytes, and a zip is found from its end, so one file is both (the associated files of the TFLite
metadata convention): any TFLite runtime loads it as it is, and `unzip -p digits.tflite manifest.json` shows the rest.
A spotter may bring a second network, its second stage, in the same zip.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import os
import struct
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from core import atomic
from core.crops import CONTRACT_VERSION as CROP_CONTRACT
from core.errors import ModelFileError
from core.glyph import CONTRACT_VERSION as GLYPH_CONTRACT
from core.manifest import Manifest, SpotterManifest
from core.spots import CONTRACT_VERSION as SPOT_CONTRACT

MANIFEST_NAME = "manifest.json"
LABELS_NAME = "labels.txt"
SECOND_NAME = "second.tflite"

LARGEST_FILE_BYTES = 16 * 2**20
"""A digit model is under 1 MB; anything much larger is not one, and is not read into a small board's memory."""


_ZIP_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    struct.error,
)
"""What `zipfile` raises on damage; NotImplementedError is a RuntimeError, UnicodeDecodeError a ValueError."""


@dataclass(frozen=True)
class ModelFile:
    """A classifier of glyphs whose bytes and manifest belong together."""

    tflite: bytes
    manifest: Manifest


@dataclass(frozen=True)
class SpotterFile:
    """A spotter whose bytes and manifest belong together."""

    tflite: bytes
    manifest: SpotterManifest
    second: bytes | None = None
    """The .tflite of the second stage, where the manifest has one."""


AnyManifest = Manifest | SpotterManifest
AnyModel = ModelFile | SpotterFile
_Kind = TypeVar("_Kind", bound=AnyManifest)


def pack(tflite: bytes, manifest: AnyManifest, second: bytes | None = None) -> bytes:
    """The bytes of the model file; the same input gives the same bytes. `second` is that of a spotter's manifest."""
    entries: list[tuple[str, bytes]] = [
        (LABELS_NAME, _lines(manifest.labels)),
        (MANIFEST_NAME, msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"),
    ]
    if second is not None:
        entries.append((SECOND_NAME, second))
    packed = io.BytesIO()
    packed.write(tflite)
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return packed.getvalue()


def sha256(tflite: bytes) -> str:
    """The digest the manifest holds."""
    return hashlib.sha256(tflite).hexdigest()


def write(path: Path, content: bytes, kind: type[AnyManifest] = Manifest) -> None:
    """Put `content` at `path` in one step: write beside it, flush to disk, check, rename; so long the old file stays.

    Raises ModelFileError if it cannot be written, or if what was written does not read back as a model file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, partial_name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _unwritable(path, error) from None
    partial = Path(partial_name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        (unpack if kind is Manifest else unpack_spotter)(partial.read_bytes(), str(path))
        partial.chmod(0o644)
        partial.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        partial.unlink(missing_ok=True)
    atomic.flush_folder(path.parent)


def _unwritable(path: Path, error: OSError) -> ModelFileError:
    return ModelFileError(
        f"{path}: cannot be written ({error.strerror}); choose another place, the old file is as it was"
    )


def read(path: Path) -> ModelFile:
    """The model and manifest at `path`.

    Raises ModelFileError, one line, if it is missing, truncated, tampered with, or made for another glyph contract.
    """
    return unpack(read_bytes(path), str(path))


def read_spotter(path: Path) -> SpotterFile:
    """The spotter and manifest at `path`. Raises ModelFileError as `read` does."""
    return unpack_spotter(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """The bytes at `path`, unchecked. Raises ModelFileError if there are none, or more than any model has."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE_BYTES:
            raise ModelFileError(f"{path}: {size} bytes; a model file has at most {LARGEST_FILE_BYTES}")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except FileNotFoundError:
        raise ModelFileError(f"{path}: no such file; `python -m convert` makes one") from None
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror})") from None
    if len(content) > LARGEST_FILE_BYTES:  # a device tells no size, and may have no end
        raise ModelFileError(f"{path}: has no end; a model file has at most {LARGEST_FILE_BYTES} bytes")
    return content


def has_manifest(content: bytes) -> bool:
    """Whether `content` ends in a zip with a manifest, good or damaged; a .tflite made by others does not."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return MANIFEST_NAME in archive.namelist()
    except _ZIP_DAMAGE:
        return False


def unpack(content: bytes, place: str) -> ModelFile:
    """The model and manifest in `content`; `place` names it in errors. Raises ModelFileError."""
    return ModelFile(*_open(content, place, Manifest))


def unpack_spotter(content: bytes, place: str) -> SpotterFile:
    """The spotter and manifest in `content`; `place` names it in errors. Raises ModelFileError."""
    tflite, manifest = _open(content, place, SpotterManifest)
    return SpotterFile(tflite, manifest, _second(content, place, manifest))


def unpack_any(content: bytes, place: str) -> AnyModel:
    """Whichever of the two `content` is; `place` names it in errors. Raises ModelFileError."""
    (text,) = _unzip(content, place, MANIFEST_NAME)
    try:
        is_spotter = msgspec.json.decode(text, type=_Contracts).spot_contract is not None
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise _not_valid(place, error) from None
    return unpack_spotter(content, place) if is_spotter else unpack(content, place)


def _second(content: bytes, place: str, manifest: SpotterManifest) -> bytes | None:
    """The .tflite of the second stage, if the manifest has one."""
    wanted = manifest.second
    if wanted is None:
        return None
    if wanted.crop_contract != CROP_CONTRACT:
        raise ModelFileError(
            f"{place}: made for crop contract {wanted.crop_contract}; this program has {CROP_CONTRACT}. Convert it "
            "again"
        )
    (tflite,) = _unzip(content, place, SECOND_NAME)
    if len(tflite) != wanted.tflite_bytes or sha256(tflite) != wanted.tflite_sha256:
        raise ModelFileError(
            f"{place}: {SECOND_NAME} inside does not match the sha256 in its manifest, so it is damaged; copy it again"
        )
    return tflite


def _open(content: bytes, place: str, kind: type[_Kind]) -> tuple[bytes, _Kind]:
    """The model and its manifest, which is of that kind."""
    text, labels = _unzip(content, place, MANIFEST_NAME, LABELS_NAME)
    try:
        _check_contract(msgspec.json.decode(text, type=_Contracts), place, kind)
        manifest = msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise _not_valid(place, error) from None
    if labels != _lines(manifest.labels):
        raise ModelFileError(
            f"{place}: {LABELS_NAME} and {MANIFEST_NAME} inside differ in their labels; convert it again"
        )
    tflite = content[: manifest.tflite_bytes]
    if len(tflite) != manifest.tflite_bytes or sha256(tflite) != manifest.tflite_sha256:
        raise ModelFileError(
            f"{place}: the model does not match the sha256 in its manifest, so it is damaged; copy it again"
        )
    return tflite, manifest


def _not_valid(place: str, error: Exception) -> ModelFileError:
    return ModelFileError(f"{place}: its manifest is not valid ({error}); convert it again")


def _unzip(content: bytes, place: str, *names: str) -> list[bytes]:
    """What stands in the zip under each of the names."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [archive.getinfo(name) for name in names]
            for entry in entries:
                if entry.file_size > LARGEST_FILE_BYTES:
                    raise zipfile.BadZipFile(f"{entry.filename} claims {entry.file_size} bytes")
            return [archive.read(entry) for entry in entries]
    except KeyError as error:
        raise ModelFileError(f"{place}: {error.args[0]}; make the file with `python -m convert`") from None
    except _ZIP_DAMAGE as error:
        raise ModelFileError(
            f"{place}: no readable manifest at its end, so it is cut off or not made by `python -m convert` ({error})"
        ) from None


def _lines(labels: list[str]) -> bytes:
    return ("\n".join(labels) + "\n").encode()


class _Contracts(msgspec.Struct):
    """The one field every version of a manifest has: one of the two."""

    glyph_contract: int | None = None
    spot_contract: int | None = None


def _check_contract(inside: _Contracts, place: str, kind: type[msgspec.Struct]) -> None:
    """Refuse a file that is made for another kind of model, or another version of this program."""
    if kind is Manifest:
        name, found, wanted, other = "glyph", inside.glyph_contract, GLYPH_CONTRACT, inside.spot_contract
    else:
        name, found, wanted, other = "spot", inside.spot_contract, SPOT_CONTRACT, inside.glyph_contract
    if found is None and other is not None:
        is_one, key = ("spotter", "model.spotter") if kind is Manifest else ("classifier of glyphs", "model.path")
        raise ModelFileError(f"{place}: is a {is_one}; config.yaml has {key} for it")
    if found is not None and found != wanted:
        raise ModelFileError(f"{place}: made for {name} contract {found}; this program has {wanted}. Convert it again")
