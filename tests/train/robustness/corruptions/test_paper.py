from __future__ import annotations

import cv2
import numpy as np
import pytest
from pages import assert_within, likeness, page, with_ink

from train.robustness.corruptions import corrupted, paper


@pytest.mark.parametrize("kind", ["paper_texture", "ruled_lines", "bleed_through", "specks", "neighbour"])
def test_what_is_on_the_paper_takes_no_ink_away(digits: np.ndarray, kind: str) -> None:
    assert (corrupted(digits, kind, 1) >= digits).all()


def test_ruled_lines_are_paler_than_ink_and_cross_the_digit() -> None:
    ruled = corrupted(page(0), "ruled_lines", 1)
    assert_within(ruled.max(axis=(1, 2)) / 255, paper.LINE_DARKNESS, slack=0.01)
    assert (ruled[:, 8:20, 8:20].max(axis=(1, 2)) > 64).all()
    assert_within((ruled > 0).mean(axis=(1, 2)), (0.05, 0.6))


def test_texture_has_the_stated_mean_darkness() -> None:
    # What would be lighter than paper is cut off, so the mean rises by up to a tenth of the deviation.
    assert_within(corrupted(page(0), "paper_texture", 1).mean(axis=(1, 2)) / 255, paper.TEXTURE_DARKNESS, slack=0.03)


def test_what_shows_through_is_paler_than_what_is_written(digits: np.ndarray) -> None:
    beyond = corrupted(digits, "bleed_through", 1).astype(float) - digits
    shown = beyond.max(axis=(1, 2)) / 255
    assert 0.05 < shown.min() <= shown.max() <= max(paper.BLEED_DARKNESS)


def test_what_shows_through_is_mirrored() -> None:
    corner = with_ink(8, 20, 6, 9)
    corner[:, 17:20, 6:18] = 255  # an L
    there = corrupted(corner, "bleed_through", 1).astype(float)
    there[corner > 0] = 0
    mirrored = corner[0, :, ::-1]
    assert np.mean([likeness(mirrored, glyph.astype(np.uint8)) for glyph in there]) > 0.5


def test_specks_are_few_and_small() -> None:
    spotted = corrupted(page(0), "specks", 1)
    spots = np.array([cv2.connectedComponents((glyph > 0).astype(np.uint8))[0] - 1 for glyph in spotted])
    assert 2 <= spots.min() <= spots.max() <= max(paper.SPECK_COUNT)
    ink = spotted.sum(axis=(1, 2)) / 255
    largest = max(paper.SPECK_COUNT) * np.pi * (max(paper.SPECK_RADIUS_PX) + 0.5) ** 2
    assert 1 < ink.min() <= ink.max() <= largest


def test_a_patch_hides_ink_in_one_place_only(digits: np.ndarray) -> None:
    hidden = corrupted(digits, "occlusion", 1) != digits
    for changed in hidden:
        rows, columns = np.nonzero(changed)
        diagonal = np.hypot(np.ptp(rows), np.ptp(columns))
        assert diagonal <= np.sqrt(2) * np.sqrt(2) * (max(paper.PATCH_SIDE_PX) + 2)
    assert (hidden & (digits > 128)).sum(axis=(1, 2)).min() >= 1


def test_about_half_of_the_patches_leave_nothing_and_half_something_grey() -> None:
    middle = with_ink(0, 28, 0, 28)
    least = corrupted(middle, "occlusion", 1).min(axis=(1, 2))
    assert 0.3 < (least == 0).mean() < 0.7
    assert_within(least[least > 0], paper.COVER_LEVEL, slack=1)


def test_a_neighbour_reaches_in_from_one_edge_only(digits: np.ndarray) -> None:
    crowded = corrupted(digits, "neighbour", 1) != digits
    most = max(paper.NEIGHBOUR_REACH_PX) + 1  # and its soft edge
    left, right = crowded[:, :, :most].any(axis=(1, 2)), crowded[:, :, -most:].any(axis=(1, 2))
    assert not crowded[:, :, most:-most].any()
    assert not (left & right).any()
    assert 0.25 < left.mean() < 0.75
