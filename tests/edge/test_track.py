"""Numbers followed over frames."""

from hypothesis import given, settings
from hypothesis import strategies as st

from core.frame import Box
from edge.events import AnyEvent, ReadingAppeared, ReadingChanged, ReadingCleared
from edge.read import Reading
from edge.track import MOST_TRACKS, Tracker

FRAME_NS = 100_000_000


def number(text: str, x: int = 0) -> Reading:
    return Reading(text, 0.9, Box(x, 0, 50, 30), [])


def replay(frames: list[list[Reading]], stable_after_s: float = 0.3, cleared_after_s: float = 0.5) -> list[AnyEvent]:
    """The events of frames 100 ms apart."""
    tracker = Tracker(stable_after_s, cleared_after_s, "test")
    return [event for index, seen in enumerate(frames) for event in tracker.update(seen, index * FRAME_NS)]


def told(events: list[AnyEvent]) -> list[tuple[str, str, int]]:
    """(what, text, frame) of each event."""
    return [(type(event).__name__, event.text, event.at_ns // FRAME_NS) for event in events]


def test_a_number_counts_once_it_has_been_seen_long_enough() -> None:
    assert told(replay([[number("42")]] * 10)) == [("ReadingAppeared", "42", 3)]


def test_a_number_seen_in_a_single_frame_is_never_told() -> None:
    assert replay([[number("7")], *[[]] * 10]) == []


def test_one_bad_frame_changes_nothing() -> None:
    frames = [[number("42")]] * 5 + [[number("47")]] + [[number("42")]] * 5
    assert told(replay(frames)) == [("ReadingAppeared", "42", 3)]


def test_a_number_that_changes_for_good_is_told_with_what_it_was() -> None:
    events = replay([[number("42")]] * 5 + [[number("43")]] * 5)
    assert told(events) == [("ReadingAppeared", "42", 3), ("ReadingChanged", "43", 8)]
    assert isinstance(events[1], ReadingChanged)
    assert events[1].before == "42"
    assert events[1].stable_since_ns == 5 * FRAME_NS


def test_a_number_out_of_sight_is_cleared_after_its_time() -> None:
    events = replay([[number("42")]] * 5 + [[]] * 10)
    assert told(events) == [("ReadingAppeared", "42", 3), ("ReadingCleared", "42", 10)]


def test_two_numbers_side_by_side_are_followed_apart() -> None:
    events = replay([[number("1"), number("2", 200)]] * 5)
    assert told(events) == [("ReadingAppeared", "1", 3), ("ReadingAppeared", "2", 3)]


def test_a_replay_gives_the_same_events_to_the_bit() -> None:
    frames = [[number("42")]] * 5 + [[]] * 10
    assert replay(frames) == replay(frames)
    assert len({event.id for event in replay(frames)}) == 2


def test_a_recording_that_starts_over_clears_what_was_seen_before() -> None:
    tracker = Tracker(0.0, 0.5, "test")
    assert isinstance(tracker.update([number("1")], 5 * FRAME_NS)[0], ReadingAppeared)
    assert isinstance(tracker.update([], 0)[0], ReadingCleared)


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.integers(-(10**18), 10**18),
            st.lists(st.tuples(st.sampled_from("0123"), st.integers(0, 10**4)), max_size=20),
        ),
        max_size=30,
    )
)
def test_work_stays_bounded_and_a_number_is_cleared_only_after_it_appeared(
    frames: list[tuple[int, list[tuple[str, int]]]],
) -> None:
    tracker = Tracker(0.1, 0.2, "test")
    shown = 0
    for now_ns, seen in frames:
        for event in tracker.update([number(text, x) for text, x in seen], now_ns):
            shown += isinstance(event, ReadingAppeared) - isinstance(event, ReadingCleared)
        assert 0 <= shown <= MOST_TRACKS
