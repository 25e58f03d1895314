from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest
from handwriting import glyph_set
from hypothesis import given, settings
from hypothesis import strategies as st
from patterns import correlations, patterns

from train import augment as module
from train.augment import FULL, MILD, Strength, affine, augment
from train.batches import as_input

ONLY_GEOMETRY = Strength(FULL.geometry, far_share=0.0, photometry_share=0.0)
STILL = Strength(geometry=0.0, far_share=0.0, photometry_share=0.0)

SEEDS = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def batch() -> np.ndarray:
    """float32 (60, 28, 28, 1)."""
    return as_input(glyph_set(60, seed=4).pixels)


def augmented(batch: np.ndarray, seed: int, strength: Strength = FULL) -> np.ndarray:
    return keras.ops.convert_to_numpy(augment(batch, np.random.default_rng(seed), strength))


@pytest.mark.parametrize("strength", [FULL, MILD])
def test_the_same_seed_changes_a_batch_in_the_same_way(batch: np.ndarray, strength: Strength) -> None:
    assert np.array_equal(augmented(batch, 1, strength), augmented(batch, 1, strength))
    assert not np.array_equal(augmented(batch, 1, strength), augmented(batch, 2, strength))


@settings(max_examples=10)
@given(SEEDS, st.integers(1, 60), st.sampled_from([FULL, MILD, STILL]))
def test_pixels_stay_pixels_in_any_batch(batch: np.ndarray, seed: int, count: int, strength: Strength) -> None:
    changed = augmented(batch[:count], seed, strength)
    assert (changed.shape, changed.dtype) == ((count, 28, 28, 1), np.float32)
    assert 0 <= changed.min() <= changed.max() <= 255


@pytest.mark.parametrize("strength", [ONLY_GEOMETRY, MILD, FULL])
def test_every_glyph_stays_in_its_place(strength: Strength) -> None:
    """Labels are by place: were the order changed, nothing could be learnt. What chance did to a glyph averages out."""
    originals = as_input(patterns(24))
    mean = np.mean([augmented(originals, seed, strength) for seed in range(40)], axis=0)
    assert correlations(mean, originals).argmax(axis=1).tolist() == list(range(24))


def test_every_glyph_stays_in_its_place_whatever_its_pen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PEN_SHARE", 1.0)
    originals = as_input(patterns(24))
    for seed in range(3):
        changed = augmented(originals, seed, STILL)
        assert correlations(changed, originals).argmax(axis=1).tolist() == list(range(24))


def test_every_glyph_is_changed_and_stays_recognisable(batch: np.ndarray) -> None:
    changed = augmented(batch, 3, ONLY_GEOMETRY)
    for before, after in zip(batch, changed, strict=True):
        assert not np.array_equal(before, after)
        ink = after.sum() / before.sum()
        assert 0.2 < ink < 4
        rows, columns = np.indices((28, 28))
        weights = after[..., 0]
        centre = (rows * weights).sum() / weights.sum(), (columns * weights).sum() / weights.sum()
        assert np.allclose(centre, 13.5, atol=4)


def test_without_any_freedom_nothing_moves(batch: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PEN_SHARE", 0.0)
    np.testing.assert_allclose(augmented(batch, 1, STILL), batch, atol=0.01)


@pytest.mark.parametrize("strength", [FULL, MILD])
def test_a_share_of_the_glyphs_is_as_a_camera_sees_them(
    batch: np.ndarray, strength: Strength, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PEN_SHARE", 0.0)
    changed = augmented(batch, 1, Strength(0.0, 0.0, strength.photometry_share))
    photographed = round(60 * strength.photometry_share)
    np.testing.assert_allclose(changed[photographed:], batch[photographed:], atol=0.01)
    # A few have no effect at all, by chance.
    assert np.mean(np.abs(changed - batch)[:photographed].max(axis=(1, 2, 3)) > 1) > 0.75


def test_mild_changes_less_than_full(batch: np.ndarray) -> None:
    full, mild = (
        np.mean([np.abs(augmented(batch, seed, strength) - batch).mean() for seed in range(5)])
        for strength in (FULL, MILD)
    )
    assert 0 < mild < 0.85 * full


@settings(max_examples=50)
@given(SEEDS, st.floats(0, 2))
def test_the_middle_of_a_glyph_moves_by_no_more_than_the_shift(seed: int, reach: float) -> None:
    a, b, move_x, c, d, move_y, *rest = affine(1, np.random.default_rng(seed), reach)[0]
    middle = 13.5
    assert abs(a * middle + b * middle + move_x - middle) <= reach * module.SHIFT_PX + 1e-4
    assert abs(c * middle + d * middle + move_y - middle) <= reach * module.SHIFT_PX + 1e-4
    assert rest == [0, 0]


@settings(max_examples=50)
@given(SEEDS, st.floats(0, 2))
def test_no_glyph_is_mirrored_or_squashed(seed: int, reach: float) -> None:
    a, b, _, c, d, *_ = affine(1, np.random.default_rng(seed), reach)[0]
    most = 2 * reach * module.LOG_SCALE
    assert np.exp(-most) - 1e-4 <= a * d - b * c <= np.exp(most) + 1e-4


def test_each_glyph_has_its_own_reach() -> None:
    still, moved = affine(2, np.random.default_rng(1), np.array([0.0, 1.0]))
    np.testing.assert_allclose(still, [1, 0, 0, 0, 1, 0, 0, 0], atol=1e-5)
    assert not np.allclose(moved, still, atol=0.01)


class Certain(module._Chance):
    """Every effect is on for every glyph."""

    def on(self, share: float = 1.0) -> np.ndarray:
        return np.ones((self.count, 1, 1, 1), np.float32)


class Never(module._Chance):
    """No effect is on."""

    def on(self, share: float = 0.0) -> np.ndarray:
        return np.zeros((self.count, 1, 1, 1), np.float32)


EFFECTS: dict[str, Callable[[np.ndarray, module._Chance], keras.KerasTensor]] = {
    "_pen_weight": module._pen_weight,
    "_blur": lambda x, chance: module._blur(x, chance.rng),
    "_tone": module._tone,
    "_light": lambda x, chance: x + module._light(chance),
    "_stripes": lambda x, chance: x + module._tensor(module._stripes(chance)),
    "_line": module._line,
    "_cover": module._cover,
    "_specks": module._specks,
    "_noise": lambda x, chance: x + module._noise(x, chance),
}


def photographed(name: str, x: np.ndarray, chance: module._Chance) -> np.ndarray:
    """`x`, 0 to 1, after one effect alone."""
    return keras.ops.convert_to_numpy(EFFECTS[name](keras.ops.convert_to_tensor(x), chance))


def test_these_are_all_effects() -> None:
    used = {name for name in module.photometry.__code__.co_names if name.startswith("_")}
    assert used - {"_Chance", "_tensor"} == set(EFFECTS)


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_alone_shows_and_stays_finite(name: str, batch: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLURRED_SHARE", 1.0)
    x = np.concatenate([batch / 255, np.zeros_like(batch[:1]), np.ones_like(batch[:1])])
    for seed in range(5):
        changed = photographed(name, x, Certain(len(x), np.random.default_rng(seed)))
        assert (changed.shape, changed.dtype) == (x.shape, np.float32)
        assert np.isfinite(changed).all()
        assert np.mean(np.abs(changed - x).max(axis=(1, 2, 3)) > 1 / 255) > 0.5


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_that_is_off_leaves_every_glyph_as_it_was(
    name: str, batch: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLURRED_SHARE", 0.0)
    unchanged = photographed(name, batch / 255, Never(len(batch), np.random.default_rng(1)))
    np.testing.assert_allclose(unchanged, batch / 255, atol=1e-5)


@settings(max_examples=20)
@given(SEEDS)
def test_a_blur_keeps_the_ink(seed: int) -> None:
    kernels = module._kernels(8, np.random.default_rng(seed))
    assert kernels.min() >= 0
    np.testing.assert_allclose(kernels.sum(axis=(1, 2)), 1, rtol=1e-5)
    np.testing.assert_allclose(kernels, kernels[:, ::-1, ::-1], atol=1e-6)
