"""MNIST's IDX files, gzipped or plain, as described on the page of the data set (LeCun, Cortes and Burges, 1998)."""

from __future__ import annotations

import gzip
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

WRITERS_FILE = "writers.npz"
"""Optional, beside the IDX files: arrays `train` and `test` with the writer of each image."""

_LARGEST_BYTES = 2**31


def read_idx(path: Path, magic: int) -> NDArray[np.uint8]:
    """The array of one IDX file of unsigned bytes. Raises DataError for another magic, a wrong length or a damaged gzip."""
    try:
        content = _read(path)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error}); fetch it again") from None
    dimensions = magic & 0xFF
    header = 4 + 4 * dimensions
    if len(content) < header:
        raise DataError(f"{path}: {len(content)} bytes, too short for an IDX header of {header}; fetch it again")
    found, *shape = struct.unpack(f">{1 + dimensions}I", content[:header])
    if found != magic:
        raise DataError(f"{path}: magic number 0x{found:08x}; expected 0x{magic:08x}, so this is another kind of file")
    expected = header + math.prod(shape)
    if len(content) != expected:
        raise DataError(f"{path}: {len(content)} bytes; its header announces {expected}, so it is damaged; fetch it again")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        gzipped = file.read(2) == b"\x1f\x8b"
    opener = gzip.open if gzipped else open
    with opener(path, "rb") as file:
        content = file.read(_LARGEST_BYTES + 1)
    if len(content) > _LARGEST_BYTES:
        raise OSError("more than 2 GiB")
    return bytes(content)


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
    images, labels = read_idx(paths[0], IMAGES_MAGIC), read_idx(paths[1], LABELS_MAGIC)
    if images.shape[1:] != (GLYPH_SIZE_PX, GLYPH_SIZE_PX):
        raise DataError(f"{paths[0]}: images of {images.shape[1]}×{images.shape[2]}; expected 28×28")
    if len(images) != len(labels):
        raise DataError(f"{paths[1]}: {len(labels)} labels for {len(images)} images in {paths[0].name}")
    if len(labels) == 0:
        raise DataError(f"{paths[0]}: has no images")
    if labels.max() > 9:
        raise DataError(f"{paths[1]}: label {labels.max()}; MNIST's labels are 0 to 9")
    return GlyphSet(
        f"MNIST {split}", images, labels.astype(np.int64), tuple("0123456789"), _read_writers(folder, split, len(labels))
    )


def _read_writers(folder: Path, split: str, count: int) -> NDArray[np.int64] | None:
    path = folder / WRITERS_FILE
    if not path.is_file():
        return None
    writers = load_npz(path).get(split)
    if writers is None or writers.shape != (count,):
        found = "no" if writers is None else f"{len(writers)}"
        raise DataError(f"{path}: {found} writers for {count} {split} images")
    return writers.astype(np.int64)
