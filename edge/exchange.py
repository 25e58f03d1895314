"""Models are exchanged while the daemon reads: between two frames, and back again if the new ones cannot read.

The new ones are checked and loaded on another thread before, where they read what was read last. If one raises on a
later picture that those before can read, they take over again, with that picture.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from core.config import Config
from core.errors import DigitReaderError, ModelFileError
from core.frame import Luma
from edge.chosen_models import load_before, load_strictly
from edge.methods import Models, new_method
from edge.model_store import SHIPS, ModelStore
from edge.reader import Laps, Method, Reader, Seen

log = logging.getLogger("digit-reader")


MOST_TRIED_PX = 1 << 22
"""Of a picture that is kept to try new models on: a camera's frame is smaller, a photo sent to the page may not be."""


class Exchange:
    """The models in use, and the readers that read with them, whichever they are."""

    def __init__(self, models: Models, config: Config, store: ModelStore) -> None:
        """`models` are in use; `store` knows what was chosen, and is asked again by `reload`."""
        self._config, self._store = config, store
        self._models = models
        self._before: Callable[[], Models] | None = None
        if models.choice != SHIPS:
            self._before = lambda: load_before(config, store, models.choice)
        self._readings: list[_Exchanged] = []
        self._offered: tuple[Models, list[Method]] | None = None
        # Reading itself is not under it, but where a model has just failed.
        self._lock = threading.Lock()
        self.note = ""
        """What befell the models since the start, for people; empty if nothing did."""

    @property
    def models(self) -> Models:
        """Those in use."""
        return self._models

    def reader(self, drawn: bool = False) -> Reader:
        """A reader for one thread, as `edge.methods.new_reader` makes one. Raises as that does."""
        with self._lock:
            reading = _Exchanged(new_method(self._models, self._config, drawn), drawn, self._put_back)
            self._readings.append(reading)
            if self._offered:
                self._offered[1].append(new_method(self._offered[0], self._config, drawn))
        return Reader(reading, self._config.reading)

    def reload(self) -> None:
        """Check what is chosen now, and offer it to `between_frames`. What cannot be used is told in the log."""
        with self._lock:
            self._offered = None  # a choice that no frame has come for since is not the one any more
        try:
            models = load_strictly(self._config, self._store, self._models)
            if (models.classifier, models.spotter) == (self._models.classifier, self._models.spotter):
                log.info("models: as they were")
                return
            methods = self._methods(models)  # which takes a while, so before the lock that frames wait for
            self._try(methods)
            with self._lock:
                self._offered = models, methods + self._methods(models, len(methods))
        except DigitReaderError as error:
            self._tell(logging.WARNING, f"models: not exchanged: {error}")
        except Exception as error:  # whatever is in that file, the daemon reads on
            self._tell(logging.WARNING, f"models: not exchanged: {_told(error)}")

    def between_frames(self) -> None:
        """Take what is offered. To be called when no frame is half read."""
        with self._lock:
            offered, self._offered = self._offered, None
            if offered is None:
                return
            models, methods = offered
            was = self._models
            self._before = lambda: was
            self._take(models, methods)
        self._tell(logging.INFO, f"models: {_names(models)}, in place of {_names(was)}")

    def _methods(self, models: Models, known: int = 0) -> list[Method]:
        """Of all readings but the first `known`."""
        return [new_method(models, self._config, reading.drawn) for reading in self._readings[known:]]

    def _try(self, methods: list[Method]) -> None:
        """Read what was read last: what raises here is not taken, and what a frame's size needs is made here."""
        for reading, method in zip(self._readings, methods, strict=False):  # one may have come since
            if reading.last is not None:
                method.see(reading.last, Laps(time.perf_counter_ns))

    def _take(self, models: Models, methods: list[Method]) -> None:
        self._models = models
        for reading, method in zip(self._readings, methods, strict=True):
            reading.method = method

    def _put_back(self, failed: _Exchanged, method: Method, error: Exception, luma: Luma, laps: Laps) -> Seen:
        """What is in `luma`, which `method` raised `error` on; raises it again where no other models read better."""
        with self._lock:
            if failed.method is not method:  # another thread was quicker
                return failed.method.see(luma, laps)
            if self._before is None:
                raise error
            try:
                models = self._before()
                methods = self._methods(models)
                seen = methods[self._readings.index(failed)].see(luma, laps)
            except Exception:
                raise error from None  # nobody can read this
            was, self._before = self._models, None
            self._take(models, methods)
        why = _told(error)
        self._tell(logging.ERROR, f"models: {_names(was)} cannot read ({why}); {_names(models)} put back")
        if was.choice != models.choice:
            self._leave(was, why)
        return seen

    def _leave(self, failing: Models, why: str) -> None:
        """So that the next start does not take them again."""
        try:
            self._store.put_back(failing.choice, why, utc_now())
        except ModelFileError as error:
            log.warning("models: %s; a restart takes the failing ones again", error)

    def _tell(self, level: int, message: str) -> None:
        log.log(level, message)
        self.note = message.removeprefix("models: ")


class _Exchanged:
    """A method whose models are exchanged. One thread at a time may use it."""

    def __init__(
        self, method: Method, drawn: bool, failed: Callable[[_Exchanged, Method, Exception, Luma, Laps], Seen]
    ) -> None:
        self.method, self.drawn, self._failed = method, drawn, failed
        self.last: Luma | None = None
        """What was read last, if it is not too large to keep."""

    @property
    def labels(self) -> Sequence[str]:
        """What can be read, which no exchange alters."""
        return self.method.labels

    def see(self, luma: Luma, laps: Laps) -> Seen:
        """What is in `luma`, uint8 (H, W), by the models in use."""
        method = self.method
        try:
            seen = method.see(luma, laps)
        except Exception as error:
            return self._failed(self, method, error, luma, laps)
        self.last = luma if luma.size <= MOST_TRIED_PX else None
        return seen


def utc_now() -> str:
    """The time of day, as in 2026-01-31T12:00:00Z."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _names(models: Models) -> str:
    chosen = models.choice.spotter
    return f"{models.name} and {chosen.name if chosen else 'the spotter that ships'}"


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
