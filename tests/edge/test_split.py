"""Pieces cut into what may be digits."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.frame import Box
from core.ink import Piece, find_pieces
from edge.split import CUT_COST, Cut, Cutting, Segment, cut
from tests.hands import write


def touching(text: str, height: int, step: float, slant: float = 0.0) -> Piece:
    """`text` in one piece: each digit `step` heights right of the one before, all leaning by `slant`."""
    luma = np.full((height * 2, height * (len(text) + 2)), 240, np.uint8)
    for place, digit in enumerate(text):
        for stroke in write(digit, "round", height * (0.8 + step * place), height / 2, height):
            points = [(x + slant * (1.5 * height - y), y) for x, y in stroke]
            fixed = np.rint(np.array(points) * 16).astype(np.int32)
            cv2.polylines(luma, [fixed], False, 30, max(2, height // 10), cv2.LINE_AA, 4)
    return max(find_pieces(luma), key=lambda piece: piece.box.area)


@pytest.mark.parametrize(("height", "slant"), [(20, 0.0), (60, 0.0), (60, 0.3), (200, 0.0), (200, 0.3)])
def test_one_cut_of_two_touching_digits_goes_between_them(height: int, slant: float) -> None:
    piece = touching("00", height, 0.58, slant)
    cutting = cut(piece)
    scale = piece.box.height / min(piece.box.height, 40)
    middle = piece.box.width / 2
    assert any(abs(each.x * scale - middle) < 0.15 * height for each in cutting.cuts)
    ends = {0, len(cutting.cuts) - 1}
    halves = [segment.piece.box for segment in cutting.segments if ends & {segment.first, segment.last}]
    for end in (piece.box.x, piece.box.right):
        near = [box for box in halves if min(abs(box.x - end), abs(box.right - end)) <= 2 + height / 20]
        assert any(abs(box.width - middle) < 0.15 * height for box in near)


def test_segments_lie_in_their_piece_and_are_no_wider_than_a_digit() -> None:
    piece = touching("2805", 50, 0.6)
    box = piece.box
    for segment in cut(piece).segments:
        inner = segment.piece.box
        assert box.x <= inner.x < inner.right <= box.right + 2
        assert box.y <= inner.y < inner.bottom <= box.bottom + 2
        assert inner.width < 2 * box.height
        assert segment.first < segment.last


def a_cutting(*spans: tuple[int, int], inks: tuple[float, ...] = (0.0, 0.0)) -> Cutting:
    cuts = [Cut(np.array([10 * place]), ink) for place, ink in enumerate((0.0, *inks, 0.0))]
    nothing = Piece(Box(0, 0, 1, 1), np.zeros((1, 1), np.uint8), 0.0)
    return Cutting(cuts, [Segment(*span, nothing) for span in sorted(spans, key=lambda span: span[1])])


def test_the_likeliest_way_through_is_taken() -> None:
    cutting = a_cutting((0, 1), (0, 2), (1, 2), (1, 3), (2, 3))
    scores = {(0, 1): -0.1, (0, 2): -2.0, (1, 2): -3.0, (1, 3): -0.2, (2, 3): -0.1}
    score, way = cutting.best([scores[each.first, each.last] for each in cutting.segments])
    assert [(cutting.segments[place].first, cutting.segments[place].last) for place in way] == [(0, 1), (1, 3)]
    assert score == pytest.approx(-0.3 - CUT_COST)


def test_cuts_through_ink_cost() -> None:
    cheap, dear = a_cutting((0, 1), (1, 2), inks=(0.1,)), a_cutting((0, 1), (1, 2), inks=(0.6,))
    assert cheap.best([-0.1, -0.1])[0] > dear.best([-0.1, -0.1])[0]


def test_without_a_readable_way_there_is_none() -> None:
    assert a_cutting((0, 1), (1, 3)).best([-0.1, -math.inf]) == (-math.inf, [])
    assert a_cutting().best([]) == (-math.inf, [])


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 200))))
def test_any_piece_can_be_cut_in_bounded_work(ink: np.ndarray) -> None:
    cutting = cut(Piece(Box(3, 4, ink.shape[1], ink.shape[0]), ink, 100.0))
    assert len(cutting.cuts) <= 10
    assert len(cutting.segments) <= 45
    assert all(segment.piece.ink.any() for segment in cutting.segments)
