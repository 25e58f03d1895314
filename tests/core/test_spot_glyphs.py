"""The ink at a place, as a glyph."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from core.frame import Luma
from core.glyph import normalise
from core.spot_glyphs import glyphs_at

LEFT, RIGHT = (40.0, 30.0, 40.0, 60.0), (100.0, 30.0, 40.0, 60.0)


def written(ink: int = 40, paper: int = 220, apart: int = 0) -> Luma:
    """A 5 at LEFT and a 2 at RIGHT, or `apart` px nearer to the 5."""
    luma = np.full((120, 200), paper, np.uint8)
    for text, x in (("5", 42), ("2", 102 - apart)):
        cv2.putText(luma, text, (x, 88), cv2.FONT_HERSHEY_SIMPLEX, 2.6, ink, 5, cv2.LINE_AA)
    return luma


def at(luma: Luma, *boxes: tuple[float, float, float, float]) -> np.ndarray:
    return glyphs_at(luma, np.array(boxes, np.float32).reshape(-1, 4))


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """1 for the same picture."""
    return float(np.corrcoef(one.ravel().astype(float), other.ravel().astype(float))[0, 1])


def test_the_ink_at_a_box_is_the_glyph_that_training_would_make_of_it() -> None:
    (glyph,) = at(written(), LEFT)
    expected = normalise(220 - written()[20:100, 30:90])
    assert likeness(glyph, expected) > 0.85


def test_no_places_give_no_glyphs() -> None:
    assert at(written()).shape == (0, 28, 28)


@pytest.mark.parametrize(("ink", "paper"), [(220, 40), (120, 150), (60, 90)])
def test_chalk_and_faint_pencil_give_the_same_glyph_as_ink(ink: int, paper: int) -> None:
    assert likeness(at(written(ink, paper), LEFT)[0], at(written(), LEFT)[0]) > 0.95


def test_a_neighbour_that_reaches_into_the_place_is_left_out() -> None:
    alone, beside = at(written(), LEFT)[0], at(written(apart=22), LEFT)[0]
    assert likeness(alone, beside) > 0.97


@given(
    arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=40)),
    st.lists(st.tuples(st.floats(-50, 60), st.floats(-50, 60), st.floats(0.5, 90), st.floats(0.5, 90)), max_size=4),
)
def test_any_box_in_or_beyond_any_frame_gives_a_glyph(luma: Luma, boxes: list) -> None:
    glyphs = at(luma, *boxes)
    assert (glyphs.shape, glyphs.dtype) == ((len(boxes), 28, 28), np.uint8)
