"""Hard negatives: scenes without digits in which the network sees some anyway, shown to it again.

Bootstrapping (Sung and Poggio, 1998): what a detector takes for a digit is what it has most to learn from, and hardly
ever comes twice of itself. Which scenes these are is a list of numbers, as all scenes of a seed are.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from core.frame import Box, Luma
from core.spots import CLASSES
from train.scenes import Batch, Material, scene
from train.scenes.fields import Shape
from train.scenes.truth import Scene, Truth
from train.spotter.targets import targets

SEED = 0x4A2D
"""Added to the seed of a run: the scenes that are searched are not those it is trained on."""
AT_ONCE = 16
KEPT_SHARE = 1 / 8
"""Of the scenes that are searched."""


class HardScenes:
    """The scenes of one shape that were hard when they were last searched."""

    def __init__(self, material: Material, shape: Shape, seed: int) -> None:
        self._material, self._shape, self._seed = material, shape, seed + SEED
        self._scenes: list[Scene] = []
        self.indices: list[int] = []
        """Of the scenes, in the order of their falseness; enough to have them back."""

    def search(self, model: keras.Model, first: int, count: int) -> None:
        """Keep the hardest of scenes `first` and following, those that `model` sees most digits in."""
        drawn = [self._drawn(first + place) for place in range(count)]
        falseness = np.concatenate(
            [_falseness(model, drawn[start : start + AT_ONCE], self._shape) for start in range(0, count, AT_ONCE)]
        )
        hardest = np.argsort(-falseness, kind="stable")[: max(1, round(KEPT_SHARE * count))].tolist()
        self.indices, self._scenes = [first + place for place in hardest], [drawn[place] for place in hardest]

    def restore(self, indices: Sequence[int]) -> None:
        """Have those of an earlier search back."""
        self.indices, self._scenes = list(indices), [self._drawn(index) for index in indices]

    def mixed_into(self, batch: Batch, count: int, rng: np.random.Generator) -> Batch:
        """`batch` with hard scenes, mirrored and toned, in place of its last `count`; as it is if there are none."""
        count = min(count, len(batch.truths))
        if not self._scenes or not count:
            return batch
        shown = [_varied(self._scenes[rng.integers(len(self._scenes))], rng) for _ in range(count)]
        luma = np.concatenate([batch.luma[:-count], np.stack([one for one, _ in shown])])
        return Batch(luma, (*batch.truths[:-count], *(truth for _, truth in shown)))

    def _drawn(self, index: int) -> Scene:
        return scene(self._material, self._shape, self._seed, index, empty_share=1.0)


def _falseness(model: keras.Model, scenes: Sequence[Scene], shape: Shape) -> NDArray[np.float64]:
    """float64 (N,): how much `model` sees that is not there; the focal loss without its digits."""
    luma = np.stack([one.luma for one in scenes])[..., None].astype(np.float32)
    logits = np.asarray(model.predict_on_batch(luma)[0], np.float64)
    counts = targets([one.truth for one in scenes], shape).digits[..., CLASSES:]
    said = 1 / (1 + np.exp(-logits))
    return np.asarray((said**2 * np.logaddexp(0, logits) * counts).sum(axis=(1, 2, 3)))


def _varied(hard: Scene, rng: np.random.Generator) -> tuple[Luma, Truth]:
    """(luma, truth) of a scene without digits, which is one mirrored as well, and in another light."""
    height, width = hard.luma.shape
    across, down = rng.random(2) < 0.5
    luma = hard.luma[:: -1 if down else 1, :: -1 if across else 1].astype(np.float32)
    middle = float(luma.mean())
    luma = (luma - middle) * rng.uniform(0.6, 1.2) + middle + rng.uniform(-30, 30)
    ignore = tuple(
        Box(width - box.right if across else box.x, height - box.bottom if down else box.y, box.width, box.height)
        for box in hard.truth.ignore
    )
    return np.clip(luma, 0, 255).astype(np.uint8), Truth((), (), ignore)
