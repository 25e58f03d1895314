from __future__ import annotations

import ast
from pathlib import Path

import cv2
import numpy as np
import pytest
from handwriting import glyph_set
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UsageError
from train.unseen import FROM_DIGITS, KINDS, LETTERS, made

COUNT = 120
NORMALISED = [kind for kind in KINDS if kind != "gradients"] + list(FROM_DIGITS)
EVERY_KIND = [*KINDS, *FROM_DIGITS]


def digits(count: int, seed: int = 5, labels: str = "0123456789") -> np.ndarray:
    return glyph_set(count, seed, labels).pixels


def digits_for(kind: str, count: int) -> np.ndarray:
    """Digits with something in them for `kind`: of the drawn ones hardly any but a 3 has a quarter that is no digit."""
    return digits(count, labels="3" if kind == "quarter_digits" else "0123456789")


def from_digits(kind: str, of: np.ndarray, seed: int = 1) -> np.ndarray:
    return FROM_DIGITS[kind](of, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def glyphs() -> dict[str, np.ndarray]:
    """Some of every kind."""
    parts = {kind: from_digits(kind, digits_for(kind, 600)) for kind in FROM_DIGITS}
    return {kind: made(kind, COUNT, 1) for kind in KINDS} | parts


def ink_size(pixels: np.ndarray) -> tuple[int, int]:
    """(width, height) of the ink."""
    _, _, width, height = cv2.boundingRect(pixels)
    return width, height


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=5)
@given(count=st.integers(0, 4), seed=st.integers(0, 2**32))
def test_as_many_glyphs_are_made_as_asked_for(kind: str, count: int, seed: int) -> None:
    made_now = made(kind, count, seed)
    assert (made_now.shape, made_now.dtype) == ((count, 28, 28), np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_the_same_glyphs_and_fewer_are_the_first_of_more(kind: str) -> None:
    assert np.array_equal(made(kind, 7, 3), made(kind, 7, 3))
    assert np.array_equal(made(kind, 7, 3)[:4], made(kind, 4, 3))
    assert not np.array_equal(made(kind, 7, 3), made(kind, 7, 4))


@pytest.mark.parametrize("kind", FROM_DIGITS)
def test_a_seed_gives_the_same_glyphs_of_the_same_digits_and_leaves_them_as_they_were(kind: str) -> None:
    of = digits_for(kind, 200)
    before = of.copy()
    assert np.array_equal(from_digits(kind, of, 3), from_digits(kind, of, 3))
    assert np.array_equal(of, before)


@pytest.mark.parametrize("kind", FROM_DIGITS)
@pytest.mark.parametrize("count", [0, 1])
def test_too_few_digits_give_none_or_one(kind: str, count: int) -> None:
    made_now = from_digits(kind, digits(count) if count else np.zeros((0, 28, 28), np.uint8))
    assert made_now.shape[1:] == (28, 28)
    assert made_now.dtype == np.uint8
    assert len(made_now) <= count


@pytest.mark.parametrize("kind", FROM_DIGITS)
def test_blank_pictures_among_the_digits_do_no_harm(kind: str) -> None:
    blank = np.zeros((9, 28, 28), np.uint8)
    assert not from_digits(kind, blank).any()


def test_a_kind_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"'doodles'.*allowed: printed_letters, .*wood_grain$"):
        made("doodles", 1, 1)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_glyph_has_ink_and_is_unlike_the_others(glyphs: dict[str, np.ndarray], kind: str) -> None:
    of_kind = glyphs[kind]
    assert len(of_kind) > 10
    assert (of_kind.max(axis=(1, 2)) > 60).all()
    assert len(np.unique(of_kind.reshape(len(of_kind), -1), axis=0)) == len(of_kind)


@pytest.mark.parametrize("kind", NORMALISED)
def test_what_is_drawn_keeps_to_the_glyph_contract(glyphs: dict[str, np.ndarray], kind: str) -> None:
    rows, columns = np.indices((28, 28)) + 0.5
    for pixels in glyphs[kind]:
        width, height = ink_size(pixels)
        assert 19 <= max(width, height) <= 20
        # Rounding to whole pixels may add one to the width or take one from the height.
        assert width <= 2.2 * (height + 1) + 1
        assert pixels.max() == 255
        centre = (pixels * columns).sum() / pixels.sum(), (pixels * rows).sum() / pixels.sum()
        # Half a pixel is rounding; more is ink so lopsided that it would leave the picture.
        assert np.allclose(centre, 14, atol=2)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_nothing_is_a_lone_upright_stroke_as_a_1_is(glyphs: dict[str, np.ndarray], kind: str) -> None:
    for pixels in glyphs[kind]:
        moments = cv2.moments(pixels)
        spread = np.array([[moments["mu20"], moments["mu11"]], [moments["mu11"], moments["mu02"]]]) / moments["m00"]
        (across, along), axes = np.linalg.eigh(spread)
        lean_deg = np.rad2deg(np.arctan2(abs(axes[0, 1]), abs(axes[1, 1])))
        assert np.sqrt(along / across) < 4 or lean_deg > 40


def test_a_glyph_is_mostly_nearest_to_one_of_its_own_kind(glyphs: dict[str, np.ndarray]) -> None:
    points = np.concatenate([of_kind[:60].reshape(-1, 784) for of_kind in glyphs.values()]).astype(np.float32)
    kinds = np.concatenate([np.full(len(of_kind[:60]), index) for index, of_kind in enumerate(glyphs.values())])
    squares = (points**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * points @ points.T
    np.fill_diagonal(distances, np.inf)
    alike = (kinds[distances.argmin(axis=1)] == kinds).mean()
    assert alike > 3 / len(glyphs)


def test_no_two_kinds_make_the_same_glyph(glyphs: dict[str, np.ndarray]) -> None:
    every = np.concatenate(list(glyphs.values()))
    assert len(np.unique(every, axis=0)) == len(every)


@pytest.mark.parametrize("kind", NORMALISED)
def test_the_halo_of_a_blur_does_not_count_as_ink(glyphs: dict[str, np.ndarray], kind: str) -> None:
    for pixels in glyphs[kind]:
        assert max(ink_size(np.where(pixels > 48, pixels, 0).astype(np.uint8))) >= 17


def test_letters_shaped_like_digits_are_left_out() -> None:
    assert set(LETTERS).isdisjoint("OoQDIiJjlftZzSsBbGgqy0123456789")


def test_shades_are_smooth_and_fill_the_glyph(glyphs: dict[str, np.ndarray]) -> None:
    for pixels in glyphs["gradients"]:
        smooth = cv2.blur(pixels, (3, 3)).astype(np.int64)
        assert np.abs(np.diff(smooth, axis=0)).mean() < 12
        assert np.abs(np.diff(smooth, axis=1)).mean() < 12
        assert ink_size(pixels) >= (20, 20)


def test_three_digits_stand_side_by_side_and_each_is_used_once() -> None:
    three = from_digits("three_digits", digits(31, labels="0"))
    assert len(three) == 10
    for pixels in three:
        width, height = ink_size(pixels)
        assert width > 1.3 * height
        row = pixels[pixels.any(axis=1)][height // 2].astype(np.int64)
        strokes = (row[1:-1] > row[:-2]) & (row[1:-1] >= row[2:])
        assert strokes.sum() >= 4  # three rings cut through the middle: six strokes, of which neighbours may merge


def in_each_quarter(draw: np.ndarray) -> np.ndarray:
    """uint8 (1, 28, 28): `draw`, uint8 (14, 14), four times."""
    return np.tile(draw, (1, 2, 2))


def lines(*points: tuple[int, int]) -> np.ndarray:
    quarter = np.zeros((14, 14), np.uint8)
    return cv2.polylines(quarter, [np.array(points, np.int32)], False, 255, 2)


CORNER = (1, 5), (2, 11), (12, 11)


@pytest.mark.parametrize(
    ("shape", "points"),
    [
        ("an upright stroke", ((6, 1), (6, 12))),
        ("a leaning stroke", ((9, 1), (4, 12))),
        ("a stroke on a foot", ((7, 1), (7, 12), (3, 12), (11, 12))),
        ("a flat hook", ((0, 4), (13, 4), (8, 10))),
        ("a dash with a tick", ((1, 9), (1, 11), (12, 11))),
    ],
)
def test_quarters_that_could_be_digits_are_left_out(shape: str, points: tuple[tuple[int, int], ...]) -> None:
    assert len(from_digits("quarter_digits", in_each_quarter(lines(*points)))) == 0, shape


def test_a_quarter_with_a_ring_is_left_out_however_low_its_ink() -> None:
    ring = np.zeros((14, 14), np.uint8)
    ring[3:13, :13] = 255
    ring[4:9, 1:12] = 0
    assert len(from_digits("quarter_digits", in_each_quarter(ring))) == 0
    ring[3, 1:12] = 0  # no longer closed: a bowl
    assert len(from_digits("quarter_digits", in_each_quarter(ring))) == 1


def test_a_quarter_that_is_a_low_corner_is_kept_without_the_specks_beside_it() -> None:
    corner = lines(*CORNER)
    speckled = corner.copy()
    speckled[0, 12] = 255
    clean, cleaned = (from_digits("quarter_digits", in_each_quarter(quarter)) for quarter in (corner, speckled))
    assert len(clean) == 1
    assert np.array_equal(cleaned, clean)


def test_which_quarter_is_taken_is_left_to_chance() -> None:
    corner = lines(*CORNER)
    pixels = np.block([[corner, np.zeros_like(corner)], [np.zeros_like(corner), corner[:, ::-1]]])
    taken = from_digits("quarter_digits", np.tile(pixels, (20, 1, 1)))
    assert len(taken) == 20
    assert len(np.unique(taken, axis=0)) == 2


@pytest.mark.parametrize("kind", ["three_digits", "overwritten"])
def test_another_seed_brings_other_digits_together(kind: str) -> None:
    of = digits(200)
    assert not np.array_equal(from_digits(kind, of, 3), from_digits(kind, of, 4))


def test_three_digits_are_not_neighbours_in_the_set_they_come_from() -> None:
    bars, blocks = np.zeros((2, 15, 28, 28), np.uint8)
    bars[:, 4:24, 13:15] = 255
    blocks[:, 4:24, 4:24] = 255
    sizes = [ink_size(pixels) for pixels in from_digits("three_digits", np.concatenate([bars, blocks]))]
    of_bars_alone = sum(width < height for width, height in sizes)
    assert of_bars_alone < 5


def test_a_quarter_with_hardly_any_ink_is_left_out() -> None:
    pixels = np.zeros((1, 28, 28), np.uint8)
    pixels[0, :14, :14] = lines(*CORNER)
    assert len(from_digits("quarter_digits", pixels)) == 1
    pixels[0, 14:, 14:] = 255
    pixels[0, 14:, :14] = 255
    assert len(from_digits("quarter_digits", pixels)) == 0


def test_a_digit_over_itself_or_struck_through_is_left_out() -> None:
    assert len(from_digits("overwritten", np.repeat(digits(1, labels="8"), 20, axis=0))) == 0
    assert len(from_digits("overwritten", digits(40, labels="01"))) == 0
    eight, bar = np.zeros((2, 28, 28), np.uint8)
    for middle in (9, 18):
        cv2.ellipse(eight, (14, middle), (8, 5), 0, 0, 360, 255, 2)
    bar[4:24, 13:15] = 255
    assert len(from_digits("overwritten", np.repeat([eight, bar], 20, axis=0))) == 0


def test_different_digits_over_each_other_enclose_more_paper_than_any_digit() -> None:
    def pieces_of_paper(pixels: np.ndarray) -> int:
        return cv2.connectedComponents((pixels <= 127).astype(np.uint8), connectivity=4)[0] - 1

    of = digits(200)
    over = from_digits("overwritten", of)
    assert len(over) > 5
    # Normalising may fill one.
    assert np.median([pieces_of_paper(pixels) for pixels in over]) >= 5
    assert np.median([pieces_of_paper(pixels) for pixels in of]) <= 3


def test_they_have_no_code_in_common_with_what_is_trained_on(root: Path) -> None:
    tree = ast.parse((root / "train" / "unseen.py").read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module for module in modules if module and module.startswith(("train", "core"))} == {
        "core.errors",
        "core.glyph",
    }
