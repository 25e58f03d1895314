"""Strokes become the ink a person saw on the canvas, whatever is sent."""

import json

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ImageError
from edge.drawing import MAX_BYTES, MAX_LINE_PX, MAX_POINTS, MAX_STROKES, Drawing, Stroke, decode, rasterise


def line(*points: tuple[float, float], width_px: float = 9.4) -> Drawing:
    return Drawing(100, 60, [Stroke(width_px, list(points))])


def ink(drawing: Drawing) -> np.ndarray:
    """float (height, width): how much of each pixel is covered, 0 to 1."""
    return 1 - rasterise(drawing) / 255.0


def test_an_empty_drawing_is_white_paper_of_its_size() -> None:
    luma = rasterise(Drawing(40, 30, []))
    assert (luma.dtype, luma.shape, luma.min()) == (np.uint8, (30, 40), 255)


def test_ink_is_black_in_the_middle_of_a_stroke() -> None:
    assert rasterise(line((20, 30), (80, 30)))[30, 50] == 0


@pytest.mark.parametrize("width_px", [3, 6, 10, 15, 22, 60])
@pytest.mark.parametrize("end", [(80, 30), (50, 60), (71, 51)])
def test_a_stroke_is_as_wide_as_its_pen_to_a_pixel(width_px: float, end: tuple[float, float]) -> None:
    (x, y), (dx, dy) = (200, 200), ((end[0] - 50) * 4, (end[1] - 30) * 4)

    def covered(share: float) -> float:
        points = [(x - share * dx, y - share * dy), (x + share * dx, y + share * dy)]
        return float(ink(Drawing(400, 400, [Stroke(width_px, points)])).sum())

    # Between the two the ends are the same, and only the length differs.
    assert abs((covered(1.0) - covered(0.5)) / np.hypot(dx, dy) - width_px) <= 1


def test_a_single_point_is_a_round_dot_of_the_pen_s_width() -> None:
    dot = ink(line((50.5, 30.5), width_px=20))
    assert np.sqrt(dot.sum() * 4 / np.pi) == pytest.approx(20, abs=1)
    assert dot.max(axis=0).sum() == pytest.approx(20, abs=1)
    assert dot.max(axis=1).sum() == pytest.approx(20, abs=1)
    assert np.diagonal(dot[10:51, 30:71]).sum() * np.sqrt(2) == pytest.approx(20, abs=2)


def test_ends_are_round() -> None:
    drawn = ink(line((30, 30), (70, 30), width_px=21.4))
    assert drawn[30, 21] > 0.5
    assert drawn[21, 21] == 0


@pytest.mark.parametrize(("x", "y"), [(50.0, 30.0), (50.25, 30.0), (50.5, 30.75), (20.125, 30.625)])
def test_ink_lies_where_the_pen_was_to_a_fraction_of_a_pixel(x: float, y: float) -> None:
    drawn = ink(line((x, y), width_px=11.4))
    rows, columns = np.indices(drawn.shape) + 0.5
    centre = (drawn * columns).sum() / drawn.sum(), (drawn * rows).sum() / drawn.sum()
    assert centre == pytest.approx((x, y), abs=0.1)


def test_edges_are_anti_aliased() -> None:
    assert len(np.unique(rasterise(line((20, 20), (80, 43))))) > 20


def test_strokes_lie_on_each_other() -> None:
    both = Drawing(100, 60, [Stroke(9, [(20, 30), (80, 30)]), Stroke(9, [(50, 10), (50, 50)])])
    assert (rasterise(both) <= np.minimum(*(rasterise(Drawing(100, 60, [one])) for one in both.strokes))).all()


@pytest.mark.parametrize("far", [1e3, 1e6, 1e9, 1e18, 1e300])
def test_a_line_to_far_outside_is_cut_off_at_the_edge(far: float) -> None:
    luma = rasterise(line((50, 30), (far, 30)))
    assert (luma[30, 52:] == 0).all()
    assert (luma[:, :40] == 255).all()


def test_ink_that_is_all_outside_leaves_the_paper_white() -> None:
    assert rasterise(line((-500, -500), (-400, 1e12))).min() == 255


def test_the_same_drawing_gives_the_same_pixels() -> None:
    drawing = line((3.3, 4.4), (77.7, 51.2), (20.1, 44.4))
    assert rasterise(drawing).tobytes() == rasterise(drawing).tobytes()


coordinates = st.floats(allow_nan=False, allow_infinity=False)
drawings = st.builds(
    Drawing,
    st.integers(16, 200),
    st.integers(16, 200),
    st.lists(
        st.builds(
            Stroke,
            st.floats(0.01, 256),
            st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=20),
        ),
        max_size=5,
    ),
)


@given(drawings)
def test_whatever_is_drawn_comes_back_from_json_and_gives_a_picture_of_its_size(drawing: Drawing) -> None:
    received = decode(msgspec.json.encode(drawing))
    assert received == drawing
    assert rasterise(received).shape == (drawing.height, drawing.width)


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["width", "height", "strokes", "width_px", "points", "x"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    ).map(lambda content: json.dumps(content).encode())
)
def test_whatever_is_sent_is_a_drawing_or_refused_in_one_line(content: bytes) -> None:
    problem = ""
    try:
        decode(content)
    except ImageError as error:
        problem = str(error)
    assert "\n" not in problem
    assert problem == "" or problem.startswith("drawing: ")


def sent(**changes: object) -> bytes:
    return json.dumps({"width": 100, "height": 60, "strokes": [{"width_px": 4, "points": [[1, 2]]}]} | changes).encode()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "drawing: Input data was truncated"),
        (b"[" * 100_000, "drawing: Expected `object`, got `array`"),
        (b"\xff\xfe", "drawing: JSON is malformed: invalid character (byte 0)"),
        (b"{}", "drawing: Object missing required field `width`"),
        (sent(width=15), "drawing: width: Expected `int` >= 16"),
        (sent(height=4097), "drawing: height: Expected `int` <= 4096"),
        (sent(size=3), "drawing: Object contains unknown field `size`"),
        (sent(strokes=[{"width_px": 0, "points": [[1, 2]]}]), "drawing: strokes[0].width_px: Expected `float` > 0.0"),
        (sent(strokes=[{"width_px": 1, "points": []}]), "drawing: strokes[0].points: Expected `array` of length >= 1"),
        (
            sent(strokes=[{"width_px": 1, "points": [[1, 2], [3, "x"]]}]),
            "drawing: strokes[0].points[1][1]: Expected `float`, got `str`",
        ),
        (
            sent(strokes=[{"width_px": 1, "points": [[1, 2, 3]]}]),
            "drawing: strokes[0].points[0]: Expected `array` of length 2",
        ),
        (
            sent().replace(b"[1, 2]", b"[1, 1e999]"),
            "drawing: strokes[0].points[0][1]: Number out of range",
        ),
        (
            sent(strokes=[{"width_px": 1, "points": [[1, 2]]}] * (MAX_STROKES + 1)),
            f"drawing: strokes: Expected `array` of length <= {MAX_STROKES}",
        ),
        (
            sent(strokes=[{"width_px": 1, "points": [[1, 2]] * (MAX_POINTS // 2)}] * 3),
            f"drawing: {MAX_POINTS * 3 // 2} points; allowed up to {MAX_POINTS} in all strokes. Clear the canvas",
        ),
        (
            sent(width=4096, strokes=[{"width_px": 1, "points": [[0, 2], [4000, 2]] * 100}]),
            f"drawing: 796000 px of line; allowed up to {MAX_LINE_PX}. Clear the canvas",
        ),
        (b" " * (MAX_BYTES + 1), f"drawing: {MAX_BYTES + 1} bytes; allowed up to {MAX_BYTES}. Clear the canvas"),
    ],
)
def test_a_drawing_out_of_bounds_is_refused_with_the_place_and_what_is_allowed(content: bytes, problem: str) -> None:
    with pytest.raises(ImageError) as refused:
        decode(content)
    assert str(refused.value) == problem
