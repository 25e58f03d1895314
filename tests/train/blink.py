"""A network that trains in a blink, and plans for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import keras
from keras import layers

from core.dataset import GlyphSet
from train.network import LOGITS, Network
from train.plan import Plan
from train.recipe import Recipe


def build_small(classes: int) -> keras.Model:
    """One of each kind of layer whose state a checkpoint must keep: weights, running statistics, random numbers."""
    glyphs = keras.Input((28, 28, 1))
    x = layers.Rescaling(1 / 255)(glyphs)
    x = layers.Conv2D(6, 5, strides=3, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    return keras.Model(glyphs, layers.Dense(classes, name=LOGITS)(x), name="small")


SMALL = Network(
    build_small,
    epochs=3,
    batch_size=20,
    learning_rate=0.01,
    weight_decay=0.01,
    cosine=True,
    augment=False,
    refit_epochs=1,
)

RECIPE = Recipe(epochs=3, batch_size=20, learning_rate=0.01, weight_decay=0.01, cosine=True, augment=True, seed=1)


@dataclass(frozen=True)
class Drawn:
    """Drawn glyphs, of three classes so that little is enough."""

    kept: GlyphSet
    held_out: GlyphSet


def small_plan(folder: Path, **changed: object) -> Plan:
    """A plan that trains the small network in `folder`."""
    settings = {
        "recipe": RECIPE,
        "refit_epochs": 1,
        "not_digits": (),
        "holdout_fraction": 0.2,
        "calibration_glyphs": 50,
    }
    return Plan(folder=folder, network_name="small", network=SMALL, **(settings | changed))
