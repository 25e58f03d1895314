"""Who is told what happens: one Protocol, and the state each of them shows."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from edge.sinks.envelope import Envelope

Status = Literal["trying", "ok", "failed"]


class SinkState(msgspec.Struct, frozen=True):
    """How it goes with one sink. Holds no secret."""

    name: str
    status: Status
    """`trying` until the first success and after a failure or two; `failed` if it goes on failing."""
    since: str
    """When the status became so: ISO 8601 in UTC."""
    error: str
    """The last one, in one line, though all may be well since; empty if there was none."""
    waiting: int
    """Events that are still to be delivered."""
    delivered: int
    """Events, since the start of the program."""
    dropped: int
    """Events given up, since the start: there was no room for more, or who is told would not have them."""


class Sink(Protocol):
    """Somebody who is told every event.

    A sink MUST hold a bounded number of events; when there are more, it MUST drop the oldest and count them. It MAY
    deliver an event more than once, always with the same id, and MUST keep their order.
    """

    name: str
    """A word: "mqtt"."""

    def put(self, envelope: Envelope) -> None:
        """Take an event. MUST return at once and MUST NOT raise, whatever has become of who is told."""
        ...

    def state(self) -> SinkState:
        """How it goes now. MUST return within milliseconds."""
        ...

    def close(self, timeout_s: float) -> None:
        """Deliver what can be, put aside what cannot where a disk is provided, and return within about `timeout_s`."""
        ...
