from __future__ import annotations

import keras
import numpy as np
import pytest
from handwriting import glyph_set
from hypothesis import given, settings
from hypothesis import strategies as st

from train import augment as module
from train.augment import affine, augment
from train.batches import as_input


@pytest.fixture(scope="module")
def batch() -> np.ndarray:
    """float32 (60, 28, 28, 1)."""
    return as_input(glyph_set(60, seed=4).pixels)


def augmented(batch: np.ndarray, seed: int) -> np.ndarray:
    return keras.ops.convert_to_numpy(augment(batch, np.random.default_rng(seed)))


def test_the_same_seed_changes_a_batch_in_the_same_way(batch: np.ndarray) -> None:
    assert np.array_equal(augmented(batch, 1), augmented(batch, 1))
    assert not np.array_equal(augmented(batch, 1), augmented(batch, 2))


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_pixels_stay_pixels_in_any_batch(batch: np.ndarray, seed: int, count: int) -> None:
    changed = augmented(batch[:count], seed)
    assert (changed.shape, changed.dtype) == ((count, 28, 28, 1), np.float32)
    assert 0 <= changed.min() <= changed.max() <= 255


def test_every_glyph_is_changed_and_stays_recognisable(batch: np.ndarray) -> None:
    changed = augmented(batch, 3)
    for before, after in zip(batch, changed, strict=True):
        assert not np.array_equal(before, after)
        ink = after.sum() / before.sum()
        assert 0.2 < ink < 4
        rows, columns = np.indices((28, 28))
        weights = after[..., 0]
        centre = (rows * weights).sum() / weights.sum(), (columns * weights).sum() / weights.sum()
        assert np.allclose(centre, 13.5, atol=4)


def test_without_any_freedom_nothing_moves(batch: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROTATION_DEG", "SHEAR", "LOG_SCALE", "SHIFT_PX", "PEN_SHARE", "FAINT_SHARE", "NOISE_SHARE"):
        monkeypatch.setattr(module, name, 0.0)
    np.testing.assert_allclose(augmented(batch, 1), batch, atol=0.01)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_middle_of_a_glyph_moves_by_no_more_than_the_shift(seed: int) -> None:
    a, b, move_x, c, d, move_y, *rest = affine(1, np.random.default_rng(seed))[0]
    middle = 13.5
    assert abs(a * middle + b * middle + move_x - middle) <= module.SHIFT_PX + 1e-4
    assert abs(c * middle + d * middle + move_y - middle) <= module.SHIFT_PX + 1e-4
    assert rest == [0, 0]


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_glyph_is_mirrored_or_squashed(seed: int) -> None:
    a, b, _, c, d, *_ = affine(1, np.random.default_rng(seed))[0]
    assert np.exp(-2 * module.LOG_SCALE) - 1e-4 <= a * d - b * c <= np.exp(2 * module.LOG_SCALE) + 1e-4
