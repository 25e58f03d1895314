from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from filmed import ORDER, filmed, material, small

from core.clip_truth import FrameTruth
from core.errors import UsageError
from train.video import KINDS, Order, clip
from train.video.wheels import Counter


def ids(frame: FrameTruth) -> set[int]:
    return {seen.number for seen in frame.numbers}


@pytest.mark.parametrize("kind", KINDS)
def test_frames_of_every_kind_are_as_ordered_with_all_boxes_in_the_frame(kind: str) -> None:
    _, shots, truth = filmed(kind)
    assert truth.kind == kind
    assert {(shot.luma.shape, shot.luma.dtype) for shot in shots} == {(ORDER.shape, np.dtype(np.uint8))}
    assert all(before.truth.at_ns < after.truth.at_ns for before, after in pairwise(shots))
    for shot in shots:
        for box in (*shot.truth.doubtful, *(seen.box for seen in shot.truth.numbers)):
            assert box.x >= 0
            assert box.y >= 0
            assert box.right <= ORDER.shape[1]
            assert box.bottom <= ORDER.shape[0]
            assert min(box.width, box.height) > 0


@pytest.mark.parametrize("kind", ["written", "frozen", "wheels"])
def test_the_same_seed_films_the_same_clip_and_another_seed_another(kind: str) -> None:
    _, shots, _ = filmed(kind)
    again = [shot.luma for shot, _ in zip(small(kind).shots(), range(8), strict=False)]
    assert all(np.array_equal(shot.luma, luma) for shot, luma in zip(shots, again, strict=False))
    assert not np.array_equal(next(small(kind, seed=6).shots()).luma, shots[0].luma)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"empty"}))
def test_what_the_truth_says_is_there_stands_out_in_its_box(kind: str) -> None:
    _, shots, truth = filmed(kind)
    assert truth.episodes
    for shot in shots:
        for seen in shot.truth.numbers:
            box = seen.box
            part = shot.luma[box.y : box.bottom, box.x : box.right]
            darkest, paper, lightest = np.percentile(part, (2, 50, 98))
            assert max(paper - darkest, lightest - paper) > 12, (seen, shot.truth.at_ns)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_episode_covers_every_frame_in_which_its_number_is_seen(kind: str) -> None:
    _, shots, truth = filmed(kind)
    for shot in shots:
        for seen in shot.truth.numbers:
            at_ns = shot.truth.at_ns
            assert [
                episode
                for episode in truth.episodes
                if (episode.number, episode.text) == (seen.number, seen.text)
                and episode.visible_from_ns <= at_ns < episode.visible_until_ns
            ]


def test_on_a_tripod_nothing_moves_and_everything_is_there_from_first_to_last() -> None:
    _, shots, truth = filmed("tripod")
    assert {(episode.from_s, episode.until_s) for episode in truth.episodes} == {(0.0, ORDER.seconds)}
    assert not any(episode.camera_moved or episode.paper_moved for episode in truth.episodes)
    assert len({shot.truth.numbers for shot in shots}) == 1
    change = cv2.absdiff(shots[0].luma, shots[-1].luma)
    assert 0 < change.mean() < 20


@pytest.mark.parametrize("kind", ["shaken", "bumped", "skewed"])
def test_a_camera_that_moves_is_told_of_and_the_numbers_stay_the_same(kind: str) -> None:
    _, shots, truth = filmed(kind)
    assert any(episode.camera_moved for episode in truth.episodes)
    assert not any(episode.paper_moved for episode in truth.episodes)
    places = {seen.box for shot in shots for seen in shot.truth.numbers if seen.number == 1}
    assert len(places) > 1


def test_a_bumped_camera_stays_elsewhere() -> None:
    _, shots, _ = filmed("bumped")
    first, last = shots[0].motion[-1], shots[-1].motion[-1]
    early = shots[len(shots) // 4].motion[-1]
    assert np.hypot(*(last - first)[:2, 2]) > 5
    assert np.hypot(*(early - first)[:2, 2]) < 0.01


def test_a_sheet_that_is_pushed_takes_its_numbers_along() -> None:
    _, shots, truth = filmed("moved")
    assert any(episode.paper_moved for episode in truth.episodes)
    (first,) = [seen.box for seen in shots[0].truth.numbers if seen.number == 1]
    (last,) = [seen.box for seen in shots[-1].truth.numbers if seen.number == 1]
    assert np.hypot(last.centre[0] - first.centre[0], last.centre[1] - first.centre[1]) > 0.1 * ORDER.shape[0]


def test_of_two_sheets_the_second_comes_when_the_first_has_gone() -> None:
    _, shots, _ = filmed("swapped")
    first, last = ids(shots[0].truth), ids(shots[-1].truth)
    assert first
    assert last
    assert not first & last
    assert not any(ids(shot.truth) & first and ids(shot.truth) & last for shot in shots)


@pytest.mark.parametrize("index", range(3))
def test_a_number_that_is_written_is_there_only_when_it_is_complete(index: int) -> None:
    one, shots, truth = filmed("written", index)
    (new,) = [subject for subject in one.story.subjects if subject.there_s[0] > 0]
    complete_s = new.spans[0].from_s
    seen_at = [shot.truth.at_ns / 1e9 for shot in shots if new.number in ids(shot.truth)]
    assert seen_at
    assert min(seen_at) >= complete_s
    assert shots[-1].truth.at_ns / 1e9 == max(seen_at)
    assert any(shot.truth.doubtful for shot in shots if new.there_s[0] + 0.3 < shot.truth.at_ns / 1e9 < complete_s)
    assert [episode.text for episode in truth.episodes if episode.number == new.number] == [new.spans[0].text]


def test_before_it_is_written_there_is_no_ink_of_it() -> None:
    one, _, _ = filmed("written")
    (new,) = [subject for subject in one.story.subjects if subject.there_s[0] > 0]
    layer = one.story.layers[new.layer]
    picture = layer.picture.copy()
    (change,) = layer.changes
    box, before = new.area, layer.picture.copy()
    change.paint(picture, new.there_s[0] - 0.01)
    assert np.array_equal(picture, before)
    shares = []
    for share in (0.25, 0.5, 0.75, 1.0):
        change.paint(picture, new.there_s[0] + share * (new.spans[0].from_s - new.there_s[0]))
        part = slice(box.y, box.bottom), slice(box.x, box.right)
        shares.append(float(np.abs(picture[part] - before[part]).sum()))
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.6 * shares[-1]


def test_a_number_written_over_another_comes_after_it_in_its_place() -> None:
    one, shots, _ = filmed("overwritten")
    old, new = (subject for subject in one.story.subjects if subject.there_s != (-np.inf, np.inf))
    assert old.area.overlap(new.area) > 0.2
    seen = [(old.number in ids(shot.truth), new.number in ids(shot.truth)) for shot in shots]
    assert seen[0] == (True, False)
    assert seen[-1] == (False, True)
    assert (True, True) not in seen


def test_a_number_under_a_hand_is_away_and_comes_back_as_the_same() -> None:
    _, shots, truth = filmed("covered")
    own = [episode for episode in truth.episodes if episode.number == 1]
    assert len(own) == 2
    assert own[0].text == own[1].text
    assert any(1 not in ids(shot.truth) for shot in shots)


def test_while_the_lens_hunts_nothing_is_sure() -> None:
    one, shots, _ = filmed("focus")
    blurs = [one.story.focus_px(shot.truth.at_ns / 1e9) for shot in shots]
    worst, best = int(np.argmax(blurs)), int(np.argmin(blurs))
    assert not shots[worst].truth.numbers
    assert shots[worst].truth.doubtful
    assert shots[best].truth.numbers
    edges = [cv2.Laplacian(cv2.GaussianBlur(shots[place].luma, (0, 0), 1), cv2.CV_32F).var() for place in (worst, best)]
    assert edges[0] < 0.7 * edges[1]


def test_light_goes_wrong_and_the_camera_adapts() -> None:
    _, shots, _ = filmed("exposure")
    levels = np.array([shot.luma.mean() for shot in shots])
    assert np.abs(levels - levels[0]).max() > 25
    assert abs(levels[-1] - levels[0]) < 15


def test_black_and_white_frames_show_nothing_and_end_no_number() -> None:
    one, shots, _ = filmed("blank")
    blanks = [tick.blank is not None for tick in one.story.ticks]
    assert any(blanks)
    for blank, shot in zip(blanks, shots, strict=True):
        assert blank == (shot.luma.std() < 8 and not 30 < shot.luma.mean() < 225)
        assert bool(shot.truth.numbers) != blank


def test_bands_of_light_wander_over_the_frame() -> None:
    one, shots, _ = filmed("flicker")
    assert one.story.bands is not None
    rows = np.stack([shot.luma.mean(axis=1) for shot in shots[:8]])
    steady = rows / rows.mean(axis=0)
    assert steady.std() > 0.01


def test_a_sensor_read_line_by_line_leans_things_over() -> None:
    one, _, _ = filmed("skewed")
    story = one.story
    ways = [
        np.abs(story.camera(time_s + story.readout_s)[0, 2] - story.camera(time_s)[0, 2])
        for time_s in np.linspace(0, ORDER.seconds, 200)
    ]
    assert max(ways) > 1.5


def test_dropped_frames_leave_gaps_in_time_and_end_no_number() -> None:
    _, shots, truth = filmed("dropped")
    gaps = np.diff([shot.truth.at_ns for shot in shots])
    step = 1e9 / ORDER.frame_rate_hz
    assert gaps.max() > 1.9 * step
    assert len(shots) < ORDER.seconds * ORDER.frame_rate_hz
    assert {(episode.from_s, episode.until_s) for episode in truth.episodes} == {(0.0, ORDER.seconds)}
    _, even, _ = filmed("tripod")
    assert set(np.diff([shot.truth.at_ns for shot in even]).tolist()) == {int(step)}


def test_repeated_frames_are_the_one_before_to_the_bit() -> None:
    _, shots, _ = filmed("frozen")
    assert any(shot.truth.repeated for shot in shots)
    for before, shot in pairwise(shots):
        assert np.array_equal(before.luma, shot.luma) == shot.truth.repeated
        if shot.truth.repeated:
            assert shot.truth.numbers == before.truth.numbers


@pytest.mark.parametrize("index", range(3))
def test_a_counter_is_read_only_while_all_its_wheels_rest(index: int) -> None:
    one, shots, truth = filmed("wheels", index)
    (made,) = one.story.layers[0].changes
    assert isinstance(made, Counter)
    for shot in shots:
        turned = made.turned(shot.truth.at_ns / 1e9)
        rests = bool(np.all(turned == np.round(turned)))
        for seen in shot.truth.numbers:
            assert rests
            assert seen.text == "".join(str(int(value) % 10) for value in turned)
        assert rests or shot.truth.doubtful
    texts = [int(episode.text) for episode in truth.episodes]
    assert len(texts) > 1
    assert texts == sorted(texts)
    assert {episode.number for episode in truth.episodes} == {1}


def test_when_the_sheet_is_taken_the_desk_is_empty() -> None:
    _, shots, _ = filmed("cleared")
    assert shots[0].truth.numbers
    assert not shots[-1].truth.numbers
    assert not shots[-1].truth.doubtful


@pytest.mark.parametrize("index", range(3))
def test_where_there_is_no_number_there_is_none_from_first_to_last(index: int) -> None:
    _, shots, truth = filmed("empty", index)
    assert truth.episodes == ()
    assert not any(shot.truth.numbers for shot in shots)


def test_kinds_take_turns() -> None:
    assert clip(material(), ORDER, 5, len(KINDS) + 1).kind == list(KINDS)[1]


@pytest.mark.parametrize(
    "wrong",
    [{"shape": (100, 640)}, {"shape": (480, 100)}, {"seconds": 2.0}, {"seconds": float("nan")}, {"frame_rate_hz": 0.0}],
)
def test_clips_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="allowed"):
        Order(**wrong)


def test_a_kind_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match="allowed: tripod, "):
        clip(material(), ORDER, 1, 0, "juggled")
