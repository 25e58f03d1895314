"""What a reading is worth, by what is in the frame."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from told_clips import HERE, THERE, moved

from core.clip_truth import ClipTruth, Episode, FrameTruth, Seen
from core.frame import Box
from edge.clip_scene import Scene, Scenes, Sight, Verdict, judge, lies_on

NUMBER = Sight(0, "472", HERE)
RIGHT, WRONG, NOWHERE = Verdict("right", 0, "472"), Verdict("wrong", 0, "472"), Verdict("wrong")


@pytest.mark.parametrize(
    ("text", "box", "expected"),
    [
        ("472", HERE, RIGHT),
        ("472", moved(HERE, 39), RIGHT),
        ("472", moved(HERE, 41), NOWHERE),
        ("472", THERE, NOWHERE),
        ("412", HERE, WRONG),
        ("4", Box(100, 100, 20, 40), WRONG),
        ("1472", Box(60, 100, 120, 40), WRONG),
        ("4", Box(85, 100, 29, 40), NOWHERE),
    ],
)
def test_a_reading_lies_on_a_number_if_they_share_half_of_the_smaller_one(
    text: str, box: Box, expected: Verdict
) -> None:
    assert judge(text, box, Scene(0, (NUMBER,))) == expected


def test_of_two_numbers_the_one_it_overlaps_more_is_meant_unless_the_other_reads_so() -> None:
    scene = Scene(0, (NUMBER, Sight(1, "15", moved(HERE, 30))))
    assert judge("9", moved(HERE, 20), scene) == Verdict("wrong", 1, "15")
    assert judge("472", moved(HERE, 20), scene) == RIGHT


def test_a_reading_is_in_doubt_where_more_of_it_is_doubtful_than_on_a_number() -> None:
    scene = Scene(0, (NUMBER,), (moved(HERE, 60),))
    assert judge("9", moved(HERE, 60), scene) == Verdict("doubtful")
    assert judge("9", moved(HERE, 22), scene) == WRONG
    assert judge("472", moved(HERE, 39), scene) == RIGHT


def test_what_is_read_of_a_number_that_is_not_sure_is_in_doubt_if_it_is_not_right() -> None:
    scene = Scene(0, (NUMBER._replace(sure=False),))
    assert judge("472", HERE, scene).worth == "right"
    assert judge("47", HERE, scene) == Verdict("doubtful", 0, "472")
    assert judge("47", THERE, scene) == NOWHERE


def test_numbers_without_a_place_are_anywhere() -> None:
    one = Sight(0, "472", None)
    assert judge("472", THERE, Scene(0, (one,))) == RIGHT
    assert judge("412", THERE, Scene(0, (one,))) == WRONG
    two = Scene(0, (one, Sight(1, "15", None)))
    assert judge("15", HERE, two) == Verdict("right", 1, "15")
    assert judge("16", HERE, two) == NOWHERE
    assert judge("16", HERE, Scene(0, (one, Sight(1, "15", None, sure=False)))) == Verdict("doubtful")


@given(st.builds(Box, *[st.integers(0, 50)] * 2, *[st.integers(1, 50)] * 2), st.integers(0, 60), st.integers(0, 60))
def test_lying_on_each_other_goes_both_ways(box: Box, x: int, y: int) -> None:
    assert lies_on(box, box)
    assert lies_on(box, moved(HERE, x, y)) == lies_on(moved(HERE, x, y), box)


def test_a_number_is_where_its_frame_says_and_in_doubt_where_it_was_while_hidden() -> None:
    boxes = [HERE, moved(HERE, 50), None, moved(HERE, 150), moved(HERE, 200)]
    frames = tuple(
        FrameTruth(index * 10**8, () if box is None else (Seen(3, "472", box),)) for index, box in enumerate(boxes)
    )
    episode = Episode(text="472", from_s=0.0, until_s=0.5, number=3, box=HERE)
    scenes = Scenes(ClipTruth((episode,), frames))
    sights = [scenes.at(index, frame.at_ns).sights[0] for index, frame in enumerate(frames)]
    assert [sight.box for sight in sights] == [HERE, boxes[1], boxes[1], boxes[3], boxes[4]]
    assert [sight.shown for sight in sights] == [True, True, False, True, True]
    assert [sight.sure for sight in sights] == [False, True, False, True, False]


def test_what_a_frame_has_of_no_episode_is_doubtful() -> None:
    scenes = Scenes(ClipTruth((), (FrameTruth(0, (Seen(1, "5", HERE),)),)))
    assert scenes.at(0, 0) == Scene(0, (), (HERE,))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), max_size=5))
def test_episodes_in_any_order_are_in_sight_from_their_beginning_to_their_end(times: list[tuple[int, int]]) -> None:
    episodes = tuple(
        Episode(text="5", from_s=begun / 10, until_s=(begun + lasts) / 10, number=number)
        for number, (begun, lasts) in enumerate(times)
    )
    scenes = Scenes(ClipTruth(episodes))
    clock = [round(index * 1e8) for index in range(70)]
    for index, at_ns in enumerate(clock):
        shown = {sight.episode for sight in scenes.at(index, at_ns).sights if sight.shown}
        assert shown == {place for place, (begun, lasts) in enumerate(times) if begun <= index < begun + lasts}
