"""What is counted of a reader's events, on made-up ones with known answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from told_clips import HERE, THERE, Told, appeared, changed, cleared, drawn, moved, reading, score

from core.clip_truth import ClipTruth, Episode
from core.errors import LabelsError
from core.frame import Box
from edge.clip_tally import Slip, Views
from edge.events import ReadingRefused

NUMBER = Episode(text="472", from_s=1.0, until_s=5.0)
TRUTHS = [ClipTruth((NUMBER,)), drawn([NUMBER], 8.0)]
by_hand_and_drawn = pytest.mark.parametrize("truth", TRUTHS, ids=["by hand", "drawn"])


@by_hand_and_drawn
def test_the_delay_is_from_the_beginning_of_an_episode_to_its_right_reading(truth: ClipTruth) -> None:
    row = score(truth, Told({1.5: [appeared("47")], 2.4: [changed("472", "47")], 5.5: [cleared("472")]}), 8.0)
    assert (row.delay.asked, row.delay.soon, row.delay.never) == (1, 0, 0)
    assert row.delay.median_s == pytest.approx(1.4, rel=0.01)
    assert row.delay.p95_s == row.delay.median_s
    assert score(truth, Told({2.0: [appeared("472")]}), 8.0).delay.soon == 1
    assert score(truth, Told({2.05: [appeared("472")]}), 8.0).delay.soon == 0


@by_hand_and_drawn
def test_a_number_whose_right_reading_never_stands_in_its_episode_counts_as_never(truth: ClipTruth) -> None:
    row = score(truth, Told({1.5: [appeared("412")], 5.2: [changed("472", "412")]}), 8.0)
    assert (row.delay.asked, row.delay.never, row.delay.median_s) == (1, 1, None)
    assert Slip("one.mkv", 1.0, "never read", "", "472") in row.slips


def test_a_right_reading_in_another_place_does_not_read_a_number() -> None:
    row = score(TRUTHS[1], Told({1.5: [appeared("472", THERE)]}), 8.0)
    assert (row.delay.never, row.told.wrong, row.told.nowhere) == (1, 1, 1)


def test_episodes_of_less_than_a_second_are_not_asked_for() -> None:
    short = ClipTruth((Episode(text="5", from_s=1.0, until_s=1.95), Episode(text="6", from_s=2.0, until_s=3.0)))
    assert score(short, Told({}), 4.0).delay.asked == 1


def test_a_reading_kept_while_its_number_was_hidden_is_there_at_once() -> None:
    twice = [NUMBER, Episode(text="472", from_s=6.0, until_s=8.0)]
    row = score(drawn(twice, 8.0), Told({2.0: [appeared("472")]}), 8.0)
    assert (row.delay.asked, row.delay.soon, row.delay.median_s) == (2, 2, 0.0)
    assert row.delay.p95_s == pytest.approx(1.0, rel=0.01)
    assert (row.told.right, row.flicker_still.count, row.cleared.asked) == (1, 0, 0)


@by_hand_and_drawn
def test_readings_told_are_right_or_wrong_by_what_is_there_then(truth: ClipTruth) -> None:
    told = {1.4: [appeared("412")], 2.0: [changed("472", "412")], 6.0: [appeared("8", THERE)]}
    row = score(truth, Told(told), 8.0)
    assert (row.told.right, row.told.wrong, row.told.nowhere, row.told.doubtful) == (1, 2, 1, 0)
    assert row.told.one_in == 1.5
    assert [slip for slip in row.slips if slip.what == "wrong"] == [
        Slip("one.mkv", 1.4, "wrong", "412", "472"),
        Slip("one.mkv", 6.0, "wrong", "8", ""),
    ]


@by_hand_and_drawn
@pytest.mark.parametrize(
    ("at_s", "right", "wrong"),
    [
        (0.85, "wrong", "wrong"),
        (0.9, "right", "doubtful"),
        (1.0, "right", "doubtful"),
        (1.1, "right", "wrong"),
        (4.85, "right", "wrong"),
        (4.9, "right", "doubtful"),
        (5.05, "right", "doubtful"),
        (5.1, "wrong", "wrong"),
    ],
)
def test_within_a_tenth_of_a_second_of_an_episodes_ends_a_reading_is_right_or_in_doubt(
    truth: ClipTruth, at_s: float, right: str, wrong: str
) -> None:
    for text, worth in (("472", right), ("412", wrong)):
        told = score(truth, Told({at_s: [appeared(text)]}), 8.0).told
        assert [name for name in ("right", "wrong", "doubtful") if getattr(told, name)] == [worth]


def test_what_lies_in_a_doubtful_box_is_neither_right_nor_wrong() -> None:
    truth = drawn([NUMBER], 8.0, {0.5: HERE, 2.0: THERE})
    row = score(truth, Told({0.5: [appeared("47")], 2.0: [appeared("9", moved(THERE, 30))]}), 8.0)
    assert (row.told.right, row.told.wrong, row.told.doubtful) == (0, 0, 2)
    assert row.told.one_in is None


def test_print_is_not_asked_for_and_what_is_read_of_it_is_neither_right_nor_wrong() -> None:
    label = Episode(text="15", from_s=0.0, until_s=8.0, printed=True, box=THERE)
    told = Told({2.0: [appeared("15", THERE)], 3.0: [changed("16", "15", THERE)]})
    for truth in (drawn([label], 8.0), ClipTruth((label,))):
        row = score(truth, told, 8.0)
        assert (row.delay.asked, row.confirmed.seen, row.told.doubtful, row.told.wrong) == (0, 0, 2, 0)
        assert row.flicker_still.minutes == 0
    # Without a place, only what it says is known of it.
    anywhere = score(ClipTruth((Episode(text="15", from_s=0.0, until_s=8.0, printed=True),)), told, 8.0)
    assert (anywhere.told.doubtful, anywhere.told.wrong) == (1, 1)


def test_refusals_tell_of_no_reading() -> None:
    refused = ReadingRefused("", 0, "472", 0.9, HERE, "pattern", "", "")
    row = score(TRUTHS[0], Told({2.0: [refused]}), 8.0)
    assert (row.told.right, row.told.wrong, row.delay.never) == (0, 0, 1)


@by_hand_and_drawn
def test_a_reading_that_changes_or_comes_again_while_its_number_stays_flickers(truth: ClipTruth) -> None:
    told = {
        1.3: [appeared("472")],
        2.0: [changed("412", "472")],
        2.3: [changed("472", "412")],
        3.0: [cleared("472")],
        3.5: [appeared("472")],
        5.4: [cleared("472")],
    }
    row = score(truth, Told(told), 8.0)
    assert (row.flicker_still.count, row.flicker_moving.count) == (3, 0)
    assert row.flicker_still.a_minute == pytest.approx(3 / 4 * 60)
    assert row.flicker_moving.a_minute is None
    assert [slip.at_s for slip in row.slips if slip.what == "told again"] == [2.0, 2.3, 3.5]


def test_flicker_of_numbers_that_move_counts_apart() -> None:
    truth = ClipTruth(
        (
            Episode(text="472", from_s=0.0, until_s=4.0, camera_moved=True),
            Episode(text="15", from_s=0.0, until_s=2.0),
            Episode(text="9", from_s=0.0, until_s=1.0, paper_moved=True),
        )
    )
    row = score(truth, Told({0.5: [appeared("472")], 1.0: [appeared("472", moved(HERE, 90))]}), 4.0)
    assert (row.flicker_still.count, row.flicker_moving.count) == (0, 1)
    assert (row.flicker_still.minutes * 60, row.flicker_moving.minutes * 60) == pytest.approx((2, 5))


def test_a_reading_that_follows_what_is_written_does_not_flicker() -> None:
    truth = drawn([NUMBER], 8.0, {0.5: HERE})
    told = {0.5: [appeared("47")], 1.3: [changed("472", "47")], 4.95: [changed("47", "472")]}
    row = score(truth, Told(told), 8.0)
    assert (row.flicker_still.count, row.told.right, row.told.wrong) == (0, 1, 0)


def test_two_halves_of_a_number_are_two_wrong_readings_and_no_flicker() -> None:
    halves = [Box(100, 100, 38, 40), Box(142, 100, 38, 40)]
    row = score(TRUTHS[1], Told({2.0: [appeared("4", halves[0]), appeared("72", halves[1])]}), 8.0)
    assert (row.told.wrong, row.told.nowhere, row.flicker_still.count) == (2, 0, 0)


def test_one_of_two_readings_of_a_number_being_cleared_leaves_it_read() -> None:
    told = {
        1.3: [appeared("472")],
        2.0: [appeared("472", moved(HERE, 3))],
        2.5: [cleared("472")],
        3.0: [appeared("4")],
    }
    assert score(TRUTHS[0], Told(told), 8.0).flicker_still.count == 1


@by_hand_and_drawn
def test_the_time_to_clear_counts_from_when_the_number_is_gone(truth: ClipTruth) -> None:
    row = score(truth, Told({2.0: [appeared("472")], 5.6: [cleared("472")]}), 8.0)
    assert (row.cleared.asked, row.cleared.soon, row.cleared.never) == (1, 1, 0)
    assert row.cleared.median_s == pytest.approx(0.6, rel=0.01)


def test_a_number_is_not_gone_for_as_long_as_a_part_of_it_goes_away() -> None:
    leaves = {5.0 + step / 20: moved(HERE, 0, 10 * step) for step in range(1 + 10)}
    row = score(drawn([NUMBER], 8.0, leaves), Told({2.0: [appeared("472")], 6.0: [cleared("472")]}), 8.0)
    assert row.cleared.median_s == pytest.approx(6.0 - 5.55, rel=0.01)
    early = score(drawn([NUMBER], 8.0, leaves), Told({2.0: [appeared("472")], 5.2: [cleared("472")]}), 8.0)
    assert (early.cleared.asked, early.cleared.median_s) == (1, 0.0)


def test_a_number_that_can_be_read_again_before_it_is_gone_was_not_to_be_cleared() -> None:
    blurred = {5.0 + step / 20: HERE for step in range(20)}
    truth = drawn([NUMBER, Episode(text="472", from_s=6.0, until_s=8.0)], 8.0, blurred)
    row = score(truth, Told({2.0: [appeared("472")], 5.5: [cleared("472")], 6.3: [appeared("472")]}), 8.0)
    assert (row.cleared.asked, row.flicker_still.count, row.told.right) == (0, 0, 2)


def test_a_reading_that_becomes_what_was_written_there_next_counts_as_cleared() -> None:
    truth = drawn([NUMBER, Episode(text="15", from_s=5.4, until_s=8.0)], 8.0)
    row = score(truth, Told({2.0: [appeared("472")], 5.8: [changed("15", "472")]}), 8.0)
    assert row.cleared.median_s == pytest.approx(0.8, rel=0.01)
    assert (row.told.right, row.flicker_still.count) == (2, 0)


@by_hand_and_drawn
def test_a_reading_left_standing_for_two_seconds_is_never_cleared(truth: ClipTruth) -> None:
    row = score(truth, Told({2.0: [appeared("472")], 7.2: [cleared("472")]}), 8.0)
    assert (row.cleared.asked, row.cleared.never, row.cleared.median_s) == (1, 1, None)
    assert Slip("one.mkv", 5.0, "not cleared", "472", "") in row.slips
    assert score(truth, Told({2.0: [appeared("472")], 7.0: [cleared("472")]}), 8.0).cleared.never == 0


@by_hand_and_drawn
def test_when_a_video_ends_too_soon_nothing_is_asked_of_clearing(truth: ClipTruth) -> None:
    assert score(truth, Told({2.0: [appeared("472")]}), 6.9).cleared.asked == 0


def test_what_was_not_read_right_is_not_asked_to_be_cleared() -> None:
    assert score(TRUTHS[1], Told({2.0: [appeared("412")], 5.5: [cleared("412")]}), 8.0).cleared.asked == 0


def test_frames_with_a_number_are_counted_for_what_stands_and_for_what_single_frames_read() -> None:
    told = Told(
        {2.0: [appeared("472")]},
        {0.0: [], 1.5: [reading("472")], 3.0: [reading("412")], 3.5: [reading("4"), reading("72")], 4.0: []},
    )
    for truth in TRUTHS:
        row = score(truth, told, 8.0)
        assert row.confirmed == Views(80, 60, 0)
        assert row.single == Views(80, 30, 20)
        assert (row.single_changes_still.count, row.single_changes_moving.count) == (4, 0)


def test_of_single_frames_only_those_that_were_read_so_count() -> None:
    flips = {index / 20: [reading("472" if index % 2 else "412")] for index in range(160)}
    row = score(TRUTHS[1], Told({}, flips, every=4), 8.0)
    assert (row.every, row.single.seen, row.single_changes_still.count) == (4, 20, 0)
    assert score(TRUTHS[1], Told({}, flips), 8.0).single_changes_still.count == 79


def test_a_number_hidden_for_a_moment_is_in_doubt_and_goes_on() -> None:
    truth = drawn([NUMBER], 8.0)
    blanked = {50, 51}
    frames = tuple(type(frame)(frame.at_ns) if index in blanked else frame for index, frame in enumerate(truth.frames))
    truth = ClipTruth(truth.episodes, frames)
    row = score(truth, Told({1.3: [appeared("472")], 2.5: [changed("41", "472")]}), 8.0)
    assert (row.told.wrong, row.told.doubtful, row.flicker_still.count) == (0, 1, 1)
    assert row.confirmed.seen == 78


def test_twins_by_hand_are_told_apart_by_their_boxes() -> None:
    twins = ClipTruth(
        tuple(Episode(text="7", from_s=0.0, until_s=until_s, box=box) for box, until_s in ((HERE, 3.0), (THERE, 6.0)))
    )
    told = {0.5: [appeared("7", HERE), appeared("7", THERE)], 3.4: [cleared("7", HERE)]}
    row = score(twins, Told(told), 6.0)
    assert (row.delay.asked, row.delay.never, row.told.right) == (2, 0, 2)
    assert (row.cleared.asked, row.flicker_still.count) == (1, 0)
    assert row.cleared.median_s == pytest.approx(0.4, rel=0.01)


def test_a_truth_that_goes_on_after_the_video_is_refused() -> None:
    with pytest.raises(LabelsError, match=r"ends at 1 s, but the truth beside it has episodes\[0\] from 1 s on"):
        score(TRUTHS[0], Told({}), 1.0)


TEXTS = st.sampled_from(["472", "47", "15"])
BOXES = st.sampled_from([HERE, THERE, moved(HERE, 20), moved(HERE, 60)])
EVENTS = st.builds(appeared, TEXTS, BOXES) | st.builds(changed, TEXTS, TEXTS, BOXES) | st.builds(cleared, TEXTS, BOXES)
EPISODES = st.builds(
    lambda text, tenth, lasts, box, moves, printed: Episode(
        text=text,
        from_s=tenth / 10,
        until_s=(tenth + lasts) / 10,
        box=box,
        camera_moved=moves,
        printed=printed,
    ),
    TEXTS,
    st.integers(0, 19),
    st.integers(1, 30),
    BOXES,
    st.booleans(),
    st.booleans(),
)


@given(
    st.lists(EPISODES, max_size=4),
    st.dictionaries(st.sampled_from([tenth / 10 for tenth in range(30)]), st.lists(EVENTS, max_size=3)),
    st.booleans(),
)
def test_whatever_is_told_every_count_adds_up(
    episodes: list[Episode], events: dict[float, list[object]], by_hand: bool
) -> None:
    truth = ClipTruth(tuple(episodes)) if by_hand else drawn(episodes, 3.0)
    row = score(truth, Told(events), 3.0)
    told = sum(not isinstance(event, type(cleared("1"))) for there in events.values() for event in there)
    assert row.told.right + row.told.wrong + row.told.doubtful == told
    assert row.told.nowhere <= row.told.wrong
    assert row.flicker_still.count + row.flicker_moving.count <= told
    for delays in (row.delay, row.cleared):
        assert delays.soon + delays.never <= delays.asked
    assert row.confirmed.right + row.confirmed.wrong <= row.confirmed.seen == row.single.seen
    assert row.single.right == row.single.wrong == 0
    assert row.delay.asked <= sum(not episode.printed for episode in episodes)
