"""The rule by which glyphs are rejected, and the sharpness it names blur by."""

from __future__ import annotations

import math

import cv2
import msgspec
import numpy as np
import pytest
from handwriting import glyph_set
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tflite_builder import dense, manifest_of

from core import idx
from core.config import ReadingConfig
from core.manifest import Manifest
from core.reject import REASONS, RejectRule, sharpness

GLYPHS = glyph_set(60, seed=1).pixels
BLURRED = np.stack([cv2.GaussianBlur(glyph, (0, 0), 3) for glyph in GLYPHS])


def reason(
    rule: RejectRule, *, confidence: float = 1.0, evidence: float = 9.0, blurred: bool = False, clipped: bool = False
) -> str:
    """Why `rule` rejects one glyph."""
    pixels = (BLURRED if blurred else GLYPHS)[:1]
    (found,) = rule.reasons(pixels, np.array([confidence]), np.array([evidence]), np.array([clipped]))
    return found


RULE = RejectRule(min_confidence=0.6, min_evidence=-0.5, min_sharpness=0.3)


@pytest.mark.parametrize(
    ("glyph", "expected"),
    [
        ({}, ""),
        ({"confidence": 0.6, "evidence": -0.5}, ""),
        ({"confidence": 0.59}, "unsure"),
        ({"evidence": -0.51}, "not_a_digit"),
        ({"evidence": -0.51, "confidence": 0.59}, "not_a_digit"),
        ({"evidence": -0.51, "blurred": True}, "blurred"),
        ({"confidence": 0.59, "blurred": True}, "blurred"),
        ({"confidence": 0.59, "clipped": True}, "clipped"),
        ({"evidence": -0.51, "blurred": True, "clipped": True}, "clipped"),
    ],
)
def test_of_the_reasons_that_hold_the_first_is_given(glyph: dict[str, float], expected: str) -> None:
    assert reason(RULE, **glyph) == expected


def test_blur_and_the_edge_of_the_picture_reject_nothing_that_is_read_without_doubt() -> None:
    assert reason(RULE, blurred=True, clipped=True) == ""


def test_blur_and_the_edge_of_the_picture_reject_by_themselves_if_they_are_told_to() -> None:
    strict = RejectRule(0.6, -0.5, 0.3, reject_blurred=True, reject_clipped=True)
    assert reason(strict) == ""
    assert reason(strict, blurred=True) == "blurred"
    assert reason(strict, clipped=True) == "clipped"
    assert reason(strict, blurred=True, clipped=True) == "clipped"


@given(
    st.tuples(st.floats(0, 1), st.floats(-20, 20), st.floats(0, 1), st.booleans(), st.booleans()),
    st.lists(st.tuples(st.floats(0, 1), st.floats(-20, 20), st.booleans()), min_size=1, max_size=len(GLYPHS)),
)
def test_glyphs_are_rejected_together_as_they_are_one_by_one(
    settings: tuple[float, float, float, bool, bool], drawn: list[tuple[float, float, bool]]
) -> None:
    rule = RejectRule(*settings)
    pixels = np.where(np.arange(len(drawn))[:, None, None] % 2, BLURRED[: len(drawn)], GLYPHS[: len(drawn)])
    confidences, evidence, clipped = (np.array(column) for column in zip(*drawn, strict=True))
    together = rule.reasons(pixels, confidences, evidence, clipped)
    one_by_one = [
        rule.reasons(*(part[index : index + 1] for part in (pixels, confidences, evidence, clipped)))[0]
        for index in range(len(drawn))
    ]
    assert together == one_by_one
    assert set(together) <= {"", *REASONS}


def test_no_glyphs_have_no_reasons() -> None:
    assert RULE.reasons(GLYPHS[:0], np.empty(0), np.empty(0)) == []


def a_manifest(**changes: object) -> Manifest:
    return manifest_of(dense(np.eye(2, 784)), ["0", "1"], **changes)


def test_the_models_own_thresholds_hold_unless_the_config_moves_them() -> None:
    manifest = a_manifest(min_confidence=0.4, min_evidence=-1.5, min_sharpness=0.35)
    assert RejectRule.of(manifest) == RejectRule(0.4, -1.5, 0.35, reject_blurred=False, reject_clipped=False)
    moved = ReadingConfig(min_confidence=0.0, min_evidence=2.0, min_sharpness=0.0, reject_clipped=True)
    assert RejectRule.of(manifest, moved) == RejectRule(0.0, 2.0, 0.0, reject_blurred=True, reject_clipped=True)


@pytest.mark.parametrize("name", ["min_confidence", "min_evidence", "min_sharpness"])
def test_each_threshold_moves_by_itself(name: str) -> None:
    manifest = a_manifest(min_confidence=0.4, min_evidence=-1.5, min_sharpness=0.35)
    moved = RejectRule.of(manifest, msgspec.convert({name: 0.25}, ReadingConfig))
    assert moved.reject_blurred is (name == "min_sharpness")
    expected = {"min_confidence": 0.4, "min_evidence": -1.5, "min_sharpness": 0.35} | {name: 0.25}
    assert {key: getattr(moved, key) for key in expected} == expected


def test_a_model_without_the_thresholds_rejects_nothing_by_them() -> None:
    rule = RejectRule.of(a_manifest())
    assert (rule.min_evidence, rule.min_sharpness) == (-math.inf, 0.0)
    assert reason(rule, evidence=-1e6, blurred=True) == ""
    assert reason(rule, confidence=0.1, evidence=-1e6, blurred=True) == "unsure"


@pytest.mark.parametrize("width_px", [1, 2, 3, 5, 9])
def test_sharpness_is_one_over_the_width_of_the_edges(width_px: int) -> None:
    glyph = np.zeros((1, 28, 28), np.uint8)
    glyph[:] = np.clip(np.arange(28) - 9, 0, width_px) * (180 / width_px)
    assert sharpness(glyph)[0] == pytest.approx(1 / width_px, rel=0.02)


@given(
    arrays(np.uint8, (2, 28, 28), elements=st.integers(0, 80)),
    st.integers(1, 3),
)
def test_sharpness_is_a_share_that_brightness_does_not_change(pixels: np.ndarray, factor: int) -> None:
    measured = sharpness(pixels)
    assert measured.shape == (2,)
    assert np.all((measured >= 0) & (measured <= 1.0001))
    np.testing.assert_allclose(sharpness(pixels * np.uint8(factor)), measured, rtol=1e-5)


def test_a_glyph_without_ink_has_no_sharpness() -> None:
    assert sharpness(np.zeros((1, 28, 28), np.uint8)).tolist() == [0.0]
    assert sharpness(np.zeros((0, 28, 28), np.uint8)).shape == (0,)


def disc(radius_px: float) -> np.ndarray:
    """The kernel of a lens out of focus."""
    side = np.arange(-5, 6)
    kernel = np.clip(radius_px + 0.5 - np.hypot(side, side[:, np.newaxis]), 0, 1)
    return kernel / kernel.sum()


def test_every_blur_makes_every_glyph_less_sharp() -> None:
    for glyph in GLYPHS:
        gaussian = [cv2.GaussianBlur(glyph, (0, 0), sigma_px) for sigma_px in (0.4, 0.7, 1.0, 1.5, 2.0, 3.0)]
        defocus = [cv2.filter2D(glyph, -1, disc(radius_px)) for radius_px in (1.0, 1.5, 2.0, 3.0, 4.0)]
        for blurs in (gaussian, defocus):
            assert np.all(np.diff(sharpness(np.stack([glyph, *blurs]))) < 0)


@pytest.mark.shared_data
def test_the_width_of_the_pen_and_the_digit_hardly_matter_to_the_sharpness_of_mnist(shared_data) -> None:
    found = idx.read_split(shared_data / "mnist", "train")
    pixels, targets = found.pixels[:5000], found.targets[:5000]
    sharp = sharpness(pixels)
    soft = sharpness(np.stack([cv2.GaussianBlur(glyph, (0, 0), 0.6) for glyph in pixels]))
    ink = pixels.sum(axis=(1, 2))
    assert abs(np.corrcoef(sharp, ink)[0, 1]) < 0.2
    means = [sharp[targets == digit].mean() for digit in range(10)]
    assert max(means) - min(means) < sharp.mean() - soft.mean()
    assert sharp.min() > np.quantile(soft, 0.99)
