from __future__ import annotations

import ast
from pathlib import Path

import cv2
import numpy as np
import pytest
from handwriting import glyph_set
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.errors import UsageError
from train import corruptions as module
from train.corruptions import KINDS, corrupted

ADD_INK = ("paper_texture", "ruled_lines", "bleed_through", "specks", "neighbour")
BLUR = ("motion_blur", "defocus_blur", "low_resolution")
LIGHT = ("uneven_light", "stripes")

COUNT = 60
every_kind = pytest.mark.parametrize("kind", KINDS)
seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    """uint8 (60, 28, 28), read-only: whoever writes to it fails."""
    pixels = glyph_set(COUNT, seed=6).pixels
    pixels.flags.writeable = False
    return pixels


def page(level: int, count: int = COUNT) -> np.ndarray:
    """uint8 (count, 28, 28), all of one level."""
    return np.full((count, 28, 28), level, np.uint8)


def with_ink(top: int, bottom: int, left: int, right: int) -> np.ndarray:
    """uint8 (60, 28, 28): the same rectangle of ink each time."""
    pixels = page(0)
    pixels[:, top:bottom, left:right] = 255
    return pixels


def moments(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre of mass (N, 2) and covariance (N, 2, 2) of the ink, x before y, px."""
    weights = pixels / pixels.sum(axis=(1, 2), keepdims=True)
    rows, columns = np.indices((28, 28))
    places = np.stack([columns, rows])
    centres = np.einsum("nij,cij->nc", weights, places)
    apart = places[None] - centres[:, :, None, None]
    return centres, np.einsum("nij,ncij,ndij->ncd", weights, apart, apart)


def sharpness(pixels: np.ndarray) -> np.ndarray:
    """(N,): sum of the squared steps from pixel to pixel."""
    levels = pixels.astype(float)
    return (np.diff(levels, axis=1) ** 2).sum(axis=(1, 2)) + (np.diff(levels, axis=2) ** 2).sum(axis=(1, 2))


def likeness(before: np.ndarray, after: np.ndarray) -> float:
    """Correlation of two glyphs where they agree best, moved by up to 6 px."""
    around = cv2.copyMakeBorder(before, 6, 6, 6, 6, cv2.BORDER_CONSTANT)
    return float(cv2.matchTemplate(around, after, cv2.TM_CCOEFF_NORMED).max())


def assert_within(values: np.ndarray, between: tuple[float, float], slack: float = 0.0) -> None:
    """All within the range and spread over more than half of it."""
    low, high = min(between), max(between)
    assert low - slack <= values.min() <= values.max() <= high + slack
    assert np.ptp(values) > 0.5 * (high - low)


@every_kind
def test_nearly_every_glyph_is_changed_and_stays_a_glyph(digits: np.ndarray, kind: str) -> None:
    changed = corrupted(digits, kind, 1)
    assert (changed.shape, changed.dtype) == (digits.shape, np.uint8)
    assert (changed != digits).any(axis=(1, 2)).mean() >= 0.95


@every_kind
def test_the_same_seed_corrupts_alike_and_another_one_differently(digits: np.ndarray, kind: str) -> None:
    first = corrupted(digits, kind, 1)
    assert np.array_equal(first, corrupted(digits, kind, 1))
    assert (first != corrupted(digits, kind, 2)).any(axis=(1, 2)).mean() >= 0.9


@every_kind
def test_equal_glyphs_are_not_corrupted_equally(digits: np.ndarray, kind: str) -> None:
    alike = np.repeat(digits[3:4], COUNT, axis=0)
    assert len(np.unique(corrupted(alike, kind, 1), axis=0)) > COUNT / 4


@every_kind
def test_no_glyphs_give_no_glyphs(kind: str) -> None:
    nothing = corrupted(page(0, count=0), kind, 1)
    assert (nothing.shape, nothing.dtype) == ((0, 28, 28), np.uint8)


@every_kind
def test_a_view_of_glyphs_is_corrupted_as_a_copy_of_it(digits: np.ndarray, kind: str) -> None:
    view = digits[::-2, :, ::-1]
    assert np.array_equal(corrupted(view, kind, 1), corrupted(view.copy(), kind, 1))


@every_kind
@settings(max_examples=15)
@given(pixels=arrays(np.uint8, st.tuples(st.integers(0, 3), st.just(28), st.just(28))), seed=seeds)
def test_any_pixels_are_taken_and_left_as_they_were(kind: str, pixels: np.ndarray, seed: int) -> None:
    before = pixels.copy()
    changed = corrupted(pixels, kind, seed)
    assert (changed.shape, changed.dtype) == (pixels.shape, np.uint8)
    assert np.array_equal(pixels, before)
    assert not np.shares_memory(changed, pixels)


@every_kind
def test_a_corrupted_digit_resembles_what_it_was(digits: np.ndarray, kind: str) -> None:
    changed = corrupted(digits, kind, 1)
    own = np.array([likeness(before, after) for before, after in zip(digits, changed, strict=True)])
    # Labels take turns, so the next glyph is of another digit.
    others = [likeness(before, after) for before, after in zip(np.roll(digits, 1, axis=0), changed, strict=True)]
    assert own.min() > 0.2
    assert own.mean() > 0.5
    assert (own > others).mean() > 0.75


def test_an_unknown_kind_is_refused_with_the_known_ones(digits: np.ndarray) -> None:
    with pytest.raises(UsageError, match=r"'fog'.*shot_noise.*perspective"):
        corrupted(digits, "fog", 1)


def test_measuring_and_training_share_no_code(root: Path) -> None:
    def modules(name: str) -> set[str]:
        tree = ast.parse((root / "train" / name).read_text(encoding="utf-8"))
        named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        return named | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert not {name for name in modules("corruptions.py") if name.split(".")[0] in {"train", "keras", "tensorflow"}}
    assert "train.corruptions" not in modules("augment.py")


# --- sensor, optics, transmission -------------------------------------------------------------------------------------


def test_read_noise_is_alike_at_all_levels_and_as_strong_as_stated() -> None:
    # At mid-grey; beyond 1.7 deviations of the strongest noise, levels end.
    deviations = corrupted(page(128), "gaussian_noise", 1).std(axis=(1, 2))
    assert_within(deviations, module.READ_NOISE_SIGMA, slack=4)
    on_paper, on_ink = (corrupted(page(level), "gaussian_noise", 1).astype(float) for level in (0, 255))
    assert on_paper.mean() == pytest.approx(255 - on_ink.mean(), rel=0.05)


def test_shot_noise_follows_the_root_of_the_light_and_spares_black_ink() -> None:
    assert np.array_equal(corrupted(page(255), "shot_noise", 1), page(255))
    deviations = corrupted(page(128), "shot_noise", 1).std(axis=(1, 2))
    fewest, most = sorted(module.PHOTONS_AT_WHITE)
    # Half the light of white. Counts of the fewest photons are clipped at black.
    assert_within(deviations, (255 * np.sqrt(0.5 / most), 255 * np.sqrt(0.5 / fewest)), slack=5)
    darker = corrupted(page(230), "shot_noise", 1).std(axis=(1, 2))
    assert darker.mean() < 0.6 * deviations.mean()


def test_impulses_are_black_and_white_in_equal_shares() -> None:
    struck = corrupted(page(128), "impulse_noise", 1)
    assert set(np.unique(struck)) == {0, 128, 255}
    assert_within((struck != 128).mean(axis=(1, 2)), module.IMPULSE_SHARE, slack=0.04)
    assert (struck == 0).sum() == pytest.approx((struck == 255).sum(), rel=0.1)


@pytest.mark.parametrize("kind", BLUR)
def test_blur_takes_sharpness_and_keeps_the_ink(digits: np.ndarray, kind: str) -> None:
    blurred = corrupted(digits, kind, 1)
    assert (sharpness(blurred) < 0.8 * sharpness(digits)).all()
    ink = blurred.sum(axis=(1, 2)) / digits.sum(axis=(1, 2))
    np.testing.assert_allclose(ink, 1, atol=0.05)


def test_movement_smears_a_point_into_a_line_of_the_stated_length() -> None:
    _, covariance = moments(corrupted(with_ink(14, 15, 14, 15), "motion_blur", 1))
    across, along = np.linalg.eigvalsh(covariance).T
    # A line of even density has a variance of its length squared over 12; a pixel's width adds to both.
    assert_within(np.sqrt(12 * (along - across)), module.MOTION_PX, slack=0.7)
    assert across.max() < 0.4


def test_defocus_spreads_a_point_over_a_disc_of_the_stated_radius() -> None:
    _, covariance = moments(corrupted(with_ink(14, 15, 14, 15), "defocus_blur", 1))
    shorter, longer = np.linalg.eigvalsh(covariance).T
    # An even disc has a variance of a quarter of its radius squared.
    assert_within(2 * np.sqrt((shorter + longer) / 2), module.CONFUSION_RADIUS_PX, slack=0.3)
    np.testing.assert_allclose(shorter, longer, rtol=0.05)


def test_what_was_taken_with_few_pixels_holds_no_more_than_these() -> None:
    taken = corrupted(np.random.default_rng(1).integers(0, 256, (COUNT, 28, 28)).astype(np.uint8), "low_resolution", 1)
    ranks = np.linalg.matrix_rank(taken.astype(float), tol=8)
    assert ranks.max() <= max(module.SENSOR_SIDE_PX)
    assert ranks.min() >= min(module.SENSOR_SIDE_PX) - 1


def test_jpeg_leaves_plain_paper_plain_and_errs_around_ink(digits: np.ndarray) -> None:
    assert corrupted(page(0), "jpeg", 1).max() <= 16
    compressed = corrupted(digits, "jpeg", 1)
    wrong = np.abs(compressed.astype(float) - digits).mean(axis=(1, 2))
    assert 2 < wrong.min() <= wrong.max() < 50


# --- light ------------------------------------------------------------------------------------------------------------


def test_low_contrast_leaves_the_stated_share_of_the_range(digits: np.ndarray) -> None:
    faint = corrupted(digits, "low_contrast", 1)
    assert_within(np.ptp(faint, axis=(1, 2)) / np.ptp(digits, axis=(1, 2)), module.FAINT_INK, slack=0.01)
    assert_within(faint.min(axis=(1, 2)), module.FAINT_PAPER_LEVEL, slack=1)


def test_brightness_lifts_the_paper_and_dims_the_ink() -> None:
    assert_within(corrupted(page(0), "brightness", 1)[:, 0, 0], module.LIFTED_PAPER_LEVEL, slack=1)
    assert_within(corrupted(page(255), "brightness", 1)[:, 0, 0], module.DIMMED_INK_LEVEL, slack=1)


@pytest.mark.parametrize("kind", LIGHT)
@settings(max_examples=10)
@given(seed=seeds)
def test_in_any_light_ink_is_darker_than_the_paper_around_it(kind: str, seed: int) -> None:
    paper, ink = (corrupted(page(level, 20), kind, seed).astype(float) for level in (0, 255))
    depth = {"uneven_light": module.SHADOW_DEPTH, "stripes": module.STRIPE_DEPTH}[kind]
    left = (1 - max(depth)) * (1 - module.INK_REFLECTANCE) * 255
    assert (ink - paper).min() >= left - 1.5


def test_a_shadow_darkens_one_side_and_spares_the_other() -> None:
    paper = corrupted(page(0), "uneven_light", 1) / 255
    assert_within(paper.max(axis=(1, 2)), module.SHADOW_DEPTH, slack=0.3)
    assert (np.ptp(paper, axis=(1, 2)) > 0.2).all()
    quarters = np.stack([paper[:, :14].mean(axis=(1, 2)), paper[:, 14:].mean(axis=(1, 2))])
    sides = np.stack([paper[:, :, :14].mean(axis=(1, 2)), paper[:, :, 14:].mean(axis=(1, 2))])
    assert (np.maximum(np.ptp(quarters, axis=0), np.ptp(sides, axis=0)) > 0.08).all()


def test_stripes_repeat_at_the_stated_period() -> None:
    paper = corrupted(page(0), "stripes", 1).astype(float)
    window = np.outer(np.hanning(28), np.hanning(28))
    spectrum = np.abs(np.fft.rfft2((paper - paper.mean(axis=(1, 2), keepdims=True)) * window, (112, 112)))
    rows, columns = np.unravel_index(spectrum.reshape(COUNT, -1).argmax(axis=1), spectrum.shape[1:])
    periods = 1 / np.hypot(np.fft.fftfreq(112)[rows], np.fft.rfftfreq(112)[columns])
    assert_within(periods, module.STRIPE_PERIOD_PX, slack=1.5)


# --- paper ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ADD_INK)
def test_what_is_on_the_paper_takes_no_ink_away(digits: np.ndarray, kind: str) -> None:
    assert (corrupted(digits, kind, 1) >= digits).all()


def test_ruled_lines_are_paler_than_ink_and_cross_the_digit() -> None:
    ruled = corrupted(page(0), "ruled_lines", 1)
    assert_within(ruled.max(axis=(1, 2)) / 255, module.LINE_DARKNESS, slack=0.01)
    assert (ruled[:, 8:20, 8:20].max(axis=(1, 2)) > 64).all()
    assert_within((ruled > 0).mean(axis=(1, 2)), (0.05, 0.6))


def test_texture_has_the_stated_mean_darkness() -> None:
    # What would be lighter than paper is cut off, so the mean rises by up to a tenth of the deviation.
    assert_within(corrupted(page(0), "paper_texture", 1).mean(axis=(1, 2)) / 255, module.TEXTURE_DARKNESS, slack=0.03)


def test_what_shows_through_is_paler_than_what_is_written(digits: np.ndarray) -> None:
    beyond = corrupted(digits, "bleed_through", 1).astype(float) - digits
    shown = beyond.max(axis=(1, 2)) / 255
    assert 0.05 < shown.min() <= shown.max() <= max(module.BLEED_DARKNESS)


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
    assert 2 <= spots.min() <= spots.max() <= max(module.SPECK_COUNT)
    ink = spotted.sum(axis=(1, 2)) / 255
    largest = max(module.SPECK_COUNT) * np.pi * (max(module.SPECK_RADIUS_PX) + 0.5) ** 2
    assert 1 < ink.min() <= ink.max() <= largest


def test_a_patch_hides_ink_in_one_place_only(digits: np.ndarray) -> None:
    hidden = corrupted(digits, "occlusion", 1) != digits
    for changed in hidden:
        rows, columns = np.nonzero(changed)
        diagonal = np.hypot(np.ptp(rows), np.ptp(columns))
        assert diagonal <= np.sqrt(2) * np.sqrt(2) * (max(module.PATCH_SIDE_PX) + 2)
    assert (hidden & (digits > 128)).sum(axis=(1, 2)).min() >= 1


def test_about_half_of_the_patches_leave_nothing_and_half_something_grey() -> None:
    middle = with_ink(0, 28, 0, 28)
    least = corrupted(middle, "occlusion", 1).min(axis=(1, 2))
    assert 0.3 < (least == 0).mean() < 0.7
    assert_within(least[least > 0], module.COVER_LEVEL, slack=1)


def test_a_neighbour_reaches_in_from_one_edge_only(digits: np.ndarray) -> None:
    crowded = corrupted(digits, "neighbour", 1) != digits
    most = max(module.NEIGHBOUR_REACH_PX) + 1  # and its soft edge
    left, right = crowded[:, :, :most].any(axis=(1, 2)), crowded[:, :, -most:].any(axis=(1, 2))
    assert not crowded[:, :, most:-most].any()
    assert not (left & right).any()
    assert 0.25 < left.mean() < 0.75


# --- pen --------------------------------------------------------------------------------------------------------------


def widths_px(bars: np.ndarray) -> np.ndarray:
    """(N,): width of upright bars halfway up."""
    return bars[:, 14].sum(axis=1) / 255


def test_a_thin_pen_keeps_the_stated_share_of_a_stroke() -> None:
    bar = with_ink(4, 24, 12, 16)
    assert_within(widths_px(corrupted(bar, "thin_strokes", 1)) / 4, module.THIN_SHARE, slack=0.12)


def test_a_thick_pen_adds_the_stated_width_on_both_sides() -> None:
    bar = with_ink(4, 24, 12, 15)
    assert_within((widths_px(corrupted(bar, "thick_strokes", 1)) - 3) / 2, module.THICKENING_PX, slack=0.2)


def test_pens_change_the_ink_of_every_digit(digits: np.ndarray) -> None:
    ink = digits.sum(axis=(1, 2))
    assert (corrupted(digits, "thin_strokes", 1).sum(axis=(1, 2)) < 0.8 * ink).all()
    assert (corrupted(digits, "thick_strokes", 1).sum(axis=(1, 2)) > 1.2 * ink).all()


def test_a_skipping_pen_loses_part_of_its_path() -> None:
    skipped = corrupted(with_ink(0, 28, 0, 28), "skipping_pen", 1)
    assert_within((skipped < 128).mean(axis=(1, 2)), (0.10, 0.21), slack=0.06)


def test_a_skipping_pen_adds_no_ink(digits: np.ndarray) -> None:
    assert (corrupted(digits, "skipping_pen", 1) <= digits).all()


# --- place ------------------------------------------------------------------------------------------------------------


def leans(kind: str) -> np.ndarray:
    """(N,), radians: the angle that an upright bar has from the vertical after `kind`."""
    _, covariance = moments(corrupted(with_ink(6, 22, 13, 15), kind, 1))
    return 0.5 * np.arctan2(2 * covariance[:, 0, 1], covariance[:, 1, 1] - covariance[:, 0, 0])


def assert_both_ways(values: np.ndarray) -> None:
    assert 0.25 < (values > 0).mean() < 0.75


def test_rotation_turns_by_the_stated_angle_both_ways() -> None:
    angles = np.rad2deg(leans("rotation"))
    assert_within(np.abs(angles), module.ROTATION_DEG, slack=1)
    assert_both_ways(angles)


def test_slant_leans_by_the_stated_tangent_both_ways() -> None:
    tangents = np.tan(leans("slant"))
    assert_within(np.abs(tangents), module.SLANT, slack=0.04)
    assert_both_ways(tangents)


def test_scale_makes_some_larger_and_some_smaller() -> None:
    square = with_ink(8, 20, 8, 20)
    _, covariance = moments(corrupted(square, "scale", 1))
    _, before = moments(square)
    factors = np.sqrt(np.trace(covariance, axis1=1, axis2=2) / np.trace(before, axis1=1, axis2=2))
    assert_within(factors[factors > 1], module.LARGER, slack=0.04)
    assert_within(factors[factors < 1], module.SMALLER, slack=0.04)
    assert_both_ways(factors - 1)


def test_shift_moves_the_centre_of_mass_by_the_stated_distance_in_all_directions() -> None:
    square = with_ink(10, 18, 10, 18)
    centres, _ = moments(corrupted(square, "shift", 1))
    moved = centres - 13.5
    assert_within(np.hypot(*moved.T), module.SHIFT_PX, slack=0.1)
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
        monkeypatch.setattr(module, name, (0.0, 0.0))
    for name in ("LARGER", "SMALLER"):
        monkeypatch.setattr(module, name, (1.0, 1.0))
    assert np.array_equal(corrupted(digits, kind, 1), digits)
