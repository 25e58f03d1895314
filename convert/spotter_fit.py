"""What is fitted of a spotter after training: how sure a place must be, and how much another voice weighs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
from core.vote import Alone, Verdict, Vote, decide, decide_alone, features, mixed

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
    spots: Spots
    """All places, of all scenes."""
    truth: NDArray[np.int64]
    """int64 (N,): the digit that each place is of; -1 if it is of none."""
    counts: NDArray[np.bool_]
    """bool (N,): whether it is right or wrong; otherwise it is in a region to be ignored."""
    logits: Mapping[str, NDArray[np.float32]]
    """float32 (N, 10) each: what other voices say, by name."""

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
            spots=Spots(
                np.concatenate([spots.boxes for spots in every]), np.concatenate([spots.scores for spots in every])
            ),
            truth=np.concatenate(truth),
            counts=np.concatenate(counts),
            logits={name: np.concatenate(logits) for name, logits in said.items()},
        )

    def errors_alone(self, alone: Alone) -> Errors:
        """With the spotter's voice only."""
        return self._errors(decide_alone(self.spots, alone), alone.min_evidence)

    def errors_together(self, vote: Vote, name: str) -> Errors:
        """With the voice of this name beside the spotter's."""
        return self._errors(decide(self.spots, self.logits[name], vote), vote.min_evidence)

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


def fit_alone(looked: Looked) -> Alone:
    """The logistic curve of the spotter's own log-odds, and the least of it."""
    plain = decide_alone(looked.spots, Alone(1.0, 0.0, 0.0))
    right = looked.right(plain.labels)[looked.counts]
    slope, intercept = fit_logistic(plain.log_odds[looked.counts, None], right)
    alone = Alone(round(slope, 4), round(intercept, 4), 0.0)
    return Alone(alone.slope, alone.intercept, looked.least_evidence(decide_alone(looked.spots, alone)))


def fit_vote(looked: Looked, name: str) -> Vote:
    """The weights, with the voice of this name, that give what is right the highest likelihood; the least log-odds."""
    logits = looked.logits[name]
    digits = looked.truth >= 0
    best, chosen = -np.inf, WEIGHTS[0]
    for weight in WEIGHTS:
        shares = mixed(looked.spots, logits, weight)
        likelihood = float(shares[digits, looked.truth[digits]].mean()) if digits.any() else 0.0
        if likelihood > best:
            best, chosen = likelihood, weight
    shares = mixed(looked.spots, logits, chosen)
    right = looked.right(shares.argmax(axis=1))[looked.counts]
    fitted = fit_logistic(features(looked.spots, logits, shares)[looked.counts, :-1], right)
    vote = Vote(chosen, [round(weight, 4) for weight in fitted], 0.0)
    return Vote(vote.classifier, vote.weights, looked.least_evidence(decide(looked.spots, logits, vote)))


_AS_THE_EDGE_DOES = ReadingConfig()
