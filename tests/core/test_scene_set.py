"""Frames whose digits are known, on disk and back."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DataError
from core.scene_set import Known, SceneSet, load_scene_set


def a_scene_set(counts: list[tuple[int, int]], seed: int = 0) -> SceneSet:
    """Frames with so many (digits, regions to be ignored)."""
    rng = np.random.default_rng(seed)
    known = tuple(
        Known(
            rng.uniform(0, 30, (digits, 4)).astype(np.float32),
            rng.integers(0, 10, digits),
            rng.uniform(0, 30, (regions, 4)).astype(np.float32),
        )
        for digits, regions in counts
    )
    return SceneSet("drawn", rng.integers(0, 256, (len(counts), 32, 40), dtype=np.uint8), known)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=6))
def test_scenes_come_back_from_disk_as_they_were(tmp_path_factory: pytest.TempPathFactory, counts: list) -> None:
    path = tmp_path_factory.mktemp("scenes") / "scenes.npz"
    scenes = a_scene_set(counts)
    scenes.save(path)
    loaded = load_scene_set(path)
    assert (loaded.name, loaded.sha256()) == ("drawn", scenes.sha256())
    assert [one.labels.tolist() for one in loaded.known] == [one.labels.tolist() for one in scenes.known]


def test_the_digest_changes_with_what_is_known() -> None:
    assert a_scene_set([(2, 0)]).sha256() != a_scene_set([(1, 1)]).sha256()


@pytest.mark.parametrize(("name", "value"), [("luma", 0.5), ("boxes", np.nan), ("ignored", np.inf)])
def test_numbers_that_no_scene_has_are_refused(tmp_path: Path, name: str, value: float) -> None:
    path = tmp_path / "scenes.npz"
    a_scene_set([(1, 1)]).save(path)
    arrays = dict(np.load(path))
    arrays[name] = np.full(arrays[name].shape, value, np.float32)
    np.savez(path, **arrays)
    with pytest.raises(DataError, match="holds no scenes"):
        load_scene_set(path)


def test_a_file_that_holds_no_scenes_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "scenes.npz"
    np.savez(path, luma=np.zeros((2, 4, 4), np.uint8))
    with pytest.raises(DataError, match=r"scenes.npz: holds no scenes \(.*\); train the spotter again"):
        load_scene_set(path)
