"""What a reader that makes no mistake is told about drawn clips: none."""

from __future__ import annotations

import pytest
from filmed import ORDER, filmed

from core.clip_truth import ClipTruth, FrameTruth
from core.frame import Box
from edge.clip_score import ClipScore
from edge.clip_tally import VideoRow
from edge.events import AnyEvent, ReadingAppeared, ReadingChanged, ReadingCleared
from edge.read import Reading

CLEARED_AFTER_NS = 400_000_000


class Faultless:
    """Tells what the truth says, at once, and clears what could not be read in any frame for 0.4 s."""

    def __init__(self) -> None:
        self._standing: dict[int, tuple[str, Box]] = {}
        self._missing_ns: dict[int, int] = {}

    @property
    def readings(self) -> list[Reading]:
        return [Reading(text, 1.0, box, []) for text, box in self._standing.values()]

    def step(self, frame: FrameTruth) -> list[AnyEvent]:
        now_ns = frame.at_ns
        events: list[AnyEvent] = []
        for number in self._standing.keys() - {seen.number for seen in frame.numbers}:
            if now_ns - self._missing_ns.setdefault(number, now_ns) > CLEARED_AFTER_NS:
                events.append(ReadingCleared("", now_ns, *self._standing.pop(number)))
                del self._missing_ns[number]
        for seen in frame.numbers:
            self._missing_ns.pop(seen.number, None)
            before, _ = self._standing.get(seen.number, ("", None))
            if not before:
                events.append(ReadingAppeared("", now_ns, seen.text, 1.0, seen.box, now_ns))
            elif before != seen.text:
                events.append(ReadingChanged("", now_ns, seen.text, before, 1.0, seen.box, now_ns))
            self._standing[seen.number] = seen.text, seen.box
        return events


def score(truth: ClipTruth, end_ns: int) -> VideoRow:
    clip, reader = ClipScore("drawn.mkv", truth), Faultless()
    for frame in truth.frames:
        events = reader.step(frame)
        single = [Reading(seen.text, 1.0, seen.box, []) for seen in frame.numbers]
        clip.add(frame.at_ns, events, reader.readings, single)
    return clip.finish(end_ns).figures()


@pytest.mark.parametrize(
    "kind", ["shaken", "moved", "swapped", "overwritten", "covered", "blank", "dropped", "cleared"]
)
def test_a_reader_that_makes_no_mistake_is_told_of_none(kind: str) -> None:
    truth = filmed(kind)[2]
    row = score(truth, round(ORDER.seconds * 1e9))
    assert (row.told.wrong, row.delay.never, row.cleared.never) == (0, 0, 0)
    assert row.delay.asked == row.delay.soon == sum(one.until_s - one.from_s >= 1 for one in truth.episodes)
    assert row.told.right > 0
    assert (row.flicker_still.count, row.flicker_moving.count) == (0, 0)
    assert row.single.right == row.confirmed.right == row.single.seen > 0
    assert (row.single_changes_still.count, row.single_changes_moving.count) == (0, 0)
    assert row.slips == []


@pytest.mark.parametrize("kind", ["swapped", "cleared"])
def test_numbers_that_a_hand_takes_away_are_asked_to_be_cleared(kind: str) -> None:
    row = score(filmed(kind)[2], round(ORDER.seconds * 1e9))
    assert row.cleared.asked > 0
    assert row.cleared.p95_s is not None
    assert row.cleared.p95_s <= 0.5 + 1 / ORDER.frame_rate_hz
