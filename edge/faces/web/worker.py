"""Work that takes long enough to stall an event loop, on one thread, one piece at a time, with a bounded queue."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

MAX_WAITING = 8
"""Should more people than this draw at one moment, they are told to ask again rather than kept waiting."""

Returned = TypeVar("Returned")
Job = tuple[Callable[[], Any], "asyncio.Future[Any]"]


class Busy(Exception):
    """Nothing more is taken: the queue is full, or the worker is closed."""


class Worker:
    """One thread that does what one event loop hands to it."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._asked: set[asyncio.Future[Any]] = set()
        self._closed = False
        # A daemon thread, unlike those of an executor: a slow reading cannot keep the program from ending.
        threading.Thread(target=self._work, name="page-reader", daemon=True).start()

    async def do(self, work: Callable[[], Returned]) -> Returned:
        """What `work` returns or raises. Raises Busy if too much is waiting, or if the worker is closed meanwhile."""
        if self._closed or len(self._asked) > MAX_WAITING:
            raise Busy
        future: asyncio.Future[Returned] = asyncio.get_running_loop().create_future()
        self._asked.add(future)
        self._jobs.put((work, future))
        try:
            return await future
        except asyncio.CancelledError:
            if self._closed:
                raise Busy from None
            raise
        finally:
            self._asked.discard(future)

    def close(self) -> None:
        """Let go of everyone who waits, from the event loop's thread. Work already begun ends by itself."""
        self._closed = True
        for future in self._asked:
            future.cancel()
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, future = job
            if future.cancelled():
                continue
            try:
                settle, outcome = future.set_result, work()
            except Exception as error:  # raised again where it is awaited
                settle, outcome = future.set_exception, error
            with contextlib.suppress(RuntimeError):  # the loop is gone, and whoever asked with it
                future.get_loop().call_soon_threadsafe(_settle, future, settle, outcome)


def _settle(future: asyncio.Future[Any], settle: Callable[[Any], None], outcome: object) -> None:
    if not future.done():
        settle(outcome)
