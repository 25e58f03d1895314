"""The glyph contract."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.glyph import THIN_STROKE_PX, normalise, stroke_width_px
from core.idx import read_split


def seven(side_px: int, thickness_px: int) -> np.ndarray:
    """Ink of a 7 on a square canvas of `side_px`."""
    points = np.array([[0.2, 0.15], [0.8, 0.15], [0.45, 0.85]]) * side_px
    ink = np.zeros((side_px, side_px), np.uint8)
    cv2.polylines(ink, [points.round().astype(np.int32)], False, 255, thickness_px, cv2.LINE_AA)
    return ink


def centre_of_mass(pixels: np.ndarray) -> tuple[float, float]:
    moments = cv2.moments(pixels)
    return moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 200), st.integers(1, 200))))
def test_any_ink_becomes_a_glyph_and_blank_stays_blank(ink: np.ndarray) -> None:
    pixels = normalise(ink)
    assert (pixels.shape, pixels.dtype) == ((28, 28), np.uint8)
    assert pixels.any() == ink.any()


@pytest.mark.parametrize("side_px", [40, 60, 150, 400, 1000])
def test_the_same_digit_gives_the_same_glyph_at_any_size(side_px: int) -> None:
    reference = normalise(seven(120, 12)).astype(int)
    difference = np.abs(normalise(seven(side_px, max(2, round(side_px / 10)))).astype(int) - reference)
    assert difference.mean() < 9


@given(st.integers(30, 300), st.integers(1, 20), st.integers(20, 255))
def test_ink_fits_twenty_pixels_with_its_mass_at_the_centre(side_px: int, thickness_px: int, darkness: int) -> None:
    pixels = normalise((seven(side_px, thickness_px).astype(int) * darkness // 255).astype(np.uint8))
    _, _, width, height = cv2.boundingRect(pixels)
    assert max(width, height) == 20
    assert centre_of_mass(pixels) == pytest.approx((14, 14), abs=0.55)
    assert pixels.max() >= 250


def test_a_hairline_on_a_large_canvas_is_thickened_to_what_the_network_knows() -> None:
    pixels = normalise(seven(600, 1))
    assert stroke_width_px(pixels) >= THIN_STROKE_PX - 0.4


def test_the_width_of_a_stroke_is_measured() -> None:
    for width_px in (5, 10, 20):
        bar = np.zeros((400, 400), np.uint8)
        bar[50:350, 100 : 100 + width_px] = 255
        assert stroke_width_px(bar) == pytest.approx(width_px, rel=0.15)


@pytest.mark.shared_data
def test_mnist_stays_where_it_is(shared_data: Path) -> None:
    images = read_split(shared_data / "mnist", "test").pixels
    glyphs = np.stack([normalise(image) for image in images])
    moved = [
        np.hypot(*np.subtract(centre_of_mass(image), centre_of_mass(glyph)))
        for image, glyph in zip(images, glyphs, strict=True)
    ]
    assert (glyphs == images).all(axis=(1, 2)).mean() > 0.85
    assert np.abs(glyphs.astype(int) - images).mean() < 0.1
    assert np.quantile(moved, 0.999) < 0.1
