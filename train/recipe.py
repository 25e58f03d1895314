"""How to train: the numbers, and what follows from them at each moment of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass

from train.augment import FULL, MILD, Strength

WARM_UP_SHARE = 0.05
"""Share of all steps over which the learning rate rises, when it follows a cosine."""


@dataclass(frozen=True)
class Recipe:
    """How to train."""

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    cosine: bool
    augment: bool
    seed: int
    mild_from: float = 1.0
    """Share of all steps after which augmentation is mild: the network comes back to glyphs as they mostly are."""

    def learning_rate_at(self, progress: float) -> float:
        """The rate at `progress`, 0 to 1, of all steps."""
        if not self.cosine:
            return self.learning_rate
        if progress < WARM_UP_SHARE:
            return self.learning_rate * max(progress, 1e-3) / WARM_UP_SHARE
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP_SHARE) / (1 - WARM_UP_SHARE)))

    def strength_at(self, progress: float) -> Strength | None:
        """How far to change glyphs at `progress`, 0 to 1, of all steps; None for not at all."""
        if not self.augment:
            return None
        return FULL if progress < self.mild_from else MILD
