"""Opens a .tflite: only this file knows the TFLite runtime, which is never TensorFlow.

It is ai-edge-litert, or tflite-runtime where that has no wheel; both have the same API.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from typing import Any

import numpy as np

from core import stderr
from core.errors import ModelFileError
from core.manifest import Quantisation

PIXELS = Quantisation(1.0, -128)
"""What the contracts want of the input, so that quantising a pixel is `pixel - 128`, exact."""

RUNTIMES = (("ai-edge-litert", "ai_edge_litert.interpreter"), ("tflite-runtime", "tflite_runtime.interpreter"))
"""Distribution and module, the better first: the second is slower and ended at Python 3.11."""

IDENTIFIER = b"TFL3"
"""At byte 4 of every .tflite. tflite-runtime crashes on much of what is not one, so that is checked first."""


def runtime() -> tuple[Any, str]:
    """The module of the first runtime that is installed, and its name with its version. Raises ModelFileError."""
    for distribution, name in RUNTIMES:
        try:
            return importlib.import_module(name), f"{distribution} {importlib.metadata.version(distribution)}"
        except ImportError:  # also that of a package without its metadata
            continue
    raise ModelFileError(
        "no TFLite runtime is installed; install ai-edge-litert, or tflite-runtime on 32-bit Raspberry Pi OS"
    )


def opened(tflite: bytes, threads: int, place: str, input_shape: tuple[int, ...] | None = None) -> tuple[Any, str]:
    """An interpreter of `tflite`, and the name of its runtime; `place` names the model in errors.

    With `input_shape` its first input is given that shape. Raises ModelFileError if it cannot be loaded.
    """
    if tflite[4:8] != IDENTIFIER:
        raise ModelFileError(f"{place}: not a .tflite model; make one with `python -m convert`")
    module, name = runtime()
    # "INFO: Created TensorFlow Lite XNNPACK delegate for CPU." comes once a process; only C++ could turn it off.
    with stderr.dropping(lambda line: b"XNNPACK delegate" in line):
        try:
            interpreter = module.Interpreter(model_content=tflite, num_threads=threads)
            if input_shape is not None:
                interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], input_shape)
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelFileError(f"{place}: {name} cannot load it ({' '.join(str(error).split())})") from None
    return interpreter, name


def check_pixels(entry: dict[str, Any], place: str) -> None:
    """Raises ModelFileError if pixels, 0 to 255, would not go in exactly."""
    found = quantisation(entry)
    if found != PIXELS:
        raise ModelFileError(
            f"{place}: its input has scale {found.scale:g} and zero point {found.zero_point}; expected "
            f"{PIXELS.scale:g} and {PIXELS.zero_point}, so that pixels 0 to 255 go in exactly. Convert the model with "
            "`python -m convert`"
        )


def quantisation(tensor: dict[str, Any]) -> Quantisation:
    """Of a tensor, as the runtime tells it."""
    scale, zero_point = tensor["quantization"]
    return Quantisation(float(scale), int(zero_point))


def kind(tensor: dict[str, Any]) -> str:
    """Type and shape of a tensor, for errors."""
    return f"{np.dtype(tensor['dtype']).name} {tuple(int(side) for side in tensor['shape'])}"
