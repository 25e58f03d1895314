from __future__ import annotations

import keras
import numpy as np
import pytest

from core import config
from core.errors import UsageError
from train.batches import as_input
from train.network import LOGITS, NETWORKS, network

PARAMETERS = {"plain": 85_454, "classic-dense": 225_034, "classic-dropout": 34_826}
"""For ten classes, as train/network.py says."""


@pytest.mark.parametrize("name", NETWORKS)
def test_parameters_are_as_many_as_the_header_says(name: str) -> None:
    assert network(name).build(10).count_params() == PARAMETERS[name]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("classes", [2, 18])
def test_glyphs_go_in_and_one_logit_a_class_comes_out(name: str, classes: int) -> None:
    model = network(name).build(classes)
    logits = model(as_input(np.full((3, 28, 28), 255, np.uint8)), training=False)
    assert (model.name, model.layers[-1].name, tuple(logits.shape)) == (name, LOGITS, (3, classes))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_scaling_sits_inside_and_the_end_is_no_softmax(name: str) -> None:
    first, last = network(name).build(10).layers[1], network(name).build(10).layers[-1]
    assert isinstance(first, keras.layers.Rescaling)
    assert (first.scale, last.activation.__name__) == (pytest.approx(1 / 255), "linear")


def test_the_classic_networks_train_as_they_are_known() -> None:
    dense, dropout = network("classic-dense"), network("classic-dropout")
    assert (dense.epochs, dense.augment, dense.cosine, dense.refit_epochs) == (5, False, False, 0)
    assert (dropout.epochs, dropout.batch_size, dropout.augment, dropout.cosine) == (50, 64, False, False)
    rates = [
        [layer.rate for layer in known.build(10).layers if isinstance(layer, keras.layers.Dropout)]
        for known in (dense, dropout)
    ]
    assert rates == [[0.2], [0.5]]


def test_the_config_knows_exactly_these_names() -> None:
    allowed = config.schema()["$defs"]["TrainConfig"]["properties"]["network"]["enum"]
    assert sorted(allowed) == sorted(NETWORKS)


def test_an_unknown_name_is_told_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="no network 'big'; allowed: plain, classic-dense, classic-dropout"):
        network("big")
