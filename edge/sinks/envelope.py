"""An event on its way out, with the time of day: what everybody outside gets."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import msgspec

from edge.events import AnyEvent, to_json


class Envelope(msgspec.Struct, frozen=True):
    """One event, written once for everybody who is told."""

    id: str
    """The event's."""
    time_ms: int
    """Since 1970, when it was told. An event's own `at_ns` has no meaning outside this process."""
    line: bytes
    """The event as JSON, as on standard output."""

    @property
    def body(self) -> bytes:
        """The JSON of the event with its time before all else."""
        return b'{"time":"' + iso(self.time_ms).encode() + b'",' + self.line[1:]


class _Head(msgspec.Struct, frozen=True):
    id: str
    time: datetime


def of_event(event: AnyEvent, time_ms: int | None = None) -> Envelope:
    """`event`, told at `time_ms`; without it, now."""
    return Envelope(event.id, time.time_ns() // 1_000_000 if time_ms is None else time_ms, to_json(event))


def of_body(body: bytes) -> Envelope:
    """The envelope that had this `body`. Raises ValueError if none had."""
    head = msgspec.json.decode(body, type=_Head)
    _, comma, rest = body.partition(b",")
    if not comma or head.time.tzinfo is None:
        raise ValueError("no event with its time")
    return Envelope(head.id, round(head.time.timestamp() * 1000), b"{" + rest)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of every body."""
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(AnyEvent)}
    for definition in made["$defs"].values():
        if "event" in definition.get("properties", {}):
            definition["properties"] = {"time": {"type": "string", "format": "date-time"}, **definition["properties"]}
    return made


def iso(time_ms: int) -> str:
    """ISO 8601 in UTC with milliseconds, always as long."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
