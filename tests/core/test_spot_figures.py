from __future__ import annotations

import numpy as np
import pytest

from core.scene_set import Known
from core.spot_figures import figures
from core.spots import Spots


def known(*digits: tuple[int, tuple[int, int, int, int]], ignored: tuple[tuple[int, int, int, int], ...] = ()) -> Known:
    """(label, box) of each digit, and regions to be ignored."""
    boxes, labels = [box for _, box in digits], [label for label, _ in digits]
    return Known(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(labels, np.int64),
        np.array(ignored, np.float32).reshape(-1, 4),
    )


TRUTH = known((3, (10, 10, 20, 30)), (7, (40, 10, 16, 30)), ignored=((70, 10, 20, 30),))
EMPTY = known()


def spots(*found: tuple[int, tuple[int, int, int, int], float]) -> Spots:
    """(label, box, confidence) each, the surest first."""
    scores = np.zeros((len(found), 10), np.float32)
    for place, (label, _, confidence) in enumerate(found):
        scores[place, label] = confidence
    return Spots(np.array([box for _, box, _ in found], np.float32).reshape(-1, 4), scores)


def test_all_found_and_read_right_is_everything() -> None:
    found = spots((7, (41, 11, 15, 30), 0.9), (3, (10, 9, 20, 30), 0.8))
    got = figures([found], [TRUTH])
    assert (got.precision, got.recall, got.label_accuracy) == (1, 1, 1)
    assert (got.scenes, got.empty_scenes, got.digits, got.false_per_empty_scene) == (1, 0, 2, None)


def test_a_digit_read_wrong_is_found_all_the_same() -> None:
    got = figures([spots((1, (40, 10, 16, 30), 0.9))], [TRUTH])
    assert (got.precision, got.recall, got.label_accuracy) == (1, 0.5, 0)


def test_a_slim_digit_is_found_two_pixels_aside_and_not_half_a_height_aside() -> None:
    slim = known((1, (40, 10, 4, 24)))
    assert figures([spots((1, (42, 11, 4, 24), 0.9))], [slim]).recall == 1
    assert figures([spots((1, (52, 11, 4, 24), 0.9))], [slim]).recall == 0


def test_of_two_spots_of_one_digit_one_is_false() -> None:
    got = figures([spots((3, (10, 10, 20, 30), 0.9), (8, (10, 10, 20, 28), 0.8))], [TRUTH])
    assert (got.precision, got.recall, got.label_accuracy) == (0.5, 0.5, 1)


def test_what_is_found_in_a_region_to_be_ignored_is_neither_right_nor_wrong() -> None:
    within, beside = (8, (70, 10, 18, 28), 0.9), (8, (100, 60, 18, 28), 0.9)
    assert figures([spots(within)], [TRUTH]).precision is None
    assert figures([spots(within, beside)], [TRUTH]).precision == 0


def test_what_is_found_on_empty_scenes_is_counted_a_scene() -> None:
    found = [spots((1, (0, 0, 9, 9), 0.9), (2, (20, 0, 9, 9), 0.4)), spots(), spots((3, (10, 10, 20, 30), 0.9))]
    truths = [EMPTY, EMPTY, TRUTH]
    assert figures(found, truths).false_per_empty_scene == 1
    assert figures(found, truths, 0.5).false_per_empty_scene == 0.5
    assert figures(found, truths).precision == pytest.approx(1 / 3)


def test_without_scenes_or_spots_there_are_no_shares() -> None:
    got = figures([spots()], [EMPTY])
    assert (got.precision, got.recall, got.label_accuracy, got.false_per_empty_scene) == (None, None, None, 0)
