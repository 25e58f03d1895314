"""How well a network reads: metrics from its logits, in NumPy alone.

Accuracy says how often it is right; calibration (Guo et al., 2017) says whether its confidence can be believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

CALIBRATION_BINS = 15
"""Guo et al.'s number, so that figures compare."""


@dataclass(frozen=True)
class ClassScore:
    """One class of `Evaluation`. A ratio without anything to divide by is None."""

    label: str
    count: int
    """Glyphs that are of this class."""
    precision: float | None
    """Of those read as this class, the share that is."""
    recall: float | None
    """Of those that are, the share that was read so."""
    f1: float | None
    """Harmonic mean of the two."""


@dataclass(frozen=True)
class CalibrationBin:
    """The predictions whose confidence lies above `low` and up to `high`."""

    low: float
    high: float
    count: int
    confidence: float | None
    """Mean over the bin; None if it is empty."""
    accuracy: float | None


@dataclass(frozen=True)
class Evaluation:
    """What a network made of labelled glyphs."""

    labels: tuple[str, ...]
    confusion: NDArray[np.int64]
    """int64 (classes, classes): true class down, class read across."""
    nll: float
    """Mean negative log-likelihood of the truth, in nats."""
    calibration: tuple[CalibrationBin, ...]
    predictions: NDArray[np.int64]
    """int64 (N,)."""
    confidences: NDArray[np.float64]
    """float64 (N,), of the class read."""
    losses: NDArray[np.float64]
    """float64 (N,), the negative log-likelihood of each glyph's truth."""

    @property
    def count(self) -> int:
        return int(self.confusion.sum())

    @property
    def errors(self) -> int:
        return self.count - int(np.trace(self.confusion))

    @property
    def accuracy(self) -> float:
        return 1 - self.errors / self.count

    @property
    def calibration_error(self) -> float:
        """Expected calibration error: mean distance of confidence and accuracy, weighted by the counts of the bins."""
        distances = (
            entry.count * abs(entry.confidence - entry.accuracy)
            for entry in self.calibration
            if entry.confidence is not None and entry.accuracy is not None
        )
        return sum(distances) / self.count

    def figures(self) -> dict[str, float]:
        """The headline figures, for run.json."""
        return {
            "count": self.count,
            "errors": self.errors,
            "accuracy": self.accuracy,
            "nll": self.nll,
            "calibration_error": self.calibration_error,
        }

    def class_scores(self) -> list[ClassScore]:
        """One score a label, in their order."""
        right = np.diag(self.confusion)
        true_counts, read_counts = self.confusion.sum(axis=1), self.confusion.sum(axis=0)
        return [
            ClassScore(
                label,
                int(true_counts[index]),
                _ratio(right[index], read_counts[index]),
                _ratio(right[index], true_counts[index]),
                # 2PR / (P + R) without the division by zero of a class that is never right.
                _ratio(2 * right[index], true_counts[index] + read_counts[index]),
            )
            for index, label in enumerate(self.labels)
        ]

    def worst(self, most: int) -> NDArray[np.int64]:
        """int64 (at most `most`,): indices of the glyphs with the highest loss, the worst first."""
        return np.argsort(-self.losses, kind="stable")[:most]


def log_softmax(logits: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """float64 (N, classes): log-probabilities of `logits`, (N, classes)."""
    # 64 bits, or confident predictions would all have the probability 1.
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def evidence(logits: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """float64 (N,): the log-odds that each glyph of `logits`, (N, classes), is any label at all; 0 is even odds.

    It is their log-sum-exp: the network learns against a constant zero logit that stands for none of the labels, so
    this is its energy score (Liu et al., 2020) turned round. Log-odds and not the probability, their sigmoid, which is
    the same 0.99… for all that is clear.
    """
    logits = logits.astype(np.float64)
    highest = logits.max(axis=1)
    return highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))


def evaluate(logits: NDArray[np.floating[Any]], targets: NDArray[np.int64], labels: tuple[str, ...]) -> Evaluation:
    """The evaluation of `logits`, (N, classes), N at least 1, against the truth `targets`, (N,)."""
    log_probabilities = log_softmax(logits)
    everyone = np.arange(len(targets))
    predictions = logits.argmax(axis=1)
    confidences = np.exp(log_probabilities[everyone, predictions])
    losses = -log_probabilities[everyone, targets]
    return Evaluation(
        labels=labels,
        confusion=confusion_matrix(targets, predictions, len(labels)),
        nll=float(losses.mean()),
        calibration=calibration_bins(confidences, predictions == targets),
        predictions=predictions,
        confidences=confidences,
        losses=losses,
    )


def confusion_matrix(truth: NDArray[np.int64], predictions: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """int64 (classes, classes): how many of each true class (down) were read as each class (across)."""
    return np.bincount(truth * classes + predictions, minlength=classes * classes).reshape(classes, classes)


def calibration_bins(confidences: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[CalibrationBin, ...]:
    """CALIBRATION_BINS bins of equal width over the confidences, (N,), and whether each was `right`, (N,)."""
    edges = np.linspace(0, 1, CALIBRATION_BINS + 1)
    member = np.clip(np.digitize(confidences, edges, right=True) - 1, 0, CALIBRATION_BINS - 1)
    bins = []
    for index in range(CALIBRATION_BINS):
        chosen = member == index
        filled = bool(chosen.any())
        bins.append(
            CalibrationBin(
                low=float(edges[index]),
                high=float(edges[index + 1]),
                count=int(chosen.sum()),
                confidence=float(confidences[chosen].mean()) if filled else None,
                accuracy=float(right[chosen].mean()) if filled else None,
            )
        )
    return tuple(bins)


def _ratio(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None
