from __future__ import annotations

import cv2
import keras
import numpy as np
import pytest

from core.crop_set import NONE
from core.crops import crops_at
from core.look import look
from core.scene_set import Known, SceneSet
from train.second.examples import MOST_A_SCENE, FloatSpotter, crops_of, scenes_of
from train.spotter.measure import exam
from train.spotter.run import Sources

NOTHING = np.empty((0, 4), np.float32)


def with_blots(*places: tuple[int, int]) -> np.ndarray:
    """Paper with blots of 7 px, which is what the spotter takes for digits."""
    luma = np.full((64, 96), 230, np.uint8)
    for x, y in places:
        cv2.circle(luma, (x, y), 3, 10, cv2.FILLED)
    return luma


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.fixture(scope="module")
def looking(spotter: keras.Model) -> FloatSpotter:
    return FloatSpotter(spotter)


def test_what_is_found_is_the_digit_it_is_of_or_none(looking: FloatSpotter) -> None:
    luma = with_blots((24, 32), (72, 32))
    known = Known(np.array([[20, 28, 8, 8]], np.float32), np.array([7]), NOTHING)
    found = look(looking, luma, 1024)
    assert len(found) > 0
    crops = crops_of([(luma, known)], 1, looking, rng(), "blots")
    assert set(crops.targets.tolist()) == {7, NONE}
    assert len(crops) == len(found) + 1  # and the digit once more, a little off
    shown = {crop.tobytes() for crop in crops.pixels}
    assert sum(crop.tobytes() in shown for crop in crops_at(luma, found.boxes)) == len(found)


def test_what_is_found_in_a_region_to_be_ignored_is_not_shown(looking: FloatSpotter) -> None:
    luma = with_blots((72, 32))
    everywhere = np.array([[0, 0, 96, 64]], np.float32)
    assert len(crops_of([(luma, Known(NOTHING, np.empty(0, np.int64), everywhere))], 1, looking, rng(), "it")) == 0
    assert len(crops_of([(luma, Known(NOTHING, np.empty(0, np.int64), NOTHING))], 1, looking, rng(), "it")) > 0


def test_no_scene_gives_more_than_its_share_and_the_same_seed_gives_the_same(
    looking: FloatSpotter, sources: Sources
) -> None:
    known = Known(np.tile(np.array([[14, 22, 20, 20]], np.float32), (100, 1)), np.arange(100) % 10, NOTHING)
    crowd = SceneSet("crowd", with_blots()[None], (known,))
    assert len(crops_of(scenes_of(crowd), 1, looking, rng(), "it")) == MOST_A_SCENE
    drawn = exam(sources.parts()[0], (64, 96), 4)
    seen: list[int] = []
    one, other = (crops_of(scenes_of(drawn), 3, looking, rng(), "it", seen.append) for _ in range(2))
    assert np.array_equal(one.pixels, other.pixels)
    assert seen == [1, 2, 3, 1, 2, 3]
