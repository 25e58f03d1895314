from __future__ import annotations

import numpy as np
import pytest

from core.errors import UsageError
from core.runtime import runtime
from train import cost
from train.spotter import network

FRAME = (256, 320)
"""A frame of 320×240 px, padded."""

MOST_MACS = 150e6
MOST_BYTES = 450_000


@pytest.fixture(scope="module")
def tflite() -> bytes:
    return cost.quantised_untrained(network.build(FRAME))


def test_a_frame_costs_no_more_than_it_may_and_what_the_docstring_says() -> None:
    model = network.build(FRAME)
    assert cost.macs(model) < MOST_MACS
    assert f"{cost.macs(model) / 1e6:.1f} million" in network.__doc__.replace("\n", " ")
    assert f"{model.count_params():,} parameters" in network.__doc__


def test_as_int8_it_is_small_and_takes_pixels_as_they_are(tflite: bytes) -> None:
    assert len(tflite) < MOST_BYTES
    module, _ = runtime()
    interpreter = module.Interpreter(model_content=tflite)
    entry = interpreter.get_input_details()[0]
    assert (entry["shape"].tolist(), entry["dtype"]) == ([1, *FRAME, 1], np.int8)
    assert entry["quantization"] == (pytest.approx(1), -128)


def test_as_int8_each_kind_of_map_has_a_scale_of_its_own(tflite: bytes) -> None:
    module, _ = runtime()
    outputs = module.Interpreter(model_content=tflite).get_output_details()
    assert sorted(entry["shape"].tolist() for entry in outputs) == [[1, 64, 80, 2], [1, 64, 80, 2], [1, 64, 80, 10]]
    assert len({entry["quantization"][0] for entry in outputs}) == 3


def test_one_network_takes_frames_of_any_shape_and_says_the_same_of_them_when_its_shape_is_fixed() -> None:
    model = network.build()
    luma = np.random.default_rng(1).integers(0, 256, (2, 96, 64, 1)).astype(np.float32)
    fixed = network.of_shape(model, (96, 64))
    assert fixed.input_shape == (None, 96, 64, 1)
    for free, same, channels in zip(model(luma), fixed(luma), (10, 2, 2), strict=True):
        assert free.shape == (2, 24, 16, channels)
        assert np.array_equal(free, same)


def test_untrained_it_finds_nothing() -> None:
    luma = np.random.default_rng(1).integers(0, 256, (1, 64, 64, 1)).astype(np.float32)
    digits, _, _ = network.build((64, 64))(luma)
    assert 1 / (1 + np.exp(-np.asarray(digits))) == pytest.approx(network.PRIOR, abs=0.03)


@pytest.mark.parametrize("shape", [(240, 320), (0, 32), (64, 100)])
def test_a_shape_that_cannot_be_halved_five_times_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="multiples of 32"):
        network.build(shape)
    with pytest.raises(UsageError, match="multiples of 32"):
        network.of_shape(network.build(), shape)
