"""What is fitted after training: the range the quantiser spans, the temperature, and the threshold of the reject."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation import log_softmax
from core.glyph import GLYPH_SIZE_PX

TEMPERATURES = (0.1, 10.0)
"""Where the temperature is looked for. A network of ours needs 0.5 to 3; far beyond, something else is wrong."""

UNSURE_SHARE = 0.002
"""Of the held-out glyphs that are read right, the share that may be rejected as unsure: 2 in 1,000."""

THRESHOLDS = (0.3, 0.9)
"""Where the reject threshold may lie: below, a toss-up between three classes passes; above, good digits are lost."""


def representative(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 (N + 2, 28, 28): `pixels`, an empty glyph and a full one.

    They make the quantiser span 0 to 255, which gives the input scale 1 and zero point -128.
    """
    extremes = np.zeros((2, GLYPH_SIZE_PX, GLYPH_SIZE_PX), np.uint8)
    extremes[1] = 255
    return np.concatenate([pixels, extremes])


def fit_temperature(logits: NDArray[np.floating[Any]], targets: NDArray[np.int64]) -> float:
    """The temperature at which `logits`, (N, classes), give `targets`, (N,), the highest likelihood (Guo et al., 2017).

    The negative log-likelihood is convex in the inverse temperature, so its slope is bisected: there is no start and no
    step to choose. Each truth has the probability (N + 1) / (N + 2) instead of 1 (Platt, 1999), and the other labels
    share the rest, or a few glyphs, all read right, would make every later reading certain.
    """
    logits = logits.astype(np.float64)
    doubt = 1 / (len(targets) + 2)
    truth = logits[np.arange(len(targets)), targets]
    others = (logits.sum(axis=1) - truth) / (logits.shape[1] - 1)
    wanted = ((1 - doubt) * truth + doubt * others).mean()
    low, high = 1 / TEMPERATURES[1], 1 / TEMPERATURES[0]
    for _ in range(60):
        middle = math.sqrt(low * high)
        given = (np.exp(log_softmax(logits * middle)) * logits).sum(axis=1).mean()
        if given < wanted:
            low = middle
        else:
            high = middle
    return round(1 / low, 4)


def reject_threshold(confidences: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """The confidence, within THRESHOLDS, below which UNSURE_SHARE of the rightly read held-out glyphs fall.

    `confidences`, (N,), are calibrated; `right`, (N,), says which glyphs were read right.
    """
    if not right.any():
        return THRESHOLDS[1]
    # Downwards twice, so that no more than that share is below.
    threshold = math.floor(float(np.quantile(confidences[right], UNSURE_SHARE, method="lower")) * 1000) / 1000
    return min(max(threshold, THRESHOLDS[0]), THRESHOLDS[1])
