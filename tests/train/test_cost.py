from __future__ import annotations

import keras
import pytest
from keras import layers

from train import cost
from train.network import network


def test_multiply_accumulates_of_a_small_network_are_those_counted_by_hand() -> None:
    glyphs = keras.Input((28, 28, 1))
    x = layers.Conv2D(4, 3, strides=2, padding="same")(glyphs)
    x = layers.Conv2D(6, 5, padding="valid")(layers.ReLU()(x))
    model = keras.Model(glyphs, layers.Dense(10)(layers.Flatten()(x)))
    assert cost.macs(model) == 14 * 14 * 4 * 9 + 10 * 10 * 6 * 4 * 25 + 600 * 10


def test_the_yardstick_has_the_cost_it_is_known_for() -> None:
    assert cost.macs(cost.resnet8()) == pytest.approx(12.5e6, rel=0.005)


def test_models_are_timed_on_one_thread_and_a_larger_one_takes_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "ROUNDS", 5)
    times = cost.median_times_us(
        {
            "yardstick": cost.quantised_untrained(cost.resnet8()),
            "plain": cost.quantised_untrained(network("plain").build(10)),
        }
    )
    assert list(times) == ["yardstick", "plain"]
    assert 0 < times["plain"] < times["yardstick"]
