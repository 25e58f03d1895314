"""What holds now, put together from what was told: for those who ask for the state and not for what happened."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from edge.sinks.envelope import Envelope

MOST_IN_SIGHT = 100
"""Numbers outside regions that are remembered: those told last."""


class Place(msgspec.Struct, frozen=True):
    """A region, or all of the frame where there are none."""

    reading: str | None = None
    """The number there; empty if it is gone; None if none was told yet."""
    confidence: float | None = None
    """Of the number; None if there is none."""


class _Told(msgspec.Struct, frozen=True):
    """What is of interest in events, of whatever kind."""

    event: str
    region: str = ""
    text: str = ""
    before: str = ""
    confidence: float | None = None
    state: str = ""
    reason: str = ""


class Board:
    """The readings by region, and what is wrong. For one thread at a time."""

    def __init__(self, regions: Sequence[str]) -> None:
        """`regions` are the names of all there are; without any there is one place without a name."""
        self.places = {region: Place() for region in regions or [""]}
        self._in_sight: list[tuple[str, float | None]] = []
        self._problems: dict[str, str] = {}

    @property
    def problem(self) -> str:
        """What is wrong with picture, source or readings, in words; empty if nothing is."""
        return "; ".join(self._problems.values())

    def take(self, envelope: Envelope) -> None:
        """Take in an event; of a kind that is not known, nothing."""
        told = msgspec.json.decode(envelope.line, type=_Told)
        match told.event:
            case "reading_appeared" | "reading_changed" | "rule_gave_way":
                self._read(told)
            case "reading_cleared" if not told.region:
                self._in_sight = [seen for seen in self._in_sight if seen[0] != told.text]
                self._show_last()
            case "reading_refused":
                self._problems[told.region] = f"{told.region}: {told.reason}" if told.region else told.reason
            case "quality_changed":
                self._is_wrong("quality", told, told.state not in {"good", "moving"})
            case "source_changed":
                self._is_wrong("source", told, told.state in {"lost", "fallback"})

    def _read(self, told: _Told) -> None:
        self._problems.pop(told.region, None)
        if told.region:
            # What a region accepted stands though the number is out of sight.
            self.places[told.region] = Place(told.text, told.confidence)
            return
        seen = [each for each in self._in_sight if each[0] not in {told.before, told.text}]
        self._in_sight = [*seen, (told.text, told.confidence)][-MOST_IN_SIGHT:]
        self._show_last()

    def _show_last(self) -> None:
        text, confidence = self._in_sight[-1] if self._in_sight else ("", None)
        self.places[""] = Place(text, confidence)

    def _is_wrong(self, what: str, told: _Told, wrong: bool) -> None:
        # With a blank before it, so that no region has this name.
        key = f" {what}"
        self._problems.pop(key, None)
        if wrong:
            self._problems[key] = told.reason or f"{what}: {told.state}"
