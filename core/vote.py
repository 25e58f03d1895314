"""Two networks on one place: what the spotter and another voice (`core.voice`) say of it together, and its neighbours.

Stacked generalisation (Wolpert, 1992): a logistic curve over what each says, fitted on scenes of digits that the
spotter was not trained on. The spotter knows what is around a place, the other sees more of its strokes. A second curve
weighs the company a place is in: digits stand beside digits of their height, and what resembles one by chance mostly
alone. How many digits a frame has is no part of it: a picture of one number is not to be doubted for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.evaluation import evidence, log_softmax
from core.spots import Spots

LEAST_SCORE = 1e-4
"""Of a spot for a digit; its logarithm is not to run away."""
EVIDENCE = (-8.0, 10.0)
"""What is beyond counts no more."""
NEXT_TO = (1.5, 0.5)
"""Across and down between the middles of two digits of one number at most, in heights of the taller."""
ALIKE_HEIGHT = 1.35
"""Times that the taller of two digits of one hand may be the height of the other."""
LEAST_COMPANY = 0.05
"""Probability from which a place is company to others: hundreds of what is hardly any need not be compared."""
MOST_LOG_ODDS = 30.0
"""Either way: no confidence of more digits can be told apart from 0 or 1, and its exponential stays finite."""

Weight = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
"""No fit comes near the limits, within which sums of products stay finite."""


class Alone(msgspec.Struct, frozen=True):
    """What the spotter says by itself: a logistic curve from its log-odds to the share that is right (Platt, 1999)."""

    slope: Weight
    intercept: Weight
    min_evidence: float
    """Log-odds from which a place is a digit; config.yaml can move it."""


class Vote(msgspec.Struct, frozen=True):
    """How much each voice weighs: the spotter's, and that of the classifier or the second stage."""

    classifier: Annotated[float, msgspec.Meta(ge=0, le=1e6)]
    """Of the other's log-probabilities beside the spotter's, for which digit it is."""
    weights: Annotated[list[Weight], msgspec.Meta(min_length=6, max_length=6)]
    """Of `features`, for whether it is that digit."""
    company: Annotated[list[Weight], msgspec.Meta(min_length=3, max_length=3)]
    """Of the columns of `in_company`, for the same."""
    min_evidence: float
    """Log-odds from which a place is a digit; config.yaml can move it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of N places."""

    labels: NDArray[np.int64]
    """int64 (N,)."""
    probabilities: NDArray[np.float64]
    """float64 (N, 10), of each digit; they sum to 1."""
    log_odds: NDArray[np.float64]
    """float64 (N,): that it is a digit, and the one of `labels`."""

    @property
    def confidences(self) -> NDArray[np.float64]:
        """float64 (N,), 0 to 1."""
        return np.asarray(1 / (1 + np.exp(-self.log_odds)))


def decide_alone(spots: Spots, alone: Alone) -> Verdict:
    """What the spotter says of its `spots`."""
    logits = _spot_logits(spots)
    return _verdict(log_softmax(logits), alone.slope * logits.max(axis=1) + alone.intercept)


def decide(spots: Spots, logits: NDArray[np.floating[Any]], vote: Vote) -> Verdict:
    """What the two say of `spots`, to which the other voice gives `logits`, (N, 10)."""
    shares = mixed(spots, logits, vote.classifier)
    log_odds = features(spots, logits, shares) @ np.array(vote.weights)
    return _verdict(shares, in_company(spots, log_odds) @ np.array(vote.company))


def _verdict(shares: NDArray[np.float64], log_odds: NDArray[np.float64]) -> Verdict:
    """Of log-probabilities of each digit, and the log-odds that it is one."""
    return Verdict(shares.argmax(axis=1), np.exp(shares), np.clip(log_odds, -MOST_LOG_ODDS, MOST_LOG_ODDS))


def mixed(spots: Spots, logits: NDArray[np.floating[Any]], classifier: float) -> NDArray[np.float64]:
    """float64 (N, 10): log-probabilities of each digit, the other's weighted by `classifier`."""
    return log_softmax(log_softmax(_spot_logits(spots)) + classifier * log_softmax(logits))


def features(spots: Spots, logits: NDArray[np.floating[Any]], shares: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """float64 (N, 6): the spotter's log-odds, the other's evidence for and against any digit, whether they agree,
    how sure both are of which digit, by the log-probabilities `shares`, and 1."""
    found = np.clip(evidence(logits), *EVIDENCE)
    return np.stack(
        [
            _spot_logits(spots).max(axis=1),
            np.maximum(found, 0),
            np.minimum(found, 0),
            spots.labels == logits.argmax(axis=1),
            shares.max(axis=1),
            np.ones(len(spots)),
        ],
        axis=1,
    ).astype(np.float64)


def in_company(spots: Spots, log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64 (N, 3): the `log_odds` of each place, how probable the likeliest is of what could be next to it in its
    number, and 1."""
    columns = np.zeros((len(spots), 3))
    columns[:, 0], columns[:, 2] = log_odds, 1
    probable = 1 / (1 + np.exp(-np.clip(log_odds, -MOST_LOG_ODDS, MOST_LOG_ODDS)))
    others = np.flatnonzero(probable >= LEAST_COMPANY)
    heights = spots.boxes[:, 3, None]
    taller = np.maximum(heights, heights[others, 0])
    alike = taller < ALIKE_HEIGHT * np.minimum(heights, heights[others, 0])
    alike[others, np.arange(len(others))] = False
    middles = spots.boxes[:, :2] + spots.boxes[:, 2:] / 2
    across, down = np.abs(middles.T[:, :, None] - middles[others].T[:, None])
    beside = alike & (across < NEXT_TO[0] * taller) & (down < NEXT_TO[1] * taller)
    columns[:, 1] = (beside * probable[others]).max(axis=1, initial=0)
    return columns


def _spot_logits(spots: Spots) -> NDArray[np.float64]:
    scores = np.clip(spots.scores.astype(np.float64), LEAST_SCORE, 1 - LEAST_SCORE)
    return np.asarray(np.log(scores / (1 - scores)))
