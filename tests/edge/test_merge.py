"""Pairs of pieces that may be one digit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.frame import Box
from core.ink import Piece
from edge.merge import MOST_PAIRS, candidates


def test_the_halves_of_a_broken_digit_are_a_pair() -> None:
    assert candidates([Box(10, 10, 30, 24), Box(12, 37, 28, 25)]) == [(0, 1)]


def test_the_stroke_of_a_four_drawn_apart_is_a_pair_with_the_rest() -> None:
    assert candidates([Box(10, 10, 25, 30), Box(38, 8, 5, 55)]) == [(0, 1)]


def test_digits_side_by_side_are_none() -> None:
    assert candidates([Box(10, 10, 30, 50), Box(50, 10, 30, 50), Box(90, 10, 30, 50)]) == []


def test_digits_of_two_lines_are_none() -> None:
    assert candidates([Box(10, 10, 30, 50), Box(10, 75, 30, 50)]) == []


def test_the_closest_come_first_and_their_number_is_bounded() -> None:
    assert candidates([Box(10, 10, 30, 24), Box(10, 38, 30, 24), Box(10, 63, 30, 24)]) == [(1, 2), (0, 1)]
    crowd = [Box(3 * (place % 20), 3 * (place // 20), 9, 20) for place in range(300)]
    assert len(candidates(crowd)) == MOST_PAIRS


def test_two_pieces_joined_have_the_ink_of_both() -> None:
    first = Piece(Box(10, 10, 2, 3), np.full((3, 2), 200, np.uint8), 90.0)
    second = Piece(Box(11, 14, 3, 1), np.full((1, 3), 255, np.uint8), 120.0)
    both = first.joined(second)
    assert (both.box, both.contrast) == (Box(10, 10, 4, 5), 120.0)
    assert both.ink.tolist() == [[200, 200, 0, 0]] * 3 + [[0] * 4] + [[0, 255, 255, 255]]


boxes = st.builds(Box, *[st.integers(0, 300)] * 2, *[st.integers(1, 300)] * 2)


@given(st.lists(boxes, max_size=30))
def test_pairs_are_of_different_pieces_and_each_comes_once(given_boxes: list[Box]) -> None:
    pairs = candidates(given_boxes)
    assert all(0 <= first < second < len(given_boxes) for first, second in pairs)
    assert len(set(pairs)) == len(pairs)
