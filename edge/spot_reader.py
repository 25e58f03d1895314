"""Digits by the spotter, which finds them in the whole frame and reads them; another voice may have a vote on each.

It tells digits that touch, ink on a pattern and light ink beside dark; what it costs hardly grows with the digits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.config import ReadingConfig
from core.frame import Box, Luma
from core.look import look
from core.reject import sharpness
from core.spot_glyphs import glyphs_at
from core.spots import Spots
from core.spotter import Spotter
from core.voice import Voice
from core.vote import Verdict, Vote, decide, decide_alone
from edge.read import Digit, Rejected
from edge.reader import Laps, Seen

CLEAR_SHARE = 0.6
"""A digit as probable as this is no doubt which it would be: then the doubt is whether it is one at all."""


class SpotReader:
    """Finds digits by the spotter, and reads them by it alone or together with another voice."""

    def __init__(self, spotter: Spotter, other: tuple[Voice, Vote] | None, config: ReadingConfig) -> None:
        """`other` is a voice, and how much it counts; without it the spotter reads alone."""
        self._spotter, self._other, self._config = spotter, other, config
        self._alone = spotter.manifest.alone
        own = (self._alone if other is None else other[1]).min_evidence
        self._min_evidence = own if config.min_evidence is None else config.min_evidence
        self._min_confidence = config.min_confidence or 0.0
        self._min_sharpness = config.min_sharpness or 0.0

    @property
    def labels(self) -> Sequence[str]:
        """What can be read, in the order of every `probabilities`."""
        return self._spotter.manifest.labels

    def see(self, luma: Luma, laps: Laps) -> Seen:
        """The digits in `luma`, uint8 (H, W), and what could be one."""
        spots = look(self._spotter, luma, self._config.max_side_px)
        laps.end("find")
        seen = self._decided(spots, luma) if len(spots) else Seen([], [])
        laps.end("classify")
        return seen

    def _decided(self, spots: Spots, luma: Luma) -> Seen:
        verdict = self._verdict(spots, luma)
        blurred = self._blurred(spots, luma)
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

    def _verdict(self, spots: Spots, luma: Luma) -> Verdict:
        if self._other is None:
            return decide_alone(spots, self._alone)
        voice, vote = self._other
        return decide(spots, voice.logits_at(luma, spots.boxes), vote)

    def _blurred(self, spots: Spots, luma: Luma) -> NDArray[np.bool_]:
        """bool (N,): which are too blurred to be read, if config says how much that is."""
        if not self._min_sharpness:
            return np.zeros(len(spots), np.bool_)
        # Glyphs are made for that alone: few ask for it, and it is measured on them wherever digits are found.
        return np.asarray(sharpness(glyphs_at(luma, spots.boxes)) < self._min_sharpness)

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
