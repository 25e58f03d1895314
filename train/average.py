"""The exponential average of a network's weights over the last steps (Polyak and Juditsky, 1992)."""

from __future__ import annotations

import keras
import numpy as np

AVERAGE_EVERY_STEPS = 8
AVERAGE_DECAY = 0.98
"""Together a horizon of 8 / (1 - 0.98) = 400 steps, a little under one epoch of MNIST at batch 128."""


class WeightAverage:
    """Follows a model's weights, batch normalisation's statistics included."""

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self.updates = 0
        self.values = [np.array(value) for value in model.get_weights()]

    def update(self) -> None:
        """Take the model's present weights in."""
        self.updates += 1
        # A young average leans on recent weights, or the random start would stay in it.
        decay = min(AVERAGE_DECAY, (1 + self.updates) / (10 + self.updates))
        for average, value in zip(self.values, self.model.get_weights(), strict=True):
            average[...] += (1 - decay) * (value - average)
