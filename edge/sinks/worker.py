"""The thread of one sink: takes events from its backlog and delivers them, in order, again and again if need be."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.sinks import SinkState, Status
from edge.sinks.backlog import Backlog
from edge.sinks.envelope import Envelope, iso

FAILED_AFTER = 3
"""Attempts in a row that did not succeed: fewer are a restart of who is told."""

STORE_AFTER_S = 600.0
"""What could not be delivered goes to the disk after so long: a power cut costs no more, and an SD card is written 144
times a day for a sink whose other side is gone."""

MOST_REFUSALS = 5
"""Attempts at an event that who is told will not have; then it goes, or it would hold up all others for ever."""

MOST_PAUSE_S = 3600.0
"""However long who is told wants to be left alone."""

MOST_OF_A_REASON = 200

log = logging.getLogger("digit-reader")


class DeliveryError(Exception):
    """What stood in the way, in one line without secrets."""

    def __init__(self, reason: str, *, refused: bool = False, retry_after_s: float = 0.0) -> None:
        """`refused` if the event itself is at fault; `retry_after_s` is the least time until the next attempt."""
        super().__init__(reason)
        self.refused, self.retry_after_s = refused, retry_after_s


class Target(Protocol):
    """Who is told. All of it is called on the worker's thread, and MUST raise nothing but DeliveryError."""

    def tend(self) -> None:
        """See to the connection, where there is one. MUST return within about 10 s."""
        ...

    def deliver(self, batch: Sequence[Envelope]) -> int:
        """How many of `batch`, one or more, have arrived, counted from the first: at least 1.

        MUST return within about its time limit, and MUST raise if the first one did not arrive.
        """
        ...

    def close(self) -> None:
        """Say goodbye."""
        ...


@dataclass(frozen=True)
class Pace:
    """How a worker goes about it."""

    batch: int = 1
    """Events that are delivered at once."""
    linger_s: float = 0.0
    """Events wait so long for others to go with."""
    tend_every_s: float | None = None
    """How often the connection is seen to while there is nothing to deliver."""
    first_pause_s: float = 1.0
    """After one failure. It doubles with each further one, and varies, so that many do not come back at one moment."""
    most_pause_s: float = 300.0


class Worker:
    """A Sink that delivers to a `Target` on a thread of its own."""

    def __init__(
        self,
        name: str,
        target: Target,
        backlog: Backlog,
        pace: Pace,
        secrets: Sequence[str] = (),
    ) -> None:
        """`secrets` are struck out of whatever is said of failures."""
        self.name = name
        self._target, self._backlog, self._pace = target, backlog, pace
        self._secrets = [secret for secret in secrets if secret]
        self._status: Status = "trying"
        self._since_ms = time.time_ns() // 1_000_000
        self._error = ""
        self._delivered = self._given_up = self._failures = self._refusals = 0
        self._retry_at_s = 0.0
        self._told_store_failed = False
        self._chance = random.Random()  # noqa: S311 — no secret
        self._closing = threading.Event()
        self._wake = threading.Event()
        # A daemon thread: a target that hangs cannot keep the process from ending.
        self._thread = threading.Thread(target=self._work, name=f"sink-{name}", daemon=True)
        self._thread.start()

    def put(self, envelope: Envelope) -> None:
        """Take an event. Returns at once, and what it has taken outlasts the process where there is a journal."""
        self._backlog.put(envelope)
        self._wake.set()

    def state(self) -> SinkState:
        """How it goes now."""
        return SinkState(
            name=self.name,
            status=self._status,
            since=iso(self._since_ms),
            error=self._error,
            waiting=self._backlog.waiting,
            delivered=self._delivered,
            dropped=self._backlog.dropped + self._given_up,
        )

    def close(self, timeout_s: float) -> None:
        """Deliver what can be in `timeout_s`, unless it fails anyway; put the rest into the spool, if there is one."""
        self._closing.set()
        self._wake.set()
        self._thread.join(timeout_s)
        self._store()
        left = self._backlog.in_memory
        if left:
            log.warning("%s: %d events could not be delivered before the end", self.name, left)
        if not self._thread.is_alive():
            try:
                self._backlog.close()
            except OSError as error:
                log.warning("%s: %s", self.name, error)

    def _work(self) -> None:
        while not self._closing.is_set():
            if self._is_store_due():
                self._store()
            if time.monotonic() >= self._retry_at_s and self._attempt():
                continue
            self._wake.wait(self._pause_s())
            self._wake.clear()
        while self._failures < FAILED_AFTER and self._attempt():
            pass
        try:
            self._target.close()
        except Exception:
            log.exception("%s: failed at the end", self.name)

    def _attempt(self) -> bool:
        """Whether something was done about an event."""
        try:
            self._target.tend()
            batch = self._backlog.take(self._pace.batch) if self._is_due() else []
            if batch:
                count = self._target.deliver(batch)
                self._backlog.settle(count)
                self._delivered += count
        except (DeliveryError, OSError) as error:
            return self._failed(error)
        except Exception:
            # A fault of ours in one sink is no reason for the others, or the reading, to stop.
            log.exception("%s: failed", self.name)
            return self._failed(DeliveryError("an internal error; the log has it"))
        self._succeeded()
        return bool(batch)

    def _is_due(self) -> bool:
        """Whether what waits has waited for others long enough."""
        waiting = self._backlog.waiting
        since_s = self._backlog.oldest_since_s()
        if not waiting or self._closing.is_set() or waiting >= self._pace.batch or since_s is None:
            return waiting > 0
        return time.monotonic() - since_s >= self._pace.linger_s

    def _is_store_due(self) -> bool:
        since_s = self._backlog.oldest_since_s()
        too_old = since_s is not None and time.monotonic() - since_s >= STORE_AFTER_S
        return self._backlog.is_half_full or (too_old and self._failures > 0)

    def _pause_s(self) -> float | None:
        """How long to sleep unless woken; None for ever."""
        now_s = time.monotonic()
        moments = []
        since_s = self._backlog.oldest_since_s()
        if self._failures:
            moments.append(self._retry_at_s)
            if since_s is not None:
                moments.append(max(since_s + STORE_AFTER_S, now_s + self._pace.first_pause_s))
        elif since_s is not None:
            moments.append(since_s + self._pace.linger_s)
        if self._pace.tend_every_s is not None:
            moments.append(max(now_s + self._pace.tend_every_s, self._retry_at_s))
        return max(0.0, min(moments) - now_s) if moments else None

    def _succeeded(self) -> None:
        if self._failures:
            log.info("%s: delivers again", self.name)
        self._failures = self._refusals = 0
        self._is("ok")

    def _failed(self, error: Exception) -> bool:
        """Whether to go on at once: the event at fault has been given up."""
        self._error = self._without_secrets(str(error))
        if isinstance(error, DeliveryError) and error.refused:
            self._refusals += 1
            if self._refusals >= MOST_REFUSALS and self._give_up():
                return True
        self._backlog.give_back()
        self._failures += 1
        if self._failures == 1:
            log.warning("%s: %s; tries again, and keeps what it has to tell", self.name, self._error)
        self._is("failed" if self._failures >= FAILED_AFTER else "trying")
        pause_s = min(self._pace.first_pause_s * 2.0 ** min(self._failures - 1, 30), self._pace.most_pause_s)
        pause_s *= self._chance.uniform(0.5, 1.0)
        if isinstance(error, DeliveryError):
            pause_s = max(pause_s, min(error.retry_after_s, MOST_PAUSE_S))
        self._retry_at_s = time.monotonic() + pause_s
        return False

    def _give_up(self) -> bool:
        """Let go of the event that is refused; whether it worked."""
        try:
            self._backlog.settle(1)
        except OSError:
            return False
        log.warning("%s: %s; the event is given up after %d attempts", self.name, self._error, self._refusals)
        self._given_up += 1
        self._failures = self._refusals = 0
        self._is("ok")
        return True

    def _store(self) -> None:
        try:
            self._backlog.store()
        except OSError as error:
            if not self._told_store_failed:
                log.warning("%s: %s; what waits is kept in memory", self.name, error)
            self._told_store_failed = True
        else:
            self._told_store_failed = False

    def _is(self, status: Status) -> None:
        if status != self._status:
            self._status, self._since_ms = status, time.time_ns() // 1_000_000

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return " ".join(text.split())[:MOST_OF_A_REASON]
