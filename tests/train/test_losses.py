from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from train.losses import accuracy_with_none, with_none


@st.composite
def answers(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """(targets, logits): int64 (N,) with `classes` for none of them, float32 (N, classes)."""
    count, classes = draw(st.integers(1, 6)), draw(st.integers(2, 12))
    # None is exactly zero, where the highest would be two.
    some = st.floats(0.015625, 40, width=32) | st.floats(-40, -0.015625, width=32)
    logits = draw(hnp.arrays(np.float32, (count, classes), elements=some))
    targets = draw(hnp.arrays(np.int64, count, elements=st.integers(0, classes)))
    return targets, logits


def loss(targets: np.ndarray, logits: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(with_none(targets, logits))


def right(targets: np.ndarray, logits: np.ndarray) -> list[float]:
    return keras.ops.convert_to_numpy(accuracy_with_none(targets, logits)).tolist()


def expected_loss(targets: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Cross-entropy over the labels and a zero, in double precision."""
    beside_zero = np.concatenate([logits, np.zeros((len(logits), 1))], axis=1).astype(np.float64)
    highest = beside_zero.max(axis=1, keepdims=True)
    all_together = (highest + np.log(np.exp(beside_zero - highest).sum(axis=1, keepdims=True)))[:, 0]
    return all_together - beside_zero[np.arange(len(targets)), targets]


@settings(max_examples=60)
@given(answers())
def test_the_loss_is_the_cross_entropy_over_the_labels_and_a_zero(answer: tuple[np.ndarray, np.ndarray]) -> None:
    found = loss(*answer)
    assert (found.dtype, found.shape) == (np.float32, answer[0].shape)
    np.testing.assert_allclose(found, expected_loss(*answer), rtol=1e-4, atol=1e-4)


@settings(max_examples=60)
@given(answers())
def test_what_is_right_is_the_highest_of_the_labels_and_a_zero(answer: tuple[np.ndarray, np.ndarray]) -> None:
    targets, logits = answer
    read = [len(row) if row.max() < 0 else int(row.argmax()) for row in logits]
    assert right(targets, logits) == [float(target == it) for target, it in zip(targets, read, strict=True)]


def test_none_is_right_only_when_all_logits_are_below_zero() -> None:
    logits = np.array([[-1, -2, -0.1], [-1, 0.1, -3]], np.float32)
    assert right(np.array([3, 3]), logits) == [1, 0]
    assert right(np.array([2, 1]), logits) == [0, 1]


def test_the_loss_of_none_falls_as_all_logits_do() -> None:
    lower_and_lower = np.array([[2, 1], [0, 0], [-3, -2], [-9, -9]], np.float32)
    losses = loss(np.full(4, 2), lower_and_lower).tolist()
    assert losses == sorted(losses, reverse=True)
    assert losses[1] == pytest.approx(np.log(3))
    assert losses[-1] < 0.001


def test_targets_in_a_column_count_as_those_in_a_row() -> None:
    """Keras gives a loss its targets as (N, 1)."""
    targets, logits = np.array([0, 2, 1]), np.array([[1, 2], [-1, -2], [0.5, 3]], np.float32)
    assert np.array_equal(loss(targets[:, np.newaxis], logits), loss(targets, logits))
    assert right(targets[:, np.newaxis], logits) == right(targets, logits) == [0, 1, 1]
