"""Digits followed over frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sightings import LABELS, WIDTH_PX, digit, doubtful, number, shaking

from core.frame import Box
from edge.read import Digit, Rejected
from edge.track import CONFIRMED_HITS, MOST_TRACKS, DigitTracker, read

FRAME_NS = 33_000_000


def follow(
    frames: list[list[Digit]], rejected: list[list[Rejected]] | None = None, lost_after_s: float = 0.4
) -> DigitTracker:
    """After frames at 30 a second."""
    tracker = DigitTracker(LABELS, lost_after_s)
    for index, seen in enumerate(frames):
        tracker.update(seen, rejected[index] if rejected else [], index * FRAME_NS)
    return tracker


def texts(tracker: DigitTracker) -> str:
    """Of the digits that count, from the left."""
    return "".join(digit.text for digit in sorted(read(tracker.counting, LABELS), key=lambda digit: digit.box))


def test_a_digit_counts_once_it_was_read_in_some_frames() -> None:
    assert texts(follow([[digit("4")]] * (CONFIRMED_HITS - 1))) == ""
    assert texts(follow([[digit("4")]] * CONFIRMED_HITS)) == "4"


def test_a_digit_seen_in_one_frame_only_is_given_up() -> None:
    assert follow([[digit("4")], [], []]).rows.tolist() == []


def test_one_frame_that_reads_something_else_changes_nothing() -> None:
    assert texts(follow([[digit("4")]] * 5 + [[digit("9", probability=1.0)]])) == "4"


def test_what_is_as_good_as_undecided_stays_as_it_was() -> None:
    wavering = [[digit("4", probability=0.5)], [digit("9", probability=0.5)]] * 40
    tracker = DigitTracker(LABELS, 0.4)
    said = set()
    for index, seen in enumerate(wavering):
        tracker.update(seen, [], index * FRAME_NS)
        said |= set(texts(tracker))
    assert said == {"4"}


@pytest.mark.parametrize("before_s", [0.3, 2.0, 60.0])
def test_a_digit_that_was_written_over_is_the_new_one_within_a_third_of_a_second(before_s: float) -> None:
    count = round(before_s * 30)
    tracker = follow([[digit("3")]] * count)
    after = 0
    while texts(tracker) == "3":
        tracker.update([digit("8")], [], (count + after) * FRAME_NS)
        after += 1
    assert 2 <= after <= 10
    assert len(tracker.rows) == 1


def test_the_averages_are_those_of_all_frames() -> None:
    frames = [[digit("7", probability=share)] for share in (0.6, 0.9, 0.8)]
    (seen,) = read(follow(frames).counting, LABELS)
    logs = np.log([[each.probabilities for each in frame] for frame in frames])[:, 0]
    weights = np.exp(-np.array([2, 1, 0]) * FRAME_NS / 1e9)
    mean = weights @ logs / weights.sum()
    assert seen.probabilities == pytest.approx(np.exp(mean) / np.exp(mean).sum(), abs=1e-3)
    assert 0.6 < seen.confidence < 0.9
    assert seen.evidence == 3.0


def test_a_digit_out_of_sight_is_lost_after_its_time_and_not_before() -> None:
    frames = [[digit("4")]] * 5
    assert texts(follow([*frames, *[[]] * 12])) == "4"
    assert follow([*frames, *[[]] * 14]).rows.tolist() == []


def test_a_digit_in_doubt_is_kept_but_none_begins_so() -> None:
    seen, unsure = [[digit("4")]] * 5 + [[]] * 30, [[]] * 5 + [[doubtful("4")]] * 30
    assert texts(follow(seen, unsure)) == "4"
    assert follow([[]] * 30, [[doubtful("4")]] * 30).rows.tolist() == []


@pytest.mark.parametrize("seed", range(4))
def test_digits_that_touch_are_not_mixed_up_by_a_shaking_hand(seed: int) -> None:
    text = "1111700"
    way = shaking(seed, 60, 3.0)
    tracker = DigitTracker(LABELS, 0.4)
    for index, place in enumerate(way):
        shift = place - way[index - 1] if index else (0.0, 0.0)
        tracker.update(number(text, *(place + 100)), [], index * FRAME_NS, tuple(shift))
    assert texts(tracker) == text
    assert tracker.rows["hits"].tolist() == [60] * len(text)


def test_a_picture_that_jumps_as_a_whole_keeps_its_digits() -> None:
    tracker = follow([number("52")] * 5)
    ids = tracker.rows["id"].tolist()
    tracker.update(number("52", 200, 80), [], 5 * FRAME_NS, (200.0, 80.0))
    assert tracker.rows["id"].tolist() == ids


def test_another_digit_beside_is_another_track() -> None:
    tracker = follow([[digit("4")]] * 5 + [[digit("4", 3 * WIDTH_PX)]])
    assert sorted(tracker.rows["hits"]) == [1, 5]


def test_time_that_goes_backwards_loses_what_was_seen_later() -> None:
    tracker = follow([[digit("4")]] * 5)
    tracker.update([], [], 0)
    assert tracker.rows.tolist() == []


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-(10**18), 10**18),
            st.lists(
                st.tuples(st.sampled_from(LABELS), *[st.integers(-(10**4), 10**4)] * 2, st.floats(0, 1), st.booleans()),
                max_size=30,
            ),
            st.tuples(*[st.floats(-1e4, 1e4)] * 2),
        ),
        max_size=12,
    )
)
def test_whatever_is_seen_no_two_tracks_take_one_digit_and_averages_are_numbers(
    frames: list[tuple[int, list[tuple[str, int, int, float, bool]], tuple[float, float]]],
) -> None:
    tracker = DigitTracker(LABELS, 0.4)
    for now_ns, seen, shift in frames:
        digits = [digit(text, x, y, share) for text, x, y, share, is_sure in seen if is_sure]
        unsure = [doubtful(text, x, y) for text, x, y, _, is_sure in seen if not is_sure]
        tracker.update(digits, unsure, now_ns, shift)
        assert (tracker.rows["misses"] == 0).sum() <= len(seen)
        assert len(set(tracker.rows["id"])) == len(tracker.rows)
        for followed in read(tracker.rows, LABELS):
            assert 0 <= followed.confidence <= 1
            assert sum(followed.probabilities) == pytest.approx(1, abs=0.01)


def test_work_is_bounded_however_many_digits_there_are() -> None:
    crowd = [
        Digit("1", 0.9, Box(40 * (i % 60), 40 * (i // 60), 8, 30), digit("1").probabilities, 3.0) for i in range(900)
    ]
    assert len(follow([crowd] * 3).rows) == MOST_TRACKS
