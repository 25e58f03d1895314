"""What the second stage is shown of a place."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from core.crops import CROP_SIZE_PX, crops_at
from core.frame import Luma

SIDES = st.floats(-10, 1e6) | st.just(float("nan")) | st.just(float("inf"))


def at(luma: Luma, *boxes: tuple[float, float, float, float]) -> np.ndarray:
    return crops_at(luma, np.array(boxes, np.float32).reshape(-1, 4))


def ring(side: int, middle: tuple[int, int], radius: float) -> Luma:
    """A ring of which all but `radius` and place stays the same, drawn large and averaged."""
    large = np.full((side * 4, side * 4), 220, np.uint8)
    where = middle[0] * 4, middle[1] * 4
    cv2.circle(large, where, round(radius * 4), 30, max(4, round(radius)), cv2.LINE_AA)
    return cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA)


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """1 for the same picture."""
    return float(np.corrcoef(one.ravel().astype(float), other.ravel().astype(float))[0, 1])


@given(
    arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=60)),
    st.lists(st.tuples(SIDES, SIDES, SIDES, SIDES), max_size=4),
)
def test_any_box_in_or_beyond_any_frame_gives_a_crop_of_its_pixels(luma: Luma, boxes: list) -> None:
    crops = at(luma, *boxes)
    assert (crops.shape, crops.dtype) == ((len(boxes), CROP_SIZE_PX, CROP_SIZE_PX), np.uint8)
    if luma.min() == luma.max():
        assert not crops.any()


@given(
    st.integers(0, 2**32),
    st.integers(0, 155),
    st.tuples(st.floats(-20, 60), st.floats(-20, 60), st.floats(4, 27), st.floats(4, 27)),
)
def test_a_haze_over_a_frame_changes_no_crop_which_reaches_from_black_to_white(
    seed: int, haze: int, box: tuple
) -> None:
    luma = np.random.default_rng(seed).integers(0, 100, (40, 50), dtype=np.uint8)
    (crop,), (again,) = at(luma, box), at(luma + np.uint8(haze), box)
    assert np.array_equal(crop, again)
    assert (crop.min(), crop.max()) == (0, 255)


@pytest.mark.parametrize("radius", [6, 10, 17, 25, 45, 80, 190])
def test_a_digit_is_seen_the_same_at_every_size(radius: float) -> None:
    (small,) = at(ring(64, (32, 32), 14), (18, 18, 28, 28))
    (seen,) = at(ring(512, (256, 256), radius), (256 - radius, 256 - radius, 2 * radius, 2 * radius))
    assert likeness(small, seen) > 0.95


def test_the_place_is_in_the_middle_and_what_is_around_it_is_seen() -> None:
    luma = np.full((100, 200), 220, np.uint8)
    luma[40:60, 90:110] = 20
    (crop,) = at(luma, (90, 40, 20, 20))
    rows, columns = np.nonzero(crop < 128)
    assert rows.mean() == pytest.approx(13.5, abs=0.5)
    assert columns.mean() == pytest.approx(13.5, abs=0.5)
    assert np.ptp(rows) + 1 == pytest.approx(CROP_SIZE_PX / 1.5, abs=1)
    luma[40:60, 112:130] = 20
    (beside,) = at(luma, (90, 40, 20, 20))
    assert np.array_equal(beside[:, :24], crop[:, :24])
    assert (beside[10:18, 27] == 0).all()


def test_a_frame_that_is_larger_changes_no_crop() -> None:
    luma = np.random.default_rng(1).integers(0, 256, (200, 300), dtype=np.uint8)
    box = (100.0, 60.0, 50.0, 70.0)
    moved = (100.0 - 40, 60.0 - 10, 50.0, 70.0)
    whole, part = at(luma, box)[0], at(np.ascontiguousarray(luma[10:190, 40:260]), moved)[0]
    assert np.array_equal(whole, part)


def test_beyond_the_frame_its_last_pixels_are_repeated() -> None:
    luma = np.full((60, 60), 220, np.uint8)
    luma[:, :4] = 20
    (crop,) = at(luma, (0, 20, 20, 20))
    assert (crop[:, 0] == 0).all()
    assert (crop[:, -1] == 255).all()


def test_noise_is_not_stretched_to_ink() -> None:
    flat = 200 + np.random.default_rng(1).integers(0, 2, (60, 60)).astype(np.uint8)
    assert at(flat, (20, 20, 20, 20)).max() <= 255 / 8 + 1


def test_boxes_that_are_no_numbers_give_empty_crops() -> None:
    luma = np.random.default_rng(1).integers(0, 256, (40, 40), dtype=np.uint8)
    assert not at(luma, (float("nan"), 0, 10, 10), (0, 0, float("inf"), 10)).any()


def test_no_places_give_no_crops() -> None:
    assert at(np.zeros((10, 10), np.uint8)).shape == (0, CROP_SIZE_PX, CROP_SIZE_PX)
