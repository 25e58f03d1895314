from __future__ import annotations

import keras
import numpy as np
import pytest

from core.spots import CLASSES, STRIDE_PX
from train.scenes import Material, Order, batch, scene
from train.spotter.hard import SEED, HardScenes

SHAPE = (64, 96)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """It takes whatever is dark for a digit."""
    luma = keras.Input((*SHAPE, 1))
    mean = keras.layers.AveragePooling2D(STRIDE_PX)(luma)
    digits = keras.layers.Rescaling(-1 / 30, offset=5)(keras.layers.Concatenate()([mean] * CLASSES))
    return keras.Model(luma, [digits, mean, mean])


@pytest.fixture(scope="module")
def searched(material: Material, model: keras.Model) -> HardScenes:
    hard = HardScenes(material, SHAPE, seed=5)
    hard.search(model, first=100, count=40)
    return hard


def test_the_scenes_kept_are_those_in_which_most_is_seen(material: Material, searched: HardScenes) -> None:
    drawn = [scene(material, SHAPE, 5 + SEED, index, empty_share=1.0) for index in range(100, 140)]
    darkness = {100 + place: 255 - float(one.luma.mean()) for place, one in enumerate(drawn)}
    assert len(searched.indices) == 5
    kept, others = (
        [darkness[index] for index in darkness if (index in searched.indices) == is_kept] for is_kept in (True, False)
    )
    assert min(kept) > np.quantile(others, 0.75)


def test_hard_scenes_take_the_place_of_the_last_of_a_batch(material: Material, searched: HardScenes) -> None:
    drawn = batch(material, Order(SHAPE, 6, 1, empty_share=0.0), 0)
    mixed = searched.mixed_into(drawn, 2, np.random.default_rng(0))
    assert mixed.luma.shape == drawn.luma.shape
    assert mixed.luma.dtype == np.uint8
    assert np.array_equal(mixed.luma[:4], drawn.luma[:4])
    assert mixed.truths[:4] == drawn.truths[:4]
    assert not any(truth.digits for truth in mixed.truths[4:])
    assert any(truth.digits for truth in drawn.truths[4:])


def test_regions_to_be_ignored_stay_within_a_mirrored_scene(material: Material, searched: HardScenes) -> None:
    drawn = batch(material, Order(SHAPE, 6, 1), 0)
    for seed in range(8):
        mixed = searched.mixed_into(drawn, 6, np.random.default_rng(seed))
        for box in (box for truth in mixed.truths for box in truth.ignore):
            assert 0 <= box.x < box.right <= SHAPE[1]
            assert 0 <= box.y < box.bottom <= SHAPE[0]


def test_scenes_are_had_back_by_their_numbers(material: Material, searched: HardScenes) -> None:
    drawn = batch(material, Order(SHAPE, 4, 1), 0)
    again = HardScenes(material, SHAPE, seed=5)
    assert again.mixed_into(drawn, 2, np.random.default_rng(0)) is drawn
    again.restore(searched.indices)
    one, other = (hard.mixed_into(drawn, 3, np.random.default_rng(7)) for hard in (searched, again))
    assert np.array_equal(one.luma, other.luma)
    assert one.truths == other.truths
