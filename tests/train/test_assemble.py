from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from handwriting import glyph_set, write_idx

from core.dataset import GlyphSet
from core.errors import DataError
from core.own_digits import Example
from core.splits import Splits
from train import assemble as module
from train.assemble import assemble, for_testing, load


def counts(glyphs: GlyphSet) -> dict[str, int]:
    return dict(zip(glyphs.labels, np.bincount(glyphs.targets, minlength=len(glyphs.labels)).tolist(), strict=True))


KNOWN = Splits(glyph_set(200, seed=1, writers=40), glyph_set(50, seed=2))
OWN = Splits(glyph_set(60, seed=3, labels="0A"), None)


def test_one_source_with_a_test_part_is_split_by_writers() -> None:
    found = assemble([KNOWN], None, 0.1, 1)
    assert (len(found.training), len(found.kept) + len(found.held_out), len(found.test)) == (200, 200, 50)
    assert 10 <= len(found.held_out) <= 20
    assert set(found.kept.writers.tolist()) & set(found.held_out.writers.tolist()) == set()
    assert found.notes == ()


def test_sources_are_mixed_over_all_their_labels() -> None:
    found = assemble([KNOWN, OWN], None, 0.1, 1)
    assert found.training.labels == (*"0123456789", "A")
    assert counts(found.training)["A"] == len(found.sources[1]) - counts(found.sources[1])["0"]
    assert found.held_out.labels == found.test.labels == found.training.labels


def test_a_source_without_a_test_part_gives_some_of_its_glyphs_and_it_is_said() -> None:
    found = assemble([KNOWN, OWN], None, 0.1, 1)
    assert (len(found.sources[1]), len(found.test)) == (54, 56)
    assert found.notes == (
        "drawn 3 has no test part, so 6 of its glyphs were set aside as one.",
        "The writers of drawn 3 are unknown, so its glyphs are held out one by one: held-out figures may flatter, "
        "because the same hands were trained on.",
    )


def test_no_test_glyph_is_trained_on() -> None:
    found = assemble([OWN], None, 0.2, 1)
    trained = {pixels.tobytes() for pixels in found.training.pixels}
    assert not trained & {pixels.tobytes() for pixels in found.test.pixels}


def test_the_test_glyphs_are_the_same_whatever_the_seed() -> None:
    first, second = (assemble([OWN], None, 0.2, seed) for seed in (1, 2))
    assert first.test.sha256() == second.test.sha256()
    assert first.held_out.sha256() != second.held_out.sha256()


def test_only_the_labels_asked_for_are_kept() -> None:
    found = assemble([KNOWN, OWN], ["A", "0", "1"], 0.2, 1)
    assert set(counts(found.training)) == {"0", "1", "A"}
    assert set(counts(found.test)) == {"0", "1", "A"}


def test_examples_of_labels_left_out_are_left_out() -> None:
    pixels = np.zeros((28, 28), np.uint8)
    source = Splits(OWN.train, None, (Example("0", pixels, pixels), Example("A", pixels, pixels)))
    assert [example.label for example in assemble([KNOWN, source], ["0", "1"], 0.2, 1).examples] == ["0"]


MORE = Splits(glyph_set(40, seed=4, labels="013AB"), glyph_set(20, seed=5, labels="013AB"))
LETTERS = Splits(glyph_set(30, seed=7, labels="XY1"), None)


def pictures(glyphs: GlyphSet) -> list[tuple[bytes, str]]:
    """Every glyph with its label."""
    return [(pixels.tobytes(), glyphs.labels[t]) for pixels, t in zip(glyphs.pixels, glyphs.targets, strict=True)]


def test_extra_glyphs_are_all_trained_on_and_none_is_held_out_or_tested_with() -> None:
    without, found = (assemble([KNOWN], None, 0.1, 1, extra=extra) for extra in ([], [MORE]))
    further = [
        (pixels, label) for part in (MORE.train, MORE.test) for pixels, label in pictures(part) if label in "013"
    ]
    assert len(further) == 24 + 12
    assert sorted(pictures(found.kept)) == sorted(pictures(without.kept) + further)
    assert sorted(pictures(found.training)) == sorted(pictures(without.training) + further)
    assert found.held_out.sha256() == without.held_out.sha256()
    assert found.test.sha256() == without.test.sha256()
    assert [source.name for source in found.sources] == ["drawn 1"]
    assert [(source.name, len(source)) for source in found.extra] == [("drawn 4 + drawn 5", 36)]


def test_extra_glyphs_bring_no_labels() -> None:
    found = assemble([KNOWN], None, 0.1, 1, extra=[MORE])
    for part in (found.training, found.kept, found.held_out, found.test, *found.extra):
        assert part.labels == tuple("0123456789")


def test_writers_stay_apart_beside_extra_glyphs_that_know_none() -> None:
    found = assemble([KNOWN], None, 0.1, 1, extra=[MORE])
    own = found.kept.writers[: len(found.kept) - 36]
    assert not set(own.tolist()) & set(found.kept.writers[-36:].tolist())


def test_glyphs_to_train_against_are_of_none_of_the_labels() -> None:
    found = assemble([KNOWN], None, 0.1, 1, others=[LETTERS])
    assert [(source.labels, len(source)) for source in found.others] == [(("X", "Y"), 20)]
    assert assemble([KNOWN], None, 0.1, 1).others == ()


def test_what_is_made_of_digits_is_made_of_those_that_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither held-out nor test glyphs may be seen in training, not even by halves."""
    seen: list[GlyphSet] = []

    def drawn(digits: GlyphSet) -> GlyphSet:
        seen.append(digits)
        return digits

    monkeypatch.setattr("train.others.drawn", drawn)
    found = assemble([KNOWN], None, 0.1, 1, extra=[MORE], others=[None])
    assert not set(pictures(seen[0])) & set(pictures(found.held_out) + pictures(found.test))
    assert set(pictures(seen[0])) <= set(pictures(found.kept))


@pytest.mark.parametrize(
    ("extra", "others", "message"),
    [
        ([OWN], [], "drawn 3: the same glyphs as drawn 3; name each source once"),
        ([KNOWN], [], "drawn 1: the same glyphs as drawn 1; name each source once"),
        ([Splits(None, KNOWN.test)], [], "drawn 2: the same glyphs as drawn 2; name each source once"),
        ([MORE, MORE], [], "drawn 4: the same glyphs as drawn 4; name each source once"),
        (
            [Splits(glyph_set(6, seed=8, labels="XY"), None)],
            [],
            "drawn 8: has no glyphs of the classes 0, 1, .*, 9, A;",
        ),
        ([], [KNOWN], r"drawn 1 \+ drawn 2: has only the labels 0, 1, .*, 9, which are trained on themselves;"),
    ],
)
def test_what_cannot_be_trained_on_or_against_is_told(extra: list[Splits], others: list[Splits], message: str) -> None:
    with pytest.raises(DataError, match=message):
        assemble([KNOWN, OWN], None, 0.1, 1, extra=extra, others=others)


def test_the_test_glyphs_of_one_source_are_not_those_of_another() -> None:
    with pytest.raises(DataError, match="drawn 2: the same glyphs as drawn 2; name each source once"):
        assemble([KNOWN, Splits(KNOWN.test, None)], None, 0.1, 1)


@pytest.mark.parametrize(
    ("loaded", "labels", "fraction", "message"),
    [
        ([KNOWN], ["0", "B"], 0.1, r"no glyphs of class 'B'; the data have 0, 1, .*, 9, choose among them"),
        ([KNOWN], ["3", "3"], 0.1, "the data have the class 3 only; expected two or more"),
        ([KNOWN, OWN], ["4", "5"], 0.1, "drawn 3: has no glyphs of the classes 4, 5; leave it out"),
        ([KNOWN, KNOWN], None, 0.1, "drawn 1: the same glyphs as drawn 1; name each source once"),
        ([Splits(None, KNOWN.test), KNOWN], None, 0.1, "drawn 2: has a test part only; add train-images"),
        (
            [OWN],
            None,
            0.001,
            "60 glyphs cannot be split with 0% held out; add glyphs or change",
        ),
        (
            [Splits(glyph_set(4, seed=6, labels="AB"), None)],
            None,
            0.6,
            "no glyph of class '[AB]' is left to train on beside those held out and for testing",
        ),
    ],
)
def test_what_cannot_be_trained_on_is_told(
    loaded: list[Splits], labels: list[str] | None, fraction: float, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        assemble(loaded, labels, fraction, 1)


def test_a_path_is_loaded_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write_idx(tmp_path / "digits", "train", glyph_set(20, seed=1))
    assert len(load("~/digits").train) == len(load(str(tmp_path / "digits")).train) == 20


def test_the_test_part_of_a_source_is_for_testing_or_all_of_it_if_it_has_none(tmp_path: Path) -> None:
    write_idx(tmp_path / "digits", "train", glyph_set(20, seed=1))
    assert for_testing(str(tmp_path / "digits")).sha256() == glyph_set(20, seed=1).sha256()
    write_idx(tmp_path / "digits", "test", glyph_set(10, seed=2))
    assert for_testing(str(tmp_path / "digits")).sha256() == glyph_set(10, seed=2).sha256()


def test_mnist_is_loaded_from_the_cache_it_is_downloaded_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    write_idx(tmp_path / "digit-reader" / "mnist", "train", glyph_set(20, seed=1))
    asked: list[Path] = []

    def fetch(folder: Path) -> Path:
        asked.append(folder)
        return folder

    monkeypatch.setattr(module, "fetch", fetch)
    assert len(load("mnist").train) == 20
    assert asked == [tmp_path / "digit-reader" / "mnist"]
