"""The whole way from a source to a verified model file's bytes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from convert import calibrate, self_test, verify
from convert.conversion import Conversion
from convert.graph import read_graph, without_names
from convert.quantize import Network, classes_of, float_logits, load, parameters_of, quantize
from convert.rejects import Rejects, reasons
from convert.sources import Source
from convert.timing import time_a_glyph
from core import model_file
from core.config import ConvertConfig
from core.evaluation import evaluate, evidence
from core.glyph import CONTRACT_VERSION
from core.interpreter import Interpreter
from core.manifest import Manifest, Measured, Provenance
from core.model_file import ModelFile
from core.reject import RejectRule
from core.runtime import PIXELS


def build(source: Source, limits: ConvertConfig) -> Conversion:
    """`source` converted and verified. Raises ConversionRefused at the first gate it does not pass."""
    place, test = str(source.model), source.test
    network = load(source.model)
    verify.check_labels(source.labels, classes_of(network), place)
    shown = calibrate.representative(source.calibration.pixels)
    tflite = quantize(network, shown, place)
    graph = read_graph(tflite)
    verify.check_graph(graph, place)
    tflite = without_names(tflite)

    interpreter = Interpreter(tflite, place=place)
    logits = interpreter.classify(test.pixels)
    uncalibrated = evaluate(logits, test.targets, source.labels)
    float_read = evaluate(float_logits(network, test.pixels), test.targets, source.labels)
    verify.check_accuracy(uncalibrated, float_read, limits.min_accuracy, place)
    differing = verify.check_agreement(float_read, uncalibrated, limits.max_disagreement, place)

    temperature, rule = _fit(source, interpreter, shown)
    int8_read = evaluate(logits / temperature, test.targets, source.labels)
    rejects = Rejects.measure(rule, test.pixels, logits, temperature)
    figures = {
        "accuracy_int8": int8_read.accuracy,
        "accuracy_float": float_read.accuracy,
        "agreement": 1 - differing / len(test),
        "calibration_error": int8_read.calibration_error,
        "calibration_error_uncalibrated": uncalibrated.calibration_error,
        **rejects.figures(),
    }
    manifest = Manifest(
        glyph_contract=CONTRACT_VERSION,
        labels=list(source.labels),
        tflite_bytes=len(tflite),
        tflite_sha256=model_file.sha256(tflite),
        input=PIXELS,
        output=interpreter.output,
        temperature=temperature,
        min_confidence=rule.min_confidence,
        min_evidence=rule.min_evidence,
        min_sharpness=rule.min_sharpness,
        metrics={name: Measured(round(value, 6), test.name, len(test)) for name, value in figures.items()},
        provenance=source.provenance or _unknown_provenance(network),
    )
    tested = self_test.of_classifier(ModelFile(tflite, manifest), place)
    return Conversion(
        content=model_file.pack(tflite, tested.manifest),
        manifest=tested.manifest,
        operators=graph.operators,
        parameters=parameters_of(network),
        float_read=float_read,
        int8_read=int8_read,
        uncalibrated=uncalibrated,
        differing=differing,
        rejects=rejects,
        test_name=test.name,
        held_out_name=source.held_out.name,
        held_out_count=len(source.held_out),
        glyph_time=time_a_glyph(interpreter, test.pixels),
    )


def _fit(source: Source, interpreter: Interpreter, shown: NDArray[np.uint8]) -> tuple[float, RejectRule]:
    """(temperature, rule of the reject), fitted on the int8 form of the network that has not seen the held-out
    glyphs."""
    if source.held_out_model != source.model:
        place = str(source.held_out_model)
        interpreter = Interpreter(quantize(load(source.held_out_model), shown, place), place=place)
    pixels, targets = source.held_out.pixels, source.held_out.targets
    logits = interpreter.classify(pixels)
    temperature = calibrate.fit_temperature(logits, targets)
    read = evaluate(logits / temperature, targets, source.labels)
    right = read.predictions == targets
    rule = RejectRule(
        calibrate.fit_min_confidence(read.confidences, right), calibrate.fit_min_evidence(evidence(logits), right)
    )

    def read_right(pixels: NDArray[np.uint8], targets: NDArray[np.int64]) -> NDArray[np.bool_]:
        logits = interpreter.classify(pixels)
        taken = np.array([reason == "" for reason in reasons(rule, pixels, logits, temperature)], np.bool_)
        return taken & (logits.argmax(axis=1) == targets)

    return temperature, replace(rule, min_sharpness=calibrate.fit_min_sharpness(pixels, targets, read_right))


def _unknown_provenance(network: Network) -> Provenance:
    """Of a network that came without its run."""
    return Provenance(network.name, parameters_of(network), None, [], "unknown", "unknown")
