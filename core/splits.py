"""Any data source on disk → its training and test glyphs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core import idx, own_digits
from core.dataset import CONTRACT_KEY, GlyphSet, glyph_set_of, load_npz
from core.errors import DataError
from core.own_digits import Example


@dataclass(frozen=True)
class Splits:
    """What one source holds. At least one of the two parts is there."""

    train: GlyphSet | None
    test: GlyphSet | None
    """None if the source has no test part of its own."""
    examples: tuple[Example, ...] = ()
    """Of people's own pictures: a few beside the glyphs they became."""


def load(path: Path) -> Splits:
    """The glyphs at `path`: a folder of MNIST's IDX files, a folder of pictures per class, or an .npz.

    An .npz is a set written by `GlyphSet.save`, or people's own with `x` and `y`. Raises DataError, one line, if it is
    neither, damaged or inconsistent.
    """
    if path.is_dir():
        return _load_folder(path)
    if not path.exists():
        raise DataError(f"{path}: not there; expected a folder of IDX files or pictures per class, or an .npz")
    if path.suffix.lower() != ".npz":
        raise DataError(f"{path}: a single file; expected a folder of IDX files or pictures per class, or an .npz")
    arrays = load_npz(path)
    if CONTRACT_KEY in arrays:
        return Splits(glyph_set_of(arrays, path), None)
    own = own_digits.own_digits_of(arrays, path)
    return Splits(own.glyphs, None, own.examples)


def _load_folder(folder: Path) -> Splits:
    parts = {split: idx.read_split(folder, split) for split in idx.FILES if idx.has_split(folder, split)}
    if parts:
        return Splits(parts.get("train"), parts.get("test"))
    own = own_digits.read_folder(folder)
    return Splits(own.glyphs, None, own.examples)
