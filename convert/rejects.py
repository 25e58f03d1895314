"""What a model's reject costs: the share of labelled glyphs that are not read, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation import evidence, log_softmax
from core.reject import REASONS, RejectRule

GLYPH_REASONS = tuple(reason for reason in REASONS if reason != "clipped")
"""Those that glyphs without their picture can have."""


def reasons(
    rule: RejectRule, pixels: NDArray[np.uint8], logits: NDArray[np.floating[Any]], temperature: float
) -> list[str]:
    """Why `rule` rejects each glyph, as at the edge: uint8 (N, 28, 28), and its logits, (N, classes)."""
    confidences = np.exp(log_softmax(logits / temperature)).max(axis=1)
    return rule.reasons(pixels, confidences, evidence(logits))


@dataclass(frozen=True)
class Rejects:
    """What a rule rejects of labelled glyphs."""

    rule: RejectRule
    shares: dict[str, float]
    """Of all the glyphs, by reason."""

    @classmethod
    def measure(
        cls, rule: RejectRule, pixels: NDArray[np.uint8], logits: NDArray[np.floating[Any]], temperature: float
    ) -> Rejects:
        """What `rule` rejects of uint8 (N, 28, 28), N at least 1, given their logits, (N, classes)."""
        found = reasons(rule, pixels, logits, temperature)
        return cls(rule, {reason: found.count(reason) / len(found) for reason in GLYPH_REASONS})

    @property
    def share(self) -> float:
        """Rejected in all, of all the glyphs."""
        return sum(self.shares.values())

    def figures(self) -> dict[str, float]:
        """`rejected` in all, and by reason, for JSON."""
        return {"rejected": self.share, **self.shares}

    def lines(self) -> list[str]:
        """All of it, for people."""
        rule = self.rule
        told = ", ".join(f"{reason} {share:.2%}" for reason, share in self.shares.items())
        return [
            f"  not_a_digit   {_below('evidence', rule.min_evidence, -math.inf)}",
            f"  unsure        {_below('confidence', rule.min_confidence, 0.0)}",
            f"  blurred       {_below('sharpness', rule.min_sharpness, 0.0, ', of those')}",
            f"  rejected      {self.share:.2%} of the test glyphs: {told}",
        ]


def _below(name: str, threshold: float, none: float, of_which: str = "") -> str:
    return "never: the model has no threshold for it" if threshold == none else f"below {name} {threshold:g}{of_which}"
