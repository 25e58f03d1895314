"""How well spots fit what is known of the frames they were found in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.scene_set import Known
from core.spots import THRESHOLD, Spots, overlaps, shared

FOUND_IOU = 0.4
"""From which a spot is of a digit. Less than the customary half, as digits are few pixels wide."""
SLIMMEST = 0.5
"""Of a digit's height, that its box counts as wide at least: a 1 that is two pixels aside is found all the same."""
IGNORED_SHARE = 0.5
"""Of a spot, in regions to be ignored, from which it is neither right nor wrong."""


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


def figures(found: Sequence[Spots], known: Sequence[Known], threshold: float = THRESHOLD) -> Figures:
    """How well `found`, of a threshold no higher than this, fits what is known of the same scenes."""
    right = spotted = counted = false_on_empty = 0
    for spots, truth in zip(found, known, strict=True):
        chosen = spots.above(threshold)
        owner = owners(chosen, truth)
        false = (owner < 0) & ~are_ignored(chosen, truth)
        right += int((chosen.labels == np.append(truth.labels, -1)[owner]).sum())
        spotted += int((owner >= 0).sum())
        counted += int((owner >= 0).sum() + false.sum())
        false_on_empty += 0 if len(truth.labels) else int(false.sum())
    digits, empty = sum(len(one.labels) for one in known), sum(not len(one.labels) for one in known)
    return Figures(
        threshold,
        scenes=len(known),
        empty_scenes=empty,
        digits=digits,
        precision=_share(spotted, counted),
        recall=_share(spotted, digits),
        label_accuracy=_share(right, spotted),
        false_per_empty_scene=_share(false_on_empty, empty),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def owners(spots: Spots, truth: Known) -> NDArray[np.int64]:
    """int64 (N,): the digit each spot is of, or -1; the surest choose first, and each digit has one at most."""
    owner = np.full(len(spots), -1, np.int64)
    if not len(truth.labels):
        return owner
    fit = overlaps(_widened(spots.boxes), _widened(truth.boxes))
    for place in range(len(spots)):
        best = int(fit[place].argmax())
        if fit[place, best] >= FOUND_IOU:
            owner[place] = best
            fit[:, best] = 0
    return owner


def _widened(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """`boxes`, (N, 4), around the same middles, none slimmer than SLIMMEST."""
    width = np.maximum(boxes[:, 2], SLIMMEST * boxes[:, 3])
    return np.stack([boxes[:, 0] + (boxes[:, 2] - width) / 2, boxes[:, 1], width, boxes[:, 3]], axis=1)


def are_ignored(spots: Spots, truth: Known) -> NDArray[np.bool_]:
    """bool (N,): whether enough of each spot lies in one region to be ignored."""
    common = shared(spots.boxes, truth.ignored).max(axis=1, initial=0)
    return common >= IGNORED_SHARE * spots.boxes[:, 2:].prod(axis=1)
