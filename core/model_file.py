"""The one file that is deployed: a .tflite with its labels and manifest in a zip appended to it.

TFLite ignores trailing bytes, and a zip is found from its end, so one file is both (the associated files of the TFLite
metadata convention): any TFLite runtime loads it as it is, and `unzip -p digits.tflite manifest.json` shows the rest.
"""

from __future__ import annotations

import contextlib
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
from typing import Annotated

import msgspec

from core.errors import ModelFileError
from core.glyph import CONTRACT_VERSION

MANIFEST_NAME = "manifest.json"
LABELS_NAME = "labels.txt"

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


class Quantisation(msgspec.Struct, frozen=True):
    """Of the input or the output tensor: real = scale · (int8 - zero_point)."""

    scale: float
    zero_point: int


class Measured(msgspec.Struct, frozen=True):
    """One measured figure and where it comes from."""

    value: float
    data: str
    """Which glyphs."""
    count: int
    """How many of them."""


class Provenance(msgspec.Struct, frozen=True):
    """Where the model comes from."""

    network: str
    parameters: int
    seed: int | None
    """None if nobody knows, as for a model not trained here."""
    data: list[str]
    """Name, count and sha256 of each training set."""
    git_commit: str
    trained_with: str
    """Versions of TensorFlow and Keras."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What travels with the model."""

    glyph_contract: int
    labels: Annotated[list[str], msgspec.Meta(min_length=2)]
    tflite_bytes: int
    """Length of the model itself, which is the beginning of the file."""
    tflite_sha256: str
    """Of those bytes."""
    input: Quantisation
    output: Quantisation
    temperature: Annotated[float, msgspec.Meta(gt=0)]
    """Logits are divided by this before softmax (Guo et al., 2017), fitted on the int8 model and held-out writers."""
    min_confidence: Annotated[float, msgspec.Meta(ge=0, le=1)]
    """A prediction less confident than this is rejected as unsure; config.yaml can move it."""
    min_evidence: float | None = None
    """A glyph with less evidence of being any label at all, in logits (`core.evaluation.evidence`), is rejected as
    not_a_digit; config.yaml can move it. None, in files of before it was measured, rejects nothing."""
    min_sharpness: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    """A rejected glyph less sharp than this (`core.reject.sharpness`) is called blurred. None calls nothing so."""
    metrics: dict[str, Measured]
    provenance: Provenance

    def __post_init__(self) -> None:
        if len(set(self.labels)) != len(self.labels) or not all(label.strip() for label in self.labels):
            raise ValueError("labels must differ from each other and not be blank")
        if any(len(label.splitlines()) != 1 for label in self.labels):
            raise ValueError("a label must be one line")


@dataclass(frozen=True)
class ModelFile:
    """A model file whose bytes and manifest belong together."""

    tflite: bytes
    manifest: Manifest


def pack(tflite: bytes, manifest: Manifest) -> bytes:
    """The bytes of the model file; the same input gives the same bytes."""
    packed = io.BytesIO()
    packed.write(tflite)
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (
            (LABELS_NAME, _lines(manifest.labels)),
            (MANIFEST_NAME, msgspec.json.format(msgspec.json.encode(manifest), indent=2).decode() + "\n"),
        ):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)
    return packed.getvalue()


def sha256(tflite: bytes) -> str:
    """The digest the manifest holds."""
    return hashlib.sha256(tflite).hexdigest()


def write(path: Path, content: bytes) -> None:
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
        unpack(partial.read_bytes(), str(path))
        partial.chmod(0o644)
        partial.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        partial.unlink(missing_ok=True)
    _flush_folder(path.parent)


def _unwritable(path: Path, error: OSError) -> ModelFileError:
    return ModelFileError(
        f"{path}: cannot be written ({error.strerror}); choose another place, the old file is as it was"
    )


def _flush_folder(folder: Path) -> None:
    """A rename survives a power cut only once its folder is on disk. Some network file systems cannot promise that."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(path: Path) -> ModelFile:
    """The model and manifest at `path`.

    Raises ModelFileError, one line, if it is missing, truncated, tampered with, or made for another glyph contract.
    """
    return unpack(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """The bytes at `path`, unchecked. Raises ModelFileError if there are none, or more than any model has."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE_BYTES:
            raise ModelFileError(f"{path}: {size} bytes; a model file has at most {LARGEST_FILE_BYTES}")
        return path.read_bytes()
    except FileNotFoundError:
        raise ModelFileError(f"{path}: no such file; `python -m convert` makes one") from None
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror})") from None


def has_manifest(content: bytes) -> bool:
    """Whether `content` ends in a zip with a manifest, good or damaged; a .tflite made by others does not."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return MANIFEST_NAME in archive.namelist()
    except _ZIP_DAMAGE:
        return False


def unpack(content: bytes, place: str) -> ModelFile:
    """The model and manifest in `content`; `place` names it in errors. Raises ModelFileError."""
    text, labels = _unzip(content, place)
    try:
        contract = msgspec.json.decode(text, type=_Contract).glyph_contract
        if contract != CONTRACT_VERSION:
            raise ModelFileError(
                f"{place}: made for glyph contract {contract}; this program has {CONTRACT_VERSION}. Convert it again"
            )
        manifest = msgspec.json.decode(text, type=Manifest)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ModelFileError(f"{place}: its manifest is not valid ({error})") from None
    if labels != _lines(manifest.labels):
        raise ModelFileError(
            f"{place}: {LABELS_NAME} and {MANIFEST_NAME} inside differ in their labels; convert it again"
        )
    tflite = content[: manifest.tflite_bytes]
    if len(tflite) != manifest.tflite_bytes or sha256(tflite) != manifest.tflite_sha256:
        raise ModelFileError(
            f"{place}: the model does not match the sha256 in its manifest, so it is damaged; copy it again"
        )
    return ModelFile(tflite, manifest)


def _unzip(content: bytes, place: str) -> tuple[bytes, bytes]:
    """The manifest and the labels as they stand in the zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [archive.getinfo(name) for name in (MANIFEST_NAME, LABELS_NAME)]
            for entry in entries:
                if entry.file_size > LARGEST_FILE_BYTES:
                    raise zipfile.BadZipFile(f"{entry.filename} claims {entry.file_size} bytes")
            manifest, labels = (archive.read(entry) for entry in entries)
    except KeyError as error:
        raise ModelFileError(f"{place}: {error.args[0]}; make the file with `python -m convert`") from None
    except _ZIP_DAMAGE as error:
        raise ModelFileError(
            f"{place}: no readable manifest at its end, so it is cut off or not made by `python -m convert` ({error})"
        ) from None
    return manifest, labels


def _lines(labels: list[str]) -> bytes:
    return ("\n".join(labels) + "\n").encode()


class _Contract(msgspec.Struct):
    """The one field every version of the manifest has."""

    glyph_contract: int
