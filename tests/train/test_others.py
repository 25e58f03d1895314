from __future__ import annotations

import numpy as np
import pytest
from handwriting import glyph_set

from core.errors import DataError
from core.splits import Splits
from train import others
from train.distractors import DRAWN, FROM_DIGITS
from train.others import drawn, other_signs


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing thousands takes seconds."""
    monkeypatch.setattr(others, "DRAWN_COUNT", 6)
    monkeypatch.setattr(others, "FROM_DIGITS_COUNT", 12)


DIGITS = glyph_set(60, seed=1)
LETTERS = glyph_set(24, seed=2, labels="ABC7")


def test_of_a_source_only_what_is_no_label_is_taken() -> None:
    (found,) = other_signs([Splits(LETTERS, None)], DIGITS)
    letters = LETTERS.take(LETTERS.targets != LETTERS.labels.index("7"))
    assert (found.labels, found.sha256()) == (("A", "B", "C"), letters.sha256())


def test_of_a_source_in_two_parts_both_are_taken() -> None:
    (found,) = other_signs([Splits(LETTERS, glyph_set(8, seed=3, labels="XY"))], DIGITS)
    assert (set(found.labels), len(found)) == ({"A", "B", "C", "X", "Y"}, 18 + 8)
    (tested,) = other_signs([Splits(None, glyph_set(8, seed=3, labels="XY"))], DIGITS)
    assert len(tested) == 8


def test_digits_that_are_no_labels_of_the_run_are_others_to_it() -> None:
    few = DIGITS.relabelled(("0", "1"))
    (found,) = other_signs([Splits(DIGITS, None)], few)
    assert (found.labels, len(found)) == (tuple("23456789"), 48)


def test_a_source_of_nothing_but_labels_is_told() -> None:
    with pytest.raises(
        DataError, match=r"^drawn 1: has only the labels 0, 1, .*, 9, which are trained on themselves; "
    ):
        other_signs([Splits(DIGITS, None)], DIGITS)


def test_every_kind_is_drawn_in_its_number() -> None:
    found = drawn(DIGITS)
    assert found.labels == (*DRAWN, *FROM_DIGITS)
    assert np.bincount(found.targets).tolist() == [6] * len(DRAWN) + [12] * len(FROM_DIGITS)
    assert (found.pixels.shape, found.pixels.dtype) == ((len(found), 28, 28), np.uint8)


def test_what_is_made_of_digits_is_made_for_digits_only() -> None:
    """Nobody knows which half of another sign is a sign itself."""
    assert drawn(LETTERS).labels == tuple(DRAWN)
    assert drawn(glyph_set(20, seed=4, labels="0123456789A")).labels == tuple(DRAWN)


def test_labels_need_not_be_all_digits_nor_in_their_places() -> None:
    """A 6 and an 8 at places 0 and 1: of an 8 no half is made that is a digit."""
    found = drawn(glyph_set(40, seed=5, labels="68"))
    assert np.bincount(found.targets, minlength=8)[-3:].tolist() == [12, 12, 12]


def test_where_no_digit_is_fit_for_a_kind_the_others_are_made() -> None:
    """A 0 and a 1 stay what they are on their sides."""
    found = drawn(glyph_set(40, seed=5, labels="01"))
    counts = dict(zip(found.labels, np.bincount(found.targets, minlength=len(found.labels)).tolist(), strict=True))
    assert counts["turned"] == 0
    assert counts["halves"] == 12


def test_what_is_drawn_is_the_same_for_the_same_digits() -> None:
    assert drawn(DIGITS).sha256() == drawn(DIGITS).sha256()
    by_name = {name: index for index, name in enumerate(drawn(DIGITS).labels)}
    mine, theirs = drawn(DIGITS), drawn(glyph_set(60, seed=9))
    of_lines = by_name["lines"]
    assert np.array_equal(mine.pixels[mine.targets == of_lines], theirs.pixels[theirs.targets == of_lines])
    assert mine.sha256() != theirs.sha256()


def test_sources_come_in_their_order_and_none_stands_for_what_is_drawn() -> None:
    found = other_signs([Splits(LETTERS, None), None], DIGITS)
    assert [entry.name for entry in found] == ["drawn 2", "drawn"]
    assert other_signs([], DIGITS) == ()
