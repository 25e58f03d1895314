"""Glyphs to predictions: one batch through the int8 network, calibrated, with a reject and its reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.config import ReadingConfig
from core.evaluation import evidence, log_softmax
from core.interpreter import Interpreter
from core.model_file import ModelFile
from core.reject import RejectRule


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one glyph is taken for."""

    label: str
    confidence: float
    """0 to 1, calibrated: of glyphs read with 0.9, nine in ten are right."""
    probabilities: NDArray[np.float32]
    """float32 (classes,), of every label; they sum to 1."""
    evidence: float
    """In logits, that it is any label at all; under about 0 it is more likely none."""
    reject: str
    """Why it does not count, one of `core.reject.REASONS`; empty if it does."""


class Classifier:
    """The model in its interpreter."""

    def __init__(self, model: ModelFile, threads: int = 1, reading: ReadingConfig | None = None) -> None:
        """`reading` may move the model's own thresholds."""
        self._interpreter = Interpreter.of(model, threads)
        self._temperature = model.manifest.temperature
        self._rule = RejectRule.of(model.manifest, reading)
        self.labels = tuple(model.manifest.labels)

    @property
    def runtime(self) -> str:
        """Name and version of the runtime."""
        return self._interpreter.runtime

    def classify(self, pixels: NDArray[np.uint8], clipped: NDArray[np.bool_] | None = None) -> list[Prediction]:
        """One prediction a glyph of uint8 (N, 28, 28); `clipped`, (N,), says which the picture's edge cuts off."""
        if len(pixels) == 0:
            return []
        logits = self._interpreter.classify(pixels)
        probabilities = np.exp(log_softmax(logits / self._temperature))
        confidences = probabilities.max(axis=1)
        found = evidence(logits)
        rejects = self._rule.reasons(pixels, confidences, found, clipped)
        return [
            Prediction(self.labels[label], confidence, row, some_evidence, reject)
            for label, confidence, row, some_evidence, reject in zip(
                probabilities.argmax(axis=1).tolist(),
                confidences.tolist(),
                probabilities.astype(np.float32),
                found.tolist(),
                rejects,
                strict=True,
            )
        ]
