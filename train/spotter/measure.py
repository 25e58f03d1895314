"""Scenes whose truth is known, and what a network in training finds in them."""

from __future__ import annotations

import keras
import numpy as np

from core.scene_set import Known, SceneSet
from core.spots import THRESHOLD, Spots, decode
from train.scenes import Material, Order, Truth, batch
from train.scenes.fields import Shape

SEED = 0x5C0E
"""Of the scenes to measure on, whatever the seed of the run: all runs are measured on the same."""
AT_ONCE = 16


def exam(material: Material, shape: Shape, count: int, name: str = "exam", seed: int = SEED) -> SceneSet:
    """`count` scenes of `shape`, (height, width) in px, always the same of the same material and seed."""
    drawn = batch(material, Order(shape, count, seed), 0)
    return SceneSet(name, drawn.luma, tuple(known(truth) for truth in drawn.truths))


def known(truth: Truth) -> Known:
    """What of a truth single digits are compared with."""
    return Known(truth.boxes(), truth.labels(), truth.ignored())


def spots_of(model: keras.Model, scenes: SceneSet, threshold: float = THRESHOLD) -> list[Spots]:
    """What `model` finds in each of the scenes."""
    found: list[Spots] = []
    for first in range(0, len(scenes), AT_ONCE):
        luma = scenes.luma[first : first + AT_ONCE, :, :, None].astype(np.float32)
        maps = [keras.ops.convert_to_numpy(part) for part in model(luma, training=False)]
        found += [decode(*of_one, threshold).each_once() for of_one in zip(*maps, strict=True)]
    return found
