from __future__ import annotations

import numpy as np

from train.second.augment import SHIFT_PX, augment


def dots(count: int) -> np.ndarray:
    """A black dot on white paper, grey around it."""
    crops = np.full((count, 28, 28), 255, np.uint8)
    crops[:, 12:17, 12:17] = 128
    crops[:, 14, 14] = 0
    return crops


def test_crops_are_moved_flipped_toned_and_covered_and_keep_their_range() -> None:
    shown = augment(dots(400), np.random.default_rng(1))
    assert (shown.dtype, shown.shape) == (np.float32, (400, 28, 28))
    assert (shown.min(), shown.max()) == (0, 255)
    light = shown[:, 1, 1] > 128
    assert 0.4 < light.mean() < 0.6
    # Three levels, and as many grey pixels as before: nothing lies before it.
    bare = shown[[np.unique(one, return_counts=True)[1].tolist()[1:-1] == [24] for one in shown]]
    assert 0.75 < len(bare) / len(shown) < 0.95  # the others are covered
    dark = bare[bare[:, 1, 1] == 255]
    places = np.array([np.unravel_index(one.argmin(), one.shape) for one in dark])
    assert places.min() == 14 - SHIFT_PX
    assert places.max() == 14 + SHIFT_PX
    greys = np.array([np.unique(one)[1] for one in dark])
    assert greys.min() < 100
    assert greys.max() > 155


def test_the_same_seed_gives_the_same_and_the_crops_stay_as_they_were() -> None:
    crops = dots(20)
    one, other = (augment(crops, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one, other)
    assert np.array_equal(crops, dots(20))
