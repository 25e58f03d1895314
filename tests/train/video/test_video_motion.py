from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.frame import Box
from train.video import motion, strokes
from train.video.motion import Keys


@given(st.floats(-5, 15), st.lists(st.floats(-100, 100), min_size=6, max_size=6))
def test_an_arm_stays_between_the_places_it_goes_to(time_s: float, values: list[float]) -> None:
    places = np.array(values).reshape(2, 3)
    at = Keys([1.0, 3.0], places).at(time_s)
    assert np.all(at >= places.min(axis=0) - 1e-9)
    assert np.all(at <= places.max(axis=0) + 1e-9)
    if time_s <= 1:
        assert np.array_equal(at, places[0])
    if time_s >= 3:
        assert np.array_equal(at, places[1])


@settings(max_examples=12)
@given(st.integers(0, 2**31), st.floats(0.5, 10))
def test_hands_sway_slowly_and_far_and_tremble_fast_and_little(seed: int, strength_px: float) -> None:
    course = motion.hand_held(strength_px, np.random.default_rng(seed))
    times = np.arange(0, 60, 0.02)
    x = np.array([course(time_s)[0, 2] for time_s in times])
    power = np.abs(np.fft.rfft(x - x.mean())) ** 2
    rates = np.fft.rfftfreq(len(x), 0.02)
    slow, fast = power[rates < 2].sum(), power[(rates > 3.8) & (rates < 12.2)].sum()
    assert 0 < fast < 0.2 * slow
    assert 0.3 * strength_px < x.std() < 3 * strength_px


def test_a_bumped_camera_swings_and_comes_to_rest() -> None:
    to = motion.placed(30, 10, 0.02)
    course = motion.bumped(2.0, to, np.random.default_rng(1))
    assert np.array_equal(course(1.9), np.eye(3))
    assert np.allclose(course(9.0), to, atol=1e-6)
    assert max(course(time_s)[0, 2] for time_s in np.arange(2, 4, 0.01)) > 31


@settings(max_examples=30)
@given(st.integers(0, 2**31))
def test_the_pen_is_at_each_pixel_of_ink_at_some_time_and_ends_with_the_last_digit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    covers = []
    for place in range(3):
        drawn = np.zeros((40, 24), np.uint8)
        cv2.polylines(drawn, [rng.integers(4, 20, (4, 2))], isClosed=False, color=255, thickness=3)
        covers.append((Box(30 * place + 3, 5, 24, 40), drawn.astype(np.float32) / 255))
    when, times, way = strokes.order(covers, Box(0, 0, 100, 50))
    assert when.shape == (50, 100)
    assert when.min() >= 0
    assert when.max() <= 1
    assert len(times) == len(way)
    assert np.all(np.diff(times) > 0)
    assert times[-1] == 1
    assert way[0, 0] < 30
    assert way[-1, 0] > 60
    first, last = (when[box.y : box.bottom, box.x : box.right][cover > 0] for box, cover in (covers[0], covers[-1]))
    assert first.max() < last.min()
