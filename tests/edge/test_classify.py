"""Predictions and their rejects, worked out by hand on a model of one dense layer in the real interpreter."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tflite_builder import dense, manifest_of

from core.config import ReadingConfig
from core.model_file import ModelFile
from edge.classify import Classifier, Prediction

LABELS = ["a", "b", "c"]


def a_model(**thresholds: float) -> ModelFile:
    """Label k's logit is pixel 2k - pixel 2k + 1 of the first row, so glyphs bring their logits with them."""
    weights = np.zeros((len(LABELS), 784), np.int8)
    for index in range(len(LABELS)):
        weights[index, 2 * index : 2 * index + 2] = 1, -1
    tflite = dense(weights)
    return ModelFile(tflite, manifest_of(tflite, LABELS, **{"temperature": 1.0, "min_confidence": 0.0} | thresholds))


def a_glyph(logits: tuple[int, ...], sigma_px: float = 0.0) -> np.ndarray:
    """uint8 (28, 28): a stroke, blurred, with whole `logits` for the model in its first pixels."""
    glyph = np.zeros((28, 28), np.uint8)
    cv2.line(glyph, (14, 8), (14, 20), 255, 3)
    if sigma_px:
        glyph = cv2.GaussianBlur(glyph, (0, 0), sigma_px)
        glyph = cv2.normalize(glyph, None, 0, 255, cv2.NORM_MINMAX)
    for index, logit in enumerate(logits):
        glyph[0, 2 * index : 2 * index + 2] = max(logit, 0), max(-logit, 0)
    return glyph


def predict(classifier: Classifier, *logits: int, sigma_px: float = 0.0, clipped: bool = False) -> Prediction:
    (prediction,) = classifier.classify(a_glyph(logits, sigma_px)[np.newaxis], np.array([clipped]))
    return prediction


@given(st.tuples(*[st.integers(-40, 40)] * len(LABELS)), st.floats(0.2, 5))
def test_confidence_is_the_softmax_of_the_logits_over_the_temperature(
    logits: tuple[int, ...], temperature: float
) -> None:
    prediction = predict(Classifier(a_model(temperature=temperature)), *logits)
    exponentials = np.exp((np.array(logits) - max(logits)) / temperature)
    expected = exponentials / exponentials.sum()
    np.testing.assert_allclose(prediction.probabilities, expected, atol=1e-6)
    assert prediction.probabilities.dtype == np.float32
    assert prediction.confidence == pytest.approx(max(expected))
    assert prediction.label == LABELS[int(np.argmax(logits))]
    assert prediction.reject == ""


def test_what_could_be_two_labels_is_unsure_and_what_is_none_is_not_a_digit() -> None:
    classifier = Classifier(a_model(min_confidence=0.6, min_evidence=0.0))
    assert predict(classifier, 6, -6, -6).reject == ""
    assert predict(classifier, 6, 6, -6).reject == "unsure"
    assert predict(classifier, -3, -9, -9).reject == "not_a_digit"
    assert predict(classifier, -3, -3, -9).reject == "not_a_digit"


def test_logits_below_zero_that_are_many_can_be_evidence_enough_together() -> None:
    # Three labels at -1 have the log-odds ln 3 - 1 = 0.0986.
    assert predict(Classifier(a_model(min_evidence=0.0986)), -1, -1, -1).reject == ""
    assert predict(Classifier(a_model(min_evidence=0.0987)), -1, -1, -1).reject == "not_a_digit"


def test_the_temperature_moves_no_evidence() -> None:
    for temperature in (0.5, 1.0, 4.0):
        classifier = Classifier(a_model(min_evidence=2.0, temperature=temperature))
        assert predict(classifier, 2, -9, -9).reject == ""
        assert predict(classifier, 1, -9, -9).reject == "not_a_digit"


def test_a_doubt_is_explained_by_blur_or_by_the_edge_of_the_picture() -> None:
    classifier = Classifier(a_model(min_evidence=0.0, min_sharpness=0.3))
    assert predict(classifier, -3, -9, -9).reject == "not_a_digit"
    assert predict(classifier, -3, -9, -9, sigma_px=2).reject == "blurred"
    assert predict(classifier, -3, -9, -9, clipped=True).reject == "clipped"
    assert predict(classifier, -3, -9, -9, sigma_px=2, clipped=True).reject == "clipped"
    assert predict(classifier, 6, -9, -9, sigma_px=2, clipped=True).reject == ""


def test_a_model_of_before_there_were_other_thresholds_only_rejects_what_is_unsure() -> None:
    classifier = Classifier(a_model(min_confidence=0.6))
    assert predict(classifier, -40, -60, -60, sigma_px=3).reject == ""
    assert predict(classifier, -40, -40, -60, sigma_px=3).reject == "unsure"


@pytest.mark.parametrize(
    ("reading", "logits", "sigma_px", "clipped", "expected"),
    [
        (ReadingConfig(min_confidence=0.9), (1, 0, -9), 0, False, "unsure"),
        (ReadingConfig(min_evidence=7), (6, -9, -9), 0, False, "not_a_digit"),
        (ReadingConfig(min_sharpness=0.3), (6, -9, -9), 2, False, "blurred"),
        (ReadingConfig(reject_clipped=True), (6, -9, -9), 0, True, "clipped"),
    ],
)
def test_the_config_moves_each_threshold(
    reading: ReadingConfig, logits: tuple[int, ...], sigma_px: float, clipped: bool, expected: str
) -> None:
    model = a_model(min_confidence=0.5, min_evidence=0.0, min_sharpness=0.3)
    assert predict(Classifier(model), *logits, sigma_px=sigma_px, clipped=clipped).reject == ""
    moved = Classifier(model, reading=reading)
    assert predict(moved, *logits, sigma_px=sigma_px, clipped=clipped).reject == expected


def test_glyphs_are_classified_together_and_clipped_ones_are_optional() -> None:
    classifier = Classifier(a_model(min_evidence=0.0))
    glyphs = np.stack([a_glyph((6, -9, -9)), a_glyph((-9, 4, -9)), a_glyph((-9, -9, -5))])
    read = [(prediction.label, prediction.reject) for prediction in classifier.classify(glyphs)]
    assert read == [("a", ""), ("b", ""), ("c", "not_a_digit")]
    assert classifier.classify(glyphs[:0]) == []
