"""Labelled glyphs: `GlyphSet`, what it can do, and its own file format.

MNIST's IDX files are read in `core.idx`, people's own pictures in `core.own_digits`; `core.splits` tells them apart.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import atomic
from core.errors import DataError
from core.glyph import CONTRACT_VERSION, GLYPH_SIZE_PX

CONTRACT_KEY = "glyph_contract"
"""Array that marks an .npz as normalised glyphs, with the version of the contract they follow."""


@dataclass(frozen=True)
class GlyphSet:
    """Glyphs with their labels."""

    name: str
    """Where they came from, for reports."""
    pixels: NDArray[np.uint8]
    """uint8 (N, 28, 28), ink 255 on paper 0, normalised."""
    targets: NDArray[np.int64]
    """int64 (N,), index into `labels`."""
    labels: tuple[str, ...]
    writers: NDArray[np.int64] | None = field(default=None)
    """int64 (N,), who wrote each glyph; None when nobody knows."""

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, chosen: NDArray[np.int64] | NDArray[np.bool_], name: str | None = None) -> GlyphSet:
        """The chosen glyphs, by index or mask."""
        return GlyphSet(
            name or self.name,
            self.pixels[chosen],
            self.targets[chosen],
            self.labels,
            None if self.writers is None else self.writers[chosen],
        )

    def relabelled(self, labels: Sequence[str]) -> GlyphSet:
        """The same glyphs over another label set; glyphs whose label is not in it are left out."""
        place = {label: index for index, label in enumerate(labels)}
        moved = np.array([place.get(label, -1) for label in self.labels], np.int64)[self.targets]
        kept = moved >= 0
        chosen = self.take(kept)
        return GlyphSet(self.name, chosen.pixels, moved[kept], tuple(labels), chosen.writers)

    def sha256(self) -> str:
        """One digest over pixels and labels, to recognise the same data again."""
        digest = hashlib.sha256(np.ascontiguousarray(self.pixels).tobytes())
        digest.update("\n".join(self.labels[target] for target in self.targets).encode())
        return digest.hexdigest()

    def save(self, path: Path) -> None:
        """Write as .npz with `x`, `y` (label texts), `labels`, `name` and, if known, `writers`; by write and rename."""
        arrays = {
            "x": self.pixels,
            "y": np.array(self.labels)[self.targets],
            "labels": np.array(self.labels),
            "name": np.array(self.name),
            CONTRACT_KEY: np.array(CONTRACT_VERSION),
        }
        if self.writers is not None:
            arrays["writers"] = self.writers
        packed = io.BytesIO()
        np.savez_compressed(packed, allow_pickle=False, **arrays)
        atomic.write(path, packed.getvalue())


def merge(sets: Iterable[GlyphSet]) -> GlyphSet:
    """All glyphs of all sets over the union of their labels; writers of different sets are different people.

    Raises DataError if there is no set at all.
    """
    sets = list(sets)
    if not sets:
        raise DataError("there are no glyphs to merge; name at least one data source")
    if len(sets) == 1:
        return sets[0]
    labels = sort_labels(label for glyphs in sets for label in glyphs.labels)
    moved = [glyphs.relabelled(labels) for glyphs in sets]
    writers: list[NDArray[np.int64]] = []
    first_free = 0
    for glyphs in moved:
        # Beside a set that knows its writers, each glyph of one that does not is its own writer.
        own = np.arange(len(glyphs)) if glyphs.writers is None else glyphs.writers
        writers.append(own.astype(np.int64) + first_free)
        first_free += int(own.max(initial=-1)) + 1
    return GlyphSet(
        " + ".join(glyphs.name for glyphs in sets),
        np.concatenate([glyphs.pixels for glyphs in moved]),
        np.concatenate([glyphs.targets for glyphs in moved]),
        labels,
        None if all(glyphs.writers is None for glyphs in moved) else np.concatenate(writers),
    )


def hold_out(glyphs: GlyphSet, fraction: float, seed: int) -> tuple[GlyphSet, GlyphSet]:
    """(kept, held out): about `fraction` of the glyphs held out, by whole writers where they are known.

    The same set, fraction and seed give the same split. Raises DataError if nothing is left on either side.
    """
    rng = np.random.default_rng([seed, 0x5EED])
    wanted = round(len(glyphs) * fraction)
    held = np.zeros(len(glyphs), bool)
    if glyphs.writers is None:
        held[rng.permutation(len(glyphs))[:wanted]] = True
    else:
        # Writers join in random order; one whose glyphs would overshoot the share is passed over.
        names, owners, counts = np.unique(glyphs.writers, return_inverse=True, return_counts=True)
        chosen = np.zeros(len(names), bool)
        total = 0
        for writer in rng.permutation(len(names)):
            if total + counts[writer] <= wanted:
                chosen[writer] = True
                total += int(counts[writer])
        held = chosen[owners]
    if held.all() or not held.any():
        raise DataError(
            f"{glyphs.name}: {len(glyphs)} glyphs cannot be split with {fraction:.0%} held out; "
            "add glyphs or change train.holdout_fraction"
        )
    return glyphs.take(~held), glyphs.take(held, f"{glyphs.name}, held out")


def load_npz(path: Path) -> dict[str, NDArray[np.generic]]:
    """The arrays of an .npz. Raises DataError if it is missing, damaged, or needs pickle, which is never loaded."""
    if path.is_file() and not zipfile.is_zipfile(path):
        raise DataError(f"{path}: not an .npz archive, or cut off; expected named arrays, as numpy.savez writes them")
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path}: not a readable .npz archive ({error})") from None


def load_glyph_set(path: Path) -> GlyphSet:
    """A set written by `GlyphSet.save`. Raises DataError if it is damaged or follows another glyph contract."""
    return glyph_set_of(load_npz(path), path)


def glyph_set_of(arrays: dict[str, NDArray[np.generic]], path: Path) -> GlyphSet:
    """The set in the arrays of an .npz written by `GlyphSet.save`; `path` names it in errors. Raises DataError."""
    try:
        pixels, texts, known = arrays["x"], arrays["y"].astype(str), arrays["labels"].astype(str)
        contract, name = int(arrays[CONTRACT_KEY].astype(int)), str(arrays["name"])
    except (KeyError, ValueError, TypeError) as error:
        raise DataError(f"{path}: no normalised glyphs as train writes them ({error}); train again") from None
    if contract != CONTRACT_VERSION:
        raise DataError(f"{path}: glyphs of contract {contract}; this program has {CONTRACT_VERSION}. Train again")
    if pixels.shape != (*texts.shape, GLYPH_SIZE_PX, GLYPH_SIZE_PX) or pixels.dtype != np.uint8 or texts.ndim != 1:
        expected = (texts.size, GLYPH_SIZE_PX, GLYPH_SIZE_PX)
        raise DataError(f"{path}: x is {pixels.dtype} {pixels.shape}; expected uint8 {expected}; train again")
    labels = tuple(known.tolist())
    place = {label: index for index, label in enumerate(labels)}
    unknown = sort_labels(set(texts.tolist()) - set(labels))
    if unknown:
        raise DataError(f"{path}: y has {unknown[0]!r}, which is not among its labels {', '.join(labels)}; train again")
    targets = np.array([place[text] for text in texts.tolist()], np.int64)
    writers = arrays["writers"].astype(np.int64) if "writers" in arrays else None
    if writers is not None and writers.shape != targets.shape:
        raise DataError(f"{path}: {writers.size} writers for {targets.size} glyphs; train again")
    return GlyphSet(name, pixels.astype(np.uint8), targets, labels, writers)


def _label_order(label: str) -> tuple[bool, int, str]:
    """Numbers first, by their value, then everything else by its text."""
    return (False, int(label), label) if label.isdecimal() else (True, 0, label)


def sort_labels(labels: Iterable[str]) -> tuple[str, ...]:
    """Each label once, numbers first."""
    return tuple(sorted(set(labels), key=_label_order))
