from __future__ import annotations

import cv2
import numpy as np
import pytest
from handwriting import glyph_set
from hypothesis import given
from hypothesis import strategies as st
from patterns import correlations

from core.glyph import normalise
from train import distractors
from train.distractors import DRAWN, FROM_DIGITS, drawn, from_digits

DIGITS = glyph_set(60, seed=1)


def made(kind: str, seed: int = 1, count: int = 30) -> np.ndarray:
    """Glyphs of any kind."""
    rng = np.random.default_rng(seed)
    if kind in DRAWN:
        return drawn(kind, count, rng)
    return from_digits(kind, count, DIGITS.pixels, DIGITS.targets, rng)


KINDS = pytest.mark.parametrize("kind", [*DRAWN, *FROM_DIGITS])


@KINDS
def test_every_kind_is_made_as_glyphs_with_ink(kind: str) -> None:
    glyphs = made(kind)
    assert (glyphs.shape, glyphs.dtype) == ((30, 28, 28), np.uint8)
    assert (glyphs.max(axis=(1, 2)) > 127).all()
    assert len({glyph.tobytes() for glyph in glyphs}) > 20


@KINDS
def test_the_same_seed_makes_the_same_glyphs(kind: str) -> None:
    assert np.array_equal(made(kind), made(kind))
    assert not np.array_equal(made(kind), made(kind, seed=2))


@KINDS
def test_no_glyph_looks_like_an_upright_stroke(kind: str) -> None:
    assert [distractors._may_be_one(glyph) for glyph in made(kind, count=60)] == [False] * 60


@pytest.mark.parametrize("kind", [kind for kind in (*DRAWN, *FROM_DIGITS) if kind != "textures"])
def test_what_is_drawn_follows_the_glyph_contract(kind: str) -> None:
    """It goes through the normalisation as digits do; only textures fill more than digits ever would."""
    for glyph in made(kind):
        again = normalise(glyph)
        assert np.abs(again.astype(int) - glyph).mean() < 12
        _, _, width, height = cv2.boundingRect(glyph)
        assert max(width, height) <= 20


def stroke(angle_deg: float, length_px: float, width_px: int) -> np.ndarray:
    """uint8 (28, 28): one straight stroke, 0° lying and 90° upright."""
    canvas = np.zeros((112, 112), np.uint8)
    half = 2 * length_px * np.array([np.cos(np.deg2rad(angle_deg)), -np.sin(np.deg2rad(angle_deg))])
    start, end = (tuple(np.round(56 + sign * half).astype(int).tolist()) for sign in (-1, 1))
    cv2.line(canvas, start, end, 255, 4 * width_px, cv2.LINE_AA)
    return cv2.resize(canvas, (28, 28), interpolation=cv2.INTER_AREA)


@given(st.floats(45, 135), st.floats(14, 20), st.integers(1, 3))
def test_a_standing_stroke_may_be_a_one(angle_deg: float, length_px: float, width_px: int) -> None:
    assert distractors._may_be_one(stroke(angle_deg, length_px, width_px))


@given(st.floats(-35, 35), st.floats(14, 20), st.integers(1, 3))
def test_a_lying_stroke_is_no_one(angle_deg: float, length_px: float, width_px: int) -> None:
    assert not distractors._may_be_one(stroke(angle_deg, length_px, width_px))


def test_paper_without_ink_is_not_used() -> None:
    assert distractors._may_be_one(np.zeros((28, 28), np.uint8))


def test_round_ink_is_no_one() -> None:
    ring = cv2.circle(np.zeros((28, 28), np.uint8), (14, 14), 8, 255, 2)
    assert not distractors._may_be_one(ring)


def test_a_digit_on_its_side_is_made_only_of_digits_that_are_none_there() -> None:
    """A 0, a 1 and an 8 stay digits, or may, however they are turned."""
    fit = DIGITS.take(np.isin(DIGITS.targets, [0, 1, 8]))
    assert len(from_digits("turned", 5, fit.pixels, fit.targets, np.random.default_rng(1))) == 0


def halves(glyph: np.ndarray) -> dict[str, list[np.ndarray]]:
    """Of the ink of a digit, by side, as glyphs: a little less than half to a little more."""
    x, y, width, height = cv2.boundingRect(glyph)
    ink = glyph[y : y + height, x : x + width]
    rows, columns = ([round(size * share) for share in (0.4, 0.45, 0.5, 0.55)] for size in (height, width))
    return {
        "top": [normalise(ink[:count]) for count in rows],
        "bottom": [normalise(ink[-count:]) for count in rows],
        "left": [normalise(ink[:, :count]) for count in columns],
        "right": [normalise(ink[:, -count:]) for count in columns],
    }


@pytest.mark.parametrize(("digit", "harmless"), [(6, {"top", "right"}), (4, {"top", "left"})])
def test_no_half_is_made_that_may_be_read_as_a_digit(digit: int, harmless: set[str]) -> None:
    """The lower half of a 6 may be a 0, and its left half a 1 or a 6."""
    only = DIGITS.take(DIGITS.targets == digit)
    cut = [(side, half) for glyph in only.pixels for side, cuts in halves(glyph).items() for half in cuts]
    found = from_digits("halves", 30, only.pixels, only.targets, np.random.default_rng(1))
    alike = correlations(found, np.stack([half for _, half in cut]))
    assert {cut[index][0] for index in alike.argmax(axis=1)} <= harmless
    assert alike.max(axis=1).min() > 0.9


def test_half_a_one_is_never_used() -> None:
    ones = DIGITS.take(DIGITS.targets == 1)
    assert len(from_digits("halves", 30, ones.pixels, ones.targets, np.random.default_rng(1))) == 0
