"""Glyphs to predictions: one batch through the int8 network, calibrated, with a reject for what it is not sure of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.interpreter import Interpreter
from core.model_file import ModelFile


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one glyph is taken for."""

    label: str
    confidence: float
    """0 to 1, calibrated: of glyphs read with 0.9, nine in ten are right."""
    probabilities: NDArray[np.float32]
    """float32 (classes,), of every label; they sum to 1."""
    reject: str
    """Why it does not count; empty if it does."""


class Classifier:
    """The model in its interpreter."""

    def __init__(self, model: ModelFile, threads: int = 1, min_confidence: float | None = None) -> None:
        self._interpreter = Interpreter.of(model, threads)
        self._temperature = model.manifest.temperature
        self._min_confidence = model.manifest.min_confidence if min_confidence is None else min_confidence
        self.labels = tuple(model.manifest.labels)

    @property
    def runtime(self) -> str:
        """Name and version of the runtime."""
        return self._interpreter.runtime

    def classify(self, pixels: NDArray[np.uint8]) -> list[Prediction]:
        """One prediction a glyph of uint8 (N, 28, 28)."""
        if len(pixels) == 0:
            return []
        scaled = self._interpreter.classify(pixels) / np.float32(self._temperature)
        exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
        best = probabilities.argmax(axis=1)
        return [
            Prediction(
                self.labels[label],
                float(row[label]),
                row,
                "unsure" if row[label] < self._min_confidence else "",
            )
            for label, row in zip(best.tolist(), probabilities, strict=True)
        ]
