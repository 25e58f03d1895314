"""Frame to ink, in any light."""

import time

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.frame import Luma
from core.ink import find_pieces, isolate

PLACES = [(60, 80), (220, 80), (380, 80)]
"""(x, y) of the top left corner of three digits on a 640×480 page."""


def page(paper: float | np.ndarray = 220.0, ink_share: float = 0.25, thickness_px: int = 8, noise: float = 2.0) -> Luma:
    """Three digits on paper of the given brightness; ink returns `ink_share` of the paper's light."""
    strokes = np.zeros((480, 640), np.uint8)
    for digit, (x, y) in zip("253", PLACES, strict=True):
        cv2.putText(strokes, digit, (x, y + 110), cv2.FONT_HERSHEY_SIMPLEX, 5, 255, thickness_px, cv2.LINE_AA)
    light = np.broadcast_to(paper, strokes.shape) * (1 - (1 - ink_share) * strokes / 255.0)
    grain = np.random.default_rng(0).normal(0, noise, strokes.shape)
    return np.clip(light + grain, 0, 255).astype(np.uint8)


def found_places(luma: Luma) -> list[tuple[int, int]]:
    """Where pieces at least 40 px high are, from the left, to the nearest 20 px."""
    boxes = sorted(piece.box for piece in find_pieces(luma) if piece.box.height >= 40)
    return [(round(box.x / 20) * 20, round(box.y / 20) * 20) for box in boxes]


EXPECTED = [(80, 80), (240, 80), (400, 80)]
"""Where the ink of those begins, to the nearest 20 px: letters have a margin."""


def test_three_digits_on_even_paper_are_three_pieces() -> None:
    assert found_places(page()) == EXPECTED


def test_a_shadow_with_a_hard_edge_across_the_page_changes_nothing() -> None:
    light = np.full((480, 640), 220.0)
    light[:, 300:] = 100
    assert found_places(page(light)) == EXPECTED


def test_light_that_falls_off_to_a_third_changes_nothing() -> None:
    assert found_places(page(np.linspace(240, 80, 640)[None])) == EXPECTED


def test_faint_pencil_is_found() -> None:
    assert found_places(page(ink_share=0.7)) == EXPECTED


def test_chalk_on_a_blackboard_is_found_as_well_as_pen_on_paper() -> None:
    assert found_places(255 - page()) == EXPECTED


def test_the_faint_ruling_of_squared_paper_is_no_part_of_a_digit() -> None:
    luma = page(noise=1).astype(float)
    luma[30::40] *= 0.85
    luma[:, 30::40] *= 0.85
    assert found_places(luma.astype(np.uint8)) == EXPECTED


def test_the_bar_drawn_apart_belongs_to_its_five() -> None:
    luma = np.full((200, 200), 230, np.uint8)
    cv2.line(luma, (70, 50), (130, 50), 40, 6)
    cv2.polylines(luma, [np.array([[70, 62], [70, 95], [110, 90], [130, 115], [115, 150], [70, 150]])], False, 40, 6)
    (piece,) = find_pieces(luma)
    assert piece.box.y < 50
    assert piece.box.bottom > 148


def test_a_piece_holds_its_own_ink_and_not_its_neighbours() -> None:
    luma = np.full((120, 120), 230, np.uint8)
    cv2.circle(luma, (60, 60), 45, 30, 5)
    cv2.line(luma, (60, 45), (60, 75), 30, 5)
    ring = max(find_pieces(luma), key=lambda piece: piece.box.area)
    assert ring.ink[42, 42] in (0, 255)
    assert ring.ink.max() == 255
    assert ring.ink[10, 10] == 0


def test_ink_is_as_dark_in_pencil_as_in_marker() -> None:
    for share in (0.1, 0.7):
        darkest = [int(piece.ink.max()) for piece in find_pieces(page(ink_share=share)) if piece.box.height > 40]
        assert darkest == [255, 255, 255]


def test_isolate_keeps_the_one_subject_and_drops_specks() -> None:
    luma = page()
    luma[400:403, 100:103] = 30
    isolated = isolate(luma)
    assert isolated[80:200].max() == 255
    assert isolated[390:410].max() == 0


def test_isolate_of_blank_paper_is_blank() -> None:
    blank = np.random.default_rng(0).normal(200, 2, (200, 200)).astype(np.uint8)
    assert not isolate(blank).any()


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_frame_of_one_brightness_has_no_ink(level: int) -> None:
    assert find_pieces(np.full((480, 640), level, np.uint8)) == []


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 90), st.integers(1, 90))))
def test_any_frame_gives_pieces_inside_it(luma: Luma) -> None:
    for piece in find_pieces(luma):
        assert piece.ink.shape == (piece.box.height, piece.box.width)
        assert 0 <= piece.box.x < piece.box.right <= luma.shape[1]
        assert 0 <= piece.box.y < piece.box.bottom <= luma.shape[0]
    assert isolate(luma).shape == luma.shape


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (4, 1), (2, 2)])
def test_extreme_sizes_are_no_problem(size: tuple[int, int]) -> None:
    luma = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    find_pieces(luma)
    isolate(luma)


def test_pure_noise_gives_bounded_work() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (480, 640), np.uint8)
    assert len(find_pieces(noise)) <= 1000


def test_a_dense_page_takes_time_in_proportion_to_its_digits() -> None:
    def pieces(rows: int) -> float:
        luma = np.full((rows * 25, 1000), 230, np.uint8)
        for y in range(rows):
            for x in range(40):
                cv2.putText(luma, "3", (4 + 25 * x, 19 + 25 * y), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 30, 1, cv2.LINE_AA)
        started = time.process_time()
        assert len(find_pieces(luma, "dark_on_light")) == 40 * rows
        return time.process_time() - started

    pieces(1)
    # Four times the digits: sixteen times the time would be every pair compared in Python.
    assert pieces(20) < 10 * pieces(5)
