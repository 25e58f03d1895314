from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from train.losses import SPOILT_EVIDENCE, accuracy_with_none, targets_with_none, with_none

Answer = tuple[np.ndarray, np.ndarray, np.ndarray]
"""(labels, spoilt, logits): int64 (N,) with `classes` for none of them, bool (N,), float32 (N, classes)."""


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    count, classes = draw(st.integers(1, 6)), draw(st.integers(2, 12))
    # None is exactly zero or SPOILT_EVIDENCE, where the highest would be two.
    some = st.floats(-40, 40, width=32).filter(lambda x: min(abs(x), abs(x - SPOILT_EVIDENCE)) > 0.01)
    logits = draw(hnp.arrays(np.float32, (count, classes), elements=some))
    labels = draw(hnp.arrays(np.int64, count, elements=st.integers(0, classes)))
    return labels, draw(hnp.arrays(np.bool_, count)), logits


def loss(labels: np.ndarray, spoilt: np.ndarray, logits: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(with_none(targets_with_none(labels, spoilt), logits))


def right(labels: np.ndarray, spoilt: np.ndarray, logits: np.ndarray) -> list[float]:
    return keras.ops.convert_to_numpy(accuracy_with_none(targets_with_none(labels, spoilt), logits)).tolist()


def beside_none(spoilt: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """float64 (N, classes + 1)."""
    none = np.where(spoilt, SPOILT_EVIDENCE, 0.0)
    return np.concatenate([logits, none[:, np.newaxis]], axis=1).astype(np.float64)


def expected_loss(labels: np.ndarray, spoilt: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Cross-entropy over the labels and none, in double precision."""
    beside = beside_none(spoilt, logits)
    highest = beside.max(axis=1, keepdims=True)
    all_together = (highest + np.log(np.exp(beside - highest).sum(axis=1, keepdims=True)))[:, 0]
    return all_together - beside[np.arange(len(labels)), labels]


@settings(max_examples=60)
@given(answers())
def test_the_loss_is_the_cross_entropy_over_the_labels_and_none(answer: Answer) -> None:
    found = loss(*answer)
    assert (found.dtype, found.shape) == (np.float32, answer[0].shape)
    np.testing.assert_allclose(found, expected_loss(*answer), rtol=1e-4, atol=1e-4)


@settings(max_examples=60)
@given(answers())
def test_what_is_right_is_the_highest_of_the_labels_and_none(answer: Answer) -> None:
    labels, spoilt, logits = answer
    read = beside_none(spoilt, logits).argmax(axis=1)
    assert right(labels, spoilt, logits) == (labels == read).astype(float).tolist()


def test_none_of_a_clear_glyph_is_right_only_when_all_logits_are_below_zero() -> None:
    logits, clear = np.array([[-1, -2, -0.1], [-1, 0.1, -3]], np.float32), np.zeros(2, bool)
    assert right(np.array([3, 3]), clear, logits) == [1, 0]
    assert right(np.array([2, 1]), clear, logits) == [0, 1]


def test_a_spoilt_glyph_is_learnt_with_less_evidence_than_a_clear_one() -> None:
    logits, label = np.array([[-2, -3, -9]], np.float32), np.array([0])
    assert right(label, np.array([False]), logits) == [0]
    assert right(label, np.array([True]), logits) == [1]
    assert loss(label, np.array([True]), logits) < loss(label, np.array([False]), logits)


def test_the_loss_of_none_falls_as_all_logits_do() -> None:
    lower_and_lower = np.array([[2, 1], [0, 0], [-3, -2], [-9, -9]], np.float32)
    losses = loss(np.full(4, 2), np.zeros(4, bool), lower_and_lower).tolist()
    assert losses == sorted(losses, reverse=True)
    assert losses[1] == pytest.approx(np.log(3))
    assert losses[-1] < 0.001
