"""What a network costs where it runs: multiply-accumulates, and the time a glyph takes on one core."""

from __future__ import annotations

import contextlib
import io
import math
import time
import warnings
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import layers

from core import stderr
from core.runtime import runtime

ROUNDS = 100
A_ROUND = 20
"""Calls of each model in turn, so that whatever else the machine does slows all of them alike."""


def macs(model: keras.Model) -> int:
    """Multiply-accumulates of one glyph through the convolutions and dense layers of `model`; the rest is little."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D):
            _, rows, columns, _ = layer.output.shape
            total += rows * columns * math.prod(layer.kernel.shape)
        elif isinstance(layer, layers.Dense):
            total += math.prod(layer.kernel.shape)
    return total


def resnet8() -> keras.Model:
    """The shape of MLPerf Tiny's image classifier (Banbury et al., 2021), 32×32×3, 12.5 million multiply-accumulates.

    A yardstick that people know; only its time is of interest, so it is not trained.
    """

    def convolved(x: keras.KerasTensor, filters: int, kernel: int, strides: int) -> keras.KerasTensor:
        return layers.BatchNormalization()(layers.Conv2D(filters, kernel, strides=strides, padding="same")(x))

    pictures = keras.Input((32, 32, 3))
    x = layers.ReLU()(convolved(pictures, 16, 3, 1))
    for filters, strides in ((16, 1), (32, 2), (64, 2)):
        inner = convolved(layers.ReLU()(convolved(x, filters, 3, strides)), filters, 3, 1)
        past = x if strides == 1 else layers.Conv2D(filters, 1, strides=strides, padding="same")(x)
        x = layers.ReLU()(layers.Add()([inner, past]))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(pictures, layers.Dense(10)(x), name="resnet8")


def quantised_untrained(model: keras.Model) -> bytes:
    """The int8 .tflite of a network whose time is all that matters: the range of its values is that of noise."""
    import tensorflow as tf  # noqa: PLC0415 — the only use here, whatever backend Keras has

    rng = np.random.default_rng(0)
    shape = (1, *model.inputs[0].shape[1:])
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([rng.uniform(0, 255, shape).astype(np.float32)] for _ in range(20))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    # The converter prints pages, in Python and in C++; what goes wrong it raises as well.
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), stderr.dropping(lambda _: True):
        warnings.simplefilter("ignore")
        return converter.convert()


def median_times_us(models: Mapping[str, bytes]) -> dict[str, float]:
    """Microseconds of one call of each int8 .tflite, on one thread: the median over ROUNDS × A_ROUND calls in turn."""
    module, _ = runtime()
    loaded = {name: _loaded(module.Interpreter(model_content=tflite, num_threads=1)) for name, tflite in models.items()}
    taken_ns: dict[str, list[int]] = {name: [] for name in models}
    for _ in range(ROUNDS):
        for name, (interpreter, entry, x) in loaded.items():
            for _ in range(A_ROUND):
                started_ns = time.perf_counter_ns()
                interpreter.set_tensor(entry, x)
                interpreter.invoke()
                taken_ns[name].append(time.perf_counter_ns() - started_ns)
    return {name: float(np.median(taken)) / 1000 for name, taken in taken_ns.items()}


def _loaded(interpreter: Any) -> tuple[Any, int, np.ndarray]:
    """The interpreter, the index of its input, and something to put there."""
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]
    x = np.random.default_rng(0).integers(-128, 128, entry["shape"], np.int8)
    return interpreter, entry["index"], x
