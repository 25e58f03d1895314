"""Scenes → labelled crops: of what a spotter finds in them, digits and false ones, and of digits that it may miss."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import keras
import numpy as np
from numpy.typing import NDArray

from core.config import ReadingConfig
from core.crop_set import NONE, CropSet
from core.crops import CROP_SIZE_PX, crops_at
from core.frame import Luma
from core.look import look
from core.scene_set import Known, SceneSet
from core.spot_figures import are_ignored, owners
from core.spots import Spots, decode, padded
from train.scenes.fields import Shape
from train.spotter.network import of_shape

MOST_A_SCENE = 40
"""Crops of one scene: it bounds the memory, to 31 kB a scene, and a scene full of texture is to teach no more than
others do."""
OFF = 0.09
"""Of a digit's size, standard deviation: how far off its box is shown besides, as those that a spotter finds are."""


class FloatSpotter:
    """A spotter as it was trained, to look at frames of any size with (`core.look`)."""

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._sized: dict[Shape, keras.Model] = {}

    def spots(self, luma: Luma, threshold: float) -> Spots:
        """The digits in `luma`, uint8 (H, W), of a score of `threshold`, 0 to 1, and more."""
        whole = padded(luma)
        if whole.shape not in self._sized:
            self._sized[whole.shape] = of_shape(self._model, whole.shape)
        maps = self._sized[whole.shape].predict_on_batch(whole[None, :, :, None].astype(np.float32))
        return decode(*(part[0] for part in maps), threshold)


def crops_of(
    scenes: Iterable[tuple[Luma, Known]],
    count: int,
    spotter: FloatSpotter,
    rng: np.random.Generator,
    name: str,
    on_scene: Callable[[int], None] = lambda _: None,
) -> CropSet:
    """The crops of the first `count` of `scenes`, looked at as frames are at the edge.

    `on_scene` is told the number of each scene that is done, from 1.
    """
    # Memory that is not written to is not taken: what scenes do not fill costs nothing.
    pixels = np.empty((count * MOST_A_SCENE, CROP_SIZE_PX, CROP_SIZE_PX), np.uint8)
    targets = np.empty(len(pixels), np.int64)
    filled = 0
    for number, (luma, known) in zip(range(count), scenes, strict=False):
        boxes, labels = _places(look(spotter, luma, _AS_THE_EDGE_DOES.max_side_px), known, rng)
        chosen = rng.permutation(len(labels))[:MOST_A_SCENE]
        after = filled + len(chosen)
        pixels[filled:after], targets[filled:after] = crops_at(luma, boxes[chosen]), labels[chosen]
        filled = after
        on_scene(number + 1)
    return CropSet(name, pixels[:filled], targets[:filled])


def scenes_of(scenes: SceneSet) -> Iterable[tuple[Luma, Known]]:
    """Each of the scenes with what is known of it."""
    return zip(scenes.luma, scenes.known, strict=True)


def _places(found: Spots, known: Known, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """(boxes, targets) of what was found and is right or wrong, and of every digit, a little off."""
    owner = owners(found, known)
    counts = (owner >= 0) | ~are_ignored(found, known)
    labels = np.append(known.labels, NONE)[owner]
    sizes = np.sqrt(known.boxes[:, 2:].prod(axis=1, keepdims=True))
    moved = known.boxes + rng.normal(0, OFF, known.boxes.shape) * sizes
    boxes = np.concatenate([found.boxes[counts], moved.astype(np.float32)])
    return boxes, np.concatenate([labels[counts], known.labels])


_AS_THE_EDGE_DOES = ReadingConfig()
