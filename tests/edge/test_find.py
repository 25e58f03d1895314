"""Frame to glyphs, and what is left out at once."""

import cv2
import numpy as np
import pytest

from core.frame import Box, Luma
from edge.find import Found, find


def paper() -> Luma:
    return np.full((480, 640), 225, np.uint8)


def seven(luma: Luma, x: int, y: int, height: int = 80) -> None:
    points = np.array([[x, y], [x + height // 2, y], [x + height // 4, y + height]])
    cv2.polylines(luma, [points], False, 40, max(2, height // 12), cv2.LINE_AA)


def search(luma: Luma, max_side_px: int = 1024) -> Found:
    return find(luma, "auto", max_side_px, min_height_px=8)


def reasons(luma: Luma) -> list[str]:
    return [reason for reason, _ in search(luma).left_out]


def test_each_digit_is_one_glyph_with_its_box() -> None:
    luma = paper()
    seven(luma, 100, 100)
    seven(luma, 300, 100)
    found = search(luma)
    assert (found.pixels.shape, found.pixels.dtype) == ((2, 28, 28), np.uint8)
    for box, x in zip(sorted(found.boxes), (100, 300), strict=True):
        assert box.overlap(Box(x - 4, 96, 48, 88)) > 0.8


def test_boxes_of_a_frame_that_was_shrunk_are_in_its_own_pixels() -> None:
    luma = cv2.resize(paper(), (1920, 1440))
    seven(luma, 900, 600, 400)
    (box,) = search(luma, max_side_px=480).boxes
    assert box.overlap(Box(883, 583, 234, 434)) > 0.8


@pytest.mark.parametrize(
    ("x", "y", "clipped"), [(100, 100, False), (-12, 100, True), (100, -12, True), (612, 100, True), (100, 420, True)]
)
@pytest.mark.parametrize("max_side_px", [1024, 317])
def test_ink_that_touches_the_edge_of_the_frame_is_clipped(x: int, y: int, clipped: bool, max_side_px: int) -> None:
    luma = paper()
    seven(luma, x, y)
    seven(luma, 300, 200)
    found = search(luma, max_side_px)
    assert (found.clipped.dtype, len(found.boxes)) == (np.bool_, 2)
    at = {box.overlap(Box(300, 200, 40, 80)) > 0.5: flag for box, flag in zip(found.boxes, found.clipped, strict=True)}
    assert at == {True: False, False: clipped}


def test_a_dash_is_no_digit() -> None:
    luma = paper()
    seven(luma, 100, 100)
    cv2.line(luma, (200, 140), (250, 140), 40, 7)
    assert reasons(luma) == ["not_a_digit"]


def test_a_dot_beside_digits_is_too_small() -> None:
    luma = paper()
    seven(luma, 100, 100, 160)
    cv2.circle(luma, (240, 255), 7, 40, -1)
    assert reasons(luma) == ["too_small"]


def test_specks_are_not_worth_telling() -> None:
    luma = paper()
    seven(luma, 100, 100)
    luma[300:303, 300:303] = 40
    assert (len(search(luma).boxes), reasons(luma)) == (1, [])


def test_digits_in_a_table_are_found_and_the_table_is_not() -> None:
    luma = paper()
    for offset in range(3):
        cv2.rectangle(luma, (100 + 120 * offset, 100), (220 + 120 * offset, 240), 40, 3)
        seven(luma, 140 + 120 * offset, 130)
    found = search(luma)
    assert sorted(round(box.x, -1) for box in found.boxes) == [140, 260, 380]


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3000, 2)])
def test_frames_of_extreme_sizes_have_no_digits(size: tuple[int, int]) -> None:
    assert len(search(np.full(size, 255, np.uint8)).boxes) == 0


@pytest.mark.parametrize("width", [1048, 1371, 2999])
def test_boxes_lie_inside_the_frame(width: int) -> None:
    luma = np.random.default_rng(0).integers(0, 256, (width // 3, width), np.uint8)
    luma = cv2.GaussianBlur(luma, (0, 0), 9)
    luma = cv2.normalize(luma, None, 0, 255, cv2.NORM_MINMAX)
    found = find(luma, "dark_on_light", 400, 8)
    boxes = [*found.boxes, *(box for _, box in found.left_out)]
    assert len(boxes) > 5
    assert all(0 <= box.x < box.right <= width and 0 <= box.y < box.bottom <= width // 3 for box in boxes)


def test_a_crop_right_around_digits_is_found_whole() -> None:
    luma = np.full((34, 60), 225, np.uint8)
    for x in (4, 24, 44):
        seven(luma, x, 4, 25)
    found = search(cv2.GaussianBlur(luma, (0, 0), 1))
    assert sorted(round(box.x / 20) * 20 for box in found.boxes) == [0, 20, 40]
    assert all(24 <= box.height <= 34 for box in found.boxes)
    assert all(0 <= box.x < box.right <= 60 and 0 <= box.y < box.bottom <= 34 for box in found.boxes)


def test_what_is_too_small_is_so_in_pixels_of_the_frame_when_it_is_enlarged() -> None:
    luma = np.full((34, 60), 225, np.uint8)
    seven(luma, 10, 10, 4)
    assert len(search(luma).boxes) == 0
