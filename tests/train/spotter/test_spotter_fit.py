from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import active_children
from pathlib import Path

import keras
import numpy as np
import pytest

from core.errors import TrainingError, UsageError
from train.scenes import Material
from train.spotter import network
from train.spotter.fit import Recipe, batches, fit

SMALL = Recipe(
    steps=24,
    batch_size=4,
    shapes=((64, 64), (64, 96)),
    seed=3,
    learning_rate=0.01,
    check_every_steps=12,
    searched_scenes=16,
)


def small() -> keras.Model:
    keras.utils.set_random_seed(1)
    return network.build(widths=(8, 8, 8, 8, 8))


@dataclass(frozen=True)
class Run:
    model: keras.Model
    history: list[dict]
    half_way: Path
    """The state after the first record."""


@pytest.fixture(scope="module")
def uninterrupted(material: Material, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("fit")
    state, half_way = folder / "state.npz", folder / "half-way.npz"

    def keep(record: dict) -> None:
        if record["step"] == 12:
            shutil.copy(state, half_way)

    model = small()
    return Run(model, fit(model, material, SMALL, state, on_record=keep), half_way)


def test_every_part_of_a_run_leaves_a_record(uninterrupted: Run) -> None:
    assert [record["step"] for record in uninterrupted.history] == [12, 24]
    assert set(uninterrupted.history[0]) == {
        *("step", "learning_rate", "seconds", "hard_scenes"),
        *("loss", "digits_loss", "sizes_loss", "offsets_loss"),
    }


def test_a_run_that_was_stopped_ends_with_the_weights_of_one_that_was_not(
    material: Material, tmp_path: Path, uninterrupted: Run
) -> None:
    state = tmp_path / "state.npz"
    shutil.copy(uninterrupted.half_way, state)
    model = network.build(widths=(8, 8, 8, 8, 8))
    history = fit(model, material, SMALL, state, measure=lambda _: {"measured": True})
    for got, wanted in zip(model.get_weights(), uninterrupted.model.get_weights(), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)
    losses = [[record["loss"] for record in records] for records in (history, uninterrupted.history)]
    assert losses[0] == pytest.approx(losses[1])
    assert [record.get("measured") for record in history] == [None, True]


def test_a_state_of_another_recipe_is_refused(material: Material, uninterrupted: Run) -> None:
    with pytest.raises(TrainingError, match="other settings"):
        fit(small(), material, replace(SMALL, seed=4), uninterrupted.half_way)


def test_batches_are_the_same_wherever_a_run_begins_and_whoever_draws_them(material: Material) -> None:
    here = list(islice(batches(material, SMALL), 5))
    drawing = batches(material, SMALL, first=2, workers=1)
    later = list(islice(drawing, 3))
    drawing.close()
    assert [batch.luma.shape for batch in here] == [(4, 64, 64), (4, 64, 96)] * 2 + [(4, 64, 64)]
    for one, other in zip(here[2:], later, strict=True):
        assert np.array_equal(one.luma, other.luma)
        assert one.truths == other.truths
    assert not np.array_equal(here[0].luma, here[2].luma)
    assert active_children() == []


def test_the_learning_rate_rises_then_falls_to_nothing() -> None:
    recipe = Recipe(steps=200, learning_rate=0.1)
    rates = [recipe.learning_rate_at(step) for step in range(200)]
    top = int(np.argmax(rates))
    assert rates[top] == pytest.approx(0.1)
    assert top == 9
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] < 1e-4


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"batch_size": 0}, {"seed": -1}, {"learning_rate": 0.0}])
def test_a_recipe_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Recipe(**({"steps": 1} | wrong))
