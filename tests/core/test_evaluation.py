from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.evaluation import CALIBRATION_BINS, Evaluation, confusion_matrix, evaluate, evidence, log_softmax

LABELS = ("0", "1", "2")


@st.composite
def scored(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Logits float32 (N, 3), also far apart, and targets int64 (N,)."""
    count = draw(st.integers(1, 40))
    logits = draw(arrays(np.float32, (count, 3), elements=st.floats(-100, 100, width=32)))
    targets = draw(arrays(np.int64, count, elements=st.integers(0, 2)))
    return logits, targets


def evaluated(case: tuple[np.ndarray, np.ndarray]) -> Evaluation:
    return evaluate(*case, LABELS)


def test_accuracy_confusion_and_class_scores_of_a_case_counted_by_hand() -> None:
    predictions = np.array([0, 0, 1, 1, 1, 0])
    truth = np.array([0, 0, 0, 1, 1, 1])
    found = evaluate(np.eye(3, dtype=np.float32)[predictions] * 9, truth, LABELS)
    assert found.confusion.tolist() == [[2, 1, 0], [1, 2, 0], [0, 0, 0]]
    assert (found.count, found.errors, found.accuracy) == (6, 2, pytest.approx(4 / 6))
    first, _, absent = found.class_scores()
    assert (first.count, first.precision, first.recall, first.f1) == (3, *[pytest.approx(2 / 3)] * 3)
    assert (absent.count, absent.precision, absent.recall, absent.f1) == (0, None, None, None)


def test_the_loss_of_a_coin_toss_is_the_logarithm_of_two() -> None:
    found = evaluate(np.zeros((4, 2), np.float32), np.array([0, 1, 0, 1]), ("0", "1"))
    assert found.nll == pytest.approx(np.log(2))


def test_a_model_as_sure_as_it_is_right_has_no_calibration_error() -> None:
    logits = np.log(np.array([[0.75, 0.25]] * 4))
    assert evaluate(logits, np.array([0, 0, 0, 1]), ("0", "1")).calibration_error == pytest.approx(0)


def test_a_model_that_is_sure_and_wrong_has_all_the_calibration_error_there_is() -> None:
    logits = np.array([[50.0, 0.0]] * 4)
    assert evaluate(logits, np.array([1, 1, 1, 1]), ("0", "1")).calibration_error == pytest.approx(1)


def test_the_worst_glyphs_come_worst_first() -> None:
    logits = np.array([[5.0, 0.0], [9.0, 0.0], [0.0, 1.0], [2.0, 0.0]])
    assert evaluate(logits, np.array([1, 1, 1, 1]), ("0", "1")).worst(3).tolist() == [1, 0, 3]


@given(scored())
def test_every_glyph_is_counted_once_in_its_true_row(case: tuple[np.ndarray, np.ndarray]) -> None:
    found = evaluated(case)
    assert found.confusion.sum(axis=1).tolist() == np.bincount(case[1], minlength=3).tolist()
    assert found.accuracy == pytest.approx(np.mean(case[0].argmax(axis=1) == case[1]))


@given(scored())
def test_every_glyph_falls_into_the_one_bin_of_its_confidence(case: tuple[np.ndarray, np.ndarray]) -> None:
    found = evaluated(case)
    assert [entry.count for entry in found.calibration] == [
        int(((found.confidences > entry.low) & (found.confidences <= entry.high)).sum()) for entry in found.calibration
    ]
    assert len(found.calibration) == CALIBRATION_BINS
    assert sum(entry.count for entry in found.calibration) == found.count


@given(scored())
def test_figures_stay_within_their_ranges(case: tuple[np.ndarray, np.ndarray]) -> None:
    found = evaluated(case)
    assert 0 <= found.calibration_error <= 1
    assert found.nll >= 0
    assert np.all((found.confidences >= 1 / 3 - 1e-9) & (found.confidences <= 1))
    for score in found.class_scores():
        assert all(value is None or 0 <= value <= 1 for value in (score.precision, score.recall, score.f1))


@given(scored(), st.floats(-50, 50))
def test_a_constant_added_to_all_logits_changes_nothing(case: tuple[np.ndarray, np.ndarray], shift: float) -> None:
    logits = case[0].astype(np.float64)
    np.testing.assert_allclose(log_softmax(logits + shift), log_softmax(logits), atol=1e-9)


def test_evidence_is_the_log_odds_of_all_labels_against_a_zero_logit_for_none() -> None:
    logits = np.array([[2.0, -1.0, 0.5], [-4.0, -4.0, -4.0], [0.0, -np.inf, -np.inf]])
    any_label = np.exp(logits).sum(axis=1)
    probability = any_label / (any_label + 1)
    np.testing.assert_allclose(evidence(logits), np.log(probability / (1 - probability)), atol=1e-12)
    assert evidence(logits)[2] == 0


@given(scored())
def test_evidence_lies_between_the_highest_logit_and_that_of_all_being_as_high(
    case: tuple[np.ndarray, np.ndarray],
) -> None:
    highest = case[0].max(axis=1)
    assert np.all((evidence(case[0]) >= highest) & (evidence(case[0]) <= highest + np.log(3) + 1e-9))


def test_evidence_tells_apart_what_as_a_probability_would_be_one() -> None:
    first, second = evidence(np.array([[100.0, 0.0], [200.0, 0.0]]))
    assert (first, second) == (100, 200)


@given(scored(), st.randoms())
def test_the_order_of_the_glyphs_does_not_matter(case: tuple[np.ndarray, np.ndarray], random: Random) -> None:
    order = list(range(len(case[1])))
    random.shuffle(order)
    found, shuffled = evaluated(case), evaluated((case[0][order], case[1][order]))
    assert shuffled.confusion.tolist() == found.confusion.tolist()
    assert shuffled.figures() == pytest.approx(found.figures())


@given(scored())
def test_probabilities_sum_to_one(case: tuple[np.ndarray, np.ndarray]) -> None:
    np.testing.assert_allclose(np.exp(log_softmax(case[0])).sum(axis=1), 1, atol=1e-12)


def test_the_confusion_matrix_has_the_truth_down_and_the_reading_across() -> None:
    assert confusion_matrix(np.array([0]), np.array([2]), 3).tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 0]]
