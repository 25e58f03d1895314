"""Numbers followed over frames."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sightings import LABELS, PITCH_PX, doubtful, number

from core.frame import Box
from core.reading_rules import Agreement, Rules
from edge.accept import Acceptance
from edge.events import AnyEvent, EventIds, ReadingAppeared, ReadingChanged, ReadingCleared, ReadingRefused, RuleGaveWay
from edge.group import group
from edge.numbers import HELD_S, OUTDATED_S, Grouping, NumberTracker, Stirs
from edge.read import Digit, Reading, Rejected
from edge.track import MOST_TRACKS, DigitTracker

FRAME_NS = 100_000_000


def grouped(digits: list[Digit], *, clear: bool) -> list[Reading]:
    return group(digits)


class Followed:
    """Frames 100 ms apart through both trackers."""

    def __init__(
        self, stable_after_s: float = 0.3, lost_after_s: float = 0.4, rules: Rules | None = None, sure: float = 0.0
    ) -> None:
        self.digits = DigitTracker(LABELS, lost_after_s)
        accepted = Acceptance(rules or Rules())
        self.numbers = NumberTracker(
            stable_after_s, EventIds("test"), "meter", (lambda: accepted) if rules else None, sure
        )
        self.frames = 0

    def see(
        self,
        digits: list[Digit],
        times: int = 1,
        stirs: Stirs = lambda _: False,
        rejected: Sequence[Rejected] = (),
        grouping: Grouping = grouped,
    ) -> list[AnyEvent]:
        """The events of showing the same digits some times."""
        events = []
        for _ in range(times):
            events += self.at(digits, self.frames * FRAME_NS, stirs, rejected, grouping)
            self.frames += 1
        return events

    def at(
        self,
        digits: list[Digit],
        now_ns: int,
        stirs: Stirs = lambda _: False,
        rejected: Sequence[Rejected] = (),
        grouping: Grouping = grouped,
    ) -> list[AnyEvent]:
        self.digits.update(digits, rejected, now_ns)
        return self.numbers.update(self.digits, now_ns, grouping, stirs)

    @property
    def texts(self) -> list[str]:
        return [reading.text for reading in self.numbers.confirmed]


def told(events: list[AnyEvent]) -> list[tuple[str, str, int]]:
    """(what, text, frame) of each event."""
    return [(type(event).__name__, event.text, event.at_ns // FRAME_NS) for event in events]


def test_a_number_counts_once_it_has_been_seen_long_enough() -> None:
    followed = Followed()
    assert told(followed.see(number("42"), 10)) == [("ReadingAppeared", "42", 3)]
    assert followed.texts == ["42"]


def test_a_number_seen_in_a_single_frame_is_never_told() -> None:
    followed = Followed()
    assert followed.see(number("7")) + followed.see([], 10) == []


def test_one_bad_frame_changes_nothing() -> None:
    followed = Followed()
    followed.see(number("42"), 8)
    assert followed.see(number("47", probability=0.99)) + followed.see(number("42"), 5) == []
    assert followed.see([]) + followed.see(number("42"), 5) == []
    assert followed.see(number("42") + number("88", 300)) + followed.see(number("42"), 5) == []


def test_a_number_that_changes_for_good_is_told_with_what_it_was() -> None:
    followed = Followed()
    followed.see(number("42"), 8)
    (event,) = followed.see(number("43"), 12)
    assert isinstance(event, ReadingChanged)
    assert (event.before, event.text) == ("42", "43")
    assert event.at_ns <= 8 * FRAME_NS + 0.8e9
    assert event.stable_since_ns >= 8 * FRAME_NS


def test_a_number_out_of_sight_is_cleared_after_its_time() -> None:
    followed = Followed()
    followed.see(number("42"), 8)
    assert told(followed.see([], 12)) == [("ReadingCleared", "42", 12)]
    assert followed.texts == []


def test_two_numbers_side_by_side_are_followed_apart_and_told_in_reading_order() -> None:
    followed = Followed()
    events = followed.see(number("22", 300) + number("1", 0) + number("333", 0, 100), 8)
    assert [event.text for event in events] == ["1", "22", "333"]
    assert followed.texts == ["1", "22", "333"]
    assert told(followed.see(number("1") + number("333", 0, 100), 8)) == [("ReadingCleared", "22", 12)]


def test_a_number_that_is_being_written_is_told_when_the_hand_is_gone() -> None:
    followed = Followed()
    written = []
    for count in (1, 2, 3):
        written += followed.see(number("625"[:count]), 6, stirs=lambda _: True)
    written += followed.see(number("625"), 8)
    assert [event.text for event in written] == ["625"]


def test_what_stirs_around_a_number_for_ever_does_not_hold_it_back_for_ever() -> None:
    followed = Followed()
    (event,) = followed.see(number("42"), round(HELD_S * 10) + 20, stirs=lambda _: True)
    assert isinstance(event, ReadingAppeared)
    assert event.at_ns >= HELD_S * 1e9


def test_a_hand_over_part_of_a_number_does_not_make_another_number_of_it() -> None:
    followed = Followed()
    followed.see(number("6250"), 8)
    assert followed.see(number("62"), 6, stirs=lambda _: True) + followed.see(number("6250"), 6) == []
    assert followed.texts == ["6250"]


def test_digits_that_are_only_grouped_otherwise_must_stay_so_for_longer() -> None:
    def apart(digits: list[Digit], *, clear: bool) -> list[Reading]:
        return [Reading.of([digit]) for digit in sorted(digits, key=lambda digit: digit.box)]

    followed = Followed()
    followed.see(number("42"), 8)
    grouping, events = [grouped, apart], []
    for frame in range(8, 40):
        followed.digits.update(number("42"), [], frame * FRAME_NS)
        events += followed.numbers.update(followed.digits, frame * FRAME_NS, grouping[frame % 12 >= 6])
    assert [event for event in events if isinstance(event, ReadingChanged)] == []


def test_a_number_that_is_not_sure_enough_is_told_of_once_it_is() -> None:
    followed = Followed(sure=0.8)
    assert followed.see(number("42", probability=0.85), 20) == []
    assert told(followed.see(number("42", probability=0.99), 20))[0][:2] == ("ReadingAppeared", "42")


def test_what_may_be_a_digit_beside_a_number_holds_it_back() -> None:
    followed = Followed(sure=0.8)
    assert followed.see(number("42", probability=0.99), 20, rejected=[doubtful("7", 2 * PITCH_PX)]) == []
    assert told(followed.see(number("42", probability=0.99), 20))[0][:2] == ("ReadingAppeared", "42")


def test_a_number_that_may_go_on_beyond_a_gap_is_not_told_of() -> None:
    def unclear(digits: list[Digit], *, clear: bool) -> list[Reading]:
        return [] if clear else group(digits)

    assert Followed().see(number("42"), 20, grouping=unclear) == []


def test_what_is_left_of_a_number_that_goes_is_never_told_of() -> None:
    followed = Followed(sure=0.8)
    unsure = number("4", probability=0.6) + number("2", PITCH_PX, probability=0.99)
    events = followed.see(unsure, 10)
    # The first digit is lost a frame before the second, which nobody sees any more either.
    events += followed.see(unsure[1:], 1) + followed.see([], 20)
    assert events == []


def test_what_was_told_is_cleared_if_other_digits_that_are_not_sure_took_its_place() -> None:
    followed = Followed(sure=0.8)
    followed.see(number("42", probability=0.99), 10)
    events = followed.see(number("87", probability=0.85), 30)
    assert [(type(event), event.text) for event in events] == [(ReadingCleared, "42")]
    assert events[0].at_ns >= 10 * FRAME_NS + OUTDATED_S * 1e9
    assert followed.texts == []


def test_boxes_are_told_in_pixels_of_the_frame() -> None:
    followed = Followed()
    events = []
    for frame in range(8):
        followed.digits.update(number("42"), [], frame * FRAME_NS)
        events += followed.numbers.update(
            followed.digits,
            frame * FRAME_NS,
            grouped,
            back=lambda box: Box(box.x + 1000, box.y, box.width, box.height),
        )
    (reading,) = followed.numbers.confirmed
    assert events[0].box.x == reading.box.x == reading.digits[0].box.x == 1000
    assert reading.digits[1].box.x == 1000 + PITCH_PX


def test_what_the_rules_refuse_is_told_once_as_refused_and_what_was_accepted_stands() -> None:
    followed = Followed(rules=Rules(length=2))
    followed.see(number("42"), 8)
    (refused,) = followed.see(number("425"), 20)
    assert isinstance(refused, ReadingRefused)
    assert (refused.text, refused.rule, refused.region) == ("425", "length", "meter")
    assert followed.texts == ["42"]
    assert followed.see(number("42"), 20) == []
    assert followed.texts == ["42"]


def test_a_rule_that_gives_way_tells_so_and_then_what_changed() -> None:
    followed = Followed(rules=Rules(only_rising=True, max_rejections=3))
    followed.see(number("98"), 8)
    refused, gave_way, changed = followed.see(number("34"), 80)
    assert [type(event) for event in (refused, gave_way, changed)] == [ReadingRefused, RuleGaveWay, ReadingChanged]
    assert (changed.before, changed.text) == ("98", "34")
    assert followed.texts == ["34"]


def test_agreement_counts_the_frames_before_as_well() -> None:
    followed = Followed(stable_after_s=0.0, rules=Rules(agreement=Agreement(frames=8, of=10)))
    events = followed.see(number("42"), 20)
    assert [type(event) for event in events] == [ReadingRefused, ReadingAppeared]
    assert events[1].at_ns >= 8 * FRAME_NS


def test_a_replay_gives_the_same_events_to_the_bit() -> None:
    def replay() -> list[AnyEvent]:
        followed = Followed()
        return followed.see(number("42"), 8) + followed.see([], 12)

    assert replay() == replay()
    assert len({event.id for event in replay()}) == 2


@pytest.mark.parametrize("gap_s", [1, 3600, 86400 * 30])
def test_a_number_that_is_still_there_after_a_gap_is_not_told_twice(gap_s: int) -> None:
    followed = Followed()
    followed.see(number("42"), 8)
    since_ns = 8 * FRAME_NS + gap_s * 10**9
    events = [event for frame in range(8) for event in followed.at(number("42"), since_ns + frame * FRAME_NS)]
    assert events == []
    assert followed.texts == ["42"]


def test_a_recording_that_starts_over_clears_what_was_seen_before() -> None:
    followed = Followed()
    followed.see(number("1"), 8)
    assert [type(event) for event in followed.at([], 0)] == [ReadingCleared]


def test_a_number_of_two_hundred_digits_is_told_of_and_one_of_none_is_not() -> None:
    text = "1234567890" * 20
    assert told(Followed().see(number(text), 8)) == [("ReadingAppeared", text, 3)]
    assert Followed().see([], 8) == []


def test_work_is_bounded_however_much_is_in_doubt() -> None:
    followed = Followed(sure=0.8)
    followed.see(number("42"), 3, rejected=[doubtful("7", 40 * (i % 90), 40 * (i // 90)) for i in range(5000)])
    assert len(followed.digits.doubtful) == MOST_TRACKS


class AnyFrames(RuleBasedStateMachine):
    """Whatever frames show, and whatever their times are."""

    def __init__(self) -> None:
        super().__init__()
        self.followed = Followed(stable_after_s=0.1, lost_after_s=0.2, sure=0.8)
        self.now_ns = 0
        self.shown: list[str] = []

    @rule(
        texts=st.lists(
            st.tuples(st.text("0123456789", min_size=1, max_size=9), st.integers(0, 900), st.integers(0, 9)), max_size=9
        ),
        times=st.integers(1, 6),
        stirs=st.booleans(),
        sure=st.sampled_from([0.5, 0.85, 0.99, 1.0]),
        beside=st.booleans(),
    )
    def show(self, texts: list[tuple[str, int, int]], times: int, stirs: bool, sure: float, beside: bool) -> None:
        digits = [digit for text, x, row in texts for digit in number(text, x, 60 * row, sure)]
        rejected = [doubtful("1", x - PITCH_PX, 60 * row) for _, x, row in texts] if beside else []
        for _ in range(times):
            self.now_ns += FRAME_NS
            self.take(self.followed.at(digits, self.now_ns, lambda _: stirs, rejected))

    @rule(step_ns=st.integers(-(10**18), 10**18))
    def jump(self, step_ns: int) -> None:
        self.now_ns += step_ns
        self.take(self.followed.at([], self.now_ns))

    def take(self, events: list[AnyEvent]) -> None:
        for event in events:
            match event:
                case ReadingAppeared():
                    self.shown.append(event.text)
                case ReadingChanged():
                    assert event.text != event.before
                    self.shown.remove(event.before)
                    self.shown.append(event.text)
                case ReadingCleared():
                    self.shown.remove(event.text)

    @invariant()
    def what_counts_was_told(self) -> None:
        shown = list(self.shown)
        for text in self.followed.texts:
            shown.remove(text)
        assert len(self.followed.digits.rows) <= MOST_TRACKS


TestAnyFrames = AnyFrames.TestCase
TestAnyFrames.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
