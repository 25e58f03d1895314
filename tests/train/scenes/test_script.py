"""Handwritten words: letters of every hand, and that none of them can pass for a number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.scenes import Material
from train.scenes.letters import ACCENTED, CAPITALS, JOINED, PRINTED
from train.scenes.script import LOOKALIKES, VOCABULARY, Penmanship, lettered, penmanship, scrawl, script, tells, vocable
from train.scenes.writing import habit, word

SEEDS = st.integers(0, 2**31)
SMALL = "abcdefghijklmnopqrstuvwxyz"


def a_hand(seed: int, joined: bool) -> Penmanship:
    return replace(penmanship(0.05, np.random.default_rng(seed)), joined=joined, capitals=0.0)


def test_there_is_a_way_to_write_every_letter() -> None:
    assert "".join(JOINED) == "".join(PRINTED) == SMALL
    assert "".join(CAPITALS) == SMALL.upper()


@settings(max_examples=150)
@given(st.sampled_from(SMALL + SMALL.upper() + "".join(ACCENTED)), st.booleans(), SEEDS)
def test_every_letter_has_ink_within_the_height_of_a_line(letter: str, joined: bool, seed: int) -> None:
    strokes, width = lettered(letter, a_hand(seed, joined), np.random.default_rng(seed))
    points = np.concatenate(strokes)
    assert np.isfinite(points).all()
    assert 0 < width < 3.0
    high, low = -points[:, 1].min(), points[:, 1].max()
    assert 0.2 < high < 1.9
    assert -0.25 < low < 1.1
    assert np.hypot(*np.diff(points, axis=0).T).sum() > 0.3


@settings(max_examples=60)
@given(st.sampled_from(VOCABULARY), st.booleans(), SEEDS)
def test_a_word_begins_at_the_start_of_its_line_and_is_as_wide_as_it_says(text: str, joined: bool, seed: int) -> None:
    strokes, width = lettered(text, a_hand(seed, joined), np.random.default_rng(seed))
    across = np.concatenate(strokes)[:, 0]
    assert across.min() == pytest.approx(0)
    assert across.max() == pytest.approx(width)
    assert width > 0.08 * len(text)


@settings(max_examples=60)
@given(st.floats(-0.4, 0.4), SEEDS)
def test_no_word_can_be_read_as_a_number(slant: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    own = penmanship(slant, rng)
    for _ in range(20):
        text = vocable(own, rng)
        assert tells(text)
        assert len(text) >= 2
        assert not set(text) <= LOOKALIKES


@pytest.mark.parametrize("text", ["o", "l", "S", "so", "is", "Bill", "loss", "SOS", "boss", "IO", "Ól", "Ösôl"])
def test_letters_that_look_like_digits_do_not_make_a_word_by_themselves(text: str) -> None:
    assert not tells(text)


@pytest.mark.parametrize("text", ["hello", "number", "und", "mañana", "REMEMBER", "me"])
def test_a_word_with_letters_like_no_digit_may_be_written(text: str) -> None:
    assert tells(text)


def test_all_words_can_be_written() -> None:
    for joined in (False, True):
        own = a_hand(3, joined)
        for text in VOCABULARY:
            for form in (text, text.upper()):
                assert lettered(form, own, np.random.default_rng(1))[1] > 0


def test_joined_writing_lifts_the_pen_for_dots_and_bars_only() -> None:
    own = replace(a_hand(1, True), lifts=0.0)
    rng = np.random.default_rng(1)
    assert len(lettered("moon", own, rng)[0]) == 1
    assert len(lettered("mine", own, rng)[0]) == 2
    assert len(lettered("über", own, rng)[0]) == 3
    assert len(lettered("moon", replace(own, joined=False), rng)[0]) == 4


def test_faster_writing_is_flatter() -> None:
    own = replace(a_hand(2, True), sloppiness=0.0, slant=0.0)
    length = {}
    for speed in (0.0, 1.0):
        strokes, _ = lettered("minimum", replace(own, speed=speed), np.random.default_rng(1))
        length[speed] = np.abs(np.diff(strokes[0][:, 1])).sum()
    assert length[1.0] < 0.75 * length[0.0]


def test_the_same_seed_writes_the_same() -> None:
    manner = habit(np.random.default_rng(4))
    first, second = (script(manner, np.random.default_rng(5)) for _ in range(2))
    assert first[1] == second[1]
    assert all((a == b).all() for a, b in zip(first[0], second[0], strict=True))


def test_another_manner_is_another_hand() -> None:
    first, second = (script(habit(np.random.default_rng(seed)), np.random.default_rng(5)) for seed in (4, 6))
    assert first[1] != second[1]


def test_words_are_of_script_and_of_letters(material: Material) -> None:
    rng = np.random.default_rng(6)
    hand, manner = material.hand(rng), habit(rng)
    written = [word(hand, manner) for _ in range(100)]
    in_script = sum(bool(one.paths) for one in written)
    assert 30 < in_script < 70
    assert all(bool(one.paths) != bool(one.glyphs) for one in written)


@settings(max_examples=60)
@given(SEEDS)
def test_a_scrawl_is_longer_than_a_digit(seed: int) -> None:
    strokes, width = scrawl(np.random.default_rng(seed))
    points = np.concatenate(strokes)
    assert np.isfinite(points).all()
    assert points[:, 0].min() == pytest.approx(0)
    assert points[:, 0].max() == pytest.approx(width)
    assert width > 1.0
    assert np.abs(points[:, 1]).max() < 3
