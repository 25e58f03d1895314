"""A new network that starts from the weights of another, also over other labels."""

from __future__ import annotations

from pathlib import Path

import keras

from core.errors import TrainingError
from train import keras_file


def start_from(path: Path, model: keras.Model, labels: tuple[str, ...]) -> tuple[str, ...]:
    """The labels that `model`, which reads `labels`, now knows from the model at `path`, whose weights it was given.

    The columns of the last layer go over by label; a label that is new keeps the fresh start that `model` has for it.
    Raises TrainingError if `path` is no Keras model, or if its layers differ in anything but the number of labels.
    """
    source, known = keras_file.load(path)
    _check_shapes(path, source, model)
    old, new = source.get_weights(), model.get_weights()
    old_kernel, old_bias = old[-2:]
    if known is None:
        known = _assumed_labels(path, old_bias.size, labels)
    elif len(known) != old_bias.size:
        raise TrainingError(f"{path}: has {old_bias.size} outputs for {len(known)} labels; train it again")
    kernel, bias = new[-2:]
    shared = tuple(label for label in labels if label in known)
    for label in shared:
        column, old_column = labels.index(label), known.index(label)
        kernel[:, column], bias[column] = old_kernel[:, old_column], old_bias[old_column]
    model.set_weights([*old[:-2], kernel, bias])
    return shared


def _check_shapes(path: Path, source: keras.Model, model: keras.Model) -> None:
    """The head is a kernel (features, classes) and a bias (classes,): only the number of classes may differ."""
    old, new = (_shapes(network) for network in (source, model))
    if len(old) != len(new) or old[:-2] != new[:-2] or old[-2][:-1] != new[-2][:-1] or len(old[-1]) != 1:
        raise TrainingError(
            f"{path}: is {_description(source)}; the network {_description(model)} cannot start from it. "
            "Name the one it was trained with by --network"
        )


def _shapes(model: keras.Model) -> list[tuple[int, ...]]:
    return [tuple(weight.shape) for weight in model.weights]


def _description(model: keras.Model) -> str:
    return f"{model.name!r} with {model.count_params():,} parameters in {len(model.weights)} arrays"


def _assumed_labels(path: Path, outputs: int, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Nobody wrote down the labels of this model: if it has as many as asked for, they are taken to be the same."""
    if outputs != len(labels):
        raise TrainingError(
            f"{path}: has {outputs} outputs and no labels inside; the data have {len(labels)} ({', '.join(labels)}). "
            f"Choose the {outputs} it was trained with by --labels"
        )
    return labels
