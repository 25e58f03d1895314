"""Keras → int8 .tflite: the only place that asks TensorFlow, whose chatter stays here."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import stderr
from core.errors import ConversionRefused, ModelFileError
from core.glyph import GLYPH_SIZE_PX
from core.spots import CLASSES


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """TensorFlow prints to both streams, in C++ and in Python; what goes wrong it raises as well."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), stderr.dropping(lambda _: True):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _without_bytecode() -> Iterator[None]:
    """TensorFlow imports Python that it writes to the temporary folder; of that only the bytecode would stay."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


# Both are read at import. A model trained with another back-end still converts through TensorFlow.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"
with _silence():
    import keras
    import tensorflow as tf

Network = keras.Model
"""So that nobody else imports Keras, and hears it."""

INPUT_SHAPES = ((None, GLYPH_SIZE_PX, GLYPH_SIZE_PX, 1), (None, GLYPH_SIZE_PX, GLYPH_SIZE_PX))
"""What a network may take."""


def load(path: Path) -> Network:
    """The Keras model at `path`, ending in logits: a softmax at its end is taken off, since in int8 it saturates.

    Raises ModelFileError for a file that is no Keras model, and ConversionRefused for a network that takes no glyphs.
    """
    model = _loaded(path)
    takes, returns = _shapes(model.inputs), _shapes(model.outputs)
    if len(takes) != 1 or takes[0] not in INPUT_SHAPES:
        raise ConversionRefused(f"{path}: the network takes {_listed(takes)}; expected {INPUT_SHAPES[0]}, glyphs")
    if len(returns) != 1 or len(returns[0]) != 2:
        raise ConversionRefused(f"{path}: the network returns {_listed(returns)}; expected (None, classes), logits")
    # As one tensor to one tensor, also if it was built on lists or dictionaries of them.
    return keras.Model(model.inputs[0], _logits_of(model), name=model.name)


def load_spotter(path: Path, frame: tuple[int, int]) -> Network:
    """The spotter at `path` for frames of one size, (height, width) in px, which is the size that convert can trace.

    Raises ModelFileError for a file that is no Keras model, and ConversionRefused for another network.
    """
    model = _loaded(path)
    takes, channels = _shapes(model.inputs), [shape[-1] for shape in _shapes(model.outputs)]
    if takes != [(None, None, None, 1)] or channels != [CLASSES, 2, 2]:
        raise ConversionRefused(
            f"{path}: the network takes {_listed(takes)} and returns {_listed(_shapes(model.outputs))}; expected luma "
            f"of any size, and maps of {CLASSES}, 2 and 2 channels"
        )
    luma = keras.Input((*frame, 1), batch_size=1, name="luma")
    return keras.models.clone_model(model, input_tensors=luma, clone_function=lambda layer: layer)


def _loaded(path: Path) -> Network:
    if not path.is_file():
        raise ModelFileError(f"{path}: no such file; `python -m train` makes one")
    try:
        with _silence():
            return keras.models.load_model(path, compile=False)
    except Exception as error:  # Keras raises a dozen kinds, by what it stumbles over first
        raise ModelFileError(f"{path}: cannot be loaded as a Keras model ({_first_line(error)})") from None


def _logits_of(model: Network) -> keras.KerasTensor:
    last = model.layers[-1]
    softmax = getattr(last, "activation", None) is keras.activations.softmax
    if isinstance(last, keras.layers.Softmax) or (softmax and isinstance(last, keras.layers.Activation)):
        return last.input
    if softmax:
        last.activation = keras.activations.linear
    return model.outputs[0]


def _shapes(tensors: list[keras.KerasTensor] | None) -> list[tuple[int | None, ...]]:
    return [tuple(tensor.shape) for tensor in tensors or []]


def _listed(shapes: list[tuple[int | None, ...]]) -> str:
    return " and ".join(str(shape) for shape in shapes) or "nothing that it says"


def parameters_of(model: Network) -> int:
    """The number of the model's weights, batch normalisation's statistics included."""
    return int(model.count_params())


def classes_of(model: Network) -> int:
    """The number of the model's outputs."""
    return int(model.outputs[0].shape[1])


def float_logits(model: Network, pixels: NDArray[np.uint8], batch_size: int = 500) -> NDArray[np.float32]:
    """float32 (N, classes): what `model` makes of uint8 (N, 28, 28)."""
    batches = (_as_input(model, pixels[start : start + batch_size]) for start in range(0, len(pixels), batch_size))
    return np.concatenate([keras.ops.convert_to_numpy(model(batch, training=False)) for batch in batches])


def float_maps(model: Network, luma: NDArray[np.uint8]) -> Iterator[list[NDArray[np.float32]]]:
    """The maps of each frame of uint8 (N, H, W), without the axis of the batch."""
    for (frame,) in batches_of_one(luma):
        yield [keras.ops.convert_to_numpy(part)[0] for part in model(frame, training=False)]


def batches_of_one(luma: NDArray[np.uint8]) -> Iterator[list[NDArray[np.float32]]]:
    """Each frame of uint8 (N, H, W) as a network takes it: float32 (1, H, W, 1), 0 to 255."""
    for frame in luma:
        yield [frame[np.newaxis, :, :, np.newaxis].astype(np.float32)]


def quantize(model: Network, pixels: NDArray[np.uint8], place: str) -> bytes:
    """The .tflite of `model`, int8 throughout, per channel, calibrated on uint8 (N, 28, 28).

    The same model and pixels give the same bytes. Raises ConversionRefused, naming `place`, if an operator of the model
    has no int8 form.
    """
    return to_int8(model, ([_as_input(model, glyph[np.newaxis])] for glyph in pixels), place)


def to_int8(model: Network, shown: Iterable[list[NDArray[np.float32]]], place: str) -> bytes:
    """As `quantize`, calibrated on what the model is `shown`, batch by batch."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: shown
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    try:
        with _silence(), _without_bytecode():
            return converter.convert()
    except Exception as error:  # the converter's own error class is not public
        raise ConversionRefused(f"{place}: cannot be converted ({_culprit(error)}); replace the layer") from None


def _as_input(model: Network, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32, 0 to 255, in the shape the model takes."""
    return pixels.reshape(len(pixels), *model.inputs[0].shape[1:]).astype(np.float32)


def _culprit(error: Exception) -> str:
    """The operators that the converter names in pages of its own language, or else its first line."""
    operators = dict.fromkeys(re.findall(r"""['"]tf\.(\w+)['"]""", str(error)))
    return f"TFLite has no {' and no '.join(operators)}" if operators else _first_line(error)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__
