"""The temperature and the threshold, against what they are defined by."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convert.calibrate import TEMPERATURES, THRESHOLDS, UNSURE_SHARE, fit_temperature, reject_threshold, representative
from core.evaluation import evaluate, log_softmax

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
def test_the_threshold_rejects_no_more_rightly_read_glyphs_than_it_may(seed, lowest, right_share):
    rng = np.random.default_rng(seed)
    confidences, right = rng.uniform(lowest, 1, 2000), rng.random(2000) < right_share
    threshold = reject_threshold(confidences, right)
    rejected = (confidences[right] < threshold).mean()
    assert THRESHOLDS[0] <= threshold <= THRESHOLDS[1]
    assert rejected <= UNSURE_SHARE or threshold == THRESHOLDS[0]


def test_the_threshold_is_the_confidence_that_two_in_a_thousand_fall_below():
    confidences = np.concatenate([[0.55, 0.6, 0.7003], np.full(1497, 0.99)])
    assert reject_threshold(confidences, np.ones(1500, bool)) == 0.7


def test_glyphs_read_wrong_do_not_move_the_threshold():
    confidences, right = np.concatenate([np.full(1000, 0.8), np.full(500, 0.1)]), np.arange(1500) < 1000
    assert reject_threshold(confidences, right) == 0.8


@pytest.mark.parametrize(("confidence", "threshold"), [(0.05, 0.3), (0.99, 0.9)])
def test_the_threshold_stays_within_its_bounds(confidence, threshold):
    assert reject_threshold(np.full(100, confidence), np.ones(100, bool)) == threshold


def test_with_nothing_read_right_the_threshold_is_the_strictest():
    assert reject_threshold(np.full(10, 0.5), np.zeros(10, bool)) == THRESHOLDS[1]


def test_the_representative_glyphs_span_all_there_is():
    pixels = np.full((3, 28, 28), 100, np.uint8)
    shown = representative(pixels)
    assert (shown.dtype, shown.shape, shown.min(), shown.max()) == (np.uint8, (5, 28, 28), 0, 255)
    np.testing.assert_array_equal(pixels, shown[:3])
