from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from blink import build_small

from core.errors import TrainingError
from train import checkpoint
from train.average import WeightAverage

HISTORY = [{"epoch": 1, "loss": 0.5, "validation_loss": None}]


def compiled(seed: int, steps: int) -> WeightAverage:
    """The average over a small model that has trained for so many steps."""
    keras.utils.set_random_seed(seed)
    model = build_small(3)
    model.compile(keras.optimizers.AdamW(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.optimizer.build(model.trainable_variables)
    average = WeightAverage(model)
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        model.train_on_batch(rng.uniform(0, 255, (8, 28, 28, 1)).astype(np.float32), rng.integers(0, 3, 8))
        average.update()
    return average


def state(average: WeightAverage) -> list[np.ndarray]:
    model = average.model
    variables = [np.asarray(variable).copy() for variable in (*model.variables, *model.optimizer.variables)]
    return [*variables, *(value.copy() for value in average.values), np.array(average.updates)]


def same(left: list[np.ndarray], right: list[np.ndarray]) -> bool:
    """To the bit."""
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[np.ndarray]]:
    """A checkpoint alone in its folder, and the state that went into it."""
    path = tmp_path_factory.mktemp("saved") / "checkpoint.npz"
    average = compiled(seed=1, steps=2)
    checkpoint.save(path, "this run", average.model, average, HISTORY)
    return path, state(average)


def test_a_state_comes_back_to_the_bit(saved: tuple[Path, list[np.ndarray]]) -> None:
    path, expected = saved
    other = compiled(seed=2, steps=0)
    assert not same(state(other), expected)
    assert checkpoint.resume(path, "this run", other.model, other) == HISTORY
    assert same(state(other), expected)


def test_nothing_is_left_beside_the_checkpoint(saved: tuple[Path, list[np.ndarray]]) -> None:
    assert [path.name for path in saved[0].parent.iterdir()] == ["checkpoint.npz"]


def test_without_a_file_a_run_begins_and_nothing_is_changed(tmp_path: Path) -> None:
    average = compiled(seed=1, steps=0)
    before = state(average)
    assert checkpoint.resume(tmp_path / "checkpoint.npz", "this run", average.model, average) == []
    assert same(state(average), before)


def test_a_checkpoint_of_another_run_is_refused_and_nothing_is_changed(saved: tuple[Path, list[np.ndarray]]) -> None:
    average = compiled(seed=2, steps=0)
    before = state(average)
    with pytest.raises(TrainingError, match=r"belongs to a run with another network or other settings; .* --fresh"):
        checkpoint.resume(saved[0], "another run", average.model, average)
    assert same(state(average), before)


@pytest.mark.parametrize("kept", [0, 2, 0.5, 0.99])
def test_a_checkpoint_that_is_cut_off_is_refused(
    saved: tuple[Path, list[np.ndarray]], tmp_path: Path, kept: float
) -> None:
    content = saved[0].read_bytes()
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(content[: kept if isinstance(kept, int) else int(kept * len(content))])
    other = compiled(seed=2, steps=0)
    with pytest.raises(TrainingError, match=r"checkpoint\.npz: not an .npz archive, .*; start over with --fresh"):
        checkpoint.resume(path, "this run", other.model, other)


def test_a_checkpoint_that_rotted_on_the_disk_is_refused(saved: tuple[Path, list[np.ndarray]], tmp_path: Path) -> None:
    content = bytearray(saved[0].read_bytes())
    content[len(content) // 2] ^= 1
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(content)
    other = compiled(seed=2, steps=0)
    with pytest.raises(TrainingError, match=r"checkpoint\.npz: not a readable .npz .*; start over with --fresh"):
        checkpoint.resume(path, "this run", other.model, other)
