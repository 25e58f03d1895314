"""Digits by the spotter, which finds them in the whole frame and reads them; the classifier may have a vote on each.

It tells digits that touch, ink on a pattern and light ink beside dark; what it costs hardly grows with the digits.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from core.config import ReadingConfig
from core.frame import Box, Luma
from core.interpreter import Interpreter
from core.look import look
from core.reject import sharpness
from core.spot_glyphs import glyphs_at
from core.spots import Spots
from core.spotter import Spotter
from core.vote import decide, decide_alone
from edge.read import Digit, Rejected
from edge.reader import Laps, Seen

CLEAR_SHARE = 0.6
"""A digit as probable as this is no doubt which it would be: then the doubt is whether it is one at all."""


class SpotReader:
    """Finds digits by the spotter, and reads them by it alone or together with the classifier."""

    def __init__(self, spotter: Spotter, classifier: Interpreter | None, config: ReadingConfig) -> None:
        """Without `classifier` the spotter reads alone, as it does if its file has no weights for a vote."""
        self._spotter, self._classifier, self._config = spotter, classifier, config
        self._alone = spotter.manifest.alone
        self._vote = spotter.manifest.vote if classifier is not None else None
        own = (self._vote or self._alone).min_evidence
        self._min_evidence = own if config.min_evidence is None else config.min_evidence
        self._min_confidence = config.min_confidence or 0.0
        self._min_sharpness = config.min_sharpness or 0.0

    def see(self, luma: Luma, laps: Laps) -> Seen:
        """The digits in `luma`, uint8 (H, W), and what could be one."""
        spots = look(self._spotter, luma, self._config.max_side_px)
        laps.end("find")
        seen = self._decided(spots, luma) if len(spots) else Seen([], [])
        laps.end("classify")
        return seen

    def _decided(self, spots: Spots, luma: Luma) -> Seen:
        glyphs = None
        if self._classifier is not None and self._vote is not None:
            glyphs = glyphs_at(luma, spots.boxes)
            verdict = decide(spots, self._classifier.classify(glyphs), self._vote)
        else:
            verdict = decide_alone(spots, self._alone)
        blurred = self._blurred(glyphs, len(spots))
        frame = Box(0, 0, luma.shape[1], luma.shape[0])
        digits: list[Digit] = []
        rejected: list[Rejected] = []
        for bounds, label, shares, log_odds, confidence, is_blurred in zip(
            spots.boxes.tolist(),
            verdict.labels.tolist(),
            verdict.probabilities.round(4).tolist(),
            verdict.log_odds.round(3).tolist(),
            verdict.confidences.round(4).tolist(),
            blurred.tolist(),
            strict=True,
        ):
            box = _within(bounds, frame)
            reason = self._reason(box, frame, shares[label], log_odds, confidence, is_blurred)
            text = self._spotter.manifest.labels[label]
            if reason:
                rejected.append(Rejected(reason, box, text, confidence, shares, log_odds))
            else:
                digits.append(Digit(text, confidence, box, shares, log_odds))
        return Seen(digits, rejected)

    def _blurred(self, glyphs: NDArray[np.uint8] | None, count: int) -> NDArray[np.bool_]:
        """bool (N,): which glyphs are too blurred to be read, if config says how much that is."""
        if glyphs is None or not self._min_sharpness:
            return np.zeros(count, np.bool_)
        return np.asarray(sharpness(glyphs) < self._min_sharpness)

    def _reason(self, box: Box, frame: Box, share: float, log_odds: float, confidence: float, blurred: bool) -> str:
        """Why a place is not read, one of `core.reject.REASONS`; empty if it is."""
        clipped = box.x <= 0 or box.y <= 0 or box.right >= frame.width or box.bottom >= frame.height
        doubted = log_odds < self._min_evidence or confidence < self._min_confidence
        too_small = box.height < self._config.min_height_px
        if not (doubted or too_small or blurred or (clipped and self._config.reject_clipped)):
            return ""
        if too_small:
            return "too_small"
        if clipped:
            return "clipped"
        if blurred:
            return "blurred"
        return "not_a_digit" if log_odds < self._min_evidence and share >= CLEAR_SHARE else "unsure"


def _within(bounds: list[float], frame: Box) -> Box:
    """The part of x, y, width and height that is in the frame, in whole pixels; at least one."""
    x, y, width, height = bounds
    left, top = min(max(math.floor(x), 0), frame.width - 1), min(max(math.floor(y), 0), frame.height - 1)
    right, bottom = min(math.ceil(x + width), frame.width), min(math.ceil(y + height), frame.height)
    return Box(left, top, max(right - left, 1), max(bottom - top, 1))
