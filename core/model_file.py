"""The one file that is deployed: a .tflite with its labels and manifest in a zip appended to it.

TFLite ignores trailing bytes, and a zip is found from its end, so one file is both (the associated files of the TFLite
metadata convention): any TFLite runtime loads it as it is, and `unzip -p digits.tflite manifest.json` shows what it holds.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import zipfile
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
    seed: int
    data: list[str]
    """Name and sha256 of each training set."""
    git_commit: str
    trained_with: str
    """Versions of TensorFlow and Keras."""


class Manifest(msgspec.Struct, frozen=True):
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
    metrics: dict[str, Measured]
    provenance: Provenance


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
            (LABELS_NAME, "\n".join(manifest.labels) + "\n"),
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
    """Put `content` at `path` in one step: write beside it, flush to disk, check, rename. The old file stays until then.

    Raises ModelFileError if what was written does not read back as a model file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial_name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    partial = Path(partial_name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        read(partial)
        partial.chmod(0o644)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read(path: Path) -> ModelFile:
    """The model and manifest at `path`.

    Raises ModelFileError, one line, if it is missing, truncated, tampered with, or made for another glyph contract.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE_BYTES:
            raise ModelFileError(f"{path}: {size} bytes; a model file has at most {LARGEST_FILE_BYTES}")
        content = path.read_bytes()
    except FileNotFoundError:
        raise ModelFileError(f"{path}: no such file; `python -m convert` makes one") from None
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror})") from None
    return unpack(content, str(path))


def unpack(content: bytes, place: str) -> ModelFile:
    """The model and manifest in `content`; `place` names it in errors. Raises ModelFileError."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entry = archive.getinfo(MANIFEST_NAME)
            if entry.file_size > LARGEST_FILE_BYTES:
                raise ModelFileError(f"{place}: its manifest claims {entry.file_size} bytes; this is no model file")
            text = archive.read(entry)
    except KeyError:
        raise ModelFileError(f"{place}: has no {MANIFEST_NAME} inside; make it with `python -m convert`") from None
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError(
            f"{place}: no manifest at its end, so it is cut off or not made by `python -m convert` ({error})"
        ) from None
    except Exception as error:  # zlib.error is no subclass of anything above
        raise ModelFileError(f"{place}: its manifest is damaged ({error})") from None
    try:
        contract = msgspec.json.decode(text, type=_Contract).glyph_contract
        if contract != CONTRACT_VERSION:
            raise ModelFileError(
                f"{place}: made for glyph contract {contract}; this program has {CONTRACT_VERSION}. Convert the model again"
            )
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError as error:
        raise ModelFileError(f"{place}: its manifest is not valid ({error})") from None
    tflite = content[: manifest.tflite_bytes]
    if len(tflite) != manifest.tflite_bytes or sha256(tflite) != manifest.tflite_sha256:
        raise ModelFileError(f"{place}: the model does not match the sha256 in its manifest; it is damaged, copy it again")
    return ModelFile(tflite, manifest)


class _Contract(msgspec.Struct):
    """The one field every version of the manifest has."""

    glyph_contract: int
