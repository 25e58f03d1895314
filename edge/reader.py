"""One picture → an answer: digits by whichever method is asked for, grouped into numbers, with the time it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from msgspec import structs

from core.config import ReadingConfig
from core.frame import Luma
from edge.parts import parts
from edge.read import Answer, Digit, Reading, Refused, Rejected
from edge.rule_checks import RuleChecks

Clock = Callable[[], int]
"""Returns nanoseconds; only differences count."""


class Laps:
    """The time that stages take, one after the other."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = self._ended = clock()
        self._taken: dict[str, int] = {}

    def end(self, stage: str) -> None:
        """`stage` ends now, and the next begins."""
        now = self._clock()
        self._taken[stage] = self._taken.get(stage, 0) + now - self._ended
        self._ended = now

    def ms(self) -> dict[str, float]:
        """Milliseconds of each stage, and in `total`."""
        taken = self._taken | {"total": self._ended - self._started}
        return {stage: round(nanoseconds / 1e6, 3) for stage, nanoseconds in taken.items()}


class Seen(NamedTuple):
    """What is in a picture."""

    digits: list[Digit]
    rejected: list[Rejected]


class Method(Protocol):
    """A way from a picture to digits. One thread at a time may use it."""

    @property
    def labels(self) -> Sequence[str]:
        """What can be read, in the order of every `probabilities`."""
        ...

    def see(self, luma: Luma, laps: Laps) -> Seen:
        """What is in `luma`, uint8 (H, W), boxes in its pixels. Ends the stages `find` and `classify` of `laps`."""
        ...


class Reader:
    """Reads pictures by one method."""

    def __init__(self, method: Method, config: ReadingConfig) -> None:
        self._method = method
        self._parts = [(part, RuleChecks(part.rules)) for part in parts(config)]

    @property
    def labels(self) -> Sequence[str]:
        """What can be read, in the order of every `probabilities`."""
        return self._method.labels

    def see(self, shown: Luma) -> Seen:
        """The digits in `shown`, uint8 (H, W), one by one; boxes are in its pixels."""
        return self._method.see(shown, Laps(time.perf_counter_ns))

    def read(self, luma: Luma, clock: Clock = time.perf_counter_ns) -> Answer:
        """All that is in one picture, uint8 (H, W), with the time each stage took by `clock`."""
        laps = Laps(clock)
        readings: list[Reading] = []
        rejected: list[Rejected] = []
        refused: list[Refused] = []
        for part, checks in self._parts:
            view = part.view(luma)
            shown = view.of(luma)
            seen = self._method.see(shown, laps)
            for reading in part.numbers(shown, seen.digits):
                text, confidence, box = reading.text, reading.confidence, view.back(reading.box)
                breach = checks.of_text(text) or checks.of_confidence(confidence)
                if breach:
                    refused.append(Refused(text, confidence, box, *breach, part.name))
                else:
                    readings.append(reading.moved(view.back))
            rejected += [structs.replace(each, box=view.back(each.box)) for each in seen.rejected]
            laps.end("read")
        return Answer("".join(reading.text for reading in readings), readings, rejected, laps.ms(), refused)
