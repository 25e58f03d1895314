"""Sorting published sets: what is trained on, trained against and measured with never overlaps."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from handwriting import draw

from core import splits
from core.dataset import GlyphSet
from core.errors import DataError
from core.glyph import normalise

SIGNS = {"plus": "+", "minus": "-", "dot": ".", "w": "w", "x": "x", "slash": "/", "y": "y", "z": "z"}
OF_EACH = 4
ALPHABETS = {
    "Korean": (1, 2, 21),
    "Sanskrit": (1, 5),
    "Greek": (1, 4),
    "Balinese": (1, 5),
    "Latin": (1,),
}
"""Characters by number; 21, the two 5s and the 4 are shaped like digits, and nothing is said of Latin ones."""


@pytest.fixture(scope="module")
def tool(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("prepare_glyphs", root / "tools" / "prepare_glyphs.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def drawn(text: str, rng: np.random.Generator) -> np.ndarray:
    """uint8 (28, 28): a character that is not yet normalised."""
    return draw(text, rng, side_px=28)


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the three sets, drawn, classes mixed as chance has it."""
    folder = tmp_path_factory.mktemp("sets")
    rng = np.random.default_rng(1)
    symbols = rng.permutation([*"0123456789", *SIGNS] * OF_EACH)
    pixels = np.stack([drawn(SIGNS.get(symbol, symbol), rng) for symbol in symbols.tolist()])
    np.savez(folder / "bhmsds.npz", x=pixels, y=symbols)
    letters = rng.permutation([*"059AKOlz"] * 2)
    np.savez(folder / "chars74k.npz", x=np.stack([drawn(letter, rng) for letter in letters.tolist()]), y=letters)
    characters = [(alphabet, number) for alphabet, numbers in ALPHABETS.items() for number in numbers] * 2
    np.savez(
        folder / "omniglot.npz",
        x=np.stack([drawn("&%@#"[number % 4], rng) for _, number in characters]),
        alphabet=np.array([alphabet for alphabet, _ in characters]),
        character=np.array([f"character{number:02}" for _, number in characters]),
    )
    return folder


@pytest.fixture(scope="module")
def sorted_sets(tool: ModuleType, sets: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, GlyphSet]:
    """By the name of the file, as `train` loads it."""
    output = tmp_path_factory.mktemp("build") / "glyphs"
    tool.main(sets, output)
    return {path.stem: splits.load(path).train for path in output.iterdir()}


def glyphs(found: GlyphSet) -> list[bytes]:
    return sorted(pixels.tobytes() for pixels in found.pixels)


def classes(found: GlyphSet) -> set[str]:
    return {found.labels[target] for target in found.targets}


def test_five_sets_come_out(sorted_sets: dict[str, GlyphSet]) -> None:
    assert set(sorted_sets) == {"bhmsds-train", "bhmsds-test", "chars74k-test", "others-train", "others-unseen"}


def test_of_each_digit_the_first_half_is_for_training_and_the_second_for_testing(
    sets: Path, sorted_sets: dict[str, GlyphSet]
) -> None:
    with np.load(sets / "bhmsds.npz") as archive:
        pixels, symbols = archive["x"], archive["y"]
    for name, half in (("bhmsds-train", slice(None, OF_EACH // 2)), ("bhmsds-test", slice(OF_EACH // 2, None))):
        expected = [normalise(glyph) for digit in "0123456789" for glyph in pixels[symbols == digit][half]]
        assert glyphs(sorted_sets[name]) == sorted(glyph.tobytes() for glyph in expected)
        assert sorted_sets[name].labels == tuple("0123456789")


def test_every_glyph_has_the_class_it_had(sets: Path, sorted_sets: dict[str, GlyphSet]) -> None:
    found = sorted_sets["chars74k-test"]
    with np.load(sets / "chars74k.npz") as archive:
        known = {normalise(x).tobytes(): str(y) for x, y in zip(archive["x"], archive["y"], strict=True)}
    read = [found.labels[target] for target in found.targets]
    assert read == [known[pixels.tobytes()] for pixels in found.pixels]
    assert sorted(read) == sorted("059" * 2)


def test_what_looks_like_a_digit_is_not_trained_against(sorted_sets: dict[str, GlyphSet]) -> None:
    assert classes(sorted_sets["others-train"]) == {"A", "K", "Korean 1", "Korean 2", "Sanskrit 1"}


def test_what_is_measured_with_as_unseen_is_of_kinds_that_are_not_trained_against(
    sorted_sets: dict[str, GlyphSet],
) -> None:
    unseen = sorted_sets["others-unseen"]
    assert classes(unseen) == {"Greek", "Balinese", "plus", "minus", "dot", "w", "x"}
    assert len(unseen) == 2 + 2 + 5 * OF_EACH
    assert not set(glyphs(unseen)) & set(glyphs(sorted_sets["others-train"]))


def test_a_set_that_is_missing_is_told(tool: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"bhmsds\.npz: no such file"):
        tool.main(tmp_path, tmp_path / "output")
