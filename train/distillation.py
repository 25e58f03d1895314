"""Learning from a teacher (Hinton, Vinyals and Dean, 2015): a larger network that was trained on digits as they are.

A small network that must also bear noise, shadows and what is no digit hears from these, hard as they are, nearly all
the time, and little from clean digits that it reads right already. The teacher's softened probabilities say of every
clean digit how much it resembles the others, so clean digits keep teaching until the network is as good at them.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

TEMPERATURE = 2.0
WEIGHT = 2.0
"""Of what the teacher says, for each of the truth."""

TAUGHT = 1
"""Column of the targets: 1 where the teacher is heard. Column 0 is the label."""


def targets_of(labels: np.ndarray, taught: np.ndarray) -> np.ndarray:
    """int64 (N, 2): what `Distillation` trains with, from labels, (N,), and whether the teacher is heard, bool (N,)."""
    return np.stack([labels, taught.astype(np.int64)], axis=1)


class Distillation(keras.Model):
    """Trains `student` with its own loss and with what `teacher`, which stays as it is, says of the same glyphs."""

    def __init__(self, student: keras.Model, teacher: keras.Model) -> None:
        super().__init__(name=f"{student.name}-taught")
        self.student, self.teacher = student, teacher
        teacher.trainable = False

    def call(self, x: keras.KerasTensor, training: bool | None = None) -> keras.KerasTensor:
        """The student's logits, float32 (N, classes)."""
        return self.student(x, training=training)

    def compute_loss(
        self,
        x: keras.KerasTensor = None,
        y: keras.KerasTensor = None,
        y_pred: keras.KerasTensor = None,
        sample_weight: keras.KerasTensor = None,
        training: bool = True,
    ) -> keras.KerasTensor:
        """The compiled loss of `y_pred` with the labels, and the divergence of the student from the teacher."""
        own = super().compute_loss(x=x, y=y[:, 0], y_pred=y_pred, sample_weight=sample_weight, training=training)
        taught = ops.cast(y[:, TAUGHT], y_pred.dtype)
        return own + WEIGHT * ops.mean(taught * divergence(self.teacher(x, training=False), y_pred))

    def compute_metrics(
        self,
        x: keras.KerasTensor,
        y: keras.KerasTensor,
        y_pred: keras.KerasTensor,
        sample_weight: keras.KerasTensor = None,
    ) -> dict[str, keras.KerasTensor]:
        """The compiled metrics of `y_pred` with the labels."""
        return super().compute_metrics(x, y[:, 0], y_pred, sample_weight)


def divergence(teacher: keras.KerasTensor, student: keras.KerasTensor) -> keras.KerasTensor:
    """float32 (N,): how far the softened probabilities of `student`, logits (N, classes), are from those of `teacher`.

    It is Kullback and Leibler's, times the temperature squared, so that its gradient keeps its size.
    """
    wanted, given = (ops.log_softmax(logits / TEMPERATURE) for logits in (teacher, student))
    return TEMPERATURE**2 * ops.sum(ops.exp(wanted) * (wanted - given), axis=-1)
