from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import COUNT, assert_within, page

from train.robustness.corruptions import corrupted, light


def test_low_contrast_leaves_the_stated_share_of_the_range(digits: np.ndarray) -> None:
    faint = corrupted(digits, "low_contrast", 1)
    assert_within(np.ptp(faint, axis=(1, 2)) / np.ptp(digits, axis=(1, 2)), light.FAINT_INK, slack=0.01)
    assert_within(faint.min(axis=(1, 2)), light.FAINT_PAPER_LEVEL, slack=1)


def test_brightness_lifts_the_paper_and_dims_the_ink() -> None:
    assert_within(corrupted(page(0), "brightness", 1)[:, 0, 0], light.LIFTED_PAPER_LEVEL, slack=1)
    assert_within(corrupted(page(255), "brightness", 1)[:, 0, 0], light.DIMMED_INK_LEVEL, slack=1)


@pytest.mark.parametrize("kind", ["uneven_light", "stripes"])
@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1))
def test_in_any_light_ink_is_darker_than_the_paper_around_it(kind: str, seed: int) -> None:
    paper, ink = (corrupted(page(level, 20), kind, seed).astype(float) for level in (0, 255))
    depth = {"uneven_light": light.SHADOW_DEPTH, "stripes": light.STRIPE_DEPTH}[kind]
    left = (1 - max(depth)) * (1 - light.INK_REFLECTANCE) * 255
    assert (ink - paper).min() >= left - 1.5


def test_a_shadow_darkens_one_side_and_spares_the_other() -> None:
    paper = corrupted(page(0), "uneven_light", 1) / 255
    assert_within(paper.max(axis=(1, 2)), light.SHADOW_DEPTH, slack=0.3)
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
    assert_within(periods, light.STRIPE_PERIOD_PX, slack=1.5)
