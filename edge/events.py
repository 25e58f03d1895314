"""What is told to others. Each event has one id that everyone who gets it sees, so nobody counts it twice."""

from __future__ import annotations

import uuid

import msgspec

from core.frame import Box


class Event(
    msgspec.Struct,
    frozen=True,
    tag_field="event",
    tag=lambda name: "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_"),
):
    """Something that happened, once."""

    id: str
    at_ns: int
    """Time of the frame it was seen in."""


class ReadingAppeared(Event, frozen=True):
    """A number has been in sight long enough to count."""

    text: str
    confidence: float
    box: Box
    stable_since_ns: int


class ReadingChanged(Event, frozen=True):
    """What stood in this place reads differently now, and has long enough to count."""

    text: str
    before: str
    confidence: float
    box: Box
    stable_since_ns: int


class ReadingCleared(Event, frozen=True):
    """A number that counted has been out of sight long enough."""

    text: str
    box: Box


AnyEvent = ReadingAppeared | ReadingChanged | ReadingCleared


def event_id(stream: str, number: int) -> str:
    """The id of the `number`th event of a stream: the same for a replay, unlike any other stream's."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{stream}/{number}"))


def to_json(event: AnyEvent) -> bytes:
    """One line of JSON, without the line's end."""
    return msgspec.json.encode(event)
