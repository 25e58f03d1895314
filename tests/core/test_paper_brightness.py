"""Ink by the light it takes from paper, or chalk adds to a board."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.frame import Luma
from core.paper import ink_map
from tests.hands import write


def digit(text: str, x: int, y: int, height: int, width: int, shape: tuple[int, int] = (480, 640)) -> np.ndarray:
    """float (H, W): 1 where a pen was, 0 elsewhere."""
    drawn = np.zeros(shape, np.uint8)
    for stroke in write(text, "round", x, y, height):
        cv2.polylines(drawn, [np.rint(np.array(stroke)).astype(np.int32)], False, 255, width, cv2.LINE_AA)
    return drawn / 255.0


def seen(light: float | np.ndarray, drawn: np.ndarray, paper: float, ink: float) -> Luma:
    """uint8 (H, W): `drawn` with ink on paper that return these shares of `light`."""
    return np.clip(light * (paper + (ink - paper) * drawn), 0, 255).astype(np.uint8)


def mean_ink(luma: Luma, drawn: np.ndarray) -> tuple[float, float]:
    """Of strokes, and of the rest."""
    ink, _ = ink_map(luma)
    return float(ink[drawn > 0.9].mean()), float(ink[drawn == 0].mean())


@pytest.mark.parametrize(("paper", "ink"), [(0.9, 0.2), (0.15, 0.8)])
def test_a_stroke_weighs_the_same_in_the_shadow_as_in_the_light(paper: float, ink: float) -> None:
    left, right = digit("3", 100, 150, 120, 10), digit("3", 450, 150, 120, 10)
    light = np.where(np.arange(640) < 320, 255.0, 110.0)[None]
    found, _ = ink_map(seen(light, left + right, paper, ink))
    bright, shaded = (float(found[part > 0.9].mean()) for part in (left, right))
    assert bright > 120
    assert abs(bright - shaded) < 0.1 * bright


def test_a_reflection_beside_dark_ink_does_not_make_it_chalk() -> None:
    drawn = np.max([digit(text, 60 + 90 * place, 150, 100, 8) for place, text in enumerate("253")], axis=0)
    spot = np.zeros(drawn.shape, np.float32)
    cv2.circle(spot, (520, 240), 40, 1.0, -1)
    light = 130 + 125 * cv2.GaussianBlur(spot, (0, 0), 10)
    stroke, rest = mean_ink(seen(light, drawn, 0.9, 0.4), drawn)
    assert stroke > 100
    assert rest < 1


@pytest.mark.parametrize("width", [4, 20, 45])
@pytest.mark.parametrize(("paper", "ink"), [(0.9, 0.1), (0.1, 0.9)])
@pytest.mark.parametrize("text", ["1", "8"])
def test_a_digit_that_fills_the_frame_is_ink_by_any_pen(text: str, paper: float, ink: float, width: int) -> None:
    drawn = digit(text, 70, 30, 190, width, (256, 256))
    stroke, rest = mean_ink(seen(255.0, drawn, paper, ink), drawn)
    assert stroke > 3 * rest


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 200), st.integers(1, 200))))
def test_any_frame_has_an_ink_map_of_its_size(luma: Luma) -> None:
    ink, noise = ink_map(luma)
    assert (ink.shape, ink.dtype) == (luma.shape, np.uint8)
    assert noise >= 0
