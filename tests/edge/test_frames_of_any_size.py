"""Frames of any size and content, one after the other, through everything."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.config import Config, ReadingConfig
from core.frame import Box, Frame, Luma
from core.ink import MOST_PIECES
from edge.events import ReadingCleared
from edge.find import MOST_GLYPHS
from edge.methods import load_models, new_reader
from edge.pipeline import Pipeline
from edge.quality import Watch
from edge.reader import Reader
from edge.track import MOST_TRACKS

LARGEST_SIDE_PX = 700

STEP_NS = 10**8

KINDS = ["black", "white", "grey", "noise", "faint noise", "specks", "stripes", "checks", "ramp", "digits"]

Looks = tuple[str, tuple[int, int], int]
"""What a frame is made of: kind, (height, width), seed."""


METHODS = ["ink", "both", "confirmed"]
"""The spotter alone is in the second."""


def a_reader(**reading: object) -> Reader:
    return new_reader(load_models(Config()), Config(reading=ReadingConfig(**reading)))


@pytest.fixture(scope="module", params=METHODS)
def reader(request: pytest.FixtureRequest) -> Reader:
    return a_reader(method=request.param)


@pytest.fixture(scope="module", params=METHODS)
def shrinking_reader(request: pytest.FixtureRequest) -> Reader:
    """Most frames are larger than this, and are searched at another size than theirs."""
    return a_reader(method=request.param, max_side_px=160, min_height_px=4)


def a_pipeline(reader: Reader) -> Pipeline:
    return Pipeline(
        reader, ReadingConfig(stable_after_s=0.0, cleared_after_s=2.5 * STEP_NS / 1e9), "test", Watch(drawn=True)
    )


def frame_of(looks: Looks) -> Luma:
    kind, (height, width), seed = looks
    noise = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    rows, columns = np.indices((height, width))
    period = 1 + seed % 40
    match kind:
        case "black" | "white" | "grey":
            return np.full_like(noise, {"black": 0, "white": 255, "grey": seed % 256}[kind])
        case "noise":
            return noise
        case "faint noise":
            return 200 + noise // 32
        case "specks":
            return np.where(noise < 1 + seed % 30, 0, 255).astype(np.uint8)
        case "stripes":
            return ((columns // period % 2) * 255).astype(np.uint8)
        case "checks":
            return (((rows // period + columns // period) % 2) * 255).astype(np.uint8)
        case "ramp":
            return (rows + columns).astype(np.uint8)
    luma = np.full_like(noise, 225)
    fits_px = min(height, width * 2 // 5)
    place, thickness_px = (width // 9, height * 3 // 4), max(1, fits_px // 15)
    cv2.putText(luma, "2047", place, cv2.FONT_HERSHEY_SIMPLEX, fits_px / 45, 40, thickness_px, cv2.LINE_AA)
    return luma


SIDES = st.integers(1, LARGEST_SIDE_PX) | st.sampled_from([1, 2, 3, LARGEST_SIDE_PX])
LOOKS = st.tuples(st.sampled_from(KINDS), st.tuples(SIDES, SIDES), st.integers(0, 10**6))


def inside(box: Box, luma: Luma) -> bool:
    height, width = luma.shape
    return (
        box.width > 0 and box.height > 0 and box.x >= 0 and box.y >= 0 and box.right <= width and box.bottom <= height
    )


@settings(max_examples=60)
@given(looks=LOOKS)
@example(looks=("noise", (LARGEST_SIDE_PX, LARGEST_SIDE_PX), 1))
@example(looks=("checks", (LARGEST_SIDE_PX, LARGEST_SIDE_PX), 11))
@example(looks=("noise", (1, LARGEST_SIDE_PX), 1))
@example(looks=("noise", (LARGEST_SIDE_PX, 1), 1))
def test_all_that_is_seen_in_a_frame_of_any_size_lies_inside_it_and_is_bounded(reader: Reader, looks: Looks) -> None:
    check_all_that_is_seen(reader, frame_of(looks))


@settings(max_examples=60)
@given(looks=LOOKS)
@example(looks=("checks", (612, 21), 75590))
def test_so_it_is_where_frames_are_shrunk_for_the_search(shrinking_reader: Reader, looks: Looks) -> None:
    check_all_that_is_seen(shrinking_reader, frame_of(looks))


def check_all_that_is_seen(reader: Reader, luma: Luma) -> None:
    answer = reader.read(luma)
    digits = [digit for reading in answer.readings for digit in reading.digits]
    boxes = [seen.box for seen in [*answer.readings, *digits, *answer.rejected]]
    assert [box for box in boxes if not inside(box, luma)] == []
    assert len(digits) <= MOST_GLYPHS
    assert len(digits) + len(answer.rejected) <= MOST_PIECES


@settings(max_examples=30)
@given(stream=st.lists(st.tuples(LOOKS, st.integers(1, 30)), min_size=2, max_size=6))
@example(
    stream=[
        *[(("digits", (120, 400), 0), 1), (("digits", (60, 200), 0), 1), (("noise", (1, 1), 0), 1)],
        *[(("digits", (500, 700), 0), 1), (("black", (700, 3), 0), 30)],
    ]
)
def test_a_stream_whose_frames_change_their_size_goes_on(reader: Reader, stream: list[tuple[Looks, int]]) -> None:
    pipeline = a_pipeline(reader)
    seen: list[Luma] = []
    now_ns = 0
    for sequence, (looks, steps) in enumerate(stream):
        now_ns += steps * STEP_NS
        luma = frame_of(looks)
        seen.append(luma)
        for event in pipeline.step(Frame(luma, sequence, now_ns)):
            assert event.at_ns == now_ns
            # What is gone was last seen in a frame before, which may have been larger.
            within = seen[:-1] if isinstance(event, ReadingCleared) else [luma]
            assert any(inside(event.box, frame) for frame in within)
        assert len(pipeline.readings) <= MOST_TRACKS
        assert all(any(inside(reading.box, frame) for frame in seen) for reading in pipeline.readings)


def test_digits_are_read_before_between_and_after_frames_of_other_sizes(reader: Reader) -> None:
    pipeline = a_pipeline(reader)
    told = []
    sizes = [("digits", (120, 400)), ("noise", (1, 1)), ("digits", (480, 700)), ("white", (700, 1)), ("white", (9, 9))]
    frames = [Frame(frame_of((*looks, 0)), 0, 0) for looks in sizes for _ in range(3)]
    for sequence, frame in enumerate(frames):
        events = pipeline.step(replace(frame, sequence=sequence, captured_ns=sequence * 10**9))
        told += [(sequence // 3, type(event).__name__, event.text) for event in events]
    assert told == [
        (0, "ReadingAppeared", "2047"),
        (1, "ReadingCleared", "2047"),
        (2, "ReadingAppeared", "2047"),
        (3, "ReadingCleared", "2047"),
    ]
