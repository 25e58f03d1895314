from __future__ import annotations

import numpy as np
import pytest
from handwriting import glyph_set
from hypothesis import given, settings
from hypothesis import strategies as st

from core.dataset import GlyphSet
from core.errors import DataError, UsageError
from core.frame import Box
from train.scenes import EMPTY_SHARE, KINDS, WITH_DIGITS, WITHOUT_DIGITS, Material, Scene, compose, scene, view

MATERIAL = Material(glyph_set(200, seed=1, writers=3), glyph_set(60, seed=2, labels="AEFHKMNPRTX"))


def drawn(count: int, **how: object) -> list[Scene]:
    """The first scenes of a seed."""
    return [scene(MATERIAL, (160, 192), 7, index, **how) for index in range(count)]


def is_inside(box: Box, shape: tuple[int, ...]) -> bool:
    return (
        box.x >= 0
        and box.y >= 0
        and box.width > 0
        and box.height > 0
        and box.right <= shape[1]
        and box.bottom <= shape[0]
    )


@settings(max_examples=40)
@given(st.integers(32, 200), st.integers(32, 200), st.sampled_from(KINDS), st.integers(0, 2**31))
def test_every_kind_is_drawn_at_any_size_with_all_boxes_in_the_frame(
    height: int, width: int, kind: str, index: int
) -> None:
    found = scene(MATERIAL, (height, width), 3, index, kind=kind)
    assert (found.luma.shape, found.luma.dtype, found.kind) == ((height, width), np.uint8, kind)
    boxes = [*(digit.box for digit in found.truth.digits), *found.truth.ignore]
    assert [box for box in boxes if not is_inside(box, found.luma.shape)] == []


def test_a_sheet_that_ends_on_all_sides_of_the_smallest_scene_has_room_left() -> None:
    for seed in range(200):
        rng = np.random.default_rng(seed)
        sheet = compose._page(MATERIAL, view.askew((32, 32), rng), "plain", 22.0, rng, ends_share=1.0)
        left, top, right, bottom = sheet.area
        assert min(right - left, bottom - top) > 3


def test_the_text_of_a_number_is_its_digits_in_order() -> None:
    for found in drawn(40, empty_share=0.0):
        texts = [""] * len(found.truth.numbers)
        for digit in found.truth.digits:
            texts[digit.number] += str(digit.label)
        assert [number.text for number in found.truth.numbers] == texts
        assert all(texts)


def test_digits_show_in_their_boxes() -> None:
    """What is in a box differs from what is around it, in the tone that the scene says.

    Where strokes stand close or the light changes within a digit, this simple look is wrong at times."""
    told, right = 0, 0
    for found in drawn(60, empty_share=0.0):
        for digit in found.truth.digits:
            box = digit.box
            part = found.luma[box.y : box.bottom, box.x : box.right].astype(int)
            rim = found.luma[max(0, box.y - 2) : box.bottom + 2, max(0, box.x - 2) : box.right + 2]
            paper = float(np.median(rim))
            lighter, darker = np.percentile(part, 95) - paper, paper - np.percentile(part, 5)
            told += 1
            right += (lighter > darker) == found.light_on_dark
    assert told > 150
    assert right > 0.82 * told


def test_a_share_of_the_scenes_is_empty_and_kinds_say_which() -> None:
    found = drawn(240)
    empty = [one for one in found if one.kind in WITHOUT_DIGITS]
    assert abs(len(empty) / len(found) - EMPTY_SHARE) < 0.08
    assert all(one.truth.digits == () for one in empty)
    with_digits = [one for one in found if one.kind in WITH_DIGITS]
    assert sum(len(one.truth.digits) > 0 for one in with_digits) > 0.85 * len(with_digits)


def test_scenes_without_any_digit_can_be_had_alone() -> None:
    assert {one.truth.digits for one in drawn(30, empty_share=1.0)} == {()}


def test_both_polarities_occur() -> None:
    light = [one.light_on_dark for one in drawn(60, empty_share=0.0)]
    assert 0.05 < np.mean(light) < 0.5


def test_digits_that_the_frame_cuts_count_neither_way() -> None:
    cut = [
        box
        for one in drawn(60, empty_share=0.0, kind="rows")
        for box in one.truth.ignore
        if box.x == 0 or box.y == 0 or box.right == 192 or box.bottom == 160
    ]
    assert len(cut) > 5


def test_printed_digits_count_neither_way() -> None:
    assert sum(len(one.truth.ignore) for one in drawn(20, kind="print")) > 10


def test_a_scene_is_the_same_each_time_and_another_for_each_index_and_seed() -> None:
    once, again = scene(MATERIAL, (64, 64), 1, 2), scene(MATERIAL, (64, 64), 1, 2)
    assert np.array_equal(once.luma, again.luma)
    assert once.truth == again.truth
    assert not np.array_equal(once.luma, scene(MATERIAL, (64, 64), 1, 3).luma)
    assert not np.array_equal(once.luma, scene(MATERIAL, (64, 64), 2, 2).luma)


def test_nothing_is_drawn_but_what_was_given() -> None:
    """Every glyph that is asked for is among those given."""
    given_half = glyph_set(40, seed=4).take(np.arange(20), "given")
    asked: list[bytes] = []

    class Watched(np.ndarray):
        def __getitem__(self, key: object) -> object:
            taken = super().__getitem__(key)
            if isinstance(key, (int, np.integer)):
                asked.append(np.asarray(taken).tobytes())
            return taken

    watched = GlyphSet("watched", given_half.pixels.view(Watched), given_half.targets, given_half.labels)
    for index in range(15):
        scene(Material(watched), (96, 96), 1, index, empty_share=0.0)
    assert asked
    assert set(asked) <= {glyph.tobytes() for glyph in given_half.pixels}


def test_pictures_given_as_grounds_are_used() -> None:
    stripes = np.tile(np.array([[0, 255]], np.uint8).repeat(4, axis=1), (64, 8))
    with_picture = Material(MATERIAL.digits, MATERIAL.letters, (stripes,))
    differing = [
        index
        for index in range(20)
        if not np.array_equal(
            scene(with_picture, (64, 64), 1, index, kind="texture").luma,
            scene(MATERIAL, (64, 64), 1, index, kind="texture").luma,
        )
    ]
    assert len(differing) > 4


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"shape": (31, 64)}, "64x31"),
        ({"empty_share": 1.5}, "1.5"),
        ({"kind": "portrait"}, "'portrait'"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(how: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        scene(MATERIAL, **({"shape": (64, 64), "seed": 1, "index": 0} | how))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: Material(glyph_set(40, 1, labels="0123")), "0, 1, 2, 3"),
        (lambda: Material(MATERIAL.digits, glyph_set(20, 1)), "has digits"),
        (lambda: Material(MATERIAL.digits, None, (np.zeros((4, 4), np.uint8),)), r"\(4, 4\)"),
    ],
)
def test_material_that_cannot_serve_is_refused(wrong: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        wrong()
