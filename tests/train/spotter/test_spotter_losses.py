from __future__ import annotations

import keras
import numpy as np
import pytest

from core.frame import Box
from core.spots import CLASSES
from train.scenes import Digit, Material, Order, Truth, batch
from train.spotter import network
from train.spotter.losses import READING, digits, distance, focal, reading
from train.spotter.targets import targets

SHAPE = (64, 64)
DIGIT = Truth((Digit(3, Box(20, 16, 20, 30), 0),), (), ())
PRINTED = Box(44, 40, 12, 16)


def logits(high: dict[tuple[int, int, int], float], low: float = -6.0) -> np.ndarray:
    """float32 (1, 16, 16, 10): `low` but for the (row, column, digit) in `high`."""
    said = np.full((1, 16, 16, CLASSES), low, np.float32)
    for place, logit in high.items():
        said[(0, *place)] = logit
    return said


def focal_of(truth: Truth, said: np.ndarray) -> float:
    return float(focal(targets([truth], SHAPE).digits, said))


MIDDLE = (7, 7, 3)


def test_the_loss_of_one_cell_is_that_of_the_paper() -> None:
    wanted = np.array([[[[1, 0.5, *[0] * 8, 1]]]], np.float32)
    said = np.full((1, 1, 1, CLASSES), -40, np.float32)
    said[..., :3] = np.log(0.6 / 0.4), np.log(0.3 / 0.7), np.log(0.2 / 0.8)
    missed = -(0.4**2) * np.log(0.6)
    near = -(0.5**4) * 0.3**2 * np.log(0.7)
    false = -(0.2**2) * np.log(0.8)
    assert float(focal(wanted, said)) == pytest.approx(missed + near + false, rel=1e-5)


def test_the_more_is_said_of_a_digit_the_less_is_lost_and_nothing_is_infinite() -> None:
    said = [focal_of(DIGIT, logits({MIDDLE: logit})) for logit in (-200, -4, 0, 4, 200)]
    assert np.isfinite(said).all()
    assert said == sorted(said, reverse=True)
    assert said[-1] < 0.01


def test_the_wrong_digit_costs_more_than_the_right_one_and_a_false_one_more_than_none() -> None:
    right = focal_of(DIGIT, logits({MIDDLE: 4}))
    wrong = focal_of(DIGIT, logits({(7, 7, 5): 4}))
    both = focal_of(DIGIT, logits({MIDDLE: 4, (2, 12, 3): 4}))
    assert right < both < wrong


def test_which_digit_it_is_costs_the_cross_entropy_at_its_middle_only() -> None:
    said = logits({MIDDLE: 2.0, (7, 7, 5): 1.0, (2, 12, 3): 9.0}, low=0.0)
    wanted = targets([DIGIT], SHAPE).digits
    assert float(reading(wanted, said)) == pytest.approx(np.log(np.exp(2) + np.exp(1) + 8) - 2, rel=1e-5)
    assert float(digits(wanted, said)) == pytest.approx(
        focal_of(DIGIT, said) + READING * float(reading(wanted, said)), rel=1e-5
    )
    assert float(reading(targets([Truth((), (), ())], SHAPE).digits, said)) == 0.0


def test_a_peak_one_cell_off_costs_less_than_one_far_off() -> None:
    beside = focal_of(DIGIT, logits({MIDDLE: 4, (8, 7, 3): 4}))
    assert beside < focal_of(DIGIT, logits({MIDDLE: 4, (12, 7, 3): 4}))


def test_what_is_said_of_a_region_to_be_ignored_neither_costs_nor_pays() -> None:
    truth = Truth(DIGIT.digits, (), (PRINTED,))
    silent, loud = logits({MIDDLE: 4}), logits({MIDDLE: 4, (11, 12, 8): 9})
    assert focal_of(truth, silent) == focal_of(truth, loud)
    assert focal_of(DIGIT, silent) < focal_of(DIGIT, loud)


def test_a_batch_without_digits_has_a_loss_of_what_was_said_falsely() -> None:
    nothing = Truth((), (), ())
    quiet, loud = focal_of(nothing, logits({})), focal_of(nothing, logits({(3, 3, 1): 3.0}))
    assert 0 < quiet < 0.01 < loud


def test_sizes_count_only_at_and_beside_middles_and_in_proportion() -> None:
    wanted = targets([DIGIT], SHAPE).sizes
    exact = wanted[..., :2].copy()
    assert float(distance(wanted, exact)) == 0
    assert float(distance(wanted, exact + 0.25)) == pytest.approx(0.25)
    elsewhere = exact.copy()
    elsewhere[0, :5] = 9
    assert float(distance(wanted, elsewhere)) == 0
    assert float(distance(targets([Truth((), (), ())], SHAPE).sizes, exact)) == 0


def test_a_network_learns_a_batch_by_heart(material: Material) -> None:
    scenes = batch(material, Order((64, 64), 4, seed=1, empty_share=0.25), 0)
    wanted = targets(scenes.truths, (64, 64))
    keras.utils.set_random_seed(1)
    model = network.build((64, 64), widths=(8, 16, 16, 16, 16))
    model.compile(keras.optimizers.AdamW(0.01), [focal, distance, distance])
    luma = scenes.luma[:, :, :, None].astype(np.float32)
    steps = [
        model.train_on_batch(luma, [wanted.digits, wanted.sizes, wanted.offsets], return_dict=True) for _ in range(120)
    ]
    for name in ("digits_loss", "sizes_loss", "offsets_loss"):
        assert steps[-1][name] < 0.25 * steps[0][name], name
