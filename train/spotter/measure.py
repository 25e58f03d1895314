"""How well a spotter does on scenes whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np

from core.spots import THRESHOLD, Spots, decode, overlaps, shared
from train.scenes import Batch, Material, Order, Truth, batch
from train.scenes.fields import Shape

SEED = 0x5C0E
"""Of the scenes to measure on, whatever the seed of the run: all runs are measured on the same."""
FOUND_IOU = 0.4
"""From which a spot is of a digit. Less than the customary half, as a 1 is few pixels wide."""
IGNORED_SHARE = 0.5
"""Of a spot, in regions to be ignored, from which it is neither right nor wrong."""
AT_ONCE = 16


@dataclass(frozen=True)
class Figures:
    """Of a spotter at one threshold. A share of nothing is None."""

    threshold: float
    scenes: int
    empty_scenes: int
    """Without a digit; with regions to be ignored, perhaps."""
    digits: int
    precision: float | None
    """Of what was found: the share that is a digit. What is found in regions to be ignored is left out."""
    recall: float | None
    """Of the digits: the share that was found."""
    label_accuracy: float | None
    """Of the digits that were found: the share that was read right."""
    false_per_empty_scene: float | None
    """Digits found where there is none."""


def exam(material: Material, shape: Shape, count: int) -> Batch:
    """`count` scenes of `shape`, (height, width) in px, always the same of the same material."""
    return batch(material, Order(shape, count, SEED), 0)


def spots_of(model: keras.Model, scenes: Batch, threshold: float = THRESHOLD) -> list[Spots]:
    """What `model` finds in each of the scenes."""
    found: list[Spots] = []
    for first in range(0, len(scenes.truths), AT_ONCE):
        luma = scenes.luma[first : first + AT_ONCE, :, :, None].astype(np.float32)
        maps = [keras.ops.convert_to_numpy(part) for part in model(luma, training=False)]
        found += [decode(*of_one, threshold=threshold) for of_one in zip(*maps, strict=True)]
    return found


def figures(found: Sequence[Spots], truths: Sequence[Truth], threshold: float = THRESHOLD) -> Figures:
    """How well `found`, of a threshold no higher than this, fits the truths of the same scenes."""
    right = spotted = counted = false_on_empty = 0
    for spots, truth in zip(found, truths, strict=True):
        chosen = Spots(*(part[spots.confidences >= threshold] for part in (spots.boxes, spots.scores)))
        owner = _owners(chosen, truth)
        false = (owner < 0) & ~_are_ignored(chosen, truth)
        right += int((chosen.labels == np.append(truth.labels(), -1)[owner]).sum())
        spotted += int((owner >= 0).sum())
        counted += int((owner >= 0).sum() + false.sum())
        false_on_empty += 0 if truth.digits else int(false.sum())
    digits, empty = sum(len(truth.digits) for truth in truths), sum(not truth.digits for truth in truths)
    return Figures(
        threshold,
        scenes=len(truths),
        empty_scenes=empty,
        digits=digits,
        precision=_share(spotted, counted),
        recall=_share(spotted, digits),
        label_accuracy=_share(right, spotted),
        false_per_empty_scene=_share(false_on_empty, empty),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _owners(spots: Spots, truth: Truth) -> np.ndarray:
    """int64 (N,): the digit each spot is of, or -1; the surest choose first, and each digit has one at most."""
    owner = np.full(len(spots), -1, np.int64)
    if not truth.digits:
        return owner
    fit = overlaps(spots.boxes, truth.boxes())
    for place in range(len(spots)):
        best = int(fit[place].argmax())
        if fit[place, best] >= FOUND_IOU:
            owner[place] = best
            fit[:, best] = 0
    return owner


def _are_ignored(spots: Spots, truth: Truth) -> np.ndarray:
    """bool (N,): whether enough of each spot lies in one region to be ignored."""
    common = shared(spots.boxes, truth.ignored()).max(axis=1, initial=0)
    return common >= IGNORED_SHARE * spots.boxes[:, 2:].prod(axis=1)
