"""Which source frames are taken from: the best that works, and back to a better one when that works again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from core.frame import Frame
from edge.sources import Source
from edge.sources.choice import Choice
from edge.sources.slot import FrameSlot
from edge.sources.status import SourceState, SourceStatus
from edge.sources.trial import Trial

log = logging.getLogger("digit-reader")

FIRST_BACK_OFF_S = 1.0
MOST_BACK_OFF_S = 30.0
"""What fails is tried again after twice as long each time."""

STEADY_AFTER_S = 30.0
"""A camera that has worked for so long is soon opened again when it goes; one that only comes and goes is not."""

LOOK_EVERY_S = 2.0
"""Whether a camera was plugged in, while there is none."""

WAKE_EVERY_S = 0.1
"""How long waiting for a frame may outlast `stop`."""


class Taken(NamedTuple):
    """A frame, and what it came from."""

    frame: Frame
    source: Source


class Supervisor:
    """Runs one source at a time, for the thread that takes its frames."""

    def __init__(
        self, choice: Choice, stop: threading.Event, changed: Callable[[SourceStatus], None] = lambda _: None
    ) -> None:
        """`changed` is told every status, by the thread that takes frames."""
        self._choice, self._stop, self._changed = choice, stop, changed
        self._active: FrameSlot | None = None
        self._trial: Trial | None = None
        self._back_off_s = FIRST_BACK_OFF_S
        self._next_trial_s = time.monotonic()
        self._working_since_s = 0.0
        self._last_ns = -1
        self.status = SourceStatus()

    def take(self) -> Taken | None:
        """The newest frame, as soon as there is one; None when `stop` is set or a recording has ended.

        The times of live sources never fall, whichever it is. Raises SourceError or ImageError for a recording that
        cannot be read; a camera is waited for.
        """
        while not self._stop.is_set():
            self._look_for_better()
            if self._active is None:
                if self._trial is not None:
                    self._trial.wait(WAKE_EVERY_S)
                else:
                    self._stop.wait(min(WAKE_EVERY_S, max(0.0, self._next_trial_s - time.monotonic())))
                continue
            frame = self._active.take(WAKE_EVERY_S)
            if frame is not None:
                source = self._active.source
                return Taken(self._in_order(frame) if source.live else frame, source)
            if self._active.ended:
                if not self._active.source.live:
                    _raise(self._active.failure)
                    return None
                self._lose(self._active)
        return None

    def close(self) -> None:
        """Release every source."""
        if self._trial is not None:
            self._trial.stop()
        if self._active is not None:
            self._active.stop()

    def _look_for_better(self) -> None:
        if self._trial is not None:
            if self._trial.wait(0):
                trial, self._trial = self._trial, None
                self._conclude(trial)
            return
        if time.monotonic() < self._next_trial_s or self.status.state is SourceState.RUNNING:
            return
        sources = self._choice.sources(better_than=self._active.source if self._active else None)
        if sources:
            self._trial = Trial(sources)
            self._trial.start()
        else:
            self._next_trial_s = time.monotonic() + LOOK_EVERY_S

    def _conclude(self, trial: Trial) -> None:
        for source, error in trial.problems:
            if not source.live:
                _raise(error)
        problems = [f"{source.name}: {error or 'it gave no picture'}" for source, error in trial.problems]
        if trial.found is not None:
            self._adopt(trial.found, problems)
        elif self._active is None:
            self._stay_lost(problems)
        else:
            self._wait_longer()

    def _adopt(self, slot: FrameSlot, problems: list[str]) -> None:
        before, self._active = self._active, slot
        if before is not None:
            before.stop()
        was, source = self.status, slot.source
        error = problems[0] if problems else was.error
        self._working_since_s = time.monotonic()
        is_best = self._choice.is_best(source)
        why = self._choice.why(source) if is_best or not problems else problems[0]
        if was.state is SourceState.STARTING:
            for problem in problems:
                log.warning("%s", problem)
            log.info("source: %s, since %s", source.name, why)
        elif before is not None:
            log.warning("%s: it works; reading from it instead of %s", source.name, was.name)
        elif is_best or source.name == was.name:
            log.warning("%s: it works%s", source.name, " again" if was.name else "")
        else:
            log.warning("%s; reading from %s until it works", error, source.name)
        if not is_best:
            self._wait_longer()
        self._put(SourceStatus(SourceState.RUNNING if is_best else SourceState.FALLBACK, source.name, why, error))

    def _lose(self, slot: FrameSlot) -> None:
        slot.stop()
        self._active = None
        if time.monotonic() - self._working_since_s >= STEADY_AFTER_S:
            self._back_off_s = FIRST_BACK_OFF_S
        problem = f"{slot.source.name}: {slot.failure or 'it ended'}"
        log.warning("%s; opening it again in %g s", problem, self._back_off_s)
        self._wait_longer()
        self._put(SourceStatus(SourceState.LOST, slot.source.name, problem, problem))

    def _stay_lost(self, problems: list[str]) -> None:
        problem = "; ".join(problems)
        if problem != self.status.error:
            log.warning("%s; trying again in %g s", problem, self._back_off_s)
            self._put(SourceStatus(SourceState.LOST, self.status.name, problem, problem))
        self._wait_longer()

    def _wait_longer(self) -> None:
        self._next_trial_s = time.monotonic() + self._back_off_s
        self._back_off_s = min(2 * self._back_off_s, MOST_BACK_OFF_S)

    def _put(self, status: SourceStatus) -> None:
        self.status = status
        self._changed(status)

    def _in_order(self, frame: Frame) -> Frame:
        """`frame`, later than the one before: a driver's clock may jump, and another camera's lag behind."""
        at_ns = max(frame.captured_ns, self._last_ns + 1)
        self._last_ns = at_ns
        return frame if at_ns == frame.captured_ns else replace(frame, captured_ns=at_ns)


def _raise(error: Exception | None) -> None:
    if error is not None:
        raise error
