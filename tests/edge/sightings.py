"""What a reader might see in frames, made up: digits in their places, for tests of what follows them."""

from __future__ import annotations

import numpy as np

from core.frame import Box
from edge.read import Digit, Rejected

LABELS = tuple("0123456789")
WIDTH_PX, HEIGHT_PX, PITCH_PX = 20, 30, 24


def shares(text: str, probability: float = 0.95) -> list[float]:
    """Of every label: `probability` for `text`, the rest for all others alike."""
    return [probability if label == text else (1 - probability) / 9 for label in LABELS]


def digit(text: str, x: float = 0, y: float = 0, probability: float = 0.95, evidence: float = 3.0) -> Digit:
    return Digit(text, probability, Box(round(x), round(y), WIDTH_PX, HEIGHT_PX), shares(text, probability), evidence)


def doubtful(text: str, x: float = 0, y: float = 0) -> Rejected:
    return Rejected("unsure", Box(round(x), round(y), WIDTH_PX, HEIGHT_PX), text, 0.3, shares(text, 0.4), -1.0)


def number(text: str, x: float = 0, y: float = 0, probability: float = 0.95) -> list[Digit]:
    """Its digits side by side, the first with its corner at (x, y)."""
    return [digit(sign, x + PITCH_PX * place, y, probability) for place, sign in enumerate(text)]


def shaking(seed: int, frames: int, deviation_px: float) -> np.ndarray:
    """float64 (frames, 2): where a hand-held camera looks, in px; it drifts and trembles."""
    rng = np.random.default_rng(seed)
    drift = np.cumsum(rng.normal(0, deviation_px / 4, (frames, 2)), axis=0)
    return np.asarray(drift + rng.normal(0, deviation_px, (frames, 2)))
