"""The temperature and the thresholds, against what they are defined by."""

import numpy as np
import pytest
from drawn_glyphs import draw_set
from hypothesis import given, settings
from hypothesis import strategies as st

from convert.calibrate import (
    BLURRED_SHARE,
    BLURS_PX,
    EVEN_ODDS,
    NOT_A_DIGIT_SHARE,
    TEMPERATURES,
    THRESHOLDS,
    UNSURE_SHARE,
    fit_min_confidence,
    fit_min_evidence,
    fit_min_sharpness,
    fit_temperature,
    representative,
)
from convert.defocus import defocused
from core.evaluation import evaluate, log_softmax
from core.reject import sharpness

LABELS = tuple("0123456789")


def drawn_from(temperature, count, seed):
    """(logits, targets): the targets drawn from the probabilities the logits have at `temperature`."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 4, (count, 10)).astype(np.float32)
    noise = rng.gumbel(size=logits.shape)
    return logits, (logits / temperature + noise).argmax(axis=1)


def smoothed_nll(logits, targets, temperature):
    """Platt's: each of N truths has the probability (N + 1) / (N + 2), and the other labels share the rest."""
    doubt = 1 / (len(targets) + 2)
    truth = np.full(logits.shape, doubt / (logits.shape[1] - 1))
    truth[np.arange(len(targets)), targets] = 1 - doubt
    return -(truth * log_softmax(logits / temperature)).sum(axis=1).mean()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.7, 4.0])
def test_the_temperature_that_made_the_labels_is_found(temperature):
    logits, targets = drawn_from(temperature, 20_000, 1)
    assert fit_temperature(logits, targets) == pytest.approx(temperature, rel=0.04)


@settings(deadline=None, max_examples=30)
@given(temperature=st.floats(0.3, 5), seed=st.integers(0, 2**32 - 1))
def test_no_other_temperature_is_likelier(temperature, seed):
    logits, targets = drawn_from(temperature, 500, seed)
    fitted = smoothed_nll(logits, targets, fit_temperature(logits, targets))
    assert fitted <= min(smoothed_nll(logits, targets, other) for other in np.geomspace(*TEMPERATURES, 60)) + 1e-6


@settings(deadline=None, max_examples=30)
@given(factor=st.floats(0.5, 2), seed=st.integers(0, 2**32 - 1))
def test_logits_times_a_factor_have_the_temperature_times_that_factor(factor, seed):
    logits, targets = drawn_from(1.5, 400, seed)
    assert fit_temperature(logits * factor, targets) == pytest.approx(
        factor * fit_temperature(logits, targets), rel=1e-3
    )


@settings(deadline=None, max_examples=30)
@given(count=st.integers(1, 60), margin=st.floats(1, 30), seed=st.integers(0, 2**32 - 1))
def test_a_few_glyphs_all_read_right_make_nothing_certain(count, margin, seed):
    targets = np.random.default_rng(seed).integers(0, 10, count)
    logits = np.zeros((count, 10))
    logits[np.arange(count), targets] = margin
    temperature = fit_temperature(logits, targets)
    assert TEMPERATURES[0] <= temperature <= TEMPERATURES[1]
    if temperature < TEMPERATURES[1]:
        confidence = np.exp(log_softmax(logits / temperature)).max()
        # Right `count` times of `count` is no proof of more than (count + 1) in (count + 2).
        assert confidence <= (count + 1) / (count + 2) + 1e-4


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_temperature_moves_no_prediction(seed):
    logits, targets = drawn_from(2.0, 200, seed)
    scaled = evaluate(logits / fit_temperature(logits, targets), targets, LABELS)
    np.testing.assert_array_equal(logits.argmax(axis=1), scaled.predictions)


def test_calibration_error_falls_with_the_temperature():
    logits, targets = drawn_from(2.5, 5000, 3)
    before = evaluate(logits, targets, LABELS).calibration_error
    after = evaluate(logits / fit_temperature(logits, targets), targets, LABELS).calibration_error
    assert before > 0.1
    assert after < 0.02


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1), lowest=st.floats(0.1, 0.9), right_share=st.floats(0.5, 1))
def test_no_more_rightly_read_glyphs_are_unsure_than_may_be(seed, lowest, right_share):
    rng = np.random.default_rng(seed)
    confidences, right = rng.uniform(lowest, 1, 2000), rng.random(2000) < right_share
    threshold = fit_min_confidence(confidences, right)
    rejected = (confidences[right] < threshold).mean()
    assert THRESHOLDS[0] <= threshold <= THRESHOLDS[1]
    assert rejected <= UNSURE_SHARE or threshold == THRESHOLDS[0]


def test_the_least_confidence_is_the_one_that_two_in_a_thousand_fall_below():
    confidences = np.concatenate([[0.55, 0.6, 0.7003], np.full(1497, 0.99)])
    assert fit_min_confidence(confidences, np.ones(1500, bool)) == 0.7


def test_glyphs_read_wrong_move_no_threshold():
    right = np.arange(1500) < 1000
    assert fit_min_confidence(np.concatenate([np.full(1000, 0.8), np.full(500, 0.1)]), right) == 0.8
    assert fit_min_evidence(np.concatenate([np.full(1000, 2.5), np.full(500, -9.0)]), right) == 2.5


@pytest.mark.parametrize(("confidence", "threshold"), [(0.05, 0.3), (0.99, 0.9)])
def test_the_least_confidence_stays_within_its_bounds(confidence, threshold):
    assert fit_min_confidence(np.full(100, confidence), np.ones(100, bool)) == threshold


def test_with_nothing_read_right_the_least_confidence_is_the_strictest_and_the_least_evidence_even_odds():
    assert fit_min_confidence(np.full(10, 0.5), np.zeros(10, bool)) == THRESHOLDS[1]
    assert fit_min_evidence(np.full(10, 5.0), np.zeros(10, bool)) == EVEN_ODDS


STEPPED_LOGITS = st.integers(-400, 400).map(lambda step: step * 0.15)
"""As int8 has them: many glyphs share one."""


@settings(deadline=None)
@given(
    evidence=st.lists(st.floats(-50, 50) | STEPPED_LOGITS, min_size=1, max_size=1200),
    copies=st.integers(1, 5),
    seed=st.integers(0, 2**32 - 1),
)
def test_no_more_rightly_read_glyphs_are_taken_for_no_digit_than_may_be(evidence, copies, seed):
    evidence = np.repeat(evidence, copies)
    right = np.random.default_rng(seed).random(len(evidence)) < 0.9
    threshold = fit_min_evidence(evidence, right)
    assert (evidence[right] < threshold).sum() <= NOT_A_DIGIT_SHARE * right.sum()


@settings(deadline=None)
@given(share=st.floats(0, 1), lowest=st.floats(-30, 30))
def test_the_least_evidence_lies_just_below_the_lowest_that_must_be_kept(share, lowest):
    lost = round(share * NOT_A_DIGIT_SHARE * 4000)
    evidence = np.concatenate([np.full(lost, lowest - 5), np.full(4000 - lost, lowest)])
    threshold = fit_min_evidence(evidence, np.ones(4000, bool))
    assert lowest - 0.001 <= threshold <= lowest


def test_the_least_evidence_is_the_one_that_three_in_ten_thousand_fall_below():
    evidence = np.concatenate([[-4.0, -2.0, -1.0, 0.1234], np.full(10000, 8.0)])
    assert fit_min_evidence(evidence, np.ones(10004, bool)) == 0.123


def always(pixels, _):
    return np.ones(len(pixels), bool)


def never(pixels, _):
    return np.zeros(len(pixels), bool)


def if_sharper_than(least):
    """A reader that no longer reads what is less sharp."""
    return lambda pixels, _: sharpness(pixels) >= least


DRAWN = draw_set("drawn", 120, 5)


def test_a_page_that_is_more_blurred_gives_less_sharp_glyphs_and_the_same_digits():
    medians = [np.median(sharpness(defocused(DRAWN.pixels, sigma_px))) for sigma_px in (0.5, 1.0, 2.0, 3.0)]
    assert np.all(np.diff(medians) < 0)
    sharp, soft = DRAWN.pixels.astype(float), defocused(DRAWN.pixels, 0.5).astype(float)
    alike = [np.corrcoef(one.ravel(), other.ravel())[0, 1] for one, other in zip(sharp, soft, strict=True)]
    assert np.median(alike) > 0.85


@pytest.mark.parametrize("least", [0.34, 0.38, 0.42])
def test_called_blurred_is_what_is_too_blurred_for_the_reader(least):
    fitted = fit_min_sharpness(DRAWN.pixels, DRAWN.targets, if_sharper_than(least))
    assert least - 0.01 < fitted < least + 0.06


@settings(deadline=None, max_examples=20)
@given(least=st.floats(0, 0.6), chosen=st.sets(st.integers(0, len(DRAWN) - 1), min_size=1))
def test_no_more_glyphs_fall_below_the_least_sharpness_than_may_be(least, chosen):
    glyphs = DRAWN.take(sorted(chosen))
    fitted = fit_min_sharpness(glyphs.pixels, glyphs.targets, if_sharper_than(least))
    assert (sharpness(glyphs.pixels) < fitted).mean() <= BLURRED_SHARE


def test_a_reader_of_everything_calls_only_the_worst_blur_so_and_one_of_nothing_what_none_of_its_glyphs_has():
    worst = np.median(sharpness(defocused(DRAWN.pixels, BLURS_PX[-1])))
    assert fit_min_sharpness(DRAWN.pixels, DRAWN.targets, always) == pytest.approx(worst, abs=0.001)
    lowest = sharpness(DRAWN.pixels).min()
    assert lowest - 0.001 <= fit_min_sharpness(DRAWN.pixels, DRAWN.targets, never) <= lowest


def test_the_representative_glyphs_span_all_there_is():
    pixels = np.full((3, 28, 28), 100, np.uint8)
    shown = representative(pixels)
    assert (shown.dtype, shown.shape, shown.min(), shown.max()) == (np.uint8, (5, 28, 28), 0, 255)
    np.testing.assert_array_equal(pixels, shown[:3])
