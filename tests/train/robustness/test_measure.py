from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from handwriting import glyph_set
from hypothesis import given
from hypothesis import strategies as st

from core import model_file
from core.errors import ModelFileError
from core.evaluation import evaluate
from core.interpreter import Interpreter
from train.robustness import corruptions, measure, unseen
from train.robustness.measure import Robustness, auroc, measure_file, table

SCORES = st.lists(st.integers(-5, 5), min_size=1, max_size=30)


@given(SCORES, SCORES)
def test_auroc_is_the_share_of_pairs_in_the_right_order(higher: list[int], lower: list[int]) -> None:
    pairs = [(a > b) + 0.5 * (a == b) for a in higher for b in lower]
    assert auroc(np.array(higher, float), np.array(lower, float)) == pytest.approx(np.mean(pairs))


@pytest.fixture(scope="module")
def measured(small_model: Path) -> Robustness:
    """The small model, on few glyphs of each kind."""
    test, elsewhere = glyph_set(60, seed=11, labels="017"), glyph_set(30, seed=12, labels="0167")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "UNSEEN_COUNT", 20)
        return measure_file(small_model, test, [elsewhere], [glyph_set(20, seed=13, labels="AW")])


def test_every_kind_of_corruption_and_of_what_is_no_digit_is_measured(measured: Robustness) -> None:
    assert list(measured.corrupted) == list(corruptions.KINDS)
    assert set(measured.rejections) >= {*unseen.KINDS, "A", "W"}
    assert {measured.rejections[kind].count for kind in unseen.KINDS} == {20}
    assert measured.rejections["A"].count == 10


def test_clean_figures_are_those_of_the_file_itself(measured: Robustness, small_model: Path) -> None:
    model, test = model_file.read(small_model), glyph_set(60, seed=11, labels="017")
    logits = Interpreter.of(model).classify(test.pixels)
    expected = evaluate(logits / model.manifest.temperature, test.targets, test.labels)
    assert measured.clean.figures() == expected.figures()
    assert measured.bytes == small_model.stat().st_size


def test_digits_of_other_hands_count_only_if_the_model_knows_their_label(measured: Robustness) -> None:
    (elsewhere,) = measured.elsewhere.values()
    assert elsewhere.labels == ("0", "1", "7")
    assert elsewhere.count == sum(label != "6" for label in ("0", "1", "6", "7") * 7 + ("0", "1"))


def test_means_count_every_kind_alike(measured: Robustness) -> None:
    figures = measured.figures()
    assert figures["corrupted_mean"] == pytest.approx(np.mean(list(figures["corrupted"].values())))
    assert figures["corrupted_worst"] == min(figures["corrupted"].values())
    assert figures["auroc"] == pytest.approx(np.mean([kind["auroc"] for kind in figures["unseen"].values()]))


def test_the_same_file_gives_the_same_figures(measured: Robustness, small_model: Path) -> None:
    test, elsewhere = glyph_set(60, seed=11, labels="017"), glyph_set(30, seed=12, labels="0167")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "UNSEEN_COUNT", 20)
        again = measure_file(small_model, test, [elsewhere], [glyph_set(20, seed=13, labels="AW")])
    assert again.figures() == measured.figures()


def test_the_table_has_a_column_a_file_and_the_spread_of_several(measured: Robustness) -> None:
    alone, twice = table([measured]), table([measured, measured])
    accuracy = f"{measured.clean.accuracy:.2%}"
    (line,) = [line for line in twice.splitlines() if line.startswith("accuracy  ")]
    assert line.split() == ["accuracy", accuracy, accuracy, accuracy, "±", "0.00%"]
    assert "±" not in alone
    assert all(kind in alone for kind in (*corruptions.KINDS, *unseen.KINDS))


def test_what_is_no_model_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.tflite").write_bytes(b"no model")
    with pytest.raises(ModelFileError, match="no readable manifest"):
        measure_file(tmp_path / "no.tflite", glyph_set(10, seed=1), [], [])
