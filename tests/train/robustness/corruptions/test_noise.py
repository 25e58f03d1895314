from __future__ import annotations

import numpy as np
import pytest
from pages import assert_within, page

from train.robustness.corruptions import corrupted, noise


def test_read_noise_is_alike_at_all_levels_and_as_strong_as_stated() -> None:
    # At mid-grey; beyond 1.7 deviations of the strongest noise, levels end.
    deviations = corrupted(page(128), "gaussian_noise", 1).std(axis=(1, 2))
    assert_within(deviations, noise.READ_NOISE_SIGMA, slack=4)
    on_paper, on_ink = (corrupted(page(level), "gaussian_noise", 1).astype(float) for level in (0, 255))
    assert on_paper.mean() == pytest.approx(255 - on_ink.mean(), rel=0.05)


def test_shot_noise_follows_the_root_of_the_light_and_spares_black_ink() -> None:
    assert np.array_equal(corrupted(page(255), "shot_noise", 1), page(255))
    deviations = corrupted(page(128), "shot_noise", 1).std(axis=(1, 2))
    fewest, most = sorted(noise.PHOTONS_AT_WHITE)
    # Half the light of white. Counts of the fewest photons are clipped at black.
    assert_within(deviations, (255 * np.sqrt(0.5 / most), 255 * np.sqrt(0.5 / fewest)), slack=5)
    darker = corrupted(page(230), "shot_noise", 1).std(axis=(1, 2))
    assert darker.mean() < 0.6 * deviations.mean()


def test_impulses_are_black_and_white_in_equal_shares() -> None:
    struck = corrupted(page(128), "impulse_noise", 1)
    assert set(np.unique(struck)) == {0, 128, 255}
    assert_within((struck != 128).mean(axis=(1, 2)), noise.IMPULSE_SHARE, slack=0.04)
    assert (struck == 0).sum() == pytest.approx((struck == 255).sum(), rel=0.1)
