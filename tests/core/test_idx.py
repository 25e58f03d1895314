from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from handwriting import glyph_set, write_idx

from core.errors import DataError
from core.idx import IMAGES_MAGIC, LABELS_MAGIC, find_idx, has_split, read_idx, read_split

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with 20 training glyphs of 5 writers."""
    write_idx(tmp_path / "digits", "train", glyph_set(20, seed=1, writers=5))
    return tmp_path / "digits"


@pytest.mark.parametrize("packed", [False, True])
def test_glyphs_come_back_as_they_were_written(tmp_path: Path, packed: bool) -> None:
    written = glyph_set(20, seed=1, writers=5)
    write_idx(tmp_path, "train", written, packed)
    found = read_split(tmp_path, "train")
    assert np.array_equal(found.pixels, written.pixels)
    assert np.array_equal(found.targets, written.targets)
    assert np.array_equal(found.writers, written.writers)
    assert found.labels == tuple("0123456789")


def test_a_folder_without_writers_has_none(folder: Path) -> None:
    (folder / "writers.npz").unlink()
    assert read_split(folder, "train").writers is None


def test_the_set_is_named_after_its_folder_unless_it_is_mnist(folder: Path) -> None:
    assert read_split(folder, "train").name == "digits train"


@pytest.mark.shared_data
def test_mnist_is_recognised(shared_data: Path) -> None:
    for split, count in (("train", 60_000), ("test", 10_000)):
        found = read_split(shared_data / "mnist", split)
        assert (found.name, len(found)) == (f"MNIST {split}", count)


@pytest.mark.shared_data
def test_no_writer_of_mnist_is_in_both_of_its_parts(shared_data: Path) -> None:
    train, test = (read_split(shared_data / "mnist", split).writers for split in ("train", "test"))
    assert set(train.tolist()) & set(test.tolist()) == set()


def test_the_spelling_with_a_dot_is_found_too(folder: Path) -> None:
    (folder / IMAGES).rename(folder / "train-images.idx3-ubyte")
    assert find_idx(folder, IMAGES) == folder / "train-images.idx3-ubyte"


def test_a_split_is_there_if_one_of_its_files_is(folder: Path) -> None:
    (folder / IMAGES).unlink()
    assert (has_split(folder, "train"), has_split(folder, "test")) == (True, False)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / LABELS).unlink()
    with pytest.raises(DataError, match=f"digits: no {LABELS} or {LABELS}.gz; put MNIST's four IDX files there"):
        read_split(folder, "train")


def test_a_wrong_magic_number_is_told(folder: Path) -> None:
    (folder / IMAGES).write_bytes((folder / LABELS).read_bytes())
    with pytest.raises(DataError, match="magic number 0x00000801; expected 0x00000803"):
        read_split(folder, "train")


@pytest.mark.parametrize("kept", [-1, 16 + 784, 20])
def test_a_truncated_file_is_told(folder: Path, kept: int) -> None:
    (folder / IMAGES).write_bytes((folder / IMAGES).read_bytes()[:kept])
    with pytest.raises(DataError, match=r"images-idx3-ubyte: \d+ bytes, but its header announces 15696: damaged"):
        read_split(folder, "train")


def test_trailing_bytes_are_told(folder: Path) -> None:
    (folder / IMAGES).write_bytes((folder / IMAGES).read_bytes() + b"x")
    with pytest.raises(DataError, match="15697 bytes, but its header announces 15696"):
        read_split(folder, "train")


def test_a_file_too_short_for_a_header_is_told(folder: Path) -> None:
    (folder / IMAGES).write_bytes(b"\0\0\x08")
    with pytest.raises(DataError, match="3 bytes, too short for an IDX header of 16"):
        read_split(folder, "train")


def test_a_truncated_gzip_is_told(folder: Path) -> None:
    packed = gzip.compress((folder / IMAGES).read_bytes())
    (folder / IMAGES).write_bytes(packed[: len(packed) // 2])
    with pytest.raises(DataError, match=r"images-idx3-ubyte: cannot be read \(.*\); fetch it again"):
        read_split(folder, "train")


def test_a_corrupt_gzip_is_told(folder: Path) -> None:
    packed = bytearray(gzip.compress((folder / IMAGES).read_bytes()))
    packed[len(packed) // 2] ^= 0xFF
    (folder / IMAGES).write_bytes(bytes(packed))
    with pytest.raises(DataError, match=r"cannot be read|damaged"):
        read_split(folder, "train")


def test_labels_of_another_number_than_images_are_told(folder: Path) -> None:
    (folder / LABELS).write_bytes(struct.pack(">2I", LABELS_MAGIC, 19) + bytes(19))
    with pytest.raises(DataError, match=f"{LABELS}: 19 labels for 20 images in {IMAGES}"):
        read_split(folder, "train")


def test_writers_of_another_number_than_images_are_told(folder: Path) -> None:
    np.savez(folder / "writers.npz", train=np.arange(19))
    with pytest.raises(DataError, match=r"writers.npz: 19 writers for 20 train images"):
        read_split(folder, "train")


def test_writers_without_this_split_are_told(folder: Path) -> None:
    np.savez(folder / "writers.npz", test=np.arange(20))
    with pytest.raises(DataError, match=r"writers.npz: no writers for 20 train images"):
        read_split(folder, "train")


def test_images_of_another_size_are_told(folder: Path) -> None:
    (folder / IMAGES).write_bytes(struct.pack(">4I", IMAGES_MAGIC, 20, 32, 32) + bytes(20 * 32 * 32))
    with pytest.raises(DataError, match="images of 32×32; expected 28×28"):
        read_split(folder, "train")


def test_a_label_that_is_no_digit_is_told(folder: Path) -> None:
    (folder / LABELS).write_bytes(struct.pack(">2I", LABELS_MAGIC, 20) + bytes([10] * 20))
    with pytest.raises(DataError, match="label 10; MNIST's labels are 0 to 9"):
        read_split(folder, "train")


def test_a_set_of_nothing_is_told(folder: Path) -> None:
    (folder / IMAGES).write_bytes(struct.pack(">4I", IMAGES_MAGIC, 0, 28, 28))
    (folder / LABELS).write_bytes(struct.pack(">2I", LABELS_MAGIC, 0))
    with pytest.raises(DataError, match="has no images"):
        read_split(folder, "train")


def test_a_header_that_announces_more_than_memory_is_told(folder: Path) -> None:
    (folder / IMAGES).write_bytes(struct.pack(">4I", IMAGES_MAGIC, 2**32 - 1, 2**32 - 1, 2**32 - 1))
    with pytest.raises(DataError, match="damaged"):
        read_idx(folder / IMAGES, IMAGES_MAGIC)


def test_every_message_is_one_line(folder: Path) -> None:
    (folder / IMAGES).write_bytes(b"")
    with pytest.raises(DataError) as raised:
        read_split(folder, "train")
    assert "\n" not in str(raised.value)
