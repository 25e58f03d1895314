"""Numbers followed over frames: what the tracked digits make becomes a reading only by staying.

A number is tentative until it has read the same for `stable_after_s` and is sure enough, and settled from then on.
What settles is told of if the rules accept it; a number that was told of is cleared once its digits are lost, or have
become others that are not sure. It is the same number for as long as it has some of the same digits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import islice
from typing import Protocol

import numpy as np

from core.frame import Box
from core.reading_rules import Rules
from edge.accept import Acceptance, GaveWay, Refused
from edge.arrangement import Arrangement, Members
from edge.events import (
    AnyEvent,
    EventIds,
    ReadingAppeared,
    ReadingChanged,
    ReadingCleared,
    ReadingRefused,
    RuleGaveWay,
)
from edge.neighbours import alone
from edge.read import Digit, Reading, Rejected
from edge.track import DigitTracker, Rows, boxes, read


class Grouping(Protocol):
    """Makes numbers of digits."""

    def __call__(self, digits: list[Digit], *, clear: bool) -> list[Reading]:
        """All numbers, or those of which it is `clear` that they are one; their digits MUST be those given, none in
        two of them."""
        ...


Stirs = Callable[[Box], bool]
"""Whether something moves in or around a box."""
Back = Callable[[Box], Box] | None
"""Takes boxes to pixels of the frame; None if they are in those already."""


REGROUP_AFTER_S = 0.5
"""Digits that stay the same are grouped anew this often, as paper that is turned may part or join them."""
REGROUP_NEW_AFTER_S = 0.1
"""The same while numbers may settle: what one frame or two group otherwise is not to be told."""
REARRANGED_S = 1.0
"""A number that reads differently only because digits are missing or grouped otherwise must do so for this long."""
OUTDATED_S = 1.0
"""A number whose digits have been others for this long, or more by one that is PROBABLE, without being sure, is
cleared."""
PROBABLE = 0.5
ALONE_FRAMES = 10
"""Over so many it is averaged whether there is more to a number than its digits."""
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
    """In which it has, and all of its digits were seen."""
    acceptance: Acceptance
    stirred_since_ns: int | None = None
    in_sight: bool = True
    """Whether all of its digits were seen in the last frame."""
    alone: float = 1.0
    """How probable it is that there is no more to it than its digits, on average over the last of them."""
    outdated_since_ns: int | None = None
    """Since when its digits are others than those it was told of as."""
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
    missed: frozenset[int] = field(init=False)
    """Places of those that the frame did not show."""

    def __post_init__(self) -> None:
        self.ids, self.labels = self.rows["id"].tolist(), self.rows["label"].tolist()
        self.missed = frozenset(np.flatnonzero(self.rows["misses"]).tolist())


class NumberTracker:
    """Follows numbers and says what happened to them."""

    def __init__(
        self,
        stable_after_s: float,
        ids: EventIds,
        region: str = "",
        acceptance: Callable[[], Acceptance] | None = None,
        stable_confidence: float = 0.0,
    ) -> None:
        """`ids` are those of the events; `acceptance` gives a new number what accepts its readings; what is less sure
        than `stable_confidence`, 0 to 1, does not settle."""
        self._region, self._acceptance = region, acceptance or (lambda: Acceptance(Rules()))
        self._stable_after_ns, self._stable_confidence = round(stable_after_s * 1e9), stable_confidence
        self._ids = ids
        self._grouped_ids: list[int] = []
        self._grouped_ns = 0
        self._arrangement = Arrangement(REARRANGED_S)
        self._clear: set[frozenset[int]] = set()
        """Digits that clearly make numbers."""
        self._numbers: list[Number] = []
        self._back: Back = None
        self._seen: _Seen | None = None
        self._labels: Sequence[str] = ()

    @property
    def confirmed(self) -> list[Reading]:
        """The readings that count now, in reading order, each as it is now or, if it changes, as it was told."""
        if self._seen is None:
            return []
        told = [number for number in self._numbers if number.told]
        newest = [number for number in told if number.is_settled and not number.refused]
        # All at once: read one by one, the numbers of a full page take several times as long.
        digits = iter(read(self._seen.rows[[place for number in newest for place in number.places]], self._labels))
        as_now = {id(number): Reading.of(list(islice(digits, len(number.places)))) for number in newest}
        standing = [as_now.get(id(number)) or number.told for number in told]
        return [reading.moved(self._back) if self._back else reading for reading in standing if reading]

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
        back: Back = None,
    ) -> list[AnyEvent]:
        """Take in the tracks as they are after the frame captured at `now_ns`; returns what that changed, in order."""
        self._back, self._labels = back, tracked.labels
        self._seen = seen = _Seen(tracked.counting)
        gone: list[Number] = []
        if seen.ids != self._grouped_ids or not 0 <= now_ns - self._grouped_ns < self._regroup_after_ns(now_ns):
            gone = self._regroup(seen, now_ns, grouping)
        events: list[AnyEvent] = [
            ReadingCleared(self._ids.next(), now_ns, number.told.text, self._outside(number.told.box), self._region)
            for number in gone
            if number.told
        ]
        for number in self._numbers:
            self._go_on(number, seen, tracked.doubtful, now_ns, stirs)
            if self._settles(number, now_ns) or number.refused:
                events += self._offer(number, now_ns)
            elif number.told and self._is_outdated(number, now_ns):
                told = number.told
                number.told, number.settled = None, frozenset()
                events.append(
                    ReadingCleared(self._ids.next(), now_ns, told.text, self._outside(told.box), self._region)
                )
        return events

    def _regroup_after_ns(self, now_ns: int) -> float:
        """Often while numbers are new, or the digits of some are grouped otherwise."""
        settles_ns = self._stable_after_ns + REGROUP_NEW_AFTER_S * 1e9
        is_new = any(not number.is_settled and now_ns - number.same_since_ns <= settles_ns for number in self._numbers)
        return (REGROUP_NEW_AFTER_S if is_new or self._arrangement.wavers else REGROUP_AFTER_S) * 1e9

    def _regroup(self, seen: _Seen, now_ns: int, grouping: Grouping) -> list[Number]:
        """Group digits anew; each number goes on as the one that shares most of them. Returns those that are gone."""
        self._grouped_ids, self._grouped_ns = seen.ids, now_ns
        digits = read(seen.rows, self._labels)
        id_of = {id(digit): member for digit, member in zip(digits, seen.ids, strict=True)}

        def grouped(clear: bool) -> list[Members]:
            return [tuple(id_of[id(digit)] for digit in reading.digits) for reading in grouping(digits, clear=clear)]

        told = [number.members for number in self._numbers if number.told]
        others = [number.members for number in self._numbers if not number.told]
        groups = self._arrangement.kept(grouped(clear=False), told, others, now_ns)
        owner = {member: number for number in self._numbers for member in number.members}
        shared = Counter(
            (id(owner[member]), index) for index, members in enumerate(groups) for member in members if member in owner
        )
        known = {id(number): number for number in self._numbers}
        going_on: dict[int, Number] = {}
        for (which, index), _ in shared.most_common():
            if which in known and index not in going_on:
                going_on[index] = known.pop(which)
        place_of = {member: place for place, member in enumerate(seen.ids)}
        self._numbers = [
            self._moved(going_on.get(index), tuple(place_of[member] for member in members), seen, now_ns)
            for index, members in enumerate(groups)
        ]
        if any(not number.is_settled for number in self._numbers):
            self._clear = {frozenset(members) for members in grouped(clear=True)}
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

    def _go_on(self, number: Number, seen: _Seen, doubtful: Sequence[Rejected], now_ns: int, stirs: Stirs) -> None:
        """Take in how a number reads now, and whether it may be told of."""
        labels = tuple([seen.labels[place] for place in number.places])
        if labels != number.labels or now_ns < number.same_since_ns:
            number.labels, number.same_since_ns, number.frames = labels, now_ns, 0
        number.in_sight = seen.missed.isdisjoint(number.places)
        number.frames += number.in_sight
        if number.in_sight and not number.is_settled:
            beside = alone(doubtful, seen.rows["box"][list(number.places)])
            number.alone += (beside - number.alone) / min(number.frames, ALONE_FRAMES)
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
        if number.is_settled or not number.in_sight:
            return False
        wait_ns = self._stable_after_ns
        if number.digits <= number.settled:
            wait_ns = max(wait_ns, round(REARRANGED_S * 1e9))
        if number.frames < LEAST_FRAMES or now_ns - number.same_since_ns < wait_ns:
            return False
        if frozenset(number.members) not in self._clear or self._confidence(number) < self._stable_confidence:
            return False
        number.settled = number.digits
        return True

    def _confidence(self, number: Number) -> float:
        """That it reads as it does, and that there is no more to it."""
        assert self._seen is not None  # noqa: S101 — for type checkers
        return float(self._seen.rows["confidence"][list(number.places)].prod()) * number.alone

    def _is_outdated(self, number: Number, now_ns: int) -> bool:
        """Whether a number that was told of has for long had other digits in its place, none of which is told of."""
        assert self._seen is not None  # noqa: S101 — for type checkers
        before, sure = dict(number.settled), self._seen.rows["confidence"]
        others = [
            place
            for member, label, place in zip(number.members, number.labels, number.places, strict=True)
            if (before[member] != label if member in before else sure[place] >= PROBABLE)
        ]
        if not others:
            number.outdated_since_ns = None
            return False
        if number.outdated_since_ns is None or now_ns < number.outdated_since_ns:
            number.outdated_since_ns = now_ns
        return now_ns - number.outdated_since_ns >= OUTDATED_S * 1e9

    def _offer(self, number: Number, now_ns: int) -> list[AnyEvent]:
        """Have what settled accepted or refused; what was refused is offered again, as rules may give way."""
        if not number.is_settled:
            return []
        before, reading = number.told, self._reading(number)
        outcome = number.acceptance.offer(reading.text, reading.confidence, now_ns)
        number.refused = isinstance(outcome, Refused)
        text, confidence, box, region = reading.text, reading.confidence, self._outside(reading.box), self._region
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
        assert self._seen is not None  # noqa: S101 — for type checkers
        return reduce(Box.union, boxes(self._seen.rows[list(number.places)]))

    def _outside(self, box: Box) -> Box:
        return self._back(box) if self._back else box
