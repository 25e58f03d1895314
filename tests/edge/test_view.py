"""The part of a frame that is read, turned upright, and the way back."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import Config, ReadingConfig, RegionConfig
from core.frame import Box, Luma
from edge.methods import load_models, new_reader
from edge.view import Rotation, View

SHARES = st.floats(0, 0.999)
SIZES = st.floats(0.001, 1)
REGIONS = st.builds(RegionConfig, x=SHARES, y=SHARES, width=SIZES, height=SIZES)
ROTATIONS = st.sampled_from([0, 90, 180, 270])
SHAPES = st.tuples(st.integers(1, 15), st.integers(1, 15))  # so that every pixel can have a value of its own


@given(SHAPES, REGIONS, ROTATIONS, st.data())
def test_a_box_of_the_view_holds_the_same_pixels_in_the_frame(
    shape: tuple[int, int], region: RegionConfig, rotation: Rotation, data: st.DataObject
) -> None:
    luma = np.arange(shape[0] * shape[1]).reshape(shape).astype(np.uint8)
    view = View(shape, region, rotation)
    seen = view.of(luma)
    x, y = data.draw(st.integers(0, seen.shape[1] - 1)), data.draw(st.integers(0, seen.shape[0] - 1))
    box = Box(x, y, data.draw(st.integers(1, seen.shape[1] - x)), data.draw(st.integers(1, seen.shape[0] - y)))
    back = view.back(box)
    assert sorted(seen[box.y : box.bottom, box.x : box.right].ravel()) == sorted(
        luma[back.y : back.bottom, back.x : back.right].ravel()
    )


def page(text: str) -> Luma:
    luma = np.full((300, 640), 225, np.uint8)
    cv2.putText(luma, text, (60, 190), cv2.FONT_HERSHEY_SIMPLEX, 4.0, 40, 11, cv2.LINE_AA)
    return luma


def read(luma: Luma, **reading: object) -> tuple[str, list[Box]]:
    config = Config(reading=ReadingConfig(method="ink", **reading))
    answer = new_reader(load_models(Config()), config).read(luma)
    return answer.digits, [digit.box for reading in answer.readings for digit in reading.digits]


@pytest.mark.parametrize(("turned", "rotation"), [(cv2.ROTATE_90_CLOCKWISE, 270), (cv2.ROTATE_180, 180)])
def test_a_camera_that_hangs_sideways_is_read_upright_and_boxes_are_where_it_sees_the_ink(
    turned: int, rotation: Rotation
) -> None:
    luma = np.ascontiguousarray(cv2.rotate(page("2047"), turned))
    digits, boxes = read(luma, rotation=rotation)
    assert digits == "2047"
    assert all(luma[box.y : box.bottom, box.x : box.right].min() < 60 for box in boxes)


def test_only_the_region_is_read() -> None:
    upright = read(page("2047"))[1]
    middle = (upright[1].right + upright[2].x) / 2 / 640
    digits, boxes = read(page("2047"), region=RegionConfig(x=middle))
    assert digits == "47"
    assert all(abs(box.x - whole.x) <= 2 for box, whole in zip(boxes, upright[2:], strict=True))


def test_without_region_and_rotation_nothing_is_copied() -> None:
    luma = page("1")
    view = View(luma.shape, RegionConfig(), 0)
    assert view.is_whole
    assert np.shares_memory(view.of(luma), luma)
