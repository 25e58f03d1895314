from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pages import COUNT, likeness, page

from core.errors import UsageError
from train.robustness.corruptions import KINDS, corrupted

every_kind = pytest.mark.parametrize("kind", KINDS)


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
@given(pixels=arrays(np.uint8, st.tuples(st.integers(0, 3), st.just(28), st.just(28))), seed=st.integers(0, 2**32 - 1))
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
