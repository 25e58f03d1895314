from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.frame import Box
from core.spots import CLASSES, STRIDE_PX, TALLEST_PX, Spots, decode, overlaps, shared
from train.scenes import Digit, Material, Truth, scene
from train.spotter.targets import DOUBTFUL, Targets, middles, targets

SHAPE = (96, 128)
ROWS, COLUMNS = SHAPE[0] // STRIDE_PX, SHAPE[1] // STRIDE_PX


def truth_of(digits: list[tuple[int, Box]], ignore: list[Box] | None = None) -> Truth:
    return Truth(tuple(Digit(label, box, 0) for label, box in digits), (), tuple(ignore or []))


def told_apart(digits: list[tuple[int, Box]]) -> list[tuple[int, Box]]:
    """Those whose middles are two cells apart, and of whose boxes none is nearly half within another: those that
    decoding can tell from one another."""
    kept: list[tuple[int, Box]] = []
    for label, box in digits:
        boxes = truth_of([*kept, (label, box)]).boxes()
        row, column = middles(boxes, ROWS, COLUMNS)
        far = np.maximum(abs(row - row[-1]), abs(column - column[-1]))[:-1] >= 2
        share = shared(boxes[:-1], boxes[-1:])[:, 0] / np.minimum(boxes[:-1, 2:].prod(axis=1), box.area)
        if far.all() and (share < 0.4).all():
            kept.append((label, box))
    return kept


boxes_within = st.builds(
    lambda left, top, width, height: Box(int(left * (SHAPE[1] - width)), int(top * (SHAPE[0] - height)), width, height),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(2, 60),
    st.integers(7, TALLEST_PX),
)
labelled = st.lists(st.tuples(st.integers(0, 9), boxes_within), max_size=8)


@given(labelled, st.lists(boxes_within, max_size=3))
def test_the_middle_of_every_digit_is_a_peak_of_its_label_that_counts(
    digits: list[tuple[int, Box]], ignore: list[Box]
) -> None:
    truth = truth_of(digits, ignore)
    digits_map = targets([truth], SHAPE).digits[0]
    assert ((digits_map >= 0) & (digits_map <= 1)).all()
    row, column = middles(truth.boxes(), ROWS, COLUMNS)
    assert (digits_map[row, column, truth.labels()] == 1).all()
    assert (digits_map[row, column, CLASSES] == 1).all()
    assert set(zip(*np.nonzero(digits_map[:, :, :CLASSES] == 1), strict=True)) == set(
        zip(row, column, truth.labels(), strict=True)
    )


@given(labelled, st.lists(boxes_within, min_size=1, max_size=3))
def test_a_region_to_be_ignored_counts_nowhere_but_where_digits_are(
    digits: list[tuple[int, Box]], ignore: list[Box]
) -> None:
    counts = targets([truth_of(digits, ignore)], SHAPE).digits[0, :, :, CLASSES] == 1
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]

    def cells_of(boxes: list[Box]) -> np.ndarray:
        pixels = np.zeros(SHAPE, bool)
        for box in boxes:
            pixels |= (x >= box.x) & (x < box.right) & (y >= box.y) & (y < box.bottom)
        return pixels.reshape(ROWS, STRIDE_PX, COLUMNS, STRIDE_PX).any(axis=(1, 3))

    inside, of_digits = cells_of(ignore), cells_of([box for _, box in digits])
    # A middle that lies on the edge of two cells is put into the one after it, which its box need not reach.
    row, column = middles(truth_of(digits).boxes(), ROWS, COLUMNS)
    of_digits[row, column] = True
    assert not counts[inside & ~of_digits].any()
    assert counts[~inside].all()
    assert counts[row, column].all()


@given(labelled)
def test_what_the_targets_say_decodes_to_the_boxes_and_labels(digits: list[tuple[int, Box]]) -> None:
    truth = truth_of(told_apart(digits))
    found = decoded(targets([truth], SHAPE))
    assert len(found) == len(truth.digits)
    off_px = abs(found.boxes - truth.boxes()[:, None]).max(axis=2, initial=0)
    if len(found):
        assert (off_px.min(axis=1) < 1).all()
        assert np.array_equal(found.labels[off_px.argmin(axis=1)], truth.labels())


def decoded(wanted: Targets) -> Spots:
    """What is found if the network says just what it is to say of the first scene."""
    heat = np.clip(wanted.digits[0, :, :, :CLASSES], 1e-6, 1 - 1e-6)
    return decode(np.log(heat / (1 - heat)), wanted.sizes[0, :, :, :2], wanted.offsets[0, :, :, :2]).each_once()


def test_digits_that_touch_keep_a_peak_each() -> None:
    row = [Box(10 + 9 * place, 20, 10, 18) for place in range(6)]
    found = decoded(targets([truth_of([(8, box) for box in row])], SHAPE))
    assert sorted(found.boxes[:, 0].round().tolist()) == [box.x for box in row]


def test_a_scene_without_digits_asks_for_background_everywhere() -> None:
    wanted = targets([truth_of([]), truth_of([(3, Box(8, 8, 20, 30))])], SHAPE)
    assert wanted.digits.shape == (2, ROWS, COLUMNS, CLASSES + 1)
    assert (wanted.digits[0, :, :, :CLASSES] == 0).all()
    assert (wanted.digits[0, :, :, CLASSES] == 1).all()
    assert (wanted.sizes[0] == 0).all()
    assert (wanted.offsets[0] == 0).all()
    assert wanted.sizes[1].max() == 1


def test_sizes_and_offsets_are_asked_for_at_and_beside_a_middle_only() -> None:
    wanted = targets([truth_of([(3, Box(40, 30, 20, 32))])], SHAPE)
    row, column = np.nonzero(wanted.sizes[0, :, :, 2])
    assert (row.min(), row.max(), column.min(), column.max()) == (10, 12, 11, 13)
    assert wanted.sizes[0, 11, 12, 2] == 1
    assert wanted.offsets[0, 11, 12, :2].tolist() == [0.0, 0.0]
    assert wanted.offsets[0, 10, 13, :2].tolist() == [-1.0, 1.0]
    assert np.array_equal(wanted.sizes[..., 2], wanted.offsets[..., 2])


def test_scenes_as_they_are_drawn_decode_to_their_truth(material: Material) -> None:
    fits, right = [], []
    for index in range(12):
        truth = scene(material, (256, 256), 7, index, empty_share=0.0).truth
        known = truth.boxes()[:, 3] <= TALLEST_PX
        if not known.any():
            continue
        found = decoded(targets([truth], (256, 256)))
        fit = overlaps(truth.boxes()[known], found.boxes)
        fits.extend(fit.max(axis=1))
        right.extend(found.labels[fit.argmax(axis=1)] == truth.labels()[known])
    assert len(fits) > 50
    assert np.mean(np.array(fits) > 0.9) > 0.95
    assert np.mean(right) > 0.95


@given(boxes_within, st.integers(1, 30))
def test_what_is_higher_than_the_network_is_to_find_has_no_peak(box: Box, more: int) -> None:
    tall = Box(box.x, 0, box.width, TALLEST_PX + more)
    of_tall = targets([truth_of([(3, tall)])], SHAPE)
    assert (of_tall.digits[..., :CLASSES] == 0).all()
    assert (of_tall.sizes[..., 2] == 0).all()
    counts = of_tall.digits[0, tall.height // 2 // STRIDE_PX, (tall.x + tall.width // 2) // STRIDE_PX, CLASSES]
    assert counts == (tall.height > DOUBTFUL * TALLEST_PX)
