"""The training loop: one call, from data to averaged final weights, resumable and reproducible.

Every random number is drawn from (seed, epoch, step), so a run that was killed and resumed ends where an uninterrupted
one does. The weights that come out are the exponential average over the last steps (Polyak and Juditsky, 1992) of the
final epoch: no epoch is picked by its score.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np

from core.dataset import GlyphSet
from core.errors import TrainingError
from core.evaluation import evaluate
from train import backend, distribution, losses
from train import checkpoint as checkpoints
from train.average import AVERAGE_EVERY_STEPS, WeightAverage
from train.batches import as_input, batches, steps_of
from train.recipe import Recipe

REFRESH_S = 0.5
"""Between two tellings of the progress."""

MOST_STATISTICS_MOMENTUM = 0.99
STATISTICS_SHARE = 0.05
"""Batch normalisation's running statistics reach back 100 steps, as Keras has it, but at most over this share of all:
trained on a few hundred glyphs, a network would otherwise end with the statistics it began with."""


@dataclass(frozen=True)
class Epoch:
    """What one epoch left behind. Validation is of the averaged weights; None without held-out glyphs."""

    epoch: int
    loss: float
    """In nats a glyph. With glyphs that are none of the labels, they count in loss and accuracy of the training."""
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    seconds: float


@dataclass(frozen=True)
class Progress:
    """Where the loop is, for whoever shows it."""

    step: int
    steps: int
    epoch: int
    epochs: int
    loss: float
    accuracy: float
    seconds_left: float


def fit(
    model: keras.Model,
    glyphs: GlyphSet,
    recipe: Recipe,
    checkpoint: Path,
    held_out: GlyphSet | None = None,
    others: Sequence[GlyphSet] = (),
    *,
    on_progress: Callable[[Progress], None] = lambda _: None,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
) -> list[Epoch]:
    """Train `model` in place and leave it with its averaged final weights; returns one record an epoch.

    `others` are none of the labels: the network learns to say so. After each epoch the state goes to `checkpoint`; if
    that file is there, training goes on from it, and ends with the same weights as if it had never stopped. Raises
    TrainingError if the checkpoint is damaged, or of another recipe, network or `others`, and if the loss is no number.
    """
    keras.utils.set_random_seed(recipe.seed)
    steps = steps_of(glyphs, recipe.batch_size)
    set_statistics_momentum(model, steps * recipe.epochs)
    _compile(model, recipe, bool(others))
    average = WeightAverage(model)
    identity = _identity(model, recipe, others)
    history = [Epoch(**record) for record in checkpoints.resume(checkpoint, identity, model, average)]
    pace = _Pace(steps, recipe.epochs, len(history), on_progress)
    for epoch in range(len(history), recipe.epochs):
        started = time.monotonic()
        loss, accuracy, rate = _train_epoch(model, average, glyphs, others, recipe, epoch, pace)
        if not math.isfinite(loss):
            raise TrainingError(
                f"epoch {epoch + 1}: the loss is {loss} with a learning rate of {recipe.learning_rate:g}; "
                "start over with a lower one: --fresh --learning-rate"
            )
        validation = (None, None) if held_out is None else _validate(model, average, held_out)
        record = Epoch(epoch + 1, loss, accuracy, *validation, rate, time.monotonic() - started)
        history.append(record)
        if distribution.leads():
            checkpoints.save(checkpoint, identity, model, average, [asdict(done) for done in history])
        on_epoch(record)
    model.set_weights(average.values)
    return history


def set_statistics_momentum(model: keras.Model, all_steps: int) -> None:
    """Let the running statistics of `model` forget as fast as a run of `all_steps` needs it."""
    momentum = min(MOST_STATISTICS_MOMENTUM, max(0.0, 1 - 1 / (STATISTICS_SHARE * all_steps)))
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = momentum


def _compile(model: keras.Model, recipe: Recipe, with_others: bool) -> None:
    optimizer = keras.optimizers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    model.compile(
        optimizer=optimizer,
        loss=losses.with_none if with_others else keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.MeanMetricWrapper(losses.accuracy_with_none, "accuracy") if with_others else "accuracy"],
        jit_compile=backend.jit_compile(),
    )
    optimizer.build(model.trainable_variables)


def _train_epoch(
    model: keras.Model,
    average: WeightAverage,
    glyphs: GlyphSet,
    others: Sequence[GlyphSet],
    recipe: Recipe,
    epoch: int,
    pace: _Pace,
) -> tuple[float, float, float]:
    """One pass; returns mean loss, mean accuracy and the last learning rate. `epoch` counts from 0."""
    steps = steps_of(glyphs, recipe.batch_size)

    def progress(step: float) -> float:
        return (epoch * steps + step) / (steps * recipe.epochs)

    sums = np.zeros(2)
    rate = recipe.learning_rate
    drawn = batches(
        glyphs,
        others,
        batch_size=recipe.batch_size,
        seed=recipe.seed,
        epoch=epoch,
        strength_at=lambda step: recipe.strength_at(progress(step)),
    )
    with closing(drawn):
        for step, batch in enumerate(drawn):
            rate = recipe.learning_rate_at(progress(step))
            model.optimizer.learning_rate.assign(distribution.everywhere(rate))
            y = losses.targets_with_none(batch.y, batch.spoilt) if others else batch.y
            scores = model.train_on_batch(*distribution.share(batch.x, y), return_dict=True)
            sums += float(scores["loss"]), float(scores["accuracy"])
            if (epoch * steps + step) % AVERAGE_EVERY_STEPS == 0:
                average.update()
            pace.tick(epoch, step, sums / (step + 1))
    loss, accuracy = (sums / steps).tolist()
    return loss, accuracy, rate


class _Pace:
    """Tells `on_progress` every REFRESH_S where the loop is and how long it will still take."""

    def __init__(self, steps: int, epochs: int, epochs_done: int, on_progress: Callable[[Progress], None]) -> None:
        self._steps, self._epochs, self._on_progress = steps, epochs, on_progress
        self._first_step = epochs_done * steps + 1
        self._started, self._shown = 0.0, 0.0

    def tick(self, epoch: int, step: int, means: np.ndarray) -> None:
        """One step is done; `means` are loss and accuracy so far in this epoch."""
        now = time.monotonic()
        done = epoch * self._steps + step + 1
        if done == self._first_step:
            self._started = now  # the first step was mostly compilation, and says nothing of the pace
        elif now - self._shown >= REFRESH_S:
            self._shown = now
            self._tell(now, done, means)

    def _tell(self, now: float, done: int, means: np.ndarray) -> None:
        epoch, step = divmod(done - 1, self._steps)
        step_s = (now - self._started) / (done - self._first_step)
        seconds_left = step_s * (self._steps * self._epochs - done)
        loss, accuracy = means.tolist()
        self._on_progress(Progress(step + 1, self._steps, epoch + 1, self._epochs, loss, accuracy, seconds_left))


def _validate(model: keras.Model, average: WeightAverage, held_out: GlyphSet) -> tuple[float, float]:
    """(loss, accuracy) of the averaged weights on the held-out glyphs."""
    with distribution.alone():
        copy = keras.Model.from_config(model.get_config())
        copy.set_weights(average.values)
        evaluation = evaluate(predict_logits(copy, held_out.pixels), held_out.targets, held_out.labels)
    return evaluation.nll, evaluation.accuracy


def predict_logits(model: keras.Model, pixels: np.ndarray, batch_size: int = 500) -> np.ndarray:
    """float32 (N, classes): the float model's logits for uint8 (N, 28, 28)."""
    parts = [model(as_input(pixels[i : i + batch_size]), training=False) for i in range(0, len(pixels), batch_size)]
    return np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])


def _identity(model: keras.Model, recipe: Recipe, others: Sequence[GlyphSet]) -> str:
    return json.dumps(
        {
            "network": model.name,
            "shapes": [list(w.shape) for w in model.weights],
            "others": [source.sha256() for source in others],
            **asdict(recipe),
        }
    )
