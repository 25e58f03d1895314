"""Sort three published sets into what to train on and what only to measure with: `make glyphs SETS=folder`.

In the folder are bhmsds.npz (handwritten mathematical symbols), chars74k.npz (de Campos, Babu and Varma, 2009) and
omniglot.npz (Lake, Salakhutdinov and Tenenbaum, 2015), 28×28, ink 255 on paper 0. All go through the normalisation.

bhmsds-train.npz   digits, the first half of each class by file number
bhmsds-test.npz    digits, the second half
chars74k-test.npz  digits, all of them
others-train.npz   letters, Korean and Sanskrit characters, to train against
others-unseen.npz  Greek and Balinese characters, and signs of bhmsds: of kinds that are never trained on
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.dataset import GlyphSet, load_npz, sort_labels
from core.errors import DigitReaderError
from core.glyph import normalise

DIGITS = "0123456789"

SHAPED_LIKE_DIGITS = frozenset("OoDQIlijJZzSsBbGgqyY")
"""Letters that many people write as they write a digit."""

TRAINED_ALPHABETS = ("Korean", "Sanskrit")
UNSEEN_ALPHABETS = ("Greek", "Balinese")

CHARACTERS_SHAPED_LIKE_DIGITS = {
    "Korean": (21, 22, 27, 28, 33),
    "Sanskrit": (5, 13, 36, 37),
    "Greek": (4, 8, 9, 15, 18),
    "Balinese": (5,),
}
"""Of each alphabet, by eye: strokes like 1 and 7, rings like 0, hooks like 2, 3 and 5."""

UNSEEN_SIGNS = ("plus", "minus", "dot", "w", "x")
"""Of bhmsds. Its slash may be a 1, its y a 4 or 9, its z a 2."""


def main(sets: Path, output: Path) -> None:
    """Read the sets in the folder `sets`, write what becomes of them to the folder `output`."""
    output.mkdir(parents=True, exist_ok=True)
    symbols, letters, characters = (load_npz(sets / f"{name}.npz") for name in ("bhmsds", "chars74k", "omniglot"))
    pixels, classes = symbols["x"], symbols["y"].astype(str)
    digit = np.isin(classes, list(DIGITS))
    early = _number_in_class(classes) < _count_of_class(classes) // 2
    _save(output / "bhmsds-train.npz", "bhmsds, first half", pixels, classes, digit & early)
    _save(output / "bhmsds-test.npz", "bhmsds, second half", pixels, classes, digit & ~early)

    drawn, names = letters["x"], letters["y"].astype(str)
    digit = np.isin(names, list(DIGITS))
    _save(output / "chars74k-test.npz", "chars74k digits", drawn, names, digit)

    alphabets = characters["alphabet"].astype(str)
    numbers = np.array([int(name.removeprefix("character")) for name in characters["character"].astype(str)])
    plain = np.array([_is_plain(alphabet, number) for alphabet, number in zip(alphabets, numbers, strict=True)])
    characters_of = np.array([f"{alphabet} {n}" for alphabet, n in zip(alphabets, numbers, strict=True)])
    kept = ~digit & ~np.isin(names, list(SHAPED_LIKE_DIGITS))
    trained = np.isin(alphabets, TRAINED_ALPHABETS) & plain
    _save(
        output / "others-train.npz",
        "chars74k letters, omniglot Korean and Sanskrit",
        np.concatenate([drawn[kept], characters["x"][trained]]),
        np.concatenate([names[kept], characters_of[trained]]),
    )
    unseen = np.isin(alphabets, UNSEEN_ALPHABETS) & plain
    sign = np.isin(classes, UNSEEN_SIGNS)
    _save(
        output / "others-unseen.npz",
        "omniglot Greek and Balinese, bhmsds signs",
        np.concatenate([characters["x"][unseen], pixels[sign]]),
        np.concatenate([alphabets[unseen], classes[sign]]),
    )


def _is_plain(alphabet: str, number: int) -> bool:
    """Whether a character of omniglot is unlike all digits, as far as anybody has looked."""
    return number not in CHARACTERS_SHAPED_LIKE_DIGITS.get(alphabet, ())


def _count_of_class(classes: NDArray[np.str_]) -> NDArray[np.int64]:
    _, member, counts = np.unique(classes, return_inverse=True, return_counts=True)
    return counts[member]


def _number_in_class(classes: NDArray[np.str_]) -> NDArray[np.int64]:
    """int64 (N,): how many of the same class stand before each, which is the order of the files they came from."""
    _, member = np.unique(classes, return_inverse=True)
    numbers = np.empty(len(classes), np.int64)
    for index in range(int(member.max()) + 1):
        chosen = np.flatnonzero(member == index)
        numbers[chosen] = np.arange(len(chosen))
    return numbers


def _save(
    path: Path,
    name: str,
    pixels: NDArray[np.uint8],
    classes: NDArray[np.str_],
    chosen: NDArray[np.bool_] | slice = slice(None),
) -> None:
    """Write the chosen glyphs, normalised, as a set that `train` and `convert` take."""
    pixels, classes = pixels[chosen], classes[chosen]
    labels = sort_labels(classes.tolist())
    place = {label: index for index, label in enumerate(labels)}
    targets = np.array([place[label] for label in classes.tolist()], np.int64)
    GlyphSet(name, np.stack([normalise(glyph) for glyph in pixels]), targets, labels).save(path)
    print(f"{path}: {len(classes):,} glyphs, {name}")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except DigitReaderError as error:
        sys.exit(f"error: {error}")
