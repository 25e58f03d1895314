"""Which glyphs are not read, and why: THE rule, the same where digits are read and where its thresholds are measured.

Two doubts reject a glyph: it has too little evidence of being any label at all (the energy score: Liu et al., 2020), or
it is a label, but which one is unsure (Chow, 1970). Where the picture explains the doubt, the reason says so: ink that
the edge of the picture cuts off, and blur.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.config import ReadingConfig
from core.manifest import Manifest

REASONS = ("clipped", "blurred", "not_a_digit", "unsure")
"""Of several that hold, the first is given: what a person can mend comes before what they cannot."""


@dataclass(frozen=True, slots=True)
class RejectRule:
    """What a glyph must have to be read."""

    min_confidence: float
    """Less is `unsure`."""
    min_evidence: float = -math.inf
    """Less is `not_a_digit`. In logits, as `core.evaluation.evidence` has it."""
    min_sharpness: float = 0.0
    """Less is `blurred`."""
    reject_blurred: bool = False
    """Also what is in no doubt; otherwise blur only explains one."""
    reject_clipped: bool = False
    """The same for ink at the edge of the picture."""

    @classmethod
    def of(cls, manifest: Manifest, reading: ReadingConfig | None = None) -> RejectRule:
        """The model's own rule, with what `reading` moves in it. A threshold that the model lacks rejects nothing."""
        reading = reading or ReadingConfig()
        return cls(
            min_confidence=_first(reading.min_confidence, manifest.min_confidence),
            min_evidence=_first(reading.min_evidence, manifest.min_evidence, -math.inf),
            min_sharpness=_first(reading.min_sharpness, manifest.min_sharpness, 0.0),
            reject_blurred=reading.min_sharpness is not None,
            reject_clipped=reading.reject_clipped,
        )

    def reasons(
        self,
        pixels: NDArray[np.uint8],
        confidences: NDArray[np.float64],
        evidence: NDArray[np.float64],
        clipped: NDArray[np.bool_] | None = None,
    ) -> list[str]:
        """Why each glyph is rejected, one of REASONS; empty if it is read.

        `pixels` are uint8 (N, 28, 28); their `confidences` and `evidence`, and whether they are `clipped`, are (N,).
        """
        clipped = np.zeros(len(pixels), np.bool_) if clipped is None else clipped
        no_label = evidence < self.min_evidence
        doubted = no_label | (confidences < self.min_confidence)
        blurred = self._blurred(pixels, doubted)
        rejected = doubted | (clipped & self.reject_clipped) | (blurred & self.reject_blurred)
        reasons: list[str] = np.select([~rejected, clipped, blurred, no_label], ["", *REASONS[:3]], REASONS[3]).tolist()
        return reasons

    def _blurred(self, pixels: NDArray[np.uint8], doubted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """bool (N,): which are blurred, of those for which that matters."""
        blurred = doubted | self.reject_blurred
        blurred[blurred] = sharpness(pixels[blurred]) < self.min_sharpness
        return blurred


def sharpness(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 (N,), 0 to 1: how abrupt the edges of ink are in uint8 (N, 28, 28); 0 without ink.

    It is one over the width of the edges in pixels, by which Marziliano et al. (2002) measure blur: the mean step from
    one pixel to the next, each weighted by itself, as a share of the darkest ink. So neither flat paper nor the length
    of the strokes counts. Measured on MNIST's training glyphs: median 0.56, falling with every blur of every glyph
    (Gaussian from 0.4 px and disc from 1 px), and uncorrelated with the width of the pen (Spearman -0.03).
    """
    ink = pixels.astype(np.float32)
    squares, steps = np.zeros((2, len(ink)), np.float32)
    for axis in (1, 2):
        change = np.abs(np.diff(ink, axis=axis))
        squares += np.einsum("nyx,nyx->n", change, change)
        steps += change.sum(axis=(1, 2))
    weights = steps * ink.max(axis=(1, 2), initial=0)
    return np.divide(squares, weights, out=np.zeros_like(squares), where=weights > 0)


def _first(*values: float | None) -> float:
    """The first that is set."""
    return next(value for value in values if value is not None)
