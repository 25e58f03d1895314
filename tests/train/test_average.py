from __future__ import annotations

import numpy as np
from blink import build_small

from train.average import AVERAGE_DECAY, WeightAverage


def test_the_average_of_weights_that_stay_is_those_weights() -> None:
    model = build_small(3)
    average = WeightAverage(model)
    average.values = [value + 1 for value in average.values]  # a start that is to be forgotten
    for _ in range(300):
        average.update()
    for mean, value in zip(average.values, model.get_weights(), strict=True):
        np.testing.assert_allclose(mean, value, atol=0.02)


def test_it_starts_as_the_model_is_and_leaves_the_model_alone() -> None:
    model = build_small(3)
    before = model.get_weights()
    average = WeightAverage(model)
    average.update()
    for mean, was, value in zip(average.values, before, model.get_weights(), strict=True):
        np.testing.assert_allclose(mean, was, rtol=1e-6)
        assert np.array_equal(was, value)


def test_a_young_average_leans_on_recent_weights_and_an_old_one_on_the_past() -> None:
    model = build_small(3)
    average = WeightAverage(model)
    model.set_weights([value + 1 for value in model.get_weights()])
    young = _share_taken_in(average)
    average.updates = 2000
    old = _share_taken_in(average)
    assert young > 0.5
    assert np.isclose(old, 1 - AVERAGE_DECAY, rtol=1e-3)


def _share_taken_in(average: WeightAverage) -> float:
    """How far one update moves the average towards the model's weights, which are elsewhere; it is put back."""
    before = [value.copy() for value in average.values]
    average.update()
    kernel, was, wanted = average.values[0], before[0], average.model.get_weights()[0]
    share = float(np.mean((kernel - was) / (wanted - was)))
    average.values = before
    return share
