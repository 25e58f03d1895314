from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from blink import RECIPE, Drawn, build_small
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from train.distillation import TEMPERATURE, Distillation, divergence, targets_of
from train.fit import fit, predict_logits

LOGITS = hnp.arrays(np.float32, (4, 3), elements=st.floats(-20, 20, width=32))


def softened(logits: np.ndarray) -> np.ndarray:
    """float64: the probabilities at the temperature of the teaching."""
    powers = np.exp((logits - logits.max(axis=1, keepdims=True)).astype(np.float64) / TEMPERATURE)
    return powers / powers.sum(axis=1, keepdims=True)


@settings(deadline=None)
@given(LOGITS, LOGITS)
def test_the_divergence_is_that_of_kullback_and_leibler(teacher: np.ndarray, student: np.ndarray) -> None:
    wanted, given_ = softened(teacher), softened(student)
    expected = TEMPERATURE**2 * (wanted * (np.log(wanted) - np.log(given_))).sum(axis=1)
    found = keras.ops.convert_to_numpy(divergence(keras.ops.convert_to_tensor(teacher), student))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


@settings(deadline=None)
@given(LOGITS, st.floats(-10, 10, width=32))
def test_a_student_that_says_the_same_is_done_whatever_the_level_of_its_logits(teacher: np.ndarray, by: float) -> None:
    found = keras.ops.convert_to_numpy(divergence(keras.ops.convert_to_tensor(teacher), teacher + np.float32(by)))
    np.testing.assert_allclose(found, 0, atol=1e-3)


@pytest.fixture
def taught() -> Distillation:
    keras.utils.set_random_seed(3)
    model = Distillation(build_small(3), build_small(3))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def test_only_the_student_learns(taught: Distillation, drawn: Drawn) -> None:
    teacher, student = taught.teacher.get_weights(), taught.student.get_weights()
    x, labels = drawn.kept.pixels[:20, ..., None].astype(np.float32), drawn.kept.targets[:20]
    taught.train_on_batch(x, targets_of(labels, np.ones(20, bool)))
    assert all(np.array_equal(a, b) for a, b in zip(teacher, taught.teacher.get_weights(), strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(student, taught.student.get_weights(), strict=True))


def test_where_the_teacher_is_not_heard_the_loss_is_the_students_own(taught: Distillation, drawn: Drawn) -> None:
    x, labels = drawn.kept.pixels[:20, ..., None].astype(np.float32), drawn.kept.targets[:20]
    own = float(keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, taught.student(x)))
    deaf = taught.test_on_batch(x, targets_of(labels, np.zeros(20, bool)), return_dict=True)
    heard = taught.test_on_batch(x, targets_of(labels, np.ones(20, bool)), return_dict=True)
    assert deaf["loss"] == pytest.approx(own, rel=1e-4)
    assert heard["loss"] > deaf["loss"]
    assert heard["accuracy"] == deaf["accuracy"]


def test_a_student_comes_to_say_what_its_teacher_says(drawn: Drawn, tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    teacher, alone, student = (build_small(3) for _ in range(3))
    fit(teacher, drawn.kept, RECIPE, tmp_path / "teacher.npz")
    alone.set_weights(student.get_weights())
    fit(alone, drawn.kept, RECIPE, tmp_path / "alone.npz")
    fit(student, drawn.kept, RECIPE, tmp_path / "student.npz", teacher=teacher)
    said = predict_logits(teacher, drawn.held_out.pixels)
    apart = [
        float(np.mean(keras.ops.convert_to_numpy(divergence(said, predict_logits(model, drawn.held_out.pixels)))))
        for model in (student, alone)
    ]
    assert apart[0] < apart[1]
