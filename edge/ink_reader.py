"""Digits by their ink: every connected piece of it becomes a glyph, and the classifier reads or rejects each.

For drawings and clean paper. It takes no network but the classifier, and follows the ink to the pixel; it cannot tell
the pattern of a cheque, or print, from handwriting.
"""

from __future__ import annotations

from core.config import ReadingConfig
from core.frame import Luma
from edge.classify import Classifier
from edge.find import find
from edge.read import Digit, Rejected
from edge.reader import Laps, Seen


class InkReader:
    """Finds ink, and has it classified."""

    def __init__(self, classifier: Classifier, config: ReadingConfig) -> None:
        self._classifier = classifier
        self._config = config

    def see(self, luma: Luma, laps: Laps) -> Seen:
        """The digits in `luma`, uint8 (H, W), and the ink that is none."""
        found = find(luma, self._config.polarity, self._config.max_side_px, self._config.min_height_px)
        laps.end("find")
        predictions = self._classifier.classify(found.pixels, found.clipped)
        laps.end("classify")
        digits: list[Digit] = []
        rejected = [Rejected(reason, box, "", 0.0, [], None) for reason, box in found.left_out]
        for box, prediction in zip(found.boxes, predictions, strict=True):
            probabilities = [round(value, 4) for value in prediction.probabilities.tolist()]
            confidence = round(prediction.confidence, 4)
            evidence = round(prediction.evidence, 3)
            if prediction.reject:
                rejected.append(Rejected(prediction.reject, box, prediction.label, confidence, probabilities, evidence))
            else:
                digits.append(Digit(prediction.label, confidence, box, probabilities, evidence))
        return Seen(digits, rejected)
