"""What is fitted after training: the range the quantiser spans, the temperature, and the thresholds of the reject."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.defocus import defocused
from core.evaluation import log_softmax
from core.glyph import GLYPH_SIZE_PX
from core.reject import sharpness

ReadRight = Callable[[NDArray[np.uint8], NDArray[np.int64]], NDArray[np.bool_]]
"""Which glyphs, uint8 (N, 28, 28), are read, and as their targets, (N,)."""

TEMPERATURES = (0.1, 10.0)
"""Where the temperature is looked for. A network of ours needs 0.5 to 3; far beyond, something else is wrong."""

NOT_A_DIGIT_SHARE = 0.0003
"""Of the held-out glyphs that are read right, the share that may be rejected as not_a_digit: 3 in 10,000.

Few, since these glyphs are clean, and a camera's have less evidence. Measured on held-out digits under the photometry
of training: of those read right 3 % are then lost, 12 % with ten times the share. Of what is no digit, of kinds that
were not trained against, 13 % is let through instead of 6 %.
"""

UNSURE_SHARE = 0.002
"""The same as unsure: 2 in 1,000."""

THRESHOLDS = (0.3, 0.9)
"""Where the least confidence may lie: below, a toss-up between three classes passes; above, good digits are lost."""

EVEN_ODDS = 0.0
"""The evidence with which a network that was trained against what is no digit takes either to be as likely."""

BLURRED_SHARE = 0.0005
"""Of the held-out glyphs, the share that may be less sharp than what is called blurred: 1 in 2,000."""

BLUR_LOSS = 0.1
"""A blur that costs this share of the glyphs explains why one of them is not read."""

BLURS_PX = tuple(float(sigma) for sigma in np.arange(0.5, 5.01, 0.25))
"""Gaussian sigmas that are tried, in pixels of the glyph: from what nobody notices to a quarter of a digit's height."""

BLURRED_GLYPHS = 400
"""Glyphs blurred; with so many, BLUR_LOSS is known to within 1.5 points."""


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


def fit_logistic(values: NDArray[np.floating[Any]], right: NDArray[np.bool_]) -> list[float]:
    """The weights of `values`, (N, K), and the intercept, of the logistic curve to the share that is `right`, (N,).

    Fitted by Newton's method, with the targets of Platt (1999): with few of a kind there is no certainty. Without both
    kinds there is nothing to fit: weights of 1 leave log-odds as they are.
    """
    if right.all() or not right.any():
        return [*[1.0] * values.shape[1], 0.0]
    count = int(right.sum())
    wanted = np.where(right, (count + 1) / (count + 2), 1 / (len(right) - count + 2))
    columns = np.concatenate([values.astype(np.float64), np.ones((len(values), 1))], axis=1)
    fitted = np.zeros(columns.shape[1])
    for _ in range(50):  # it is done after about ten
        said = 1 / (1 + np.exp(-np.clip(columns @ fitted, -30, 30)))
        curvature = columns.T @ (columns * (said * (1 - said))[:, np.newaxis]) + 1e-6 * np.eye(len(fitted))
        fitted -= np.linalg.solve(curvature, columns.T @ (said - wanted))
    return [float(weight) for weight in fitted]


def fit_min_confidence(confidences: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """The confidence, within THRESHOLDS, below which UNSURE_SHARE of the rightly read held-out glyphs fall.

    `confidences`, (N,), are calibrated; `right`, (N,), says which glyphs were read right.
    """
    if not right.any():
        return THRESHOLDS[1]
    return min(max(_passed_by_all_but(UNSURE_SHARE, confidences[right]), THRESHOLDS[0]), THRESHOLDS[1])


def fit_min_evidence(evidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """The evidence below which NOT_A_DIGIT_SHARE of the rightly read held-out glyphs fall; both arguments are (N,).

    A network that was never trained against what is no digit has its evidence about some other middle, which this
    finds as well.
    """
    return _passed_by_all_but(NOT_A_DIGIT_SHARE, evidence[right]) if right.any() else EVEN_ODDS


def fit_min_sharpness(pixels: NDArray[np.uint8], targets: NDArray[np.int64], read_right: ReadRight) -> float:
    """The sharpness that held-out glyphs have, in the median, once a blur of the page costs BLUR_LOSS of them.

    No more than BLURRED_SHARE of the glyphs as they are fall below it. That share alone would say little: MNIST is
    sharper than any photo, and almost all that a camera sees would be called blurred.
    """
    least = _passed_by_all_but(BLURRED_SHARE, sharpness(pixels))
    kept = np.flatnonzero(read_right(pixels, targets))
    if len(kept) == 0:
        return least
    chosen = kept[np.linspace(0, len(kept) - 1, min(len(kept), BLURRED_GLYPHS)).astype(np.int64)]
    for sigma_px in BLURS_PX:
        blurred = defocused(pixels[chosen], sigma_px)
        if read_right(blurred, targets[chosen]).mean() < 1 - BLUR_LOSS:
            break
    return min(least, _floor(np.median(sharpness(blurred))))


def _passed_by_all_but(share: float, values: NDArray[np.floating[Any]]) -> float:
    """A number of three decimals that at most `share` of `values`, (N,), are below."""
    return _floor(np.quantile(values, share, method="lower"))


def _floor(value: np.floating[Any]) -> float:
    """`value` rounded down to three decimals; never to more than it is, as floor(1000 · value) / 1000 can be."""
    return float(Decimal(float(value)).quantize(Decimal("0.001"), ROUND_FLOOR))
