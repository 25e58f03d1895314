from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dataset import CONTRACT_KEY, GlyphSet, hold_out, load_glyph_set, load_npz, merge, sort_labels
from core.errors import DataError


def glyphs(labels: str, targets: list[int], writers: list[int] | None = None, name: str = "drawn") -> GlyphSet:
    """Glyphs that are told apart by their first pixel, which is their index."""
    pixels = np.zeros((len(targets), 28, 28), np.uint8)
    pixels[:, 0, 0] = np.arange(len(targets))
    owners = None if writers is None else np.array(writers, np.int64)
    return GlyphSet(name, pixels, np.array(targets, np.int64), tuple(labels), owners)


def texts(found: GlyphSet) -> list[str]:
    return [found.labels[target] for target in found.targets]


def test_a_set_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    written = glyphs("027", [2, 0, 1, 1], [3, 3, 4, 9])
    written.save(tmp_path / "set.npz")
    found = load_glyph_set(tmp_path / "set.npz")
    assert (found.name, found.labels, texts(found)) == ("drawn", ("0", "2", "7"), ["7", "0", "2", "2"])
    assert np.array_equal(found.pixels, written.pixels)
    assert found.writers.tolist() == [3, 3, 4, 9]
    assert found.sha256() == written.sha256()
    assert [path.name for path in tmp_path.iterdir()] == ["set.npz"]


def test_unknown_writers_come_back_unknown(tmp_path: Path) -> None:
    glyphs("01", [0, 1]).save(tmp_path / "set.npz")
    assert load_glyph_set(tmp_path / "set.npz").writers is None


def damaged(tmp_path: Path, **changed: object) -> Path:
    """A saved set with some arrays changed, or left out where None."""
    path = tmp_path / "set.npz"
    glyphs("01", [0, 1], [5, 6]).save(path)
    arrays = {name: value for name, value in (load_npz(path) | changed).items() if value is not None}
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"x": None}, "no normalised glyphs as train writes them"),
        ({CONTRACT_KEY: None}, "no normalised glyphs as train writes them"),
        ({CONTRACT_KEY: np.array(99)}, "glyphs of contract 99; this program has 1"),
        ({"x": np.zeros((2, 28, 28), np.float32)}, "x is float32 \\(2, 28, 28\\); expected uint8 \\(2, 28, 28\\)"),
        ({"x": np.zeros((3, 28, 28), np.uint8)}, "x is uint8 \\(3, 28, 28\\); expected uint8 \\(2, 28, 28\\)"),
        ({"y": np.array(["0", "8"])}, "y has '8', which is not among its labels 0, 1"),
        ({"y": np.array("0")}, "expected uint8"),
        ({"writers": np.arange(3)}, "3 writers for 2 glyphs"),
    ],
)
def test_a_damaged_set_is_told(tmp_path: Path, changed: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_glyph_set(damaged(tmp_path, **changed))


def test_a_missing_archive_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.npz: no such file"):
        load_npz(tmp_path / "nowhere.npz")


def test_a_truncated_archive_is_told(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    glyphs("01", [0, 1]).save(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="cut off; expected named arrays"):
        load_npz(path)


def test_a_corrupt_archive_is_told(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    glyphs("01", [0, 1] * 50).save(path)
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("x.npy").header_offset + 60
    content = bytearray(path.read_bytes())
    content[start : start + 20] = b"\xff" * 20
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"not a readable \.npz archive"):
        load_npz(path)


def test_a_single_array_is_no_archive(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"not an \.npz archive"):
        load_npz(tmp_path / "one.npy")


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", x=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match=r"not a readable \.npz archive"):
        load_npz(tmp_path / "set.npz")


def test_the_digest_sees_pixels_and_labels_and_nothing_else() -> None:
    one = glyphs("01", [0, 1])
    assert one.sha256() == glyphs("01", [0, 1], [7, 8], name="another").sha256()
    assert one.sha256() == one.relabelled("210").sha256()
    assert one.sha256() != glyphs("01", [1, 0]).sha256()
    assert one.sha256() != one.take(np.array([1, 0])).sha256()


def test_relabelling_leaves_out_what_has_no_place() -> None:
    found = glyphs("abc", [0, 1, 2, 1], [1, 2, 3, 4]).relabelled(["c", "b"])
    assert (texts(found), found.labels, found.writers.tolist()) == (["b", "c", "b"], ("c", "b"), [2, 3, 4])


def test_merging_joins_the_labels() -> None:
    found = merge([glyphs("13", [0, 1], name="one"), glyphs("32", [0, 1], name="two")])
    assert (found.labels, texts(found), found.name) == (("1", "2", "3"), ["1", "3", "3", "2"], "one + two")


def test_merging_keeps_the_writers_of_different_sets_apart() -> None:
    found = merge([glyphs("01", [0, 1], [0, 0]), glyphs("01", [0, 1], [0, 1])])
    assert found.writers.tolist() == [0, 0, 1, 2]


def test_beside_known_writers_each_glyph_of_unknown_ones_is_its_own() -> None:
    found = merge([glyphs("01", [0, 1], [4, 4]), glyphs("01", [0, 1])])
    assert found.writers.tolist() == [4, 4, 5, 6]


def test_merging_sets_without_writers_invents_none() -> None:
    assert merge([glyphs("01", [0, 1]), glyphs("01", [0, 1])]).writers is None


def test_merging_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="no glyphs to merge"):
        merge([])


def test_labels_are_sorted_as_a_person_would() -> None:
    assert sort_labels(["b", "10", "2", "a", "2", "0"]) == ("0", "2", "10", "a", "b")


@given(
    st.lists(st.integers(0, 30), min_size=4, max_size=200),
    st.floats(0.05, 0.8),
    st.integers(0, 2**31 - 1),
)
def test_holding_out_never_splits_a_writer(writers: list[int], fraction: float, seed: int) -> None:
    whole = glyphs("01", [index % 2 for index in range(len(writers))], writers)
    try:
        kept, held = hold_out(whole, fraction, seed)
    except DataError:
        return  # too few writers to split
    assert set(kept.writers.tolist()) & set(held.writers.tolist()) == set()
    assert sorted([*kept.writers.tolist(), *held.writers.tolist()]) == sorted(writers)
    assert len(held) <= round(fraction * len(whole))


@given(st.integers(2, 250), st.floats(0.01, 0.9), st.integers(0, 2**31 - 1))
def test_without_writers_exactly_the_share_is_held_out(count: int, fraction: float, seed: int) -> None:
    whole = glyphs("01", [index % 2 for index in range(count)])
    wanted = round(count * fraction)
    if wanted in {0, count}:
        with pytest.raises(DataError, match=f"{count} glyphs cannot be split"):
            hold_out(whole, fraction, seed)
        return
    kept, held = hold_out(whole, fraction, seed)
    both = sorted([*kept.pixels[:, 0, 0].tolist(), *held.pixels[:, 0, 0].tolist()])
    assert (len(held), both) == (wanted, list(range(count)))


def test_the_same_seed_holds_out_the_same_glyphs_and_another_others() -> None:
    whole = glyphs("01", [index % 2 for index in range(200)], [index // 4 for index in range(200)])
    first, again, other = (hold_out(whole, 0.2, seed)[1].writers.tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_one_writer_alone_cannot_be_held_out() -> None:
    with pytest.raises(DataError, match=r"4 glyphs cannot be split with 50% held out; add glyphs or change"):
        hold_out(glyphs("01", [0, 1, 0, 1], [7, 7, 7, 7]), 0.5, 1)
