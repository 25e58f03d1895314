from __future__ import annotations

import dataclasses
import math
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from blink import RECIPE, Drawn, build_small
from handwriting import glyph_set

import train.fit
from core.errors import TrainingError
from train.fit import Epoch, Progress, fit, predict_logits
from train.network import network
from train.recipe import Recipe

LETTERS = glyph_set(60, seed=6, labels="XK")
"""None of the labels."""

MILD_AT_LAST = dataclasses.replace(RECIPE, mild_from=0.5)


def trained_model(drawn: Drawn, checkpoint: Path, recipe: Recipe = RECIPE, **how: object) -> keras.Model:
    """The small network, trained."""
    keras.utils.set_random_seed(recipe.seed)
    model = build_small(3)
    fit(model, drawn.kept, recipe, checkpoint, drawn.held_out, **how)
    return model


def trained(drawn: Drawn, checkpoint: Path, recipe: Recipe = RECIPE, **how: object) -> list[np.ndarray]:
    """The weights after training the small network."""
    return trained_model(drawn, checkpoint, recipe, **how).get_weights()


def trained_against_letters(drawn: Drawn, checkpoint: Path, **how: object) -> list[np.ndarray]:
    """The weights after all that a run may have: others, and mild augmentation in the end."""
    return trained(drawn, checkpoint, MILD_AT_LAST, others=(LETTERS,), **how)


def same(left: list[np.ndarray], right: list[np.ndarray]) -> bool:
    """To the bit."""
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


@pytest.fixture(scope="module")
def uninterrupted(drawn: Drawn, tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    return trained_against_letters(drawn, tmp_path_factory.mktemp("whole") / "checkpoint.npz")


def test_the_same_seed_gives_the_same_weights(drawn: Drawn, uninterrupted: list[np.ndarray], tmp_path: Path) -> None:
    assert same(trained_against_letters(drawn, tmp_path / "checkpoint.npz"), uninterrupted)


def test_another_seed_gives_other_weights(
    drawn: Drawn, one_epoch: tuple[Path, list[np.ndarray]], tmp_path: Path
) -> None:
    other = trained(drawn, tmp_path / "checkpoint.npz", dataclasses.replace(ONE_EPOCH, seed=2))
    assert not same(other, one_epoch[1])


class Stopped(Exception):
    """Somebody pressed Ctrl-C."""


def stop_after_an_epoch(epoch: Epoch) -> None:
    if epoch.epoch == 1:
        raise Stopped


def stop_in_the_middle_of_an_epoch(progress: Progress) -> None:
    if (progress.epoch, progress.step) == (3, 3):
        raise Stopped


@pytest.mark.parametrize(
    ("stop", "resumed"),
    [({"on_epoch": stop_after_an_epoch}, [2, 3]), ({"on_progress": stop_in_the_middle_of_an_epoch}, [3])],
)
def test_an_interrupted_run_ends_with_the_weights_of_an_uninterrupted_one(
    drawn: Drawn,
    uninterrupted: list[np.ndarray],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stop: dict[str, Callable[..., None]],
    resumed: list[int],
) -> None:
    monkeypatch.setattr("train.fit.REFRESH_S", 0.0)
    with pytest.raises(Stopped) as stopped:
        trained_against_letters(drawn, tmp_path / "checkpoint.npz", **stop)
    assert stopped.value  # while it is kept, so is all that led to it, but not the thread that makes batches
    assert [thread for thread in threading.enumerate() if thread.name == "batches"] == []
    resumed_at: list[int] = []
    weights = trained_against_letters(
        drawn, tmp_path / "checkpoint.npz", on_epoch=lambda epoch: resumed_at.append(epoch.epoch)
    )
    assert resumed_at == resumed
    assert same(weights, uninterrupted)


KILLED = """
import os, signal, sys
sys.path[:0] = {paths!r}
from blink import RECIPE, build_small
from handwriting import glyph_set
from core.dataset import hold_out
import keras
from pathlib import Path
from train.fit import fit

def kill(progress):
    # In the middle of the second epoch: after a checkpoint, with work done that is lost.
    if progress.epoch == 2:
        os.kill(os.getpid(), signal.SIGKILL)

kept, held_out = hold_out(glyph_set(180, seed=1, labels="017", writers=18), 0.2, 1)
keras.utils.set_random_seed(RECIPE.seed)
import train.fit
train.fit.REFRESH_S = 0.0
fit(build_small(3), kept, RECIPE, Path({checkpoint!r}), held_out, on_progress=kill)
"""


@pytest.mark.slow
def test_a_killed_process_loses_no_more_than_the_epoch_it_was_in(drawn: Drawn, tmp_path: Path, root: Path) -> None:
    checkpoint = tmp_path / "checkpoint.npz"
    paths = [str(root / "tests" / "train"), str(root / "tests"), str(root)]
    program = KILLED.format(paths=paths, checkpoint=str(checkpoint))
    killed = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    resumed_at: list[int] = []
    weights = trained(drawn, checkpoint, on_epoch=lambda epoch: resumed_at.append(epoch.epoch))
    assert resumed_at == [2, 3]
    assert same(weights, trained(drawn, tmp_path / "whole.npz"))


ONE_EPOCH = dataclasses.replace(RECIPE, epochs=1)


@pytest.fixture(scope="module")
def one_epoch(drawn: Drawn, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[np.ndarray]]:
    """The checkpoint of a finished run of one epoch, alone in its folder, and the weights it ended with."""
    checkpoint = tmp_path_factory.mktemp("one") / "checkpoint.npz"
    return checkpoint, trained(drawn, checkpoint, ONE_EPOCH)


def test_a_finished_run_is_not_trained_again(drawn: Drawn, one_epoch: tuple[Path, list[np.ndarray]]) -> None:
    checkpoint, first = one_epoch
    epochs: list[Epoch] = []
    assert same(trained(drawn, checkpoint, ONE_EPOCH, on_epoch=epochs.append), first)
    assert epochs == []


def test_a_checkpoint_of_other_settings_is_refused(drawn: Drawn, one_epoch: tuple[Path, list[np.ndarray]]) -> None:
    with pytest.raises(TrainingError, match=r"belongs to a run with another network or other settings; .* --fresh"):
        trained(drawn, one_epoch[0])


def test_a_checkpoint_of_a_run_against_other_glyphs_is_refused(
    drawn: Drawn, one_epoch: tuple[Path, list[np.ndarray]]
) -> None:
    with pytest.raises(TrainingError, match=r"belongs to a run with another network or other settings; .* --fresh"):
        trained(drawn, one_epoch[0], ONE_EPOCH, others=(LETTERS,))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy sees the numbers that are none, too
def test_a_loss_that_is_no_number_ends_the_run(drawn: Drawn, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, learning_rate=1e38, cosine=False, epochs=1)
    with pytest.raises(TrainingError, match=r"epoch 1: the loss is (nan|inf) with a learning rate of 1e\+38"):
        trained(drawn, tmp_path / "checkpoint.npz", recipe)
    assert not (tmp_path / "checkpoint.npz").exists()


def test_a_few_glyphs_are_learnt_in_a_few_steps(drawn: Drawn, tmp_path: Path) -> None:
    """Running statistics and averaged weights must not lag behind a short run."""
    epochs: list[Epoch] = []
    recipe = dataclasses.replace(RECIPE, epochs=8, augment=False)
    trained(drawn, tmp_path / "checkpoint.npz", recipe, on_epoch=epochs.append)
    assert epochs[-1].validation_accuracy > 0.95
    assert epochs[-1].validation_loss < epochs[0].validation_loss


def test_what_is_none_of_the_labels_is_told_by_logits_below_zero(drawn: Drawn, tmp_path: Path) -> None:
    epochs: list[Epoch] = []
    recipe = dataclasses.replace(RECIPE, epochs=10, augment=False)
    model = trained_model(drawn, tmp_path / "checkpoint.npz", recipe, others=(LETTERS,), on_epoch=epochs.append)
    unseen = glyph_set(60, seed=7, labels="XK").pixels
    assert np.mean(predict_logits(model, drawn.held_out.pixels).max(axis=1) > 0) > 0.9
    assert np.mean(predict_logits(model, unseen).max(axis=1) < 0) > 0.9
    assert epochs[-1].accuracy > 0.9
    assert epochs[-1].validation_accuracy > 0.9


def test_a_batch_larger_than_the_set_is_the_set(drawn: Drawn, tmp_path: Path) -> None:
    seen: list[Epoch] = []
    recipe = dataclasses.replace(RECIPE, batch_size=5000, epochs=1, augment=False)
    trained(drawn, tmp_path / "checkpoint.npz", recipe, on_epoch=seen.append)
    assert len(seen) == 1


def test_statistics_reach_back_as_far_as_in_keras_but_not_over_a_short_run() -> None:
    model = network("plain").build(10)
    normalisations = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    train.fit.set_statistics_momentum(model, all_steps=12 * 468)
    assert [layer.momentum for layer in normalisations] == [0.99] * 6
    train.fit.set_statistics_momentum(model, all_steps=40)
    assert [layer.momentum for layer in normalisations] == [0.5] * 6
    train.fit.set_statistics_momentum(model, all_steps=1)
    assert [layer.momentum for layer in normalisations] == [0.0] * 6


def test_predictions_come_in_the_order_of_the_glyphs_whatever_the_batch(drawn: Drawn) -> None:
    keras.utils.set_random_seed(1)
    model = build_small(3)
    whole = predict_logits(model, drawn.kept.pixels)
    assert whole.shape == (len(drawn.kept), 3)
    np.testing.assert_allclose(predict_logits(model, drawn.kept.pixels, batch_size=7), whole, rtol=1e-4, atol=1e-5)


def test_progress_tells_where_it_is_and_how_long_it_takes(
    drawn: Drawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.fit.REFRESH_S", 0.0)
    seen: list[Progress] = []
    recipe = dataclasses.replace(RECIPE, epochs=2, augment=False)
    trained(drawn, tmp_path / "checkpoint.npz", recipe, on_progress=seen.append)
    steps = len(drawn.kept) // recipe.batch_size
    everywhere = [(epoch, step) for epoch in (1, 2) for step in range(1, steps + 1)]
    assert [(entry.epoch, entry.step) for entry in seen] == everywhere[1:]
    assert seen[-1].seconds_left == 0
    assert all(math.isfinite(entry.seconds_left) and entry.seconds_left > 0 for entry in seen[:-1])
