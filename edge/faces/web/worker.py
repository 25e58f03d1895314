"""Work that takes long enough to stall an event loop, on one thread, one piece at a time, with a bounded queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

MAX_WAITING = 8
"""Should more people than this draw at one moment, they are told to ask again rather than kept waiting."""

Returned = TypeVar("Returned")


class Busy(Exception):
    """Nothing more is taken: the queue is full, or the worker is closed."""


class Worker:
    """One thread that does what one event loop hands to it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="page-reader")
        self._asked: set[asyncio.Future[Any]] = set()
        self._closed = False

    async def do(self, work: Callable[[], Returned]) -> Returned:
        """What `work` returns or raises. Raises Busy if too much is waiting, or if the worker is closed meanwhile."""
        if self._closed or len(self._asked) > MAX_WAITING:
            raise Busy
        future = asyncio.get_running_loop().run_in_executor(self._thread, work)
        self._asked.add(future)
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
        self._thread.shutdown(wait=False, cancel_futures=True)
