"""The spotter's training loop: one call, from material to averaged final weights, resumable and reproducible.

Batch `step` of a seed is always the same, so a run that was killed and resumed ends where an uninterrupted one does.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from core.errors import TrainingError, UsageError
from train import backend, checkpoint
from train.average import AVERAGE_EVERY_STEPS, WeightAverage
from train.fit import REFRESH_S, set_statistics_momentum
from train.scenes import Batch, Material, Order, stream
from train.scenes.fields import Shape
from train.spotter import losses
from train.spotter.hard import HardScenes
from train.spotter.network import DIGITS, OFFSETS, SIZES, of_shape
from train.spotter.targets import targets

WARM_UP_SHARE = 0.05
"""Share of all steps over which the learning rate rises."""
LARGEST_GRADIENT = 5.0
"""Norm of the gradient of all weights: a batch that is full of digits, or hard, is not to undo what others taught."""


@dataclass(frozen=True)
class Recipe:
    """How to train a spotter: all that decides its weights, besides the material."""

    steps: int
    batch_size: int = 16
    shapes: tuple[Shape, ...] = ((256, 256),)
    """(height, width) in px of the scenes, in turn."""
    seed: int = 1
    learning_rate: float = 2e-3
    """At its highest."""
    weight_decay: float = 0.01
    check_every_steps: int = 500
    hard_scenes: int = 1
    """Of each batch: scenes without digits that the network saw some in, of `searched_scenes` at the last check."""
    searched_scenes: int = 400

    def __post_init__(self) -> None:
        for name, least in (
            ("steps", 1),
            ("batch_size", 1),
            ("seed", 0),
            ("check_every_steps", 1),
            ("hard_scenes", 0),
            ("searched_scenes", 1),
        ):
            if getattr(self, name) < least:
                raise UsageError(f"{name} is {getattr(self, name)}; allowed: {least} and more")
        if not 0 < self.learning_rate <= 1:
            raise UsageError(f"learning_rate is {self.learning_rate:g}; allowed: a number above 0 to 1")

    def learning_rate_at(self, step: int) -> float:
        """It rises, then falls as a cosine to zero. `step` counts from 0."""
        progress = (step + 1) / self.steps
        if progress < WARM_UP_SHARE:
            return self.learning_rate * progress / WARM_UP_SHARE
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP_SHARE) / (1 - WARM_UP_SHARE)))

    def ends_part(self, step: int) -> bool:
        """Whether the state is kept and measured after `step`."""
        return (step + 1) % self.check_every_steps == 0 or step + 1 == self.steps


@dataclass(frozen=True)
class Progress:
    """Where the loop is, for whoever shows it."""

    step: int
    steps: int
    loss: float
    seconds_left: float


def batches(material: Material, recipe: Recipe, *, first: int = 0, workers: int = 0) -> Iterator[Batch]:
    """Batch `first` and following; those of each shape are drawn by `workers` processes of their own, 0 for none."""
    count = len(recipe.shapes)
    streams = [
        # Each shape has a seed of its own: the same scenes in two shapes would be half as many.
        stream(
            material,
            Order(shape, recipe.batch_size, recipe.seed * count + place),
            workers=workers,
            first=len(range(place, first, count)),
        )
        for place, shape in enumerate(recipe.shapes)
    ]
    step = first
    try:
        while True:
            yield next(streams[step % count])
            step += 1
    finally:
        for one in streams:
            one.close()


def fit(
    model: keras.Model,
    material: Material,
    recipe: Recipe,
    state: Path,
    *,
    workers: int = 0,
    measure: Callable[[keras.Model], dict[str, Any]] = lambda _: {},
    on_progress: Callable[[Progress], None] = lambda _: None,
    on_record: Callable[[dict[str, Any]], None] = lambda _: None,
) -> list[dict[str, Any]]:
    """Train `model` in place and leave it with its averaged final weights; returns a record of each part of the run.

    After every `recipe.check_every_steps` steps the averaged weights are measured, and the state goes to the file
    `state`; if that is there, training goes on from it. Raises TrainingError if it is damaged or of another recipe,
    network or material, and if the loss is no number.
    """
    keras.utils.set_random_seed(recipe.seed)
    set_statistics_momentum(model, recipe.steps)
    # Of one shape each, with the same weights: TensorFlow cannot trace the enlargement of a map of unknown size.
    trained = [of_shape(model, shape) for shape in recipe.shapes]
    _compile(trained, recipe)
    average, averaged = WeightAverage(model), keras.Model.from_config(model.get_config())
    identity = _identity(model, material, recipe)
    history = checkpoint.resume(state, identity, trained[0], average)
    first = history[-1]["step"] if history else 0
    if first >= recipe.steps:
        model.set_weights(average.values)
        return history
    hard = _hard_scenes(material, recipe, history)
    pace = _Pace(recipe.steps, first, on_progress)
    part = _Part()
    with closing(batches(material, recipe, first=first, workers=workers)) as drawn:
        for step, batch in zip(range(first, recipe.steps), drawn, strict=False):
            place = step % len(trained)
            mixed = hard[place].mixed_into(batch, recipe.hard_scenes, np.random.default_rng([recipe.seed, step]))
            part.add(_train_step(trained[place], mixed, recipe.learning_rate_at(step)))
            if step % AVERAGE_EVERY_STEPS == 0:
                average.update()
            pace.tick(step, part)
            if recipe.ends_part(step):
                record: dict[str, Any] = {
                    "step": step + 1,
                    "learning_rate": recipe.learning_rate_at(step),
                    **part.means(),
                }
                _check_finite(record["loss"], step, recipe)
                for searching, scenes in zip(trained, hard, strict=True):
                    scenes.search(searching, step + 1, recipe.searched_scenes)
                record["hard_scenes"] = [scenes.indices for scenes in hard]
                averaged.set_weights(average.values)
                history.append(record | {"seconds": part.seconds()} | measure(averaged))
                checkpoint.save(state, identity, trained[0], average, history)
                on_record(history[-1])
                part = _Part()
    model.set_weights(average.values)
    return history


def _hard_scenes(material: Material, recipe: Recipe, history: Sequence[dict[str, Any]]) -> list[HardScenes]:
    """Of each shape; none are known before the first check."""
    hard = [HardScenes(material, shape, recipe.seed) for shape in recipe.shapes]
    for scenes, indices in zip(hard, history[-1]["hard_scenes"] if history else [[] for _ in hard], strict=True):
        scenes.restore(indices)
    return hard


class _Part:
    """The steps between two records."""

    def __init__(self) -> None:
        self._count, self._began = 0, time.monotonic()
        self._sums: dict[str, float] = {}

    def add(self, scores: dict[str, float]) -> None:
        """What one step lost."""
        self._count += 1
        self._sums = {name: self._sums.get(name, 0.0) + value for name, value in scores.items()}

    def means(self) -> dict[str, float]:
        """Of all steps so far."""
        return {name: total / self._count for name, total in self._sums.items()}

    def seconds(self) -> float:
        """Since the part began."""
        return time.monotonic() - self._began


def _compile(trained: Sequence[keras.Model], recipe: Recipe) -> None:
    """All of them with one optimizer, for their weights are the same."""
    optimizer = keras.optimizers.AdamW(
        recipe.learning_rate, weight_decay=recipe.weight_decay, global_clipnorm=LARGEST_GRADIENT
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    optimizer.build(trained[0].trainable_variables)
    for model in trained:
        model.compile(
            optimizer=optimizer,
            loss=[losses.digits, losses.distance, losses.distance],
            loss_weights=[losses.WEIGHTS[name] for name in (DIGITS, SIZES, OFFSETS)],
            jit_compile=backend.jit_compile(),
        )


def _train_step(model: keras.Model, batch: Batch, rate: float) -> dict[str, float]:
    """The losses of the batch, by name."""
    wanted = targets(batch.truths, batch.luma.shape[1:])
    model.optimizer.learning_rate.assign(rate)
    luma = batch.luma[:, :, :, None].astype(np.float32)
    scores = model.train_on_batch(luma, [wanted.digits, wanted.sizes, wanted.offsets], return_dict=True)
    return {name: float(value) for name, value in scores.items()}


def _check_finite(loss: float, step: int, recipe: Recipe) -> None:
    if not math.isfinite(loss):
        raise TrainingError(
            f"step {step + 1}: the loss is {loss} with a learning rate of {recipe.learning_rate:g}; "
            "start over with a lower one: --fresh --learning-rate"
        )


class _Pace:
    """Tells `on_progress` every REFRESH_S where the loop is and how long it will still take."""

    def __init__(self, steps: int, first: int, on_progress: Callable[[Progress], None]) -> None:
        self._steps, self._first, self._on_progress = steps, first, on_progress
        self._started, self._shown = 0.0, 0.0

    def tick(self, step: int, part: _Part) -> None:
        """Step `step` is done."""
        now = time.monotonic()
        if step == self._first:
            self._started = now  # the first step was mostly compilation, and says nothing of the pace
        elif now - self._shown >= REFRESH_S:
            self._shown = now
            step_s = (now - self._started) / (step - self._first)
            self._on_progress(Progress(step + 1, self._steps, part.means()["loss"], step_s * (self._steps - step - 1)))


def _identity(model: keras.Model, material: Material, recipe: Recipe) -> str:
    grounds = hashlib.sha256(b"".join(ground.tobytes() for ground in material.grounds)).hexdigest()
    return json.dumps(
        {
            "shapes": [list(weight.shape) for weight in model.weights],
            "digits": material.digits.sha256(),
            "letters": None if material.letters is None else material.letters.sha256(),
            "grounds": grounds,
            "recipe": asdict(recipe),
        }
    )
