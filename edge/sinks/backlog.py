"""The events one sink has yet to deliver: a bounded queue in memory, a journal behind it, a spool on disk before it.

The oldest are in the spool, if any are. An event is taken into hand, and then settled or given back.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

from edge.sinks.envelope import Envelope, of_body
from edge.sinks.journal import Journal

MOST_IN_MEMORY = 2000
"""Events of one sink: a day and more at one a minute, less than 2 MB."""

AT_ONCE = 200
"""Events that go into the spool in one transaction."""

log = logging.getLogger("digit-reader")


class Disk(Protocol):
    """What the backlog needs of a spool. All of it MAY raise OSError."""

    @property
    def waiting(self) -> int:
        """How many are in it. MAY be asked on any thread, and MUST NOT raise."""
        ...

    def ids(self) -> set[str]:
        """Of all that is in it."""
        ...

    def append(self, envelopes: list[Envelope]) -> int:
        """Add them behind the others; how many of all the oldest had to go for that."""
        ...

    def first(self, count: int) -> list[Envelope]:
        """The oldest, up to `count`."""
        ...

    def settle(self, count: int) -> None:
        """Let go of the oldest `count`."""
        ...

    def close(self) -> None: ...


class _Entry(NamedTuple):
    number: int
    envelope: Envelope
    since_s: float
    """Monotonic; of what an earlier process left, long ago."""


class Backlog:
    """What is yet to be delivered. `put` may be called on any thread; the rest is for one at a time."""

    def __init__(
        self, name: str, most: int = MOST_IN_MEMORY, journal: Journal | None = None, spool: Disk | None = None
    ) -> None:
        """Takes up what an earlier process left in `journal`."""
        self._name, self._most, self._journal, self._spool = name, most, journal, spool
        self._lock = threading.Lock()
        self._spool_lock = threading.Lock()
        """Held while a disk may be slow, so never by `put`."""
        self._queue: deque[_Entry] = deque()
        self._in_hand: list[_Entry] = []
        self._spooled_in_hand = 0
        self._number = 0
        self._journal_failed = False
        self.dropped = 0
        if journal:
            self._take_up(journal)

    @property
    def waiting(self) -> int:
        """How many are yet to be delivered."""
        spooled = self._spool.waiting if self._spool else 0
        with self._lock:
            return spooled + len(self._in_hand) + len(self._queue)

    @property
    def in_memory(self) -> int:
        """How many are in no spool."""
        with self._lock:
            return len(self._in_hand) + len(self._queue)

    @property
    def is_half_full(self) -> bool:
        """Whether it is time to `store` what is in memory."""
        return self.in_memory >= self._most / 2

    def oldest_since_s(self) -> float | None:
        """Since when, on the monotonic clock, the oldest that is in no spool waits; None if there is none."""
        with self._lock:
            entry = self._in_hand[0] if self._in_hand else self._queue[0] if self._queue else None
            return entry.since_s if entry else None

    def put(self, envelope: Envelope) -> None:
        """Take one more; if there is no room, the oldest goes. Returns at once."""
        with self._lock:
            self._number += 1
            self._queue.append(_Entry(self._number, envelope, time.monotonic()))
            self._trim()
            if journal := self._journal:
                self._journalled(lambda: journal.append(self._number, envelope.body))
                self._shorten(journal)

    def take(self, count: int) -> list[Envelope]:
        """The oldest, up to `count`, into hand. Raises OSError if the spool cannot be read."""
        if self._spool:
            with self._spool_lock:
                spooled = self._spool.first(count)
            self._spooled_in_hand = len(spooled)
            if spooled:
                return spooled
        with self._lock:
            self._in_hand = [self._queue.popleft() for _ in range(min(count, len(self._queue)))]
            return [entry.envelope for entry in self._in_hand]

    def settle(self, count: int) -> None:
        """Of what is in hand, the first `count` are done with; the rest goes back. Raises OSError, of the spool."""
        if self._spool and self._spooled_in_hand:
            self._spooled_in_hand = 0
            with self._spool_lock:
                self._spool.settle(count)
            return
        with self._lock:
            settled, back = self._in_hand[:count], self._in_hand[count:]
            self._in_hand = []
            self._queue.extendleft(reversed(back))
            if settled:
                self._let_go(settled[-1].number)

    def give_back(self) -> None:
        """What is in hand was not delivered: it is the oldest again."""
        with self._lock:
            self._queue.extendleft(reversed(self._in_hand))
            self._in_hand, self._spooled_in_hand = [], 0
            self._trim()

    def store(self) -> None:
        """Put all that is in memory into the spool, if there is one. Raises OSError, and keeps what was not."""
        while self._spool:
            with self._spool_lock:
                with self._lock:
                    entries = [*self._in_hand, *self._queue][:AT_ONCE]
                if not entries:
                    return
                self.dropped += self._spool.append([entry.envelope for entry in entries])
                with self._lock:
                    last = entries[-1].number
                    self._in_hand = [entry for entry in self._in_hand if entry.number > last]
                    while self._queue and self._queue[0].number <= last:
                        self._queue.popleft()
                    self._let_go(last)

    def close(self) -> None:
        """Close the files."""
        if self._journal:
            self._journal.close()
            self._journal = None
        if self._spool:
            self._spool.close()

    def _take_up(self, journal: Journal) -> None:
        try:
            left = journal.load()
            spooled = self._spool.ids() if self._spool and left else set()
        except OSError as error:
            log.warning("%s: what an earlier run had yet to tell cannot be read (%s)", self._name, error)
            return
        for number, body in left:
            self._number = number
            try:
                envelope = of_body(body)
            except ValueError:
                self.dropped += 1  # of a version that wrote events in another way
                continue
            if envelope.id not in spooled:
                self._queue.append(_Entry(number, envelope, 0.0))
        self._trim()

    def _trim(self) -> None:
        while len(self._queue) > self._most:
            self._queue.popleft()
            self.dropped += 1

    def _let_go(self, number: int) -> None:
        """Tell the journal that all up to `number` are done with."""
        journal = self._journal
        if not journal:
            return
        if not self._in_hand and not self._queue:
            self._journalled(journal.clear)
        else:
            self._journalled(lambda: journal.settle(number))
            self._shorten(journal)

    def _shorten(self, journal: Journal) -> None:
        if journal.is_long:
            left = [(entry.number, entry.envelope.body) for entry in (*self._in_hand, *self._queue)]
            self._journalled(lambda: journal.rewrite(left))

    def _journalled(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            if not self._journal_failed:
                log.warning("%s: %s; what waits in memory is lost if the program is killed", self._name, error)
            self._journal_failed = True
        else:
            self._journal_failed = False
