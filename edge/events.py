"""What is told to others. Each event has one id that everyone who gets it sees, so nobody counts it twice."""

from __future__ import annotations

import hashlib
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
    region: str = ""
    """The name of the region it stands in; empty if there are none."""


class ReadingChanged(Event, frozen=True):
    """What stood in this place reads differently now, and has long enough to count."""

    text: str
    before: str
    confidence: float
    box: Box
    stable_since_ns: int
    region: str = ""
    """The name of the region it stands in; empty if there are none."""


class ReadingCleared(Event, frozen=True):
    """A number that counted has been out of sight long enough."""

    text: str
    box: Box
    region: str = ""
    """The name of the region it stood in; empty if there are none."""


class ReadingRefused(Event, frozen=True):
    """A number that counted was not accepted; what was accepted before stands."""

    text: str
    """As it was read."""
    confidence: float
    box: Box
    rule: str
    """The key of `reading.rules` that refused it."""
    reason: str
    """For a person: what was read, and what is allowed."""
    region: str
    """The name of the region it stands in; empty if there are none."""


class RuleGaveWay(Event, frozen=True):
    """A rule refused consistent readings so often that what was accepted is doubted instead: they are accepted now."""

    text: str
    """What is accepted now, against the rule."""
    before: str
    """What was accepted until now."""
    confidence: float
    box: Box
    rule: str
    """The key of `reading.rules` that gave way."""
    refusals: int
    """Before it did."""
    region: str
    """The name of the region it stands in; empty if there are none."""


class QualityChanged(Event, frozen=True):
    """What the camera shows can be read again, or no longer, or is bad in another way."""

    state: str
    """One of `edge.quality.State`."""
    reason: str
    """In words, with the figure; empty if nothing is to be said."""
    before: str
    """The state until then."""


class SourceChanged(Event, frozen=True):
    """Frames come from another source from now on, or from none, or from the same one again."""

    state: str
    """One of `edge.sources.status.SourceState`."""
    source: str
    """That frames come from, or came from last."""
    before: str
    """The state until then."""
    reason: str
    """For people."""


AnyEvent = (
    ReadingAppeared | ReadingChanged | ReadingCleared | ReadingRefused | RuleGaveWay | QualityChanged | SourceChanged
)


def event_id(stream: str, number: int) -> str:
    """The id of the `number`th event of a stream: the same for a replay, unlike any other stream's.

    A UUID of version 8 (RFC 9562): 64 bits from the stream's name, then the number. So ids of a stream sort in order,
    and the index of a database that looks for duplicates grows at its end: one page written, not one anywhere.
    """
    name = int.from_bytes(hashlib.sha256(stream.encode("utf-8", "surrogateescape")).digest()[:8])
    high, low = name >> 16, name & 0xFFFF
    # 48 bits, the version, 12 bits, the variant, 4 bits, and 58 bits for the number.
    return str(uuid.UUID(int=high << 80 | 8 << 76 | low >> 4 << 64 | 2 << 62 | (low & 0xF) << 58 | number))


class EventIds:
    """Gives the events of a stream their ids."""

    def __init__(self, stream: str) -> None:
        self._stream, self._told = stream, 0

    def next(self) -> str:
        """The id of one event more."""
        self._told += 1
        return event_id(self._stream, self._told)


def to_json(event: AnyEvent) -> bytes:
    """One line of JSON, without the line's end."""
    return msgspec.json.encode(event)
