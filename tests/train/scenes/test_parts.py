"""Pens, papers, textures and what else lies on a page, each by itself."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from handwriting import glyph_set
from hypothesis import given, settings
from hypothesis import strategies as st

from core.frame import Box
from core.glyph import stroke_width_px
from train.scenes import Material, pens, view
from train.scenes import material as material_file
from train.scenes import page as page_file
from train.scenes.camera import Quality, photographed
from train.scenes.canvas import Canvas
from train.scenes.distractors import DISTRACTORS, fingers
from train.scenes.fields import octaves, smooth, white
from train.scenes.page import Page
from train.scenes.papers import PAPERS
from train.scenes.textures import TEXTURES
from train.scenes.writing import SIGNS, habit, number

MATERIAL = Material(glyph_set(100, seed=1, writers=2), glyph_set(60, seed=2, labels="AEFHKMNPRTX"))
SHAPES = st.tuples(st.integers(32, 150), st.integers(32, 150))
SEEDS = st.integers(0, 2**31)


def a_page(shape: tuple[int, int], rng: np.random.Generator, pen: str = "felt pen", level: float = 0.9) -> Page:
    """Blank paper, seen straight on."""
    sides = -shape[1] / 2, -shape[0] / 2, shape[1] / 2, shape[0] / 2
    canvas = Canvas(view.facing(shape), np.full(shape, level, np.float32))
    everywhere = -np.inf, -np.inf, np.inf, np.inf
    return Page(canvas, MATERIAL.hand(rng), habit(rng), pens.take(pen, rng), 24.0, sides, everywhere, rng)


@settings(max_examples=60)
@given(st.sampled_from(sorted(PAPERS)), SHAPES, st.floats(8, 150), SEEDS)
def test_every_paper_covers_any_frame(name: str, shape: tuple[int, int], height_px: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sheet = PAPERS[name](view.askew(shape, rng), height_px, rng)
    assert (sheet.shape, sheet.dtype) == (shape, np.float32)
    assert np.isfinite(sheet).all()
    assert -0.7 < sheet.min() <= sheet.max() < 1.7


@settings(max_examples=60)
@given(st.sampled_from(sorted(TEXTURES)), SHAPES, SEEDS)
def test_every_texture_covers_any_frame(name: str, shape: tuple[int, int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    field = TEXTURES[name](view.askew(shape, rng), rng)
    assert (field.shape, field.dtype) == (shape, np.float32)
    assert np.isfinite(field).all()
    assert -1 < field.min() <= field.max() < 2


@settings(max_examples=40)
@given(st.sampled_from(sorted(DISTRACTORS)), SHAPES, SEEDS)
def test_every_distractor_keeps_to_the_range_and_writes_no_digit(name: str, shape: tuple[int, int], seed: int) -> None:
    page = a_page(shape, np.random.default_rng(seed))
    DISTRACTORS[name](page)
    assert page.written == []
    assert -1e-3 <= page.canvas.reflectance.min() <= page.canvas.reflectance.max() <= 1.1


@pytest.mark.parametrize("name", sorted(pens.PENS))
@pytest.mark.parametrize("height_px", [8, 20, 60, 150])
def test_every_pen_writes_visible_ink_as_high_as_asked(
    name: str, height_px: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_file, "STRUCK_SHARE", 0.0)
    rng = np.random.default_rng(height_px)
    for _ in range(5):
        page = a_page((220, 300), rng, name, 0.1 if name in pens.LIGHT_PENS else 0.95)
        before = page.canvas.reflectance.copy()
        page.write(number("8", page.hand, page.manner), np.array([-height_px / 4, height_px / 2]), height_px, line=0)
        (written,) = page.written
        assert written.stamp.ink_box is not None
        assert written.stamp.seen == pytest.approx(1)
        assert abs(written.stamp.ink_box.height - height_px) <= 2 + 0.25 * height_px
        changed = np.abs(page.canvas.reflectance - before)
        assert changed.max() > 0.1
        box = written.stamp.ink_box
        around = changed[max(0, box.y - 1) : box.bottom + 1, max(0, box.x - 1) : box.right + 1]
        assert around.sum() > 0.95 * changed.sum()
        _, ink = cv2.threshold(changed, 0.4 * float(changed.max()), 255, cv2.THRESH_BINARY)
        assert Box(*cv2.boundingRect(ink.astype(np.uint8))).overlap(box) > 0.6


def test_a_thin_pen_draws_thinner_lines_than_the_glyph_has() -> None:
    glyph = MATERIAL.digits.pixels[8]
    thin = pens.Ink(0.05, False, 1, 0, 1, 0, 0)
    thick = pens.Ink(0.2, False, 1, 0, 1, 0, 0)
    widths = []
    for ink in (thin, thick):
        drawn = pens.distances(glyph, ink)
        widths.append(stroke_width_px(((drawn.field < drawn.half) * 255).astype(np.uint8)))
    assert widths[0] == pytest.approx(0.05 * 60, abs=2.0)
    assert widths[1] == pytest.approx(0.2 * 60, abs=2.5)


@given(st.integers(0, 199))
@settings(max_examples=30)
def test_a_thinned_glyph_lies_within_it_and_is_thin(index: int) -> None:
    solid = (MATERIAL.digits.pixels[index % len(MATERIAL.digits)] > 100).astype(np.uint8)
    line = pens.thinned(solid)
    assert (line <= solid).all()
    assert cv2.countNonZero(line) > 5
    assert cv2.countNonZero(cv2.erode(line, np.ones((3, 3), np.uint8))) == 0
    assert cv2.connectedComponents(line)[0] == cv2.connectedComponents(solid)[0]


@settings(max_examples=30)
@given(st.text(alphabet="0123456789" + "".join(SIGNS), min_size=1, max_size=9), SEEDS)
def test_a_number_has_its_digits_from_left_to_right(text: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    written = number(text, MATERIAL.hand(rng), habit(rng))
    assert [piece.label for piece in written.glyphs] == [int(sign) for sign in text if sign.isdigit()]
    middles = [float((piece.matrix @ [13.5, 13.5, 1])[0]) for piece in written.glyphs]
    assert middles == sorted(middles)


def test_digits_of_one_number_are_of_one_hand_where_writers_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material_file, "PENNED_SHARE", 0.0)
    monkeypatch.setattr(material_file, "BENT_SHARE", 0.0)
    rng = np.random.default_rng(1)
    glyphs = glyph_set(400, seed=3, writers=2)
    known = Material(glyphs)
    owner = {glyph.tobytes(): int(writer) for glyph, writer in zip(glyphs.pixels, glyphs.writers, strict=True)}
    hands = set()
    for _ in range(10):
        hand = known.hand(rng)
        writers = {owner[hand.digit(value).tobytes()] for value in range(10)}
        assert len(writers) == 1
        hands |= writers
    assert hands == {0, 1}


@settings(max_examples=30)
@given(SHAPES, st.floats(8, 150), SEEDS)
def test_the_camera_delivers_eight_bits_of_the_same_size(shape: tuple[int, int], finest_px: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    luma = photographed(octaves(shape, 20, rng) * np.float32(0.2) + np.float32(0.6), Quality(finest_px), rng)
    assert (luma.shape, luma.dtype) == (shape, np.uint8)
    assert int(luma.max()) - int(luma.min()) > 3


@settings(max_examples=20)
@given(SHAPES, SEEDS)
def test_fingers_tell_what_they_cover(shape: tuple[int, int], seed: int) -> None:
    field = np.full(shape, 0.9, np.float32)
    cover = fingers(field, np.random.default_rng(seed))
    assert (cover.shape, 0 <= cover.min() <= cover.max() <= 1) == (shape, True)
    assert (field[cover == 1] < 0.89).all()


def test_white_noise_is_white_and_smooth_noise_smooth() -> None:
    rng = np.random.default_rng(1)
    for shape in ((200, 300), (1500, 1100)):
        noise = white(shape, rng)
        assert noise.shape == shape
        assert abs(float(noise.mean())) < 0.05
        assert abs(float(noise.std()) - 1) < 0.05
    slow = smooth((200, 300), 40, rng)
    assert np.abs(np.diff(slow, axis=1)).mean() < 0.1 * slow.std()


def test_what_is_near_a_point_is_seen_as_the_view_says() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        where = view.askew((200, 300), rng)
        at = rng.uniform(-80, 80, 2)
        near = where.affine_at(at)
        assert np.allclose(near[:, :2] @ at + near[:, 2], where.project(at[np.newaxis])[0])
        step = at + 0.01
        assert np.allclose(near[:, :2] @ step + near[:, 2], where.project(step[np.newaxis])[0], atol=1e-4)
        x, y = where.sheet
        there = np.round(where.project(at[np.newaxis])[0]).astype(int)
        if 0 <= there[0] < 300 and 0 <= there[1] < 200:
            assert np.hypot(x[there[1], there[0]] - at[0], y[there[1], there[0]] - at[1]) < 2


@settings(max_examples=60)
@given(st.floats(-30, 30), st.floats(-60, 60), SEEDS)
def test_what_lies_at_the_horizon_of_a_tilted_sheet_is_left_out(across: float, down: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    page = a_page((128, 128), rng)
    tilted = view.facing((128, 128)).matrix @ np.array([[1, 0, 0], [0, 1, 0], [1 / 300, 0, 1]])
    page.canvas.view = view.View((128, 128), tilted)
    page.write(number("7", page.hand, page.manner), np.array([across - 300, down]), 24.0, line=0)
    assert all(max(written.stamp.cover.shape) <= 128 for written in page.written)
