"""Numbers followed over frames: what the tracked digits make becomes a reading only by staying.

A number is tentative until it has read the same for `stable_after_s`, and settled from then on. What settles is told
of if the rules accept it; a number that was told of is cleared once its digits are lost. It is the same number for as
long as it has some of the same digits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.frame import Box
from core.reading_rules import Rules
from edge.accept import Acceptance, GaveWay, Refused
from edge.events import (
    AnyEvent,
    EventIds,
    ReadingAppeared,
    ReadingChanged,
    ReadingCleared,
    ReadingRefused,
    RuleGaveWay,
)
from edge.read import Digit, Reading
from edge.track import DigitTracker, Rows, read

Grouping = Callable[[list[Digit]], list[Reading]]
"""Makes numbers of digits; the digits of the numbers are those given, and none is in two."""
Stirs = Callable[[Box], bool]
"""Whether something moves in or around a box."""
Back = Callable[[Box], Box]
"""Takes boxes to pixels of the frame."""


def _as_it_is(box: Box) -> Box:
    return box


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
    acceptance: Acceptance
    stirred_since_ns: int | None = None
    settled: frozenset[tuple[int, int]] = frozenset()
    """The tracks it had when it last settled, and what they read."""
    refused: bool = False
    """Whether that was refused."""
    told: Reading | None = None
    """What it was last told of as; None if it was not yet."""

    @property
    def digits(self) -> frozenset[tuple[int, int]]:
        """Its tracks, and what they read."""
        return frozenset(zip(self.members, self.labels, strict=True))

    @property
    def is_settled(self) -> bool:
        """Whether it reads as it last settled."""
        return self.digits == self.settled


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

    def __init__(
        self, stable_after_s: float, ids: EventIds, region: str = "", acceptance: Callable[[], Acceptance] | None = None
    ) -> None:
        """`ids` are those of the events; `acceptance` gives a new number what accepts its readings."""
        self._region, self._acceptance = region, acceptance or (lambda: Acceptance(Rules()))
        self._stable_after_ns = round(stable_after_s * 1e9)
        self._ids = ids
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
            (number.told if number.refused or not number.is_settled else self._reading(number)).moved(self._back)
            for number in self._numbers
            if number.told
        ]

    @property
    def pending(self) -> bool:
        """Whether some number has yet to settle, or was refused."""
        return any(not number.is_settled or number.refused for number in self._numbers)

    def update(
        self,
        tracked: DigitTracker,
        now_ns: int,
        grouping: Grouping,
        stirs: Stirs = lambda _: False,
        back: Back = _as_it_is,
    ) -> list[AnyEvent]:
        """Take in the tracks as they are after the frame captured at `now_ns`; returns what that changed, in order."""
        self._back, self._labels = back, tracked.labels
        self._seen = seen = _Seen(tracked.counting)
        gone: list[Number] = []
        if seen.ids != self._grouped_ids or not 0 <= now_ns - self._grouped_ns < REGROUP_AFTER_S * 1e9:
            gone = self._regroup(seen, now_ns, grouping)
        events: list[AnyEvent] = [
            ReadingCleared(self._ids.next(), now_ns, number.told.text, back(number.told.box), self._region)
            for number in gone
            if number.told
        ]
        for number in self._numbers:
            self._go_on(number, seen, now_ns, stirs)
            if self._settles(number, now_ns) or number.refused:
                events += self._offer(number, now_ns)
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
            return Number(members, places, labels, min(first_ns, now_ns), hits - 1, self._acceptance())
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
        number.acceptance.vote(self._text(number))
        if number.is_settled or not stirs(self._box(number)):
            number.stirred_since_ns = None
            return
        if number.stirred_since_ns is None or now_ns < number.stirred_since_ns:
            number.stirred_since_ns = now_ns
        if now_ns - number.stirred_since_ns < HELD_S * 1e9:
            number.same_since_ns, number.frames = now_ns, 0

    def _settles(self, number: Number, now_ns: int) -> bool:
        """Whether a number has just read the same for long enough."""
        if number.is_settled:
            return False
        wait_ns = self._stable_after_ns
        if number.digits <= number.settled:
            wait_ns = max(wait_ns, round(REARRANGED_S * 1e9))
        if number.frames < LEAST_FRAMES or now_ns - number.same_since_ns < wait_ns:
            return False
        number.settled = number.digits
        return True

    def _offer(self, number: Number, now_ns: int) -> list[AnyEvent]:
        """Have what settled accepted or refused; what was refused is offered again, as rules may give way."""
        if not number.is_settled:
            return []
        before, reading = number.told, self._reading(number)
        outcome = number.acceptance.offer(reading.text, reading.confidence, now_ns)
        number.refused = isinstance(outcome, Refused)
        text, confidence, box, region = reading.text, reading.confidence, self._back(reading.box), self._region
        if isinstance(outcome, Refused):
            if outcome.again:
                return []
            id_ = self._ids.next()
            return [ReadingRefused(id_, now_ns, text, confidence, box, outcome.rule, outcome.reason, region)]
        events: list[AnyEvent] = []
        number.told = reading
        if isinstance(outcome, GaveWay):
            given = outcome.before, confidence, box, outcome.rule, outcome.refusals, region
            events.append(RuleGaveWay(self._ids.next(), now_ns, text, *given))
        since_ns = number.same_since_ns
        if before is None:
            events.append(ReadingAppeared(self._ids.next(), now_ns, text, confidence, box, since_ns, region))
        elif before.text != text:
            events.append(
                ReadingChanged(self._ids.next(), now_ns, text, before.text, confidence, box, since_ns, region)
            )
        return events

    def _text(self, number: Number) -> str:
        return "".join([self._labels[label] for label in number.labels])

    def _reading(self, number: Number) -> Reading:
        assert self._seen is not None  # noqa: S101 — for type checkers
        return Reading.of(read(self._seen.rows[list(number.places)], self._labels))

    def _box(self, number: Number) -> Box:
        return self._reading(number).box
