from __future__ import annotations

import cv2
import numpy as np
import pytest
from pages import assert_within, moments, page, with_ink

from train.robustness.corruptions import corrupted, geometry


def leans(kind: str) -> np.ndarray:
    """(N,), radians: the angle that an upright bar has from the vertical after `kind`."""
    _, covariance = moments(corrupted(with_ink(6, 22, 13, 15), kind, 1))
    return 0.5 * np.arctan2(2 * covariance[:, 0, 1], covariance[:, 1, 1] - covariance[:, 0, 0])


def assert_both_ways(values: np.ndarray) -> None:
    assert 0.25 < (values > 0).mean() < 0.75


def test_rotation_turns_by_the_stated_angle_both_ways() -> None:
    angles = np.rad2deg(leans("rotation"))
    assert_within(np.abs(angles), geometry.ROTATION_DEG, slack=1)
    assert_both_ways(angles)


def test_slant_leans_by_the_stated_tangent_both_ways() -> None:
    tangents = np.tan(leans("slant"))
    assert_within(np.abs(tangents), geometry.SLANT, slack=0.04)
    assert_both_ways(tangents)


def test_scale_makes_some_larger_and_some_smaller() -> None:
    square = with_ink(8, 20, 8, 20)
    _, covariance = moments(corrupted(square, "scale", 1))
    _, before = moments(square)
    factors = np.sqrt(np.trace(covariance, axis1=1, axis2=2) / np.trace(before, axis1=1, axis2=2))
    assert_within(factors[factors > 1], geometry.LARGER, slack=0.04)
    assert_within(factors[factors < 1], geometry.SMALLER, slack=0.04)
    assert_both_ways(factors - 1)


def test_shift_moves_the_centre_of_mass_by_the_stated_distance_in_all_directions() -> None:
    square = with_ink(10, 18, 10, 18)
    centres, _ = moments(corrupted(square, "shift", 1))
    moved = centres - 13.5
    assert_within(np.hypot(*moved.T), geometry.SHIFT_PX, slack=0.1)
    assert_both_ways(moved[:, 0])
    assert_both_ways(moved[:, 1])


def test_perspective_keeps_a_square_convex_and_makes_one_side_longer_than_another() -> None:
    dots = page(0)
    for row in (7, 19):
        for column in (7, 19):
            dots[:, row : row + 2, column : column + 2] = 255
    for glyph in corrupted(dots, "perspective", 1):
        count, _, _, centroids = cv2.connectedComponentsWithStats((glyph > 64).astype(np.uint8))
        assert count == 5  # and the paper
        hull = cv2.convexHull(centroids[1:].astype(np.float32))[:, 0]
        assert len(hull) == 4
        sides = np.linalg.norm(hull - np.roll(hull, 1, axis=0), axis=1)
        assert 1.15 < sides.max() / sides.min() < 3


@pytest.mark.parametrize("kind", ["rotation", "slant", "scale", "shift", "perspective"])
def test_without_any_freedom_nothing_moves(digits: np.ndarray, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROTATION_DEG", "SLANT", "SHIFT_PX", "FORESHORTENING"):
        monkeypatch.setattr(geometry, name, (0.0, 0.0))
    for name in ("LARGER", "SMALLER"):
        monkeypatch.setattr(geometry, name, (1.0, 1.0))
    assert np.array_equal(corrupted(digits, kind, 1), digits)
