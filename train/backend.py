"""What computes: TensorFlow, JAX or torch, one of them for the whole process, under the same Keras."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
from collections.abc import Mapping
from typing import get_args

from core import stderr
from core.config import Backend
from core.errors import UsageError

CHATTER = (b"absl::InitializeLog", b"cudart_stub", b"oneDNN")
"""What TensorFlow says at its import whatever the log level: of graphics cards that are not there, and of itself."""

BACKENDS: tuple[str, ...] = get_args(Backend)

VARIABLE = "KERAS_BACKEND"
"""Keras' own; it counts where the settings leave the backend open."""


def choose(setting: str | None, environment: Mapping[str, str]) -> str:
    """The backend by the settings, else by `environment`, else TensorFlow. Raises UsageError if it is not there."""
    name = setting or environment.get(VARIABLE) or BACKENDS[0]
    if name not in BACKENDS:
        raise UsageError(f"{VARIABLE} is {name!r}; allowed: {', '.join(BACKENDS)}")
    if importlib.util.find_spec(name) is None:
        raise UsageError(f"the backend {name} is not installed; pip install {name}, or choose another by --backend")
    return name


def load(name: str) -> None:
    """Import Keras on the backend `name`, quietly."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ[VARIABLE] = name
    with stderr.dropping(lambda line: any(of in line for of in CHATTER)):
        importlib.import_module("keras")
        # Keras asks for TensorFlow when it saves, on every backend: better here, where it is quiet.
        with contextlib.suppress(ImportError):
            importlib.import_module("tensorflow")


def jit_compile() -> bool:
    """Whether training is best compiled by XLA.

    JAX is meant to be: otherwise it does one operation at a time. TensorFlow's own kernels are as fast on CPUs, and
    three times as fast for the depthwise convolution of `plain` (36 and 119 ms a step of 160 glyphs on 2 cores).
    torch.compile 2.13 fails on strided convolutions under Keras 3.15.
    """
    import keras  # noqa: PLC0415 — only now is it known on which backend

    return bool(keras.backend.backend() == "jax")


def versions() -> dict[str, str]:
    """Of Keras and of what computes."""
    import keras  # noqa: PLC0415 — as above

    name = keras.backend.backend()
    return {"keras": keras.__version__, name: str(importlib.import_module(name).__version__)}
