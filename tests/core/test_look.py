"""A spotter's look at frames of any size, with the spotter that ships."""

from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pen_pages import written

from core import look as look_file
from core.errors import ModelFileError
from core.look import look
from core.manifest import Resize
from core.model_file import SpotterFile, read, read_spotter
from core.spot_figures import FOUND_IOU
from core.spots import overlaps
from core.spotter import MOST_SHAPES, Spotter

MAX_SIDE_PX = 1024


@pytest.fixture(scope="module")
def file(root: Path) -> SpotterFile:
    return read_spotter(root / "models" / "spotter.tflite")


@pytest.fixture(scope="module")
def spotter(file: SpotterFile) -> Spotter:
    return Spotter(file)


@pytest.mark.parametrize("height_px", [24, 40, 80, 160, 320])
def test_a_digit_is_found_once_whatever_its_size(spotter: Spotter, height_px: int) -> None:
    spots = look(spotter, written("5", height_px), MAX_SIDE_PX).above(0.3)
    assert spots.labels.tolist() == [5]
    ink = np.array([cv2.boundingRect((written("5", height_px) < 120).astype(np.uint8))], np.float32)
    assert overlaps(spots.boxes, ink)[0, 0] > FOUND_IOU


def test_light_ink_is_found_as_dark_ink_is(spotter: Spotter) -> None:
    dark = look(spotter, written("2", 80), MAX_SIDE_PX).above(0.3)
    light = look(spotter, 255 - written("2", 80), MAX_SIDE_PX).above(0.3)
    assert dark.labels.tolist() == light.labels.tolist() == [2]


def test_blank_paper_has_no_digits(spotter: Spotter) -> None:
    for level in (0, 128, 255):
        assert len(look(spotter, np.full((480, 640), level, np.uint8), MAX_SIDE_PX).above(0.3)) == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 2**31))
def test_any_frame_gives_finite_boxes_and_scores(spotter: Spotter, height: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    luma = rng.integers(0, 256, (height, width), dtype=np.uint8)
    spots = look(spotter, cv2.blur(luma, (3, 3)) if seed % 2 else luma, MAX_SIDE_PX)
    assert np.isfinite(spots.boxes).all()
    assert ((spots.scores >= 0) & (spots.scores <= 1)).all()
    assert (np.diff(spots.confidences) <= 0).all()


def test_a_frame_far_from_square_is_looked_at_without_growing(spotter: Spotter) -> None:
    assert len(look(spotter, np.full((2, 5000), 200, np.uint8), MAX_SIDE_PX)) == 0


def test_one_file_serves_frames_of_every_size_and_keeps_a_few_ready(spotter: Spotter) -> None:
    luma = written("5", 36)[:160, :160]
    for extra in range(2 * MOST_SHAPES):
        framed = cv2.copyMakeBorder(luma, 0, 32 * extra, 0, 64, cv2.BORDER_REPLICATE)
        assert 5 in spotter.spots(framed, 0.2).labels
    assert len(spotter._ready) == MOST_SHAPES


def test_small_digits_on_a_large_page_are_looked_at_again_larger(
    spotter: Spotter, monkeypatch: pytest.MonkeyPatch
) -> None:
    luma = written("4096", 22, (1000, 750))
    twice = look(spotter, luma, MAX_SIDE_PX).above(0.3)
    monkeypatch.setattr(look_file, "SMALL_PX", 0.0)
    once = look(spotter, luma, MAX_SIDE_PX).above(0.3)
    assert len(twice) > len(once)


def test_a_size_beyond_the_end_of_the_network_is_refused(file: SpotterFile) -> None:
    broken = msgspec.structs.replace(file.manifest, resizes=[Resize(len(file.tflite) - 4, 4)])
    with pytest.raises(ModelFileError, match="beyond its end"):
        Spotter(SpotterFile(file.tflite, broken))


def test_what_is_no_spotter_is_refused(file: SpotterFile, root: Path) -> None:
    classifier = read(root / "models" / "digits.tflite").tflite
    with pytest.raises(ModelFileError, match="the spotter"):
        Spotter(SpotterFile(classifier, file.manifest))
