"""The daemon's composition root: config → source, pipeline, page; runs them until it is told to stop."""

from __future__ import annotations

import logging
import os
import queue
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable
from functools import cached_property

from core.config import Config
from core.picture import decode_whole
from edge import hangup
from edge.chosen_models import store_of
from edge.drawing import Drawing, rasterise
from edge.events import AnyEvent, EventIds, SourceChanged
from edge.exchange import Exchange
from edge.faces.web.server import Page, State
from edge.followed import Followed
from edge.methods import Models
from edge.model_store import ModelStore
from edge.progress import Health, Progress
from edge.quality import GOOD
from edge.read import Answer, Reading
from edge.reader import Reader
from edge.sinks import SinkState
from edge.sinks.build import build
from edge.sources.choice import Choice
from edge.sources.status import SourceState, SourceStatus
from edge.sources.supervisor import Supervisor
from edge.systemd import Notifier

log = logging.getLogger("digit-reader")

RATE_WINDOW_S = 2.0
"""Frames a second are counted over this long."""


class Service:
    """Source, pipeline and page of one running daemon."""

    def __init__(
        self,
        config: Config,
        models: Models,
        tell: Callable[[AnyEvent], None],
        sinks: Callable[[], list[SinkState]] = list,
        store: ModelStore | None = None,
        manager: Notifier | None = None,
    ) -> None:
        """`tell` is given every event, from the thread that calls `run`; `sinks` says how it goes with who is told.

        `store` has the models that were chosen instead of `models`, if there is one; `manager` is who started this.
        """
        self._config = config
        self._tell = tell
        self._manager = manager or Notifier({})
        self._sinks = sinks
        self._exchange = Exchange(models, config, store or store_of(config))
        # The page reads on a thread of its own, and a reader serves one thread at a time.
        self._drawing_reader = self._exchange.reader(drawn=True)
        self._choice: Choice | None = None
        self._status = SourceStatus()
        self._source_ids = EventIds(f"sources/{uuid.uuid4()}")
        self._readings: list[Reading] = []
        self._quality = GOOD
        self._frames = 0
        self._rate_hz = 0.0
        self._progress = Progress()
        self.address: str | None = None
        """Of the page, once it is served."""
        self.stop = threading.Event()

    @cached_property
    def _picture_reader(self) -> Reader:
        """Made when a picture is first read: most never are, and a spotter takes memory."""
        return self._exchange.reader()

    def run(self) -> None:
        """Read until `stop` is set or the recording ends. Raises SourceError if that cannot be read."""
        self._choice = Choice(self._config.camera)
        wanted, metrics = self._config.page, self._config.metrics.enabled
        page = Page(self, wanted.host, wanted.port, metrics) if wanted.enabled else None
        if page:
            page.start()
            self.address = page.address
            log.info("page: %s", page.address)
        # A camera that is not there is waited for: that is what the service is for, too.
        self._manager.ready()
        supervisor = Supervisor(self._choice, self.stop, self._source_changed)
        followed = Followed(self._config, self._exchange.reader)
        try:
            self._read(supervisor, followed)
        finally:
            self.stop.set()
            self._manager.stopping()
            supervisor.close()
            followed.close()
            if page:
                page.stop()

    def _read(self, supervisor: Supervisor, followed: Followed) -> None:
        counted, since = 0, time.monotonic()
        while (taken := supervisor.take()) is not None:
            self._progress.taken(time.monotonic())
            self._exchange.between_frames()
            for event in followed.step(taken.frame, taken.source, time.monotonic()):
                self._tell(event)
            self._readings, self._quality = followed.readings, followed.quality
            self._progress.done(time.monotonic())
            self._manager.alive(time.monotonic())
            self._frames += 1
            counted += 1
            elapsed_s = time.monotonic() - since
            if elapsed_s >= RATE_WINDOW_S:
                self._rate_hz = counted / elapsed_s
                counted, since = 0, time.monotonic()
        self._progress.over()

    def _source_changed(self, status: SourceStatus) -> None:
        before, self._status = self._status, status
        self._manager.status(f"{status.state}: {status.name}, since {status.why}")
        if before.state is not SourceState.STARTING:
            told = SourceChanged(
                self._source_ids.next(), time.monotonic_ns(), status.state, status.name, before.state, status.why
            )
            self._tell(told)

    def read_drawing(self, drawing: Drawing) -> Answer:
        """What is drawn; if the canvas is the source, the drawing becomes its frame as well."""
        luma = rasterise(drawing)
        if self._choice and self._status.name == self._choice.canvas.name:
            self._choice.canvas.show(luma)
        return self._drawing_reader.read(luma)

    def read_picture(self, content: bytes) -> Answer:
        """What is in an encoded picture. Raises ImageError if it cannot be decoded."""
        luma = decode_whole(content, "the picture")
        return self._picture_reader.read(luma)

    def reload_models(self) -> None:
        """Take what is chosen now from the next frame on, if it can be used. For a thread of its own."""
        self._exchange.reload()

    def state(self) -> State:
        """What runs, and what it reads now."""
        status = self._status
        return State(
            source=status.name,
            why=status.why,
            source_state=status.state,
            source_error=status.error,
            model=self._exchange.models.name,
            labels=self._exchange.models.labels,
            model_note=self._exchange.note,
            readings=self._readings,
            quality=self._quality,
            frames=self._frames,
            frames_per_second=round(self._rate_hz, 1),
            sinks=self._sinks(),
        )

    def health(self) -> Health:
        """What is wrong with the reading, if anything."""
        health, error = self._progress.health(time.monotonic()), self._status.error
        if not health.not_ready or not error:
            return health
        return Health(health.not_alive, [*health.not_ready, error])


def serve(config: Config, models: Models, store: ModelStore) -> None:
    """Run the daemon in this process: SIGTERM and SIGINT end it, SIGHUP takes the models that are chosen now.

    Raises BrokenPipeError once nobody reads standard output any more, if nobody else is told.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    unread = threading.Event()

    # A signal is handled in the middle of whatever the main thread does, which may be a line it writes: writing another
    # there raises, and taking a lock there may wait for ever. So it is only handed on, by a put that is reentrant.
    asked: queue.SimpleQueue[int] = queue.SimpleQueue()

    hung_up = hangup.watch()

    def answer() -> None:
        while (number := asked.get()) == signal.SIGHUP and not hung_up():
            service.reload_models()
        log.info("stopping: %s", signal.Signals(number).name)
        service.stop.set()

    def reader_gone() -> None:
        unread.set()
        service.stop.set()

    sinks = build(config, os.environ, sys.stdout.fileno(), reader_gone)
    service = Service(config, models, sinks.tell, sinks.states, store, Notifier(os.environ))
    threading.Thread(target=answer, name="signals", daemon=True).start()
    for wanted in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(wanted, lambda number, _: asked.put(number))
    try:
        service.run()
    finally:
        sinks.close()
    if unread.is_set():
        raise BrokenPipeError
