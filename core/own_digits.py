"""People's own digits → glyphs: a folder of pictures per class, or an .npz.

Pictures may have any size and polarity. Each goes the way of a picture at the edge: `core.ink`, then `core.glyph`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core import picture
from core.dataset import GlyphSet, load_npz, sort_labels
from core.errors import DataError, ImageError
from core.frame import Luma
from core.glyph import Pixels, normalise
from core.ink import isolate

EXAMPLES_PER_CLASS = 6
"""Enough to see what the normalisation makes of someone's pictures."""

MARGIN_SHARE = 0.5
"""Each picture is laid on a page that reaches this share of its longer side beyond it, as a crop right around a digit
has too little paper to tell ink by. Of 1,000 MNIST test digits cropped so, a trial network read 99.5 % right with the
margin and 93.0 % without; of the same under light from one side 99.3 % and 96.2 %."""

LARGEST_SIDE_PX = 1024
"""Larger pictures are shrunk to this, as frames are at the edge."""

LEFT_BY_SYSTEMS = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
"""What operating systems leave in folders and archives; passed over, like everything hidden."""


@dataclass(frozen=True)
class Example:
    """A picture as it came beside the glyph it became."""

    label: str
    luma: Luma
    """uint8 (H, W)."""
    pixels: Pixels
    """uint8 (28, 28), ink 255 on paper 0."""


@dataclass(frozen=True)
class OwnDigits:
    """Normalised glyphs, and a few of them beside what they were made from."""

    glyphs: GlyphSet
    examples: tuple[Example, ...]
    """At most EXAMPLES_PER_CLASS of each class, spread over its pictures."""


def read_folder(folder: Path) -> OwnDigits:
    """The digits in `folder`, which has one folder of pictures per class, named as the class.

    Raises DataError for a picture that cannot be read or shows no ink, a class without pictures, and other files.
    """
    pictures = {entry.name: _pictures(entry) for entry in _visible(folder) if entry.is_dir()}
    if not pictures:
        raise DataError(f"{folder}: has no folders; put the pictures of each class into a folder named as the class")
    labels = sort_labels(_checked_label(name, folder) for name in pictures)
    pixels, targets, examples = [], [], []
    for target, label in enumerate(labels):
        shown = _spread(len(pictures[label]))
        for index, path in enumerate(pictures[label]):
            luma = _load(path)
            glyph = _glyph(luma, str(path))
            pixels.append(glyph)
            targets.append(target)
            if index in shown:
                examples.append(Example(label, luma, glyph))
    name = folder.resolve().name
    return OwnDigits(GlyphSet(name, np.stack(pixels), np.array(targets, np.int64), labels), tuple(examples))


def read_npz(path: Path) -> OwnDigits:
    """The digits in an .npz with `x`, (N, H, W) or (N, H, W, 1), and `y`, (N,), numbers or texts.

    `x` is whole numbers 0 to 255, fractions 0 to 1, or true and false. Raises DataError for anything else, arrays of
    different length, and a picture without ink.
    """
    return own_digits_of(load_npz(path), path)


def own_digits_of(arrays: dict[str, NDArray[np.generic]], path: Path) -> OwnDigits:
    """The digits in the arrays of an .npz as `read_npz` takes it; `path` names it in errors. Raises DataError."""
    if "x" not in arrays or "y" not in arrays:
        found = ", ".join(sorted(arrays)) or "none"
        raise DataError(f"{path}: has the arrays {found}; expected x (pictures) and y (labels)")
    texts, pictures = _texts(arrays["y"], path), _pictures_of(arrays["x"], path)
    if len(texts) != len(pictures):
        raise DataError(f"{path}: {len(texts)} labels in y for {len(pictures)} pictures in x; expected one for each")
    if not texts:
        raise DataError(f"{path}: has no pictures")
    labels = sort_labels(_checked_label(text, path) for text in texts)
    place = {label: target for target, label in enumerate(labels)}
    targets = np.array([place[text] for text in texts], np.int64)
    pixels = np.stack([_glyph(luma, f"{path}: picture {index} of x") for index, luma in enumerate(pictures)])
    examples = []
    for target, label in enumerate(labels):
        of_class = np.flatnonzero(targets == target)
        examples += [Example(label, pictures[i], pixels[i]) for i in of_class[sorted(_spread(len(of_class)))]]
    return OwnDigits(GlyphSet(path.name, pixels, targets, labels), tuple(examples))


def _visible(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if not entry.name.startswith(".") and entry.name not in LEFT_BY_SYSTEMS:
            yield entry


def _pictures(folder: Path) -> list[Path]:
    """The pictures of one class. Raises DataError if there are none, or if something else is among them."""
    found = list(_visible(folder))
    for entry in found:
        if entry.is_dir() or entry.suffix.lower() not in picture.SUFFIXES:
            kind = "a folder" if entry.is_dir() else "no picture"
            allowed = ", ".join(sorted(picture.SUFFIXES))
            raise DataError(f"{entry}: {kind}; a class's folder holds pictures only ({allowed}), convert or remove it")
    if not found:
        raise DataError(f"{folder}: has no pictures; add some of class {folder.name}, or remove the folder")
    return found


def _load(path: Path) -> Luma:
    try:
        return picture.load(path)
    except ImageError as error:
        raise DataError(str(error)) from None


def _glyph(luma: Luma, place: str) -> Pixels:
    glyph = normalise(isolate(_on_page(_shrunk(luma))))
    if not glyph.any():
        raise DataError(f"{place}: no ink found; retake or remove it")
    return glyph


def _shrunk(luma: Luma) -> Luma:
    scale = LARGEST_SIDE_PX / max(luma.shape)
    if scale >= 1:
        return luma
    size = max(1, round(luma.shape[1] * scale)), max(1, round(luma.shape[0] * scale))
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)


def _on_page(luma: Luma) -> Luma:
    """`luma` with a margin as bright as its own edge is for the most part."""
    margin = max(1, round(MARGIN_SHARE * max(luma.shape)))
    paper = float(np.median(np.concatenate([luma[0], luma[-1], luma[:, 0], luma[:, -1]])))
    page = cv2.copyMakeBorder(luma, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=paper)
    return np.asarray(page, np.uint8)


def _checked_label(label: str, place: Path) -> str:
    """`label`, if it can be a line of a model's labels. Raises DataError."""
    if not label or label != label.strip() or not label.isprintable():
        raise DataError(f"{place}: has the class {label!r}; a class needs a name that prints, without spaces around it")
    return label


def _texts(y: NDArray[np.generic], path: Path) -> list[str]:
    if y.ndim != 1 or not (np.issubdtype(y.dtype, np.integer) or np.issubdtype(y.dtype, np.str_)):
        raise DataError(f"{path}: y is {y.dtype} {y.shape}; allowed: (N,) of whole numbers or texts")
    return [str(label) for label in y.tolist()]


def _pictures_of(x: NDArray[np.generic], path: Path) -> NDArray[np.uint8]:
    """uint8 (N, H, W) of `x`. Raises DataError."""
    if x.ndim == 4 and x.shape[3] == 1:
        x = x[..., 0]
    kind = x.dtype.kind
    if x.ndim != 3 or kind not in "buif" or 0 in x.shape[1:]:
        raise DataError(f"{path}: x is {x.dtype} {x.shape}; allowed: (N, H, W) or (N, H, W, 1) of grey pictures")
    if kind == "b":
        return x.astype(np.uint8) * np.uint8(255)
    fractions = kind == "f"
    lowest, highest = (float(x.min()), float(x.max())) if x.size else (0.0, 0.0)
    # A NaN is in no range either.
    if not (lowest >= 0 and highest <= (1 if fractions else 255)):
        allowed = "0 to 1 for fractions (divide by 255)" if fractions else "0 to 255"
        raise DataError(f"{path}: x is {x.dtype} from {lowest:g} to {highest:g}; allowed: {allowed}")
    return np.rint(x.astype(np.float32) * 255).astype(np.uint8) if fractions else x.astype(np.uint8)


def _spread(count: int) -> set[int]:
    """At most EXAMPLES_PER_CLASS indices below `count`, evenly spaced."""
    return set(np.linspace(0, count - 1, min(count, EXAMPLES_PER_CLASS)).round().astype(int).tolist())
