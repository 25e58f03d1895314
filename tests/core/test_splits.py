from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from handwriting import draw, glyph_set, write_idx

from core import splits
from core.errors import DataError


def test_an_idx_folder_has_both_parts(tmp_path: Path) -> None:
    write_idx(tmp_path, "train", glyph_set(20, seed=1))
    write_idx(tmp_path, "test", glyph_set(10, seed=2))
    found = splits.load(tmp_path)
    assert (len(found.train), len(found.test), found.examples) == (20, 10, ())


def test_an_idx_folder_may_have_one_part_only(tmp_path: Path) -> None:
    write_idx(tmp_path, "test", glyph_set(10, seed=2))
    found = splits.load(tmp_path)
    assert (found.train, len(found.test)) == (None, 10)


def test_a_folder_of_pictures_has_no_test_part(tmp_path: Path) -> None:
    (tmp_path / "6").mkdir()
    cv2.imwrite(str(tmp_path / "6" / "six.png"), draw("6", np.random.default_rng(1)))
    found = splits.load(tmp_path)
    assert (found.train.labels, found.test, len(found.examples)) == (("6",), None, 1)


def test_a_saved_set_is_taken_as_it_is(tmp_path: Path) -> None:
    saved = glyph_set(20, seed=1, writers=3)
    saved.save(tmp_path / "holdout.npz")
    found = splits.load(tmp_path / "holdout.npz")
    assert np.array_equal(found.train.pixels, saved.pixels)
    assert (found.test, found.examples) == (None, ())


def test_an_npz_of_peoples_own_is_normalised(tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", x=draw("6", np.random.default_rng(1))[np.newaxis], y=np.array([6]))
    found = splits.load(tmp_path / "own.npz")
    assert (found.train.pixels.shape, len(found.examples)) == ((1, 28, 28), 1)


def test_nothing_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: not there; expected a folder of IDX files"):
        splits.load(tmp_path / "nowhere")


def test_a_single_file_of_another_kind_is_told(tmp_path: Path) -> None:
    (tmp_path / "digits.csv").write_text("1,2")
    with pytest.raises(DataError, match=r"digits\.csv: a single file; expected a folder of IDX files"):
        splits.load(tmp_path / "digits.csv")


@pytest.mark.shared_data
def test_a_set_of_real_symbols_is_read(shared_data: Path) -> None:
    found = splits.load(shared_data / "glyphs" / "chars74k.npz")
    assert (len(found.train), len(found.train.labels)) == (3410, 62)
