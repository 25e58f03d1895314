"""Amounts, cells and what scanners and copiers make of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.frame import Box
from train.scenes import Material, pens, scene, view
from train.scenes import page as page_file
from train.scenes.amounts import AFTER, BEFORE, amount, money, tapered
from train.scenes.camera import Quality, smeared
from train.scenes.canvas import Canvas
from train.scenes.cells import cell
from train.scenes.cutouts import side_by_side
from train.scenes.fields import Field, octaves
from train.scenes.page import Page
from train.scenes.scanner import scanned
from train.scenes.truth import Digit, Number, Scene, Truth
from train.scenes.writing import Writing, habit, number

SEEDS = st.integers(0, 2**31)
Look = Callable[[Field, float, np.random.Generator], np.ndarray]


def a_page(material: Material, seed: int, shape: tuple[int, int] = (200, 400)) -> Page:
    """Blank paper, seen straight on."""
    rng = np.random.default_rng(seed)
    sides = -shape[1] / 2, -shape[0] / 2, shape[1] / 2, shape[0] / 2
    canvas = Canvas(view.facing(shape), np.full(shape, 0.9, np.float32))
    everywhere = -np.inf, -np.inf, np.inf, np.inf
    return Page(canvas, material.hand(rng), habit(rng), pens.take("ball pen", rng), 24.0, sides, everywhere, rng)


def middles(writing: Writing) -> list[float]:
    return [float((piece.matrix @ (13.5, 13.5, 1.0))[0]) for piece in writing.glyphs]


def test_guards_and_currencies_are_no_digits(material: Material) -> None:
    page = a_page(material, 1)
    for guard in (*BEFORE, *AFTER):
        written = number(guard, page.hand, page.manner)
        assert written.glyphs == []
        assert written.paths
        assert written.width > 0


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_an_amount_has_its_digits_and_cents_in_reading_order(material: Material, seed: int) -> None:
    page = a_page(material, seed)
    written = money(page, 7)
    assert 1 <= len(written.glyphs) <= 12
    assert all(piece.label in range(10) for piece in written.glyphs)
    hundred = [piece.label for piece in written.glyphs][-3:] == [1, 0, 0]  # may stand below the cents
    before = middles(written)[: -3 if hundred else None]
    assert before == sorted(before)


def test_cents_belong_to_the_number_of_their_amount(material: Material, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_file, "STRUCK_SHARE", 0.0)
    page = a_page(material, 3)
    for seed in range(30):
        page = a_page(material, seed)
        written = money(page, 4)
        page.write(written, np.array([-180.0, 20.0]), 24.0, line=0)
        assert [found.label for found in page.written] == [piece.label for piece in written.glyphs]
        assert {found.number for found in page.written} == {0}


def test_a_tapered_number_is_as_high_at_its_start_and_smaller_at_its_end(material: Material) -> None:
    page = a_page(material, 4)
    whole = number("88888", page.hand, page.manner)
    small = tapered(whole, 0.4)
    scales = [
        abs(float(np.linalg.det(after.matrix[:, :2]) / np.linalg.det(before.matrix[:, :2]))) ** 0.5
        for before, after in zip(whole.glyphs, small.glyphs, strict=True)
    ]
    assert scales == sorted(scales, reverse=True)
    assert scales[0] > 0.9
    assert scales[-1] < 0.72
    assert small.width == pytest.approx(0.8 * whole.width)
    assert middles(small) == sorted(middles(small))


@pytest.mark.parametrize("layout", [amount, cell])
def test_each_layout_writes_a_number_where_there_is_room(layout: Callable[[Page], None], material: Material) -> None:
    for seed in range(30):
        page = a_page(material, seed)
        layout(page)
        assert any(written.stamp.seen > 0.9 for written in page.written)


def test_neighbours_of_a_cell_that_the_frame_cuts_count_neither_way(material: Material) -> None:
    found = [scene(material, (160, 192), 7, index, kind="cell") for index in range(40)]
    assert sum(len(one.truth.ignore) for one in found) > 40
    assert sum(len(one.truth.digits) for one in found) > 80


@pytest.mark.parametrize("kind", ["amount", "cell"])
def test_documents_are_drawn_the_same_each_time(kind: str, material: Material) -> None:
    for index in range(6):
        once, again = (scene(material, (120, 160), 5, index, kind=kind) for _ in range(2))
        assert np.array_equal(once.luma, again.luma)
        assert once.truth == again.truth


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(32, 260), st.integers(32, 260))
def test_boxes_of_pictures_side_by_side_lie_where_the_pictures_show_them(seed: int, height: int, width: int) -> None:
    def draw(shape: tuple[int, int]) -> Scene:
        luma = np.full(shape, 200, np.uint8)
        luma[8:24, 8:20] = 0
        box = Box(8, 8, 12, 16)
        return Scene(luma, Truth((Digit(7, box, 0),), (Number("7", 0, True),), (box,)), "cell", False)

    found = side_by_side(draw, (height, width), np.random.default_rng(seed))
    assert found.luma.shape == (height, width)
    assert [digit.number for digit in found.truth.digits] == list(range(len(found.truth.numbers)))
    assert len({one.line for one in found.truth.numbers}) == len(found.truth.numbers)
    for digit in found.truth.digits:
        inside = found.luma[digit.box.y : digit.box.bottom, digit.box.x : digit.box.right]
        assert float(inside.mean()) < 60
    assert [digit.box for digit in found.truth.digits] == list(found.truth.ignore)


def a_look(name: str) -> Look:
    if name == "scanned":
        return scanned
    return lambda field, finest_px, rng: smeared(field, Quality(finest_px), rng)


@pytest.mark.parametrize("name", ["scanned", "smeared"])
@settings(max_examples=30, deadline=None)
@given(st.integers(32, 150), st.integers(32, 150), st.floats(8, 150), SEEDS)
def test_every_look_delivers_eight_bits_of_the_same_size(
    name: str, height: int, width: int, finest_px: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    field = octaves((height, width), 20, rng) * np.float32(0.2) + np.float32(0.6)
    luma = a_look(name)(field, finest_px, rng)
    assert (luma.shape, luma.dtype) == ((height, width), np.uint8)


@pytest.mark.parametrize("name", ["scanned", "smeared"])
@pytest.mark.parametrize("ink", [0.1, 0.5])
def test_every_look_keeps_ink_darker_than_paper(name: str, ink: float) -> None:
    for seed in range(40):
        field = np.full((64, 96), 0.85, np.float32)
        field[20:44, 30:36] = ink
        field[20:44, 60:66] = ink
        luma = a_look(name)(field, 24.0, np.random.default_rng(seed)).astype(float)
        assert luma[24:40, 31:35].mean() + 8 < luma[:12].mean()
