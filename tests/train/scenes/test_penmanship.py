"""Digits drawn in the hands of many countries, and glyphs bent into other forms."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from handwriting import glyph_set

from core.config import Config
from core.interpreter import Interpreter
from edge.methods import load_models
from train.scenes import Material, material
from train.scenes.allographs import ALLOGRAPHS, form
from train.scenes.penmanship import CROSSED_SEVENS, EUROPEAN_ONES, MOST_POINTS, bent, penmanship
from train.scenes.pens import Glyph

WAYS = [(value, name) for value, ways in enumerate(ALLOGRAPHS) for name in ways]
GLYPHS = glyph_set(60, seed=5)


def penned(value: int, name: str, count: int) -> list[Glyph]:
    """One glyph each of so many writers."""
    hands = [np.random.default_rng(seed) for seed in range(count)]
    return [penmanship(rng).drawn(value, name, rng) for rng in hands]


def likeness(one: Glyph, other: Glyph) -> float:
    """Correlation of two glyphs, blurred: strokes of one form may miss one another by a pixel."""
    soft = [cv2.GaussianBlur(glyph, (0, 0), 1.0).ravel().astype(float) for glyph in (one, other)]
    return float(np.corrcoef(*soft)[0, 1])


@pytest.fixture(scope="module")
def classifier() -> Interpreter:
    return Interpreter.of(load_models(Config()).classifier)


def test_a_seed_gives_the_same_writer_and_the_same_digits() -> None:
    def all_digits(seed: int) -> bytes:
        rng = np.random.default_rng(seed)
        writer = penmanship(rng)
        return b"".join(writer.digit(value, rng).tobytes() for value in range(10))

    assert all_digits(1) == all_digits(1)
    assert all_digits(1) != all_digits(2)


LEAST_READ = {"slashed": 0.6, "closed head": 0.3, "closed head, short foot": 0.1, "closed head, loop": 0.6}
"""Share that the classifier reads of what its data has hardly any of: a 2 whose head is closed is mostly a 9 to it."""


@pytest.mark.parametrize(("value", "name"), WAYS)
def test_every_way_to_form_a_digit_gives_a_glyph_as_data_has_them(value: int, name: str) -> None:
    assert len(form(ALLOGRAPHS[value][name].path).points) <= MOST_POINTS
    for glyph in penned(value, name, 12):
        assert (glyph.shape, glyph.dtype, glyph.max()) == ((28, 28), np.dtype(np.uint8), 255)
        rim = [glyph[0], glyph[-1], glyph[:, 0], glyph[:, -1]]
        assert max(int(side.max()) for side in rim) == 0
        _, _, width, height = cv2.boundingRect((glyph > 60).astype(np.uint8))
        assert 18 <= max(width, height) <= 22
        moments = cv2.moments(glyph)
        middle = moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
        assert middle == pytest.approx((13.5, 13.5), abs=2.5)


@pytest.mark.parametrize(("value", "name"), WAYS)
def test_the_shipped_classifier_reads_every_way_to_form_a_digit(value: int, name: str, classifier: Interpreter) -> None:
    found = classifier.classify(np.stack(penned(value, name, 30))).argmax(axis=1)
    assert np.mean(found == value) >= LEAST_READ.get(name, 0.8)


def test_the_shipped_classifier_reads_most_digits_of_most_writers(classifier: Interpreter) -> None:
    glyphs: list[Glyph] = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        writer = penmanship(rng)
        glyphs.extend(writer.digit(value, rng) for value in range(10))
    found = classifier.classify(np.stack(glyphs)).argmax(axis=1)
    assert np.mean(found == np.tile(np.arange(10), 60)) > 0.97


def test_a_writer_is_more_like_themselves_than_like_another() -> None:
    alike, unlike = [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        one, other = penmanship(rng), penmanship(rng)
        for value in (2, 3, 5, 8):
            again = one.drawn(value, one.ways[value][0], rng)
            alike.append(likeness(again, one.drawn(value, one.ways[value][0], rng)))
            unlike.append(likeness(again, other.drawn(value, other.ways[value][0], rng)))
    assert np.mean(alike) > np.mean(unlike) + 0.1


def test_no_two_digits_of_a_writer_are_quite_the_same() -> None:
    rng = np.random.default_rng(3)
    writer = penmanship(rng)
    assert len({writer.digit(4, rng).tobytes() for _ in range(20)}) == 20


def test_whose_one_has_a_long_flag_mostly_crosses_the_seven() -> None:
    writers = [penmanship(np.random.default_rng(seed)) for seed in range(300)]
    flagged = [writer.ways[7][0] in CROSSED_SEVENS for writer in writers if writer.ways[1][0] in EUROPEAN_ONES]
    others = [writer.ways[7][0] in CROSSED_SEVENS for writer in writers if writer.ways[1][0] not in EUROPEAN_ONES]
    assert np.mean(flagged) > 0.75
    assert np.mean(others) < 0.5


def test_a_bent_glyph_has_other_pixels_and_stays_the_digit(classifier: Interpreter) -> None:
    rng = np.random.default_rng(1)
    straight = [glyph for value, name in WAYS for glyph in penned(value, name, 5) if name != "slashed"]
    values = [value for value, name in WAYS for _ in range(5) if name != "slashed"]
    curved = [bent(glyph, rng) for glyph in straight]
    assert {(glyph.shape, glyph.dtype) for glyph in curved} == {((28, 28), np.dtype(np.uint8))}
    assert max(likeness(*pair) for pair in zip(straight, curved, strict=True)) < 0.999
    assert np.mean(classifier.classify(np.stack(curved)).argmax(axis=1) == values) > 0.93


def test_a_glyph_is_bent_the_same_for_a_seed_and_is_left_as_it_was() -> None:
    glyph = GLYPHS.pixels[3].copy()
    once, again = bent(glyph, np.random.default_rng(1)), bent(glyph, np.random.default_rng(1))
    assert np.array_equal(once, again)
    assert np.array_equal(glyph, GLYPHS.pixels[3])


def test_some_hands_are_penned_and_some_glyphs_of_the_others_bent(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {glyph.tobytes() for glyph in GLYPHS.pixels}

    def share_as_given(penned_share: float, bent_share: float) -> float:
        monkeypatch.setattr(material, "PENNED_SHARE", penned_share)
        monkeypatch.setattr(material, "BENT_SHARE", bent_share)
        rng = np.random.default_rng(4)
        drawn = [Material(GLYPHS).hand(rng).digit(value) for value in range(10) for _ in range(30)]
        return float(np.mean([glyph.tobytes() in given for glyph in drawn]))

    assert share_as_given(0.0, 0.0) == 1
    assert share_as_given(1.0, 0.0) == 0
    assert share_as_given(0.0, 1.0) == 0
    assert share_as_given(0.5, 0.5) == pytest.approx(0.25, abs=0.1)
