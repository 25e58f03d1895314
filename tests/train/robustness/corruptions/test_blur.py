from __future__ import annotations

import numpy as np
import pytest
from pages import COUNT, assert_within, moments, with_ink

from train.robustness.corruptions import blur, corrupted


def sharpness(pixels: np.ndarray) -> np.ndarray:
    """(N,): sum of the squared steps from pixel to pixel."""
    levels = pixels.astype(float)
    return (np.diff(levels, axis=1) ** 2).sum(axis=(1, 2)) + (np.diff(levels, axis=2) ** 2).sum(axis=(1, 2))


@pytest.mark.parametrize("kind", ["motion_blur", "defocus_blur", "low_resolution"])
def test_blur_takes_sharpness_and_keeps_the_ink(digits: np.ndarray, kind: str) -> None:
    blurred = corrupted(digits, kind, 1)
    assert (sharpness(blurred) < 0.8 * sharpness(digits)).all()
    ink = blurred.sum(axis=(1, 2)) / digits.sum(axis=(1, 2))
    np.testing.assert_allclose(ink, 1, atol=0.05)


def test_movement_smears_a_point_into_a_line_of_the_stated_length() -> None:
    _, covariance = moments(corrupted(with_ink(14, 15, 14, 15), "motion_blur", 1))
    across, along = np.linalg.eigvalsh(covariance).T
    # A line of even density has a variance of its length squared over 12; a pixel's width adds to both.
    assert_within(np.sqrt(12 * (along - across)), blur.MOTION_PX, slack=0.7)
    assert across.max() < 0.4


def test_defocus_spreads_a_point_over_a_disc_of_the_stated_radius() -> None:
    _, covariance = moments(corrupted(with_ink(14, 15, 14, 15), "defocus_blur", 1))
    shorter, longer = np.linalg.eigvalsh(covariance).T
    # An even disc has a variance of a quarter of its radius squared.
    assert_within(2 * np.sqrt((shorter + longer) / 2), blur.CONFUSION_RADIUS_PX, slack=0.3)
    np.testing.assert_allclose(shorter, longer, rtol=0.05)


def test_what_was_taken_with_few_pixels_holds_no_more_than_these() -> None:
    taken = corrupted(np.random.default_rng(1).integers(0, 256, (COUNT, 28, 28)).astype(np.uint8), "low_resolution", 1)
    ranks = np.linalg.matrix_rank(taken.astype(float), tol=8)
    assert ranks.max() <= max(blur.SENSOR_SIDE_PX)
    assert ranks.min() >= min(blur.SENSOR_SIDE_PX) - 1
