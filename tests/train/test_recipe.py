from __future__ import annotations

import dataclasses

import pytest
from blink import RECIPE
from hypothesis import given
from hypothesis import strategies as st

from train.augment import FULL, MILD
from train.recipe import WARM_UP_SHARE


@given(st.floats(0, 1))
def test_the_cosine_rises_and_falls_below_its_peak(progress: float) -> None:
    assert 0 <= RECIPE.learning_rate_at(progress) <= RECIPE.learning_rate


def test_the_cosine_peaks_after_the_warm_up_and_ends_at_nothing() -> None:
    assert RECIPE.learning_rate_at(WARM_UP_SHARE) == pytest.approx(RECIPE.learning_rate)
    assert RECIPE.learning_rate_at(1) == pytest.approx(0)
    assert 0 < RECIPE.learning_rate_at(0.0) < RECIPE.learning_rate_at(0.02) < RECIPE.learning_rate_at(WARM_UP_SHARE)


def test_without_a_cosine_the_rate_stays() -> None:
    recipe = dataclasses.replace(RECIPE, cosine=False)
    assert {recipe.learning_rate_at(progress) for progress in (0, 0.3, 1)} == {RECIPE.learning_rate}


@given(st.floats(0, 1), st.floats(0, 1))
def test_augmentation_is_full_before_a_share_of_the_steps_and_mild_after(mild_from: float, progress: float) -> None:
    recipe = dataclasses.replace(RECIPE, mild_from=mild_from)
    assert recipe.strength_at(progress) == (FULL if progress < mild_from else MILD)


def test_augmentation_is_full_to_the_last_step_unless_said_otherwise() -> None:
    assert {RECIPE.strength_at(progress) for progress in (0, 0.5, 0.9999)} == {FULL}


def test_without_augmentation_nothing_is_changed_at_any_time() -> None:
    recipe = dataclasses.replace(RECIPE, augment=False, mild_from=0.5)
    assert {recipe.strength_at(progress) for progress in (0, 0.5, 1)} == {None}
