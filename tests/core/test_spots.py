from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.spots import (
    CLASSES,
    MULTIPLE_PX,
    STRIDE_PX,
    Spots,
    centres_px,
    decode,
    log_sizes,
    overlaps,
    padded,
    shared,
    sides_px,
)

BACKGROUND = -8.0


class Maps:
    """What a network would say that found nothing, until told what it found."""

    def __init__(self, rows: int = 16, columns: int = 24) -> None:
        self.logits = np.full((rows, columns, CLASSES), BACKGROUND, np.float32)
        self.sizes = np.zeros((rows, columns, 2), np.float32)
        self.offsets = np.zeros((rows, columns, 2), np.float32)

    def put(self, label: int, row: int, column: int, logit: float, sides: tuple[float, float] = (12, 16)) -> None:
        self.logits[row, column, label] = logit
        self.sizes[row, column] = log_sizes(np.array(sides, np.float32))

    def decode(self, **how: float) -> Spots:
        return decode(self.logits, self.sizes, self.offsets, **how).each_once()


def test_a_frame_without_a_peak_has_no_spots() -> None:
    spots = Maps().decode()
    assert (len(spots), spots.boxes.shape, spots.scores.shape) == (0, (0, 4), (0, 10))
    assert (spots.labels.shape, spots.confidences.shape) == ((0,), (0,))


def test_a_peak_becomes_the_box_around_its_digit() -> None:
    maps = Maps()
    maps.put(7, row=5, column=9, logit=2.0, sides=(10, 20))
    maps.offsets[5, 9] = (0.25, -0.5)
    spots = maps.decode()
    # The cell's middle is at (38, 22); the digit's is 1 px to the right and 2 px above.
    assert spots.boxes == pytest.approx(np.array([[39 - 5, 20 - 10, 10, 20]]), abs=1e-4)
    assert (spots.boxes.dtype, spots.scores.dtype) == (np.float32, np.float32)
    assert spots.labels.tolist() == [7]
    assert spots.confidences == pytest.approx([1 / (1 + np.exp(-2.0))])
    assert np.delete(spots.scores[0], 7) == pytest.approx(1 / (1 + np.exp(-BACKGROUND)), rel=1e-2)


def test_spots_come_with_the_surest_first_and_no_more_than_asked_for() -> None:
    maps = Maps()
    for place, logit in enumerate((1.0, 3.0, 2.0)):
        maps.put(place, row=2, column=2 + 6 * place, logit=logit)
    assert maps.decode().labels.tolist() == [1, 2, 0]
    assert maps.decode(most=2).labels.tolist() == [1, 2]


@pytest.mark.parametrize(("threshold", "found"), [(0.2, 1), (0.6, 1), (0.65, 0)])
def test_a_peak_below_the_threshold_is_no_spot(threshold: float, found: int) -> None:
    maps = Maps()
    maps.put(3, 4, 4, np.log(0.62 / 0.38))
    assert len(maps.decode(threshold=threshold)) == found


def test_beside_a_peak_only_the_highest_cell_counts_whatever_its_digit() -> None:
    maps = Maps()
    maps.put(4, 5, 5, 3.0)
    maps.put(9, 6, 6, 2.0)
    assert maps.decode().labels.tolist() == [4]


def test_neighbours_of_one_height_that_point_to_one_middle_are_one_digit() -> None:
    maps = Maps()
    maps.put(4, 5, 5, 3.0)
    maps.put(4, 5, 6, 3.0)
    maps.offsets[5, 5:7, 0] = 0.4, -0.5
    assert len(maps.decode()) == 1


def test_small_digits_two_cells_apart_are_two() -> None:
    maps = Maps()
    maps.put(1, 5, 5, 3.0, sides=(4, 12))
    maps.put(1, 5, 7, 2.0, sides=(4, 12))
    assert len(maps.decode()) == 2


def test_of_a_digit_and_a_part_of_it_the_surer_is_left() -> None:
    maps = Maps()
    maps.put(8, 8, 8, 3.0, sides=(30, 50))
    maps.put(0, 4, 8, 2.0, sides=(16, 16))
    assert maps.decode().labels.tolist() == [8]
    maps.put(0, 4, 8, 4.0, sides=(16, 16))
    assert maps.decode().labels.tolist() == [0]


def test_of_a_peak_at_the_edge_of_the_frame_nothing_is_lost() -> None:
    maps = Maps()
    maps.put(2, 0, 0, 1.0)
    maps.put(5, 15, 23, 2.0)
    assert maps.decode().labels.tolist() == [5, 2]


@given(
    arrays(np.float32, (6, 7, CLASSES), elements=st.floats(-100, 100, width=32)),
    arrays(np.float32, (6, 7, 2), elements=st.floats(-100, 100, width=32)),
    st.integers(1, 12),
)
def test_whatever_a_network_says_its_spots_are_finite_few_sure_and_distinct(
    logits: np.ndarray, sizes: np.ndarray, most: int
) -> None:
    spots = decode(logits, sizes, np.clip(sizes, -2, 2), 0.3, most).each_once()
    assert len(spots) <= most
    assert np.isfinite(spots.boxes).all()
    assert (spots.boxes[:, 2:] > 0).all()
    assert ((spots.scores >= 0) & (spots.scores <= 1)).all()
    assert (spots.confidences >= 0.3 - 1e-5).all()
    assert (np.diff(spots.confidences) <= 1e-6).all()
    assert (np.triu(overlaps(spots.boxes, spots.boxes), 1) < 0.5).all()


@given(st.integers(1, 100), st.integers(1, 100))
def test_padding_repeats_the_border_and_leaves_the_frame_where_it_is(height: int, width: int) -> None:
    luma = np.random.default_rng(height * 101 + width).integers(0, 256, (height, width), np.uint8)
    wider = padded(luma)
    assert all(side % MULTIPLE_PX == 0 for side in wider.shape)
    assert all(0 <= after - before < MULTIPLE_PX for after, before in zip(wider.shape, luma.shape, strict=True))
    assert np.array_equal(wider[:height, :width], luma)
    assert (wider[height:, : luma.shape[1]] == luma[-1]).all()
    assert (wider[:, width:] == wider[:, width - 1 : width]).all()


@given(arrays(np.float32, (5, 2), elements=st.floats(1, 1000, width=32)))
def test_sides_come_back_from_their_logarithms(sides: np.ndarray) -> None:
    assert sides_px(log_sizes(sides)) == pytest.approx(sides, rel=1e-4)


def test_a_cell_without_offset_means_its_middle() -> None:
    middle = centres_px(np.array([0, 3]), np.array([0, 1]), np.zeros((2, 2), np.float32))
    assert middle.tolist() == [[STRIDE_PX / 2, STRIDE_PX / 2], [STRIDE_PX * 1.5, STRIDE_PX * 3.5]]


def test_what_boxes_share_is_that_of_rectangles() -> None:
    boxes = np.array([[0, 0, 10, 10]], np.float32)
    others = np.array([[5, 5, 10, 10], [10, 0, 5, 5], [2, 2, 4, 4]], np.float32)
    assert shared(boxes, others).tolist() == [[25, 0, 16]]
    assert overlaps(boxes, others) == pytest.approx(np.array([[25 / 175, 0, 0.16]]))
