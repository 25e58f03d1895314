from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small import small_second

from core.crop_set import NONE, CropSet
from core.errors import TrainingError
from train.fit import Epoch
from train.recipe import Recipe
from train.second.fit import fit, measured

RECIPE = Recipe(epochs=2, batch_size=16, learning_rate=3e-3, weight_decay=0.01, cosine=True, augment=True, seed=3)


def crops(count: int, seed: int) -> CropSet:
    """Bars whose place is their digit, 2 or 5, and noise, which is none."""
    rng = np.random.default_rng(seed)
    targets = rng.choice([2, 5, NONE], count)
    pixels = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    pixels[targets != NONE] = 0
    pixels[targets == 2, 6:22, 8:12] = 255
    pixels[targets == 5, 6:22, 16:20] = 255
    return CropSet("bars", pixels, targets)


def test_a_run_that_was_stopped_ends_with_the_weights_of_one_that_was_not(tmp_path: Path) -> None:
    state, half_way = tmp_path / "state.npz", tmp_path / "half-way.npz"
    to_train, held_out = crops(80, 1), crops(20, 2)

    def keep(epoch: Epoch) -> None:
        if epoch.epoch == 1:
            shutil.copy(state, half_way)

    whole = small_second()
    history = fit(whole, to_train, RECIPE, state, held_out, on_epoch=keep)
    assert [epoch.epoch for epoch in history] == [1, 2]
    stopped = small_second()
    again = fit(stopped, to_train, RECIPE, half_way, held_out)
    for got, wanted in zip(stopped.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)
    assert again[0] == history[0]
    with pytest.raises(TrainingError, match="other settings"):
        fit(small_second(), to_train, replace(RECIPE, seed=4), state, held_out)


def test_digits_are_told_from_one_another_and_from_what_is_none(tmp_path: Path) -> None:
    model = small_second()
    fit(model, crops(400, 1), replace(RECIPE, epochs=6), tmp_path / "state.npz", crops(20, 2))
    assert measured(model, crops(60, 3)).accuracy > 0.95


def test_a_loss_that_is_no_number_is_told(tmp_path: Path) -> None:
    model = small_second()
    model.layers[-1].bias.assign(np.full(10, np.nan))
    with pytest.raises(TrainingError, match="epoch 1: the loss is nan"):
        fit(model, crops(20, 1), RECIPE, tmp_path / "state.npz", crops(20, 2))
