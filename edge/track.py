"""Numbers followed over frames: what was seen in one frame becomes a reading only by staying.

A number is tentative until it has read the same for `stable_after_s`, confirmed from then on, and lost once it has
been out of sight for `cleared_after_s`. Time comes with the frames, so a replay gives the same events to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.events import AnyEvent, ReadingAppeared, ReadingChanged, ReadingCleared, event_id
from edge.read import Reading

SAME_PLACE_OVERLAP = 0.2
"""Numbers in successive frames whose boxes overlap (intersection over union) at least this much are one."""

MOST_TRACKS = 200
"""Bounds the work when a frame is full of changing ink."""


@dataclass(slots=True)
class Track:
    """One number in its place."""

    reading: Reading
    """As last seen."""
    same_since_ns: int
    """Since when it has read as it does."""
    seen_ns: int
    confirmed: str = ""
    """What was last reported of it; empty while tentative."""
    stable_since_ns: int = 0


class Tracker:
    """Follows numbers and says what happened to them."""

    def __init__(self, stable_after_s: float, cleared_after_s: float, stream: str) -> None:
        self._stable_after_ns = round(stable_after_s * 1e9)
        self._cleared_after_ns = round(cleared_after_s * 1e9)
        self._stream = stream
        self._told = 0
        self._tracks: list[Track] = []

    @property
    def confirmed(self) -> list[Reading]:
        """The readings that count now, as they were last seen."""
        return [track.reading for track in self._tracks if track.confirmed == track.reading.text]

    def update(self, readings: list[Reading], now_ns: int) -> list[AnyEvent]:
        """Take in the readings of the frame captured at `now_ns`; returns what that changed, in a fixed order."""
        self._associate(readings, now_ns)
        events: list[AnyEvent] = []
        for track in self._tracks:
            event = self._confirm(track, now_ns) or self._clear(track, now_ns)
            if event:
                events.append(event)
        self._tracks = [track for track in self._tracks if not self._gone(track, now_ns)]
        return events

    def _associate(self, readings: list[Reading], now_ns: int) -> None:
        """Give each reading to the track it overlaps most, best pairs first; what is left starts tracks."""
        pairs = sorted(
            (
                (overlap, -track_index, -reading_index)
                for track_index, track in enumerate(self._tracks)
                for reading_index, reading in enumerate(readings)
                if (overlap := track.reading.box.overlap(reading.box)) >= SAME_PLACE_OVERLAP
            ),
            reverse=True,
        )
        taken_tracks: set[int] = set()
        taken_readings: set[int] = set()
        for _, minus_track, minus_reading in pairs:
            if -minus_track in taken_tracks or -minus_reading in taken_readings:
                continue
            taken_tracks.add(-minus_track)
            taken_readings.add(-minus_reading)
            track, reading = self._tracks[-minus_track], readings[-minus_reading]
            # Out of sight is no agreement: a number that comes back starts its time again.
            if reading.text != track.reading.text or now_ns - track.seen_ns > self._cleared_after_ns:
                track.same_since_ns = now_ns
            track.reading, track.seen_ns = reading, now_ns
        for index, reading in enumerate(readings):
            if index not in taken_readings and len(self._tracks) < MOST_TRACKS:
                self._tracks.append(Track(reading, now_ns, now_ns))

    def _confirm(self, track: Track, now_ns: int) -> AnyEvent | None:
        fresh = track.seen_ns == now_ns and track.reading.text != track.confirmed
        if not fresh or now_ns - track.same_since_ns < self._stable_after_ns:
            return None
        before, reading = track.confirmed, track.reading
        track.confirmed, track.stable_since_ns = reading.text, track.same_since_ns
        if before:
            return ReadingChanged(
                self._next_id(), now_ns, reading.text, before, reading.confidence, reading.box, track.stable_since_ns
            )
        return ReadingAppeared(
            self._next_id(), now_ns, reading.text, reading.confidence, reading.box, track.stable_since_ns
        )

    def _clear(self, track: Track, now_ns: int) -> AnyEvent | None:
        if not track.confirmed or not self._gone(track, now_ns):
            return None
        return ReadingCleared(self._next_id(), now_ns, track.confirmed, track.reading.box)

    def _gone(self, track: Track, now_ns: int) -> bool:
        # Time going backwards (a recording that starts over) ends everything seen before it.
        return not 0 <= now_ns - track.seen_ns <= self._cleared_after_ns

    def _next_id(self) -> str:
        self._told += 1
        return event_id(self._stream, self._told)
