"""Quantiles of any many times in bounded memory."""

from __future__ import annotations

import math
from collections import Counter

STEP = math.log(1.01)
"""Values within a percent of each other are told as one, which is half a percent off at most."""
LEAST = 1e-6
"""What is less is told as 0."""


class Quantiles:
    """Values of 0 and more, counted in steps of their logarithm."""

    def __init__(self) -> None:
        self._counts: Counter[int | None] = Counter()

    @property
    def count(self) -> int:
        """How many values there are."""
        return self._counts.total()

    def add(self, value: float) -> None:
        """Take in one more."""
        self._counts[None if value < LEAST else round(math.log(value) / STEP)] += 1

    def __iadd__(self, other: Quantiles) -> Quantiles:
        self._counts += other._counts
        return self

    def at(self, share: float) -> float | None:
        """The least value that `share` of all do not exceed, to half a percent; None if there are none."""
        wanted = max(1, math.ceil(share * self.count))
        for place in sorted(self._counts, key=lambda place: -math.inf if place is None else place):
            wanted -= self._counts[place]
            if wanted <= 0:
                return 0.0 if place is None else math.exp(place * STEP)
        return None
