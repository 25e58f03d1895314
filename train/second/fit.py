"""The second stage's training loop: one call, from crops to averaged final weights, resumable and reproducible.

Every random number is drawn from (seed, epoch, step), so a run that was killed and resumed ends where an uninterrupted
one does. "No digit" has no logit: it is a constant zero beside those of the digits (`train.losses`).
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np

from core.crop_set import CropSet
from core.errors import TrainingError
from core.evaluation import Evaluation, evaluate
from train import backend, checkpoint, losses
from train.average import AVERAGE_EVERY_STEPS, WeightAverage
from train.fit import REFRESH_S, Epoch, Progress, predict_logits, set_statistics_momentum
from train.recipe import Recipe
from train.scenes.material import DIGITS
from train.second.augment import augment

CLASSES = (*DIGITS, "none")
"""That figures are given over."""


def fit(
    model: keras.Model,
    crops: CropSet,
    recipe: Recipe,
    state: Path,
    held_out: CropSet,
    *,
    on_progress: Callable[[Progress], None] = lambda _: None,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
) -> list[Epoch]:
    """Train `model` in place and leave it with its averaged final weights; returns one record an epoch.

    After each epoch the state goes to `state`; if that file is there, training goes on from it. Raises TrainingError if
    it is damaged or of another recipe or network, and if the loss is no number.
    """
    keras.utils.set_random_seed(recipe.seed)
    set_statistics_momentum(model, recipe.epochs * _steps(crops, recipe))
    _compile(model, recipe)
    average, averaged = WeightAverage(model), keras.Model.from_config(model.get_config())
    identity = json.dumps({"shapes": [list(weight.shape) for weight in model.weights], **asdict(recipe)})
    history = [Epoch(**record) for record in checkpoint.resume(state, identity, model, average)]
    for epoch in range(len(history), recipe.epochs):
        started = time.monotonic()
        loss, accuracy, rate = _train_epoch(model, average, crops, recipe, epoch, on_progress)
        if not math.isfinite(loss):
            raise TrainingError(
                f"epoch {epoch + 1}: the loss is {loss} with a learning rate of {recipe.learning_rate:g}; "
                "start over with a lower one: --fresh --learning-rate"
            )
        averaged.set_weights(average.values)
        read = measured(averaged, held_out)
        history.append(Epoch(epoch + 1, loss, accuracy, read.nll, read.accuracy, rate, time.monotonic() - started))
        checkpoint.save(state, identity, model, average, [asdict(done) for done in history])
        on_epoch(history[-1])
    model.set_weights(average.values)
    return history


def measured(model: keras.Model, crops: CropSet) -> Evaluation:
    """What `model` makes of `crops`, over CLASSES."""
    logits = predict_logits(model, crops.pixels)
    return evaluate(np.append(logits, np.zeros_like(logits[:, :1]), axis=1), crops.targets, CLASSES)


def _steps(crops: CropSet, recipe: Recipe) -> int:
    """An epoch. The last crops that do not fill a batch wait for another epoch's order."""
    return max(1, len(crops) // recipe.batch_size)


def _compile(model: keras.Model, recipe: Recipe) -> None:
    optimizer = keras.optimizers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    model.compile(
        optimizer=optimizer,
        loss=losses.with_none,
        metrics=[keras.metrics.MeanMetricWrapper(losses.accuracy_with_none, "accuracy")],
        jit_compile=backend.jit_compile(),
    )
    optimizer.build(model.trainable_variables)


def _train_epoch(
    model: keras.Model,
    average: WeightAverage,
    crops: CropSet,
    recipe: Recipe,
    epoch: int,
    on_progress: Callable[[Progress], None],
) -> tuple[float, float, float]:
    """One pass; returns mean loss, mean accuracy and the last learning rate. `epoch` counts from 0."""
    steps, size = _steps(crops, recipe), recipe.batch_size
    order = np.random.default_rng([recipe.seed, epoch]).permutation(len(crops))
    sums, rate = np.zeros(2), recipe.learning_rate
    started = shown = time.monotonic()
    for step in range(steps):
        chosen = order[step * size : (step + 1) * size]
        x = augment(crops.pixels[chosen], np.random.default_rng([recipe.seed, epoch, step]))
        y = losses.targets_with_none(crops.targets[chosen], np.zeros(len(chosen)))
        rate = recipe.learning_rate_at((epoch * steps + step) / (steps * recipe.epochs))
        model.optimizer.learning_rate.assign(rate)
        scores = model.train_on_batch(x[..., None], y, return_dict=True)
        sums += float(scores["loss"]), float(scores["accuracy"])
        if (epoch * steps + step) % AVERAGE_EVERY_STEPS == 0:
            average.update()
        if time.monotonic() - shown >= REFRESH_S:
            shown = time.monotonic()
            left_s = (shown - started) / (step + 1) * (steps * (recipe.epochs - epoch) - step - 1)
            loss, accuracy = (sums / (step + 1)).tolist()
            on_progress(Progress(step + 1, steps, epoch + 1, recipe.epochs, loss, accuracy, left_s))
    loss, accuracy = (sums / steps).tolist()
    return loss, accuracy, rate
