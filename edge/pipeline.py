"""One frame through everything: find → classify → read → track. No clock, no input or output, no globals."""

from __future__ import annotations

import time
from collections.abc import Callable

from core.config import ReadingConfig
from core.frame import Frame, Luma
from edge.classify import Classifier, Prediction
from edge.events import AnyEvent
from edge.find import Found, find
from edge.read import Answer, Digit, Reading, Rejected, group
from edge.track import Tracker

Clock = Callable[[], int]
"""Returns nanoseconds; only differences count."""


class Pipeline:
    """Reads frames in their order."""

    def __init__(self, classifier: Classifier, config: ReadingConfig, stream: str = "") -> None:
        """`stream` names where the frames come from, and makes the ids of its events its own."""
        self._classifier = classifier
        self._config = config
        self._tracker = Tracker(config.stable_after_s, config.cleared_after_s, stream)

    @property
    def readings(self) -> list[Reading]:
        """The readings that count now."""
        return self._tracker.confirmed

    def step(self, frame: Frame) -> list[AnyEvent]:
        """What changed with this frame."""
        answer = look(frame.luma, self._classifier, self._config)
        return self._tracker.update(answer.readings, frame.captured_ns)


def look(luma: Luma, classifier: Classifier, config: ReadingConfig, clock: Clock = time.perf_counter_ns) -> Answer:
    """All that is in one picture, uint8 (H, W), with the time each stage took by `clock`."""
    started = clock()
    found = find(luma, config.polarity, config.max_side_px, config.min_height_px)
    searched = clock()
    predictions = classifier.classify(found.pixels, found.clipped)
    classified = clock()
    readings, rejected = _decide(found, predictions)
    done = clock()
    return Answer(
        "".join(reading.text for reading in readings),
        readings,
        rejected,
        {
            "find": _ms(searched - started),
            "classify": _ms(classified - searched),
            "read": _ms(done - classified),
            "total": _ms(done - started),
        },
    )


def _decide(found: Found, predictions: list[Prediction]) -> tuple[list[Reading], list[Rejected]]:
    """(numbers, ink that was not read)."""
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
    return group(digits), rejected


def _ms(nanoseconds: int) -> float:
    return round(nanoseconds / 1e6, 3)
