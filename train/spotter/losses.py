"""How far the network's maps are off. Each loss is a sum over cells by the number of digits in the batch.

The targets are those of `train.spotter.targets.Targets`, whose last channel says what counts.
"""

from __future__ import annotations

import keras
from keras import ops

from core.spots import CLASSES
from train.spotter.network import DIGITS, OFFSETS, SIZES

EASY = 2.0
"""Exponent that takes the weight from cells the network is sure of: alpha of the paper."""
NEAR = 4.0
"""Exponent that takes the weight from cells near a middle, where a peak is not wrong yet: beta of the paper."""

READING = 0.5
"""Weight of which digit it is, where there is one: of digits that each map alone is sure of, the focal loss has no more
to teach, but that a 7 is more of a 7 than of a 1 is to be learnt on."""

WEIGHTS = {DIGITS: 1.0, SIZES: 1.0, OFFSETS: 1.0}
"""Of the losses in their sum. Logarithms of sizes and offsets in cells are of one order, unlike the paper's pixels."""


def focal(targets: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """Scalar, in nats a digit: the penalty-reduced focal loss of CornerNet (Law and Deng, 2018) over all ten maps.

    `targets` (N, rows, columns, 10 + 1), `logits` (N, rows, columns, 10). Cells to be ignored have no part in it.
    """
    wanted, counts = targets[..., :CLASSES], targets[..., CLASSES:]
    middle = ops.cast(wanted >= 1.0, logits.dtype)
    said = ops.sigmoid(logits)
    # By softplus: the logarithm of a sigmoid that has run to 0 or 1 would be infinite.
    missed = middle * (1 - said) ** EASY * ops.softplus(-logits)
    false = (1 - middle) * (1 - wanted) ** NEAR * said**EASY * ops.softplus(logits)
    return ops.sum((missed + false) * counts) / ops.maximum(ops.sum(middle), _scenes(targets))


def reading(targets: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """Scalar, in nats a digit: the cross-entropy of the ten maps, as a softmax, at the middles of digits.

    `targets` (N, rows, columns, 10 + 1), `logits` (N, rows, columns, 10).
    """
    middle = ops.cast(targets[..., :CLASSES] >= 1.0, logits.dtype)
    against = ops.logsumexp(logits, axis=-1, keepdims=True) - logits
    return ops.sum(middle * against) / ops.maximum(ops.sum(middle), _scenes(targets))


def digits(targets: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """Scalar: whether there is a digit, and which."""
    return focal(targets, logits) + READING * reading(targets, logits)


def distance(targets: keras.KerasTensor, said: keras.KerasTensor) -> keras.KerasTensor:
    """Scalar: the absolute difference at and beside the middles, weighted; a mean over them and over x and y.

    `targets` (N, rows, columns, 2 + 1), `said` (N, rows, columns, 2).
    """
    wanted, weights = targets[..., :2], targets[..., 2:]
    return ops.sum(ops.abs(said - wanted) * weights) / ops.maximum(2 * ops.sum(weights), _scenes(targets))


def _scenes(targets: keras.KerasTensor) -> keras.KerasTensor:
    """How many there are: what a batch that has hardly any digit is divided by."""
    return ops.cast(ops.shape(targets)[0], targets.dtype)
