from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from of_digits import digits_for, from_digits, ink_size

from core.errors import UsageError
from train.robustness.unseen import FROM_DIGITS, KINDS, made

COUNT = 120
NORMALISED = [kind for kind in KINDS if kind != "gradients"] + list(FROM_DIGITS)
EVERY_KIND = [*KINDS, *FROM_DIGITS]


@pytest.fixture(scope="module")
def glyphs() -> dict[str, np.ndarray]:
    """Some of every kind."""
    parts = {kind: from_digits(kind, digits_for(kind, 600)) for kind in FROM_DIGITS}
    return {kind: made(kind, COUNT, 1) for kind in KINDS} | parts


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
