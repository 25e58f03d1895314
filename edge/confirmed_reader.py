"""Digits by their ink, where the spotter finds one as well: few false ones, and boxes that follow the ink to the pixel.

For clean paper with print and pictures beside the writing. What is no piece of its own, as digits that touch a pattern,
is lost as it is to ink alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.config import ReadingConfig
from core.frame import Luma
from core.look import look
from core.spots import boxes_of, overlaps
from core.spotter import Spotter
from edge.ink_reader import InkReader
from edge.read import Digit, Rejected
from edge.reader import Laps, Seen

LEAST_SCORE = 0.3
"""Of a spot that confirms ink."""

LEAST_IOU = 0.35
"""Of ink and spot. Their boxes follow different strokes at times; of two neighbours they share less."""


class ConfirmedReader:
    """Reads ink, and keeps what the spotter confirms."""

    def __init__(self, ink: InkReader, spotter: Spotter, config: ReadingConfig) -> None:
        self._ink, self._spotter, self._config = ink, spotter, config

    @property
    def labels(self) -> Sequence[str]:
        """What can be read, in the order of every `probabilities`."""
        return self._ink.labels

    def see(self, luma: Luma, laps: Laps) -> Seen:
        """The digits in `luma`, uint8 (H, W), and the ink that is none."""
        seen = self._ink.see(luma, laps)
        if not seen.digits:
            return seen
        spots = look(self._spotter, luma, self._config.max_side_px).above(LEAST_SCORE)
        common = overlaps(boxes_of([digit.box for digit in seen.digits]), spots.boxes)
        confirmed = common.max(axis=1, initial=0) >= LEAST_IOU
        laps.end("find")
        digits: list[Digit] = []
        rejected = list(seen.rejected)
        for digit, is_confirmed in zip(seen.digits, confirmed.tolist(), strict=True):
            if is_confirmed:
                digits.append(digit)
            else:
                rejected.append(
                    Rejected(
                        "not_a_digit", digit.box, digit.text, digit.confidence, digit.probabilities, digit.evidence
                    )
                )
        return Seen(digits, rejected)
