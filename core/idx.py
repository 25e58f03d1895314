"""MNIST's IDX files, gzipped or plain, as described on the page of the data set (LeCun, Cortes and Burges, 1998)."""

from __future__ import annotations

import gzip
import hashlib
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.dataset import GlyphSet, load_npz
from core.errors import DataError
from core.glyph import GLYPH_SIZE_PX

IMAGES_MAGIC = 0x00000803
"""Two zero bytes, type 8 (unsigned byte), three dimensions."""
LABELS_MAGIC = 0x00000801

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
"""Split → names of images and labels, without .gz."""

MNIST_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""Of MNIST's own files, unpacked: mirrors compress them differently. Only what matches is called MNIST in reports."""

WRITERS_FILE = "writers.npz"
"""Optional, beside the IDX files: arrays `train` and `test` with the writer of each image."""

_LARGEST_BYTES = 2**31


def read_idx(path: Path, magic: int) -> NDArray[np.uint8]:
    """The array of one IDX file of unsigned bytes. Raises DataError for another magic, a wrong length or damage."""
    return _parse(_read(path), magic, path)


def _parse(content: bytes, magic: int, path: Path) -> NDArray[np.uint8]:
    dimensions = magic & 0xFF
    header = 4 + 4 * dimensions
    if len(content) < header:
        raise DataError(f"{path}: {len(content)} bytes, too short for an IDX header of {header}; fetch it again")
    found, *shape = struct.unpack(f">{1 + dimensions}I", content[:header])
    if found != magic:
        raise DataError(f"{path}: magic number 0x{found:08x}; expected 0x{magic:08x}, so this is another kind of file")
    expected = header + math.prod(shape)
    if len(content) != expected:
        raise DataError(f"{path}: {len(content)} bytes, but its header announces {expected}: damaged; fetch it again")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _read(path: Path) -> bytes:
    """The unpacked content of `path`. Raises DataError."""
    try:
        with path.open("rb") as file:
            gzipped = file.read(2) == b"\x1f\x8b"
        opener = gzip.open if gzipped else open
        with opener(path, "rb") as file:
            content = bytes(file.read(_LARGEST_BYTES + 1))
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error}); fetch it again") from None
    if len(content) > _LARGEST_BYTES:
        raise DataError(f"{path}: more than {_LARGEST_BYTES // 2**30} GiB; allowed less, so this is no set of digits")
    return content


def find_idx(folder: Path, name: str) -> Path | None:
    """The file of this name in `folder`, plain or .gz; also with a dot for the last dash, as some mirrors have it."""
    for spelling in (name, name.replace("-idx", ".idx")):
        for candidate in (folder / spelling, folder / f"{spelling}.gz"):
            if candidate.is_file():
                return candidate
    return None


def has_split(folder: Path, split: str) -> bool:
    """Whether `folder` has the images or labels of this split."""
    return any(find_idx(folder, name) is not None for name in FILES[split])


def read_split(folder: Path, split: str) -> GlyphSet:
    """The `train` or `test` glyphs in `folder`, with writers where writers.npz is there.

    Raises DataError if a file is missing or damaged, or if the counts of images, labels and writers differ.
    """
    paths = []
    for name in FILES[split]:
        path = find_idx(folder, name)
        if path is None:
            raise DataError(f"{folder}: no {name} or {name}.gz; put MNIST's four IDX files there, or leave --data out")
        paths.append(path)
    contents = [_read(path) for path in paths]
    images, labels = _parse(contents[0], IMAGES_MAGIC, paths[0]), _parse(contents[1], LABELS_MAGIC, paths[1])
    if images.shape[1:] != (GLYPH_SIZE_PX, GLYPH_SIZE_PX):
        raise DataError(f"{paths[0]}: images of {images.shape[1]}×{images.shape[2]}; expected 28×28")
    if len(images) != len(labels):
        raise DataError(f"{paths[1]}: {len(labels)} labels for {len(images)} images in {paths[0].name}")
    if len(labels) == 0:
        raise DataError(f"{paths[0]}: has no images")
    if labels.max() > 9:
        raise DataError(f"{paths[1]}: label {labels.max()}; MNIST's labels are 0 to 9")
    digests = [hashlib.sha256(content).hexdigest() for content in contents]
    origin = "MNIST" if digests == [MNIST_SHA256[name] for name in FILES[split]] else folder.resolve().name
    writers = _read_writers(folder, split, len(labels))
    return GlyphSet(f"{origin} {split}", images, labels.astype(np.int64), tuple("0123456789"), writers)


def _read_writers(folder: Path, split: str, count: int) -> NDArray[np.int64] | None:
    path = folder / WRITERS_FILE
    if not path.is_file():
        return None
    writers = load_npz(path).get(split)
    if writers is None or writers.shape != (count,):
        found = "no" if writers is None else f"{writers.size}"
        raise DataError(f"{path}: {found} writers for {count} {split} images")
    return writers.astype(np.int64)
