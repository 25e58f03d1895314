"""What is fitted of a spotter after training: how sure a place must be, and how much another voice weighs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from convert.calibrate import fit_logistic
from core.config import ReadingConfig
from core.look import look
from core.scene_set import SceneSet
from core.spot_figures import are_ignored, owners
from core.spots import Spots
from core.spotter import Spotter
from core.voice import Voice
from core.vote import Alone, Verdict, Vote, decide, decide_alone, features, in_company, mixed

WEIGHTS = (0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5)
"""Of the other voice's log-probabilities beside the spotter's, that are tried."""


@dataclass(frozen=True)
class Errors:
    """Of all digits of some scenes."""

    digits: int
    missed: int
    misread: int
    false: int
    """What is taken for a digit and is none."""

    @property
    def rate(self) -> float:
        """Errors a digit."""
        return (self.missed + self.misread + self.false) / max(1, self.digits)

    def __str__(self) -> str:
        return (
            f"{self.rate:.2%} errors a digit: of {self.digits:,} digits {self.missed:,} missed, {self.misread:,} "
            f"misread; {self.false:,} false"
        )


@dataclass(frozen=True)
class Looked:
    """What was found in scenes whose digits are known, place by place."""

    digits: int
    """To be found."""
    spots: Sequence[Spots]
    """Of each scene; N in all."""
    truth: NDArray[np.int64]
    """int64 (N,): the digit that each place is of; -1 if it is of none."""
    counts: NDArray[np.bool_]
    """bool (N,): whether it is right or wrong; otherwise it is in a region to be ignored."""
    logits: Mapping[str, Sequence[NDArray[np.float32]]]
    """What other voices say of the places of each scene, by name: float32 (places, 10) each."""

    @classmethod
    def at(cls, scenes: SceneSet, spotter: Spotter, voices: Mapping[str, Voice]) -> Looked:
        """Look at every scene."""
        every, truth, counts = [], [], []
        said: dict[str, list[NDArray[np.float32]]] = {name: [] for name in voices}
        for luma, known in zip(scenes.luma, scenes.known, strict=True):
            spots = look(spotter, luma, _AS_THE_EDGE_DOES.max_side_px)
            owner = owners(spots, known)
            every.append(spots)
            truth.append(np.append(known.labels, -1)[owner])
            counts.append((owner >= 0) | ~are_ignored(spots, known))
            for name, voice in voices.items():
                said[name].append(voice.logits_at(luma, spots.boxes))
        return cls(
            digits=sum(len(known.labels) for known in scenes.known),
            spots=every,
            truth=np.concatenate(truth),
            counts=np.concatenate(counts),
            logits=said,
        )

    def errors_alone(self, alone: Alone) -> Errors:
        """With the spotter's voice only."""
        return self._errors(self.alone(alone), alone.min_evidence)

    def errors_together(self, vote: Vote, name: str) -> Errors:
        """With the voice of this name beside the spotter's."""
        return self._errors(self.together(vote, name), vote.min_evidence)

    def alone(self, alone: Alone) -> Verdict:
        """On all places, with the spotter's voice only."""
        return _joined([decide_alone(spots, alone) for spots in self.spots])

    def together(self, vote: Vote, name: str) -> Verdict:
        """On all places, with the voice of this name beside the spotter's."""
        return _joined([decide(spots, logits, vote) for spots, logits in self._said(name)])

    def of_each(
        self, name: str, measure: Callable[[Spots, NDArray[np.float32]], NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """float64 (N, ...): what `measure` says of the places of each scene, and of the logits of this voice there."""
        return np.concatenate([measure(spots, logits) for spots, logits in self._said(name)])

    def right(self, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
        """bool (N,): which places are digits, and read right by `labels`."""
        return np.asarray(labels == self.truth)

    def least_evidence(self, verdict: Verdict) -> float:
        """The log-odds from which on places are taken for digits with the fewest errors.

        Each place that is taken is one error less if it is right, and one more if it is none; a misread digit stays an
        error either way.
        """
        gains = np.where(self.right(verdict.labels), 1, np.where(self.truth >= 0, 0, -1))
        order = np.argsort(-verdict.log_odds[self.counts], kind="stable")
        if not len(order):
            return 0.0
        best = int(np.cumsum(gains[self.counts][order]).argmax())
        return round(float(verdict.log_odds[self.counts][order[best]]) - 0.0005, 3)

    def _said(self, name: str) -> Iterable[tuple[Spots, NDArray[np.float32]]]:
        return zip(self.spots, self.logits[name], strict=True)

    def _errors(self, verdict: Verdict, min_evidence: float) -> Errors:
        taken = verdict.log_odds >= min_evidence
        found = taken & (self.truth >= 0)
        right = int((taken & self.right(verdict.labels)).sum())
        return Errors(
            digits=self.digits,
            missed=self.digits - int(found.sum()),
            misread=int(found.sum()) - right,
            false=int((taken & (self.truth < 0) & self.counts).sum()),
        )


def _joined(verdicts: Sequence[Verdict]) -> Verdict:
    return Verdict(
        np.concatenate([verdict.labels for verdict in verdicts]),
        np.concatenate([verdict.probabilities for verdict in verdicts]),
        np.concatenate([verdict.log_odds for verdict in verdicts]),
    )


def fit_alone(looked: Looked) -> Alone:
    """The logistic curve of the spotter's own log-odds, and the least of it."""
    plain = looked.alone(Alone(1.0, 0.0, 0.0))
    right = looked.right(plain.labels)[looked.counts]
    slope, intercept = fit_logistic(plain.log_odds[looked.counts, None], right)
    alone = Alone(round(slope, 4), round(intercept, 4), 0.0)
    return Alone(alone.slope, alone.intercept, looked.least_evidence(looked.alone(alone)))


def fit_vote(looked: Looked, name: str) -> Vote:
    """The weights, with the voice of this name, that give what is right the highest likelihood; the least log-odds."""
    weight = _fit_weight(looked, name)
    labels = looked.of_each(name, partial(mixed, classifier=weight)).argmax(axis=1)
    right = looked.right(labels)[looked.counts]

    def said(spots: Spots, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        return features(spots, logits, mixed(spots, logits, weight))

    weights = _fit_weights(looked.of_each(name, said)[looked.counts], right)

    def among_others(spots: Spots, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        return in_company(spots, said(spots, logits) @ np.array(weights))

    company = _fit_weights(looked.of_each(name, among_others)[looked.counts], right)
    vote = Vote(weight, weights, company, 0.0)
    return Vote(weight, weights, company, looked.least_evidence(looked.together(vote, name)))


def _fit_weight(looked: Looked, name: str) -> float:
    """Which of WEIGHTS makes what each digit is the likeliest."""
    digits = looked.truth >= 0
    best, chosen = -np.inf, WEIGHTS[0]
    for weight in WEIGHTS:
        shares = looked.of_each(name, partial(mixed, classifier=weight))
        likelihood = float(shares[digits, looked.truth[digits]].mean()) if digits.any() else 0.0
        if likelihood > best:
            best, chosen = likelihood, weight
    return chosen


def _fit_weights(columns: NDArray[np.float64], right: NDArray[np.bool_]) -> list[float]:
    """Of `columns`, whose last is 1, for whether a place is read right."""
    return [round(weight, 4) for weight in fit_logistic(columns[:, :-1], right)]


_AS_THE_EDGE_DOES = ReadingConfig()
