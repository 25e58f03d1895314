from pathlib import Path

import numpy as np
import pytest

from core.crop_set import NONE, CropSet, load_crop_set
from core.errors import DataError

CROPS = CropSet("some", np.random.default_rng(1).integers(0, 256, (3, 28, 28), dtype=np.uint8), np.array([0, 9, NONE]))


def test_crops_come_back_as_they_were_saved(tmp_path: Path) -> None:
    CROPS.save(tmp_path / "crops.npz")
    back = load_crop_set(tmp_path / "crops.npz")
    assert back.name == "some"
    assert np.array_equal(back.pixels, CROPS.pixels)
    assert np.array_equal(back.targets, CROPS.targets)
    assert back.counts() == [1, *[0] * 8, 1, 1]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"crop_contract": np.array(2)}, "crops of contract 2; this program has 1"),
        ({"crops": np.zeros((3, 28, 28), np.float32)}, "holds no crops"),
        ({"crops": np.zeros((3, 28, 27), np.uint8)}, r"holds crops of \(3, 28, 27\)"),
        ({"crops": np.zeros((0, 28, 28), np.uint8), "targets": np.zeros(0, np.int64)}, r"holds crops of \(0, 28, 28\)"),
        ({"targets": np.zeros(2, np.int64)}, r"targets of \(2,\)"),
        ({"targets": np.array([0, 1, 11])}, "targets other than 0 to 10"),
        ({"targets": np.array([0, 1, -1])}, "targets other than 0 to 10"),
        ({"targets": np.array([0, 1, 0.5])}, "holds no crops"),
    ],
)
def test_what_are_no_crops_is_refused(tmp_path: Path, changes: dict[str, np.ndarray], found: str) -> None:
    path = tmp_path / "crops.npz"
    CROPS.save(path)
    with np.load(path) as arrays:
        np.savez(path, **dict(arrays) | changes)
    with pytest.raises(DataError, match=found):
        load_crop_set(path)


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "crops.npz"
    CROPS.save(path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DataError, match="cut off"):
        load_crop_set(path)


def test_crops_that_cannot_be_written_leave_the_old_ones(tmp_path: Path) -> None:
    path = tmp_path / "crops.npz"
    CROPS.save(path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="allow_pickle"):
        CropSet("others", np.array([object()]), CROPS.targets).save(path)
    assert path.read_bytes() == before
