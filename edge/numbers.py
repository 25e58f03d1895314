"""Numbers followed over frames: what the tracked digits make becomes a reading only by staying.

A number is tentative until it has read the same for `stable_after_s`, confirmed from then on, and cleared once its
digits are lost. It is the same number for as long as it has some of the same digits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.frame import Box
from edge.events import AnyEvent, ReadingAppeared, ReadingChanged, ReadingCleared, event_id
from edge.read import Digit, Reading
from edge.track import DigitTracker, Rows, read

Grouping = Callable[[list[Digit]], list[Reading]]
"""Makes numbers of digits; the digits of the numbers are those given, and none is in two."""
Stirs = Callable[[Box], bool]
"""Whether something moves in or around a box."""
Back = Callable[[Box], Box]
"""Takes boxes to pixels of the frame."""

REGROUP_AFTER_S = 0.5
"""Digits that stay the same are grouped anew this often, as paper that is turned may part or join them."""
REARRANGED_S = 1.0
"""A number that reads differently only because digits are missing or grouped otherwise must do so for this long."""
HELD_S = 3.0
"""What stirs around a number for longer is a screen, a lamp or a tree: it no longer holds back what is to be told."""
LEAST_FRAMES = 3
"""In which a number must have read the same, however slow the source."""


@dataclass(slots=True)
class Number:
    """One number in its place."""

    members: tuple[int, ...]
    """The ids of its digits' tracks, in reading order."""
    places: tuple[int, ...]
    """Their places among all that count."""
    labels: tuple[int, ...]
    """What they read."""
    same_since_ns: int
    """Since when it has read as it does."""
    frames: int
    """In which it has."""
    stirred_since_ns: int | None = None
    told: Reading | None = None
    """As it was last told of; None while tentative."""
    told_digits: frozenset[tuple[int, int]] = frozenset()
    """The tracks it was told of, and what they read."""

    @property
    def digits(self) -> frozenset[tuple[int, int]]:
        """Its tracks, and what they read."""
        return frozenset(zip(self.members, self.labels, strict=True))

    @property
    def is_told(self) -> bool:
        """Whether it reads as it was last told."""
        return self.told is not None and self.digits == self.told_digits


@dataclass(slots=True)
class _Seen:
    """The tracks that count, after one frame."""

    rows: Rows
    ids: list[int] = field(init=False)
    labels: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.ids, self.labels = self.rows["id"].tolist(), self.rows["label"].tolist()


class NumberTracker:
    """Follows numbers and says what happened to them."""

    def __init__(self, stable_after_s: float, stream: str) -> None:
        """`stream` makes the ids of the events its own."""
        self._stable_after_ns = round(stable_after_s * 1e9)
        self._stream = stream
        self._told = 0
        self._grouped_ids: list[int] = []
        self._grouped_ns = 0
        self._numbers: list[Number] = []
        self._back: Back = _as_it_is
        self._seen: _Seen | None = None
        self._labels: Sequence[str] = ()

    @property
    def confirmed(self) -> list[Reading]:
        """The readings that count now, in reading order, each as it is now or, if it changes, as it was told."""
        return [
            (self._reading(number) if number.is_told else number.told).moved(self._back)
            for number in self._numbers
            if number.told
        ]

    def update(
        self,
        tracked: DigitTracker,
        now_ns: int,
        grouping: Grouping,
        stirs: Stirs = lambda _: False,
        back: Back = lambda box: box,
    ) -> list[AnyEvent]:
        """Take in the tracks as they are after the frame captured at `now_ns`; returns what that changed, in order."""
        self._back, self._labels = back, tracked.labels
        self._seen = seen = _Seen(tracked.counting)
        gone: list[Number] = []
        if seen.ids != self._grouped_ids or not 0 <= now_ns - self._grouped_ns < REGROUP_AFTER_S * 1e9:
            gone = self._regroup(seen, now_ns, grouping)
        events: list[AnyEvent] = [
            ReadingCleared(self._next_id(), now_ns, number.told.text, back(number.told.box))
            for number in gone
            if number.told
        ]
        for number in self._numbers:
            self._go_on(number, seen, now_ns, stirs)
            if event := self._confirm(number, now_ns):
                events.append(event)
        return events

    def _regroup(self, seen: _Seen, now_ns: int, grouping: Grouping) -> list[Number]:
        """Group digits anew; each number goes on as the one that shares most of them. Returns those that are gone."""
        self._grouped_ids, self._grouped_ns = seen.ids, now_ns
        digits = read(seen.rows, self._labels)
        place_of = {id(digit): place for place, digit in enumerate(digits)}
        groups = [tuple(place_of[id(digit)] for digit in reading.digits) for reading in grouping(digits)]
        owner = {member: number for number in self._numbers for member in number.members}
        shared = Counter(
            (id(owner[seen.ids[place]]), index)
            for index, places in enumerate(groups)
            for place in places
            if seen.ids[place] in owner
        )
        known = {id(number): number for number in self._numbers}
        going_on: dict[int, Number] = {}
        for (which, index), _ in shared.most_common():
            if which in known and index not in going_on:
                going_on[index] = known.pop(which)
        self._numbers = [self._moved(going_on.get(index), places, seen, now_ns) for index, places in enumerate(groups)]
        return list(known.values())

    def _moved(self, number: Number | None, places: tuple[int, ...], seen: _Seen, now_ns: int) -> Number:
        """A number that has the digits at `places` from now on: as old as the last of them, if that is new to it."""
        members = tuple(seen.ids[place] for place in places)
        newest = max(places, key=lambda place: seen.rows["first_ns"][place].item())
        first_ns, hits = seen.rows["first_ns"][newest].item(), seen.rows["hits"][newest].item()
        labels = tuple(seen.labels[place] for place in places)
        if number is None:
            return Number(members, places, labels, min(first_ns, now_ns), hits - 1)
        if labels != number.labels:
            is_new = seen.ids[newest] not in number.members
            number.same_since_ns, number.frames = (min(first_ns, now_ns), hits - 1) if is_new else (now_ns, 0)
        number.members, number.places, number.labels = members, places, labels
        return number

    def _go_on(self, number: Number, seen: _Seen, now_ns: int, stirs: Stirs) -> None:
        """Take in how a number reads now, and whether it may be told of."""
        labels = tuple([seen.labels[place] for place in number.places])
        if labels != number.labels or now_ns < number.same_since_ns:
            number.labels, number.same_since_ns, number.frames = labels, now_ns, 0
        number.frames += 1
        if number.is_told or not stirs(self._box(number)):
            number.stirred_since_ns = None
            return
        if number.stirred_since_ns is None or now_ns < number.stirred_since_ns:
            number.stirred_since_ns = now_ns
        if now_ns - number.stirred_since_ns < HELD_S * 1e9:
            number.same_since_ns, number.frames = now_ns, 0

    def _confirm(self, number: Number, now_ns: int) -> AnyEvent | None:
        if number.is_told or number.frames < LEAST_FRAMES:
            return None
        wait_ns = self._stable_after_ns
        if number.told and number.digits <= number.told_digits:
            wait_ns = max(wait_ns, round(REARRANGED_S * 1e9))
        if now_ns - number.same_since_ns < wait_ns:
            return None
        before, reading = number.told, self._reading(number)
        number.told, number.told_digits = reading, number.digits
        if before and before.text == reading.text:
            return None
        id_, box, since_ns = self._next_id(), self._back(reading.box), number.same_since_ns
        if before:
            return ReadingChanged(id_, now_ns, reading.text, before.text, reading.confidence, box, since_ns)
        return ReadingAppeared(id_, now_ns, reading.text, reading.confidence, box, since_ns)

    def _reading(self, number: Number) -> Reading:
        assert self._seen is not None  # noqa: S101 — for type checkers
        return Reading.of(read(self._seen.rows[list(number.places)], self._labels))

    def _box(self, number: Number) -> Box:
        return self._reading(number).box

    def _next_id(self) -> str:
        self._told += 1
        return event_id(self._stream, self._told)


def _as_it_is(box: Box) -> Box:
    return box
