"""Frames judged before they are read: light, stuck cameras, motion, what is new, what stirs."""

from __future__ import annotations

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pen_pages import written

from core.frame import Box, Luma
from edge.quality import Judged, Quality, State, Watch

FRAME_NS = 33_000_000

PAGE = written("2 0 4 7 5", 60, pitch=1.6)
BEYOND = cv2.copyMakeBorder(PAGE, 120, 120, 120, 120, cv2.BORDER_REFLECT)
"""The page with what is around it, for cameras that move."""


def filmed(luma: Luma, place: int, noise: float = 3.0, light: float = 1.0) -> Luma:
    """`luma` as a camera sees it in its frame number `place`."""
    grain = np.random.default_rng([7, place]).normal(0, noise, luma.shape)
    return np.clip(luma * np.float32(light) + grain, 0, 255).astype(np.uint8)


def seen_from(x: float, y: float, smear: int = 0) -> Luma:
    """The page by a camera that has moved all of it by (x, y) px, and by `smear` px across while it looked."""
    moved = np.array([[1, 0, x - 120], [0, 1, y - 120]], np.float64)
    luma = cv2.warpAffine(BEYOND, moved, (640, 480), flags=cv2.INTER_LINEAR)
    return cv2.blur(luma, (smear, 1)) if smear else luma


def watched(frames: list[Luma], watch: Watch | None = None, noise: float = 3.0) -> list[Judged]:
    """What is said of frames 33 ms apart; the first is worked on."""
    watch = watch or Watch()
    judged = []
    for place, luma in enumerate(frames):
        judged.append(watch.judge(filmed(luma, place, noise), place * FRAME_NS))
        if place == 0:
            watch.worked_on()
    return judged


def states(judged: list[Judged]) -> list[str]:
    return [str(each.quality.state) for each in judged]


# --- light ------------------------------------------------------------------------------------------------------------


def test_a_page_in_usual_light_is_good_and_nothing_is_said() -> None:
    assert watched([PAGE])[0].quality == Quality(State.GOOD, "")


def test_a_dark_room_is_too_dark_and_the_reason_has_the_figure() -> None:
    (judged,) = watched([(PAGE // 25).astype(np.uint8)], noise=1)
    assert judged.quality.state == "too_dark"
    assert "of 255, at least 14 is needed" in judged.quality.reason
    assert not judged.good


def test_a_black_board_with_chalk_is_not_dark() -> None:
    board = np.clip((255 - PAGE.astype(np.float32)) * 0.5, 8, 90).astype(np.uint8)
    assert states(watched([board])) == ["good"]


def test_a_picture_in_which_all_is_white_is_overexposed() -> None:
    (judged,) = watched([cv2.add(PAGE, np.full_like(PAGE, 180))])
    assert judged.quality.state == "overexposed"
    assert judged.quality.reason.endswith("less than 190 is needed")


def test_white_paper_with_dark_ink_on_it_is_not_overexposed() -> None:
    white = np.where(PAGE > 150, 255, PAGE).astype(np.uint8)
    assert states(watched([white])) == ["good"]


def test_darkness_and_glare_are_never_given_way_to() -> None:
    for luma in (np.full((480, 640), 4, np.uint8), np.full((480, 640), 255, np.uint8)):
        watch = Watch(stuck_after_s=None)
        assert {watch.judge(luma, place * 1_000_000_000).good for place in range(30)} == {False}


def test_a_frame_or_two_without_light_change_nothing_of_what_was_seen() -> None:
    black = np.zeros_like(PAGE)
    judged = watched([PAGE, PAGE, black, black, PAGE], noise=2)
    assert states(judged) == ["good", "good", "too_dark", "too_dark", "good"]
    assert not judged[4].changed


# --- stuck cameras ----------------------------------------------------------------------------------------------------


def repeated(watch: Watch, seconds: float) -> list[Judged]:
    luma = filmed(PAGE, 0)
    return [watch.judge(luma.copy(), place * 100_000_000) for place in range(round(seconds * 10) + 1)]


def test_frames_equal_to_the_bit_for_three_seconds_are_a_stuck_camera() -> None:
    judged = repeated(Watch(), 4)
    assert states(judged) == ["good"] * 30 + ["frozen"] * 11
    assert judged[30].quality.reason == "the same picture to the bit for 3 s; the camera may be stuck"


def test_a_source_may_say_that_it_repeats_itself() -> None:
    assert set(states(repeated(Watch(stuck_after_s=None), 4))) == {"good"}


def test_a_stuck_camera_is_good_again_with_its_first_new_frame() -> None:
    watch = Watch()
    repeated(watch, 4)
    assert watch.judge(filmed(PAGE, 1), 4_100_000_000).good


def test_a_camera_with_the_faintest_noise_is_not_stuck() -> None:
    watch = Watch()
    for place in range(60):
        luma = PAGE.copy()
        luma[place, place] ^= 1
        assert watch.judge(luma, place * 100_000_000).good


def test_a_camera_that_uses_one_buffer_for_all_frames_is_not_stuck() -> None:
    watch, buffer = Watch(), np.empty((100, 150), np.uint8)
    for place in range(50):
        buffer[:] = filmed(PAGE[:100, :150], place)
        assert watch.judge(buffer, place * 100_000_000).good


def test_drawings_are_good_whatever_they_look_like() -> None:
    for level in (0, 255):
        watch = Watch(drawn=True)
        luma = np.full((480, 640), level, np.uint8)
        assert {watch.judge(luma, place * 1_000_000_000).quality for place in range(20)} == {Quality(State.GOOD)}


# --- whether anything is new ------------------------------------------------------------------------------------------


def test_nothing_is_known_before_a_frame_was_worked_on() -> None:
    watch = Watch()
    assert watch.judge(PAGE, 0).changed
    assert watch.judge(PAGE, FRAME_NS).changed
    watch.worked_on()
    assert not watch.judge(PAGE, 2 * FRAME_NS).changed


@pytest.mark.parametrize("quality", [40, 70, 95])
@pytest.mark.parametrize("noise", [1.0, 3.0, 6.0])
def test_noise_jpeg_and_a_flickering_lamp_are_nothing_new(noise: float, quality: int) -> None:
    watch, rng = Watch(), np.random.default_rng(3)
    for place in range(20):
        frame = filmed(PAGE, place, noise, rng.uniform(0.95, 1.05))
        packed = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        judged = watch.judge(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), place * FRAME_NS)
        if place == 0:
            watch.worked_on()
        else:
            assert not judged.changed


def test_dark_bands_of_a_lamp_on_the_mains_are_nothing_new() -> None:
    rows = np.arange(480)[:, np.newaxis]
    banded = [np.asarray(PAGE * (0.95 + 0.05 * np.sin(rows / 25 + place)), np.uint8) for place in range(15)]
    assert [judged.changed for judged in watched(banded)[1:]] == [False] * 14


@given(digit=st.sampled_from("0123456789"), x=st.integers(0, 600), y=st.integers(120, 430))
@settings(max_examples=40)
def test_one_more_digit_thirty_px_high_is_new(digit: str, x: int, y: int) -> None:
    added = written(digit, 30)
    stamp = added[35:75, 35:75]
    more = PAGE.copy()
    part = more[y : y + 40, x : x + 40]
    np.minimum(part, stamp[: part.shape[0], : part.shape[1]], out=part)
    if int(part.min()) > 120:
        return  # the frame's edge has cut its ink off
    judged = watched([PAGE, PAGE, more])
    assert not judged[1].changed
    assert judged[2].changed


def test_a_digit_that_is_wiped_away_is_new() -> None:
    bare = PAGE.copy()
    bare[30:110, 30:90] = np.uint8(205)
    assert [judged.changed for judged in watched([PAGE, PAGE, bare])] == [True, False, True]


def test_one_digit_in_place_of_another_is_new() -> None:
    one, other = written("1", 40), written("7", 40)
    assert [judged.changed for judged in watched([one, one, other])] == [True, False, True]


def test_the_next_frame_worked_on_is_what_counts_from_then_on() -> None:
    watch = Watch()
    more = written("204753", 60)
    watch.judge(PAGE, 0)
    watch.worked_on()
    assert watch.judge(more, FRAME_NS).changed
    watch.worked_on()
    assert not watch.judge(filmed(more, 2), 2 * FRAME_NS).changed


# --- motion -----------------------------------------------------------------------------------------------------------


@given(x=st.floats(-20, 20), y=st.floats(-20, 20), noise=st.sampled_from([1.0, 3.0, 6.0]))
@settings(max_examples=40)
def test_how_far_all_of_the_picture_moved_is_known_to_a_pixel(x: float, y: float, noise: float) -> None:
    judged = watched([seen_from(0, 0), seen_from(0, 0), seen_from(x, y)], noise=noise)
    assert judged[1].shift == pytest.approx((0, 0), abs=0.3)
    assert judged[2].shift == pytest.approx((x, y), abs=1)


def test_a_bare_page_that_moves_is_not_known_to() -> None:
    bare = np.full((480, 640), 200, np.uint8)
    assert all(judged.shift == pytest.approx((0, 0), abs=0.5) for judged in watched([bare] * 10))


def test_a_picture_that_moves_fast_is_moving_and_the_reason_says_how_fast() -> None:
    judged = watched([seen_from(12 * place, 0, smear=12) for place in range(8)])
    assert states(judged) == ["good"] + ["moving"] * 7
    assert "of its side in 33 ms" in judged[3].quality.reason


def test_hands_that_sway_do_not_count_as_motion() -> None:
    held = [seen_from(9 * np.sin(place / 5), 6 * np.cos(place / 7)) for place in range(60)]
    assert set(states(watched(held))) == {"good"}


def test_frames_that_are_far_apart_do_not_tell_how_fast_anything_moved() -> None:
    watch = Watch()
    watch.judge(seen_from(0, 0), 0)
    assert watch.judge(seen_from(40, 0), 1_000_000_000).good


def test_motion_that_never_ends_is_given_way_to_and_waited_for_anew_after_a_rest() -> None:
    watch = Watch(gives_way_after_s=1)
    frames = [seen_from(12 * (place % 2), 0) for place in range(60)]
    judged = watched([*frames, *[seen_from(0, 0)] * 40, *frames[:10]], watch)
    assert states(judged)[1:30] == ["moving"] * 29
    assert set(states(judged)[35:100]) == {"good"}
    assert judged[50].quality.reason.endswith("so it is read all the same")
    assert set(states(judged)[102:]) == {"moving"}


def test_a_camera_that_was_knocked_is_told_of_once_when_it_stands_again() -> None:
    swing = [1 - np.exp(-8 * place / 30) * np.cos(np.pi * 10 * place / 30) for place in range(40)]
    frames = [seen_from(0, 0)] * 10 + [seen_from(50 * share, -30 * share) for share in swing]
    judged = watched(frames)
    (stands,) = [each for each in judged if each.moved]
    assert stands.moved_by == pytest.approx((50, -30), abs=2)
    assert stands.good
    assert "moving" in states(judged)


def test_a_camera_that_swings_back_to_where_it_was_has_not_moved() -> None:
    frames = [seen_from(40 * np.exp(-place / 6) * np.sin(place), 0) for place in range(40)]
    assert not any(judged.moved for judged in watched([seen_from(0, 0)] * 5 + frames))


def test_a_picture_that_is_all_another_is_no_move_but_motion_until_it_stays() -> None:
    other = np.ascontiguousarray(cv2.rotate(written("8136", 90, (480, 640)), cv2.ROTATE_90_CLOCKWISE))
    judged = watched([PAGE] * 5 + [other] * 15)
    assert states(judged) == ["good"] * 5 + ["moving"] + ["good"] * 14
    assert judged[5].quality.reason == "all of the picture changed within 0.2 s"
    assert not any(each.moved for each in judged)


# --- what stirs -------------------------------------------------------------------------------------------------------

FIRST, LAST = Box(40, 40, 45, 60), Box(424, 40, 45, 60)
"""Of the digits 2 and 5 of the page."""


def with_a_hand(luma: Luma, x: float, y: float) -> Luma:
    shown = luma.copy()
    cv2.ellipse(shown, (round(x), round(y)), (50, 34), 30, 0, 360, 120, -1, cv2.LINE_AA)
    return shown


def test_a_hand_stirs_what_it_is_close_to_and_nothing_else() -> None:
    judged = watched([with_a_hand(PAGE, 480 - place, 150) for place in range(30)])
    assert [each.stirs(LAST) for each in judged[15:]] == [True] * 15
    assert not any(each.stirs(FIRST) for each in judged)


def test_nothing_stirs_on_a_page_that_is_filmed_by_swaying_hands() -> None:
    held = [seen_from(8 * np.sin(place / 5), 5 * np.cos(place / 7)) for place in range(60)]
    judged = watched(held)
    stirred = sum(each.stirs(box) for each in judged for box in (FIRST, LAST))
    assert stirred == 0


def test_a_hand_that_has_gone_stirs_nothing_after_a_moment() -> None:
    judged = watched([with_a_hand(PAGE, 300 + 20 * place, 100) for place in range(8)] + [PAGE] * 30)
    assert any(each.stirs(LAST) for each in judged[:10])
    assert not any(each.stirs(LAST) for each in judged[-12:])


# --- whatever comes ---------------------------------------------------------------------------------------------------


@given(
    frames=st.lists(
        st.tuples(
            hnp.arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70))),
            st.integers(-(2**62), 2**62),
            st.booleans(),
        ),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=60)
def test_frames_of_any_size_at_any_time_are_judged_the_same_each_time(
    frames: list[tuple[Luma, int, bool]],
) -> None:
    def judge() -> list[object]:
        watch, said = Watch(), []
        for luma, now_ns, works in frames:
            judged = watch.judge(luma, now_ns)
            said.append((judged.quality, judged.changed, judged.shift, judged.moved, judged.moved_by))
            said.append(judged.stirs(Box(-5, 3, 10, 10_000)))
            if works:
                watch.worked_on()
        return said

    first = judge()
    assert first == judge()
    assert all(np.isfinite(part[2]).all() for part in first if isinstance(part, tuple))


@pytest.mark.parametrize("size", [(1, 1), (1, 640), (480, 1), (2, 3), (7, 500), (479, 641), (1080, 1920)])
def test_frames_of_odd_sizes_are_judged(size: tuple[int, int]) -> None:
    watch = Watch()
    for place in range(4):
        luma = np.random.default_rng(place).integers(0, 255, size, np.uint8)
        judged = watch.judge(luma, place * FRAME_NS)
        assert judged.quality.state in set(State)
        assert np.isfinite(judged.shift).all()


def test_frames_of_another_size_are_another_view() -> None:
    watch = Watch()
    watch.judge(PAGE, 0)
    watch.worked_on()
    judged = watch.judge(np.ascontiguousarray(PAGE[:240, :320]), FRAME_NS)
    assert (judged.changed, judged.shift, judged.good) == (True, (0.0, 0.0), True)


@pytest.mark.parametrize("now_ns", [-1, 3600 * 10**9])
def test_after_hours_or_when_time_goes_back_all_is_forgotten(now_ns: int) -> None:
    watch = Watch()
    watch.judge(PAGE, 0)
    watch.worked_on()
    assert watch.judge(PAGE, now_ns).changed


def test_what_a_frame_is_like_goes_to_programs_as_json() -> None:
    assert msgspec.json.encode(Quality(State.TOO_DARK, "why")) == b'{"state":"too_dark","reason":"why"}'
