"""Loss and accuracy over labels and one thing more: none of them.

The network has one logit a label. "None of them" has no logit of its own: it is a constant zero beside the others, so
glyphs of a label push its logit above zero and all other glyphs push every logit below. That leaves the softmax over
the labels as it was, and makes of the logits' log-sum-exp the log-odds that a glyph is any label at all: the energy
score (Liu et al., 2020), trained as a background class (Dhamija, Günther and Boult, 2018).
"""

from __future__ import annotations

import keras
from keras import ops


def with_none(targets: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """float32 (N,): cross-entropy of `logits`, (N, classes), with `targets`, (N,), where `classes` is none of them."""
    return keras.losses.sparse_categorical_crossentropy(_flat(targets), _beside_zero(logits), from_logits=True)


def accuracy_with_none(targets: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """float32 (N,): 1 where the highest of `logits`, (N, classes), and zero is the target's, else 0."""
    return ops.cast(ops.argmax(_beside_zero(logits), axis=-1) == _flat(targets), "float32")


def _flat(targets: keras.KerasTensor) -> keras.KerasTensor:
    return ops.cast(ops.reshape(targets, (-1,)), "int32")


def _beside_zero(logits: keras.KerasTensor) -> keras.KerasTensor:
    return ops.concatenate([logits, ops.zeros_like(logits[:, :1])], axis=-1)
