"""Numbers followed over frames: what the tracked digits make becomes a reading only by staying.

A number is tentative until it has read the same for `stable_after_s`, confirmed from then on, and cleared once its
digits are lost. It is the same number for as long as most of its digits are the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from core.frame import Box
from edge.events import AnyEvent, ReadingAppeared, ReadingChanged, ReadingCleared, event_id
from edge.read import Digit, Reading
from edge.track import Track

Grouping = Callable[[list[Digit]], list[Reading]]
Stirs = Callable[[Box], bool]
Back = Callable[[Box], Box]

REGROUP_AFTER_S = 0.5
"""Digits that stay the same are grouped anew this often, as paper that is turned may part or join them."""
REARRANGED_S = 1.0
"""A number that reads differently only because the same digits are grouped differently must do so for this long."""
HELD_S = 3.0
"""What stirs around a number for longer is a screen, a lamp or a tree: it no longer holds back what is to be told."""
LEAST_FRAMES = 3
"""In which a number must have read the same, however slow the source."""


@dataclass(slots=True)
class Number:
    """One number in its place."""

    members: tuple[int, ...]
    """The tracks of its digits, in reading order."""
    reading: Reading
    same_since_ns: int
    """Since when it has read as it does."""
    frames: int = 1
    """In which it has."""
    stirred_since_ns: int | None = None
    confirmed: str = ""
    """What was last told of it; empty while tentative."""
    confirmed_digits: frozenset[tuple[int, str]] = frozenset()
    """The tracks it was told of, and what they read."""
    stable_since_ns: int = 0


class Sighting(NamedTuple):
    """A number as the tracks of one frame have it."""

    members: tuple[int, ...]
    """The tracks of its digits, in reading order."""
    reading: Reading
    newest: Track
    """Of its digits, the one that came last: before there was none such number."""


@dataclass(slots=True)
class _Grouped:
    """How digits were grouped, to be kept while they stay the same."""

    ids: tuple[int, ...] = ()
    at_ns: int = 0
    numbers: list[list[int]] = field(default_factory=list)
    """Of each number, its tracks in reading order."""


class NumberTracker:
    """Follows numbers and says what happened to them."""

    def __init__(self, labels: Sequence[str], stable_after_s: float, stream: str) -> None:
        """`labels` are the model's, in its order; `stream` makes the ids of the events its own."""
        self._labels = labels
        self._stable_after_ns = round(stable_after_s * 1e9)
        self._stream = stream
        self._told = 0
        self._grouped = _Grouped()
        self._numbers: list[Number] = []
        self._back: Back = lambda box: box

    @property
    def confirmed(self) -> list[Reading]:
        """The readings that count now, in reading order, as the tracks have them."""
        return [number.reading.moved(self._back) for number in self._numbers if number.confirmed == number.reading.text]

    def update(
        self,
        tracks: Sequence[Track],
        now_ns: int,
        grouping: Grouping,
        stirs: Stirs = lambda _: False,
        back: Back = lambda box: box,
    ) -> list[AnyEvent]:
        """Take in the tracks as they are after the frame captured at `now_ns`; returns what that changed, in order.

        `grouping` makes numbers of digits; `stirs` says whether something moves in or around a box; `back` takes
        boxes to pixels of the frame.
        """
        self._back = back
        counted = {track.id: track for track in tracks if track.confirmed}
        seen = self._read(counted, now_ns, grouping)
        gone = self._associate(seen, now_ns, stirs)
        events: list[AnyEvent] = [
            ReadingCleared(self._next_id(), now_ns, number.confirmed, back(number.reading.box))
            for number in gone
            if number.confirmed
        ]
        events += [event for number in self._numbers if (event := self._confirm(number, now_ns))]
        return events

    def _read(self, counted: dict[int, Track], now_ns: int, grouping: Grouping) -> list[Sighting]:
        digits = {id_: track.digit(self._labels) for id_, track in counted.items()}
        grouped, ids = self._grouped, tuple(digits)
        if ids != grouped.ids or not 0 <= now_ns - grouped.at_ns < REGROUP_AFTER_S * 1e9:
            owner = {id(digit): id_ for id_, digit in digits.items()}
            numbers = [[owner[id(digit)] for digit in reading.digits] for reading in grouping(list(digits.values()))]
            self._grouped = grouped = _Grouped(ids, now_ns, numbers)
        return [
            Sighting(
                tuple(members),
                Reading.of([digits[id_] for id_ in members]),
                max((counted[id_] for id_ in members), key=lambda track: track.first_ns),
            )
            for members in grouped.numbers
        ]

    def _associate(self, seen: Sequence[Sighting], now_ns: int, stirs: Stirs) -> list[Number]:
        """Let each number go on as the one that shares most digits with it; returns those that are gone."""
        of_track = {id_: number for number in self._numbers for id_ in number.members}
        shared: Counter[tuple[int, int]] = Counter()
        known = {id(number): number for number in self._numbers}
        for place, sighting in enumerate(seen):
            for id_ in of_track.keys() & set(sighting.members):
                shared[id(of_track[id_]), place] += 1
        left, going_on = dict(enumerate(seen)), {}
        for (which, place), _ in shared.most_common():
            if which in known and place in left:
                number = known.pop(which)
                _go_on(number, left.pop(place), now_ns, stirs)
                going_on[place] = number
        started = {place: _begun(sighting, now_ns, stirs) for place, sighting in left.items()}
        self._numbers = [number for _, number in sorted((going_on | started).items())]
        return list(known.values())

    def _confirm(self, number: Number, now_ns: int) -> AnyEvent | None:
        reading, before = number.reading, number.confirmed
        digits = frozenset(zip(number.members, (digit.text for digit in reading.digits), strict=True))
        if reading.text == before:
            number.confirmed_digits = digits
            return None
        rearranged = before and digits <= number.confirmed_digits
        wait_ns = max(self._stable_after_ns, round(REARRANGED_S * 1e9)) if rearranged else self._stable_after_ns
        if now_ns - number.same_since_ns < wait_ns or number.frames < LEAST_FRAMES:
            return None
        number.confirmed, number.confirmed_digits = reading.text, digits
        number.stable_since_ns = number.same_since_ns
        box, since_ns = self._back(reading.box), number.stable_since_ns
        if before:
            return ReadingChanged(self._next_id(), now_ns, reading.text, before, reading.confidence, box, since_ns)
        return ReadingAppeared(self._next_id(), now_ns, reading.text, reading.confidence, box, since_ns)

    def _next_id(self) -> str:
        self._told += 1
        return event_id(self._stream, self._told)


def _begun(sighting: Sighting, now_ns: int, stirs: Stirs) -> Number:
    """A number that was not there before: it is as old as its last digit."""
    number = Number(sighting.members, sighting.reading, sighting.newest.first_ns, sighting.newest.hits)
    _hold_back(number, now_ns, stirs)
    return number


def _go_on(number: Number, sighting: Sighting, now_ns: int, stirs: Stirs) -> None:
    """Take in how a number is seen now."""
    if sighting.reading.text == number.reading.text:
        number.frames += 1
    elif sighting.newest.id not in number.members:
        number.same_since_ns, number.frames = sighting.newest.first_ns, sighting.newest.hits
    else:
        number.same_since_ns, number.frames = now_ns, 1
    # Time that went backwards says nothing of how long.
    number.same_since_ns = min(number.same_since_ns, now_ns)
    number.members, number.reading = sighting.members, sighting.reading
    _hold_back(number, now_ns, stirs)


def _hold_back(number: Number, now_ns: int, stirs: Stirs) -> None:
    """Start the time of what is yet to be told anew while something moves around it."""
    if number.reading.text == number.confirmed or not stirs(number.reading.box):
        number.stirred_since_ns = None
        return
    if number.stirred_since_ns is None or now_ns < number.stirred_since_ns:
        number.stirred_since_ns = now_ns
    if now_ns - number.stirred_since_ns < HELD_S * 1e9:
        number.same_since_ns, number.frames = now_ns, 0
