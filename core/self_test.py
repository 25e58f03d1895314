"""Whether a model computes on this machine what it computed where it was converted, by the self-test in its manifest.

A sha256 tells that a file is whole; that the runtime of another machine gives its numbers, only trying it tells. What
is shown and what was said travel with the network: a few glyphs and their logits, a small frame and its maps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelFileError
from core.glyph import GLYPH_SIZE_PX
from core.interpreter import Interpreter
from core.manifest import SelfTest
from core.model_file import AnyModel, ModelFile, SpotterFile
from core.runtime import runtime
from core.spots import MULTIPLE_PX
from core.spotter import Spotter

MOST_STEPS = 1
"""Of the int8 outputs, that an answer may differ by. Measured with ai-edge-litert on Cortex-A53, A72 and A76: 0 of what
x86-64 gave."""

OLDER_RUNTIME, MOST_STEPS_OF_OLDER = "tflite-runtime", 8
"""It rounds in each of the spotter's layers, which add up: 5 steps were measured, and 1 of a classifier."""

EVERY_CELLS = 4
"""Of a spotter's maps every so many rows and columns are answers: all weights have a part in each of them."""

_GLYPH = [GLYPH_SIZE_PX, GLYPH_SIZE_PX]


def of_glyphs(network: Interpreter, pixels: NDArray[np.uint8]) -> SelfTest:
    """The self-test of a network that is shown `pixels`, uint8 (N, 28, 28), here and now."""
    return SelfTest(list(pixels.shape), pixels.tobytes(), network.quantised(pixels).tobytes())


def of_frame(spotter: Spotter, luma: NDArray[np.uint8]) -> SelfTest:
    """The same of a spotter and `luma`, uint8 (H, W), both sides a multiple of MULTIPLE_PX."""
    return SelfTest(list(luma.shape), luma.tobytes(), _sampled(spotter, luma).tobytes())


def check(model: AnyModel, place: str, threads: int = 1) -> int | None:
    """The most steps by which an answer differs on this machine; None if `model` brings no self-test.

    Raises ModelFileError, one line that begins with `place`, if they differ by more, or if it cannot be loaded.
    """
    try:
        return _checked(model, place, threads)
    except (ValueError, RuntimeError) as error:  # a network may be loaded and still not run
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError(f"{place}: its self-test cannot be run ({' '.join(str(error).split())})") from None


def _checked(model: AnyModel, place: str, threads: int) -> int | None:
    if isinstance(model, ModelFile):
        return _check_glyphs(Interpreter.of(model, threads, place), model.manifest.self_test, place)
    steps = [_check_frame(Spotter(model, threads, place), model.manifest.self_test, place), _check_second(model, place)]
    known = [step for step in steps if step is not None]
    return max(known) if known else None


def _check_second(model: SpotterFile, place: str) -> int | None:
    stage = model.manifest.second
    if stage is None or model.second is None:
        return None
    place = f"{place}, its second stage"
    return _check_glyphs(Interpreter(model.second, place=place), stage.self_test, place)


def _check_glyphs(network: Interpreter, test: SelfTest | None, place: str) -> int | None:
    if test is None:
        return None
    if test.shape[1:] != _GLYPH:
        raise ModelFileError(f"{place}: its self-test shows {test.shape}; expected glyphs, [N, 28, 28]. {_REMEDY}")
    return _compared(network.quantised(_pixels(test)), test, MOST_STEPS, place)


def _check_frame(spotter: Spotter, test: SelfTest | None, place: str) -> int | None:
    if test is None:
        return None
    if len(test.shape) != 2 or any(side % MULTIPLE_PX for side in test.shape):
        raise ModelFileError(
            f"{place}: its self-test shows {test.shape}; expected one frame, its sides multiples of {MULTIPLE_PX}. "
            f"{_REMEDY}"
        )
    allowed = MOST_STEPS_OF_OLDER if runtime()[1].startswith(OLDER_RUNTIME) else MOST_STEPS
    return _compared(_sampled(spotter, _pixels(test)), test, allowed, place)


def _sampled(spotter: Spotter, luma: NDArray[np.uint8]) -> NDArray[np.int8]:
    """int8: what the maps say at every EVERY_CELLS-th cell, one map after the other."""
    first = EVERY_CELLS // 2
    return np.concatenate([each[first::EVERY_CELLS, first::EVERY_CELLS].ravel() for each in spotter.maps(luma)])


def _pixels(test: SelfTest) -> NDArray[np.uint8]:
    return np.frombuffer(test.pixels, np.uint8).reshape(test.shape)


def _compared(answers: NDArray[np.int8], test: SelfTest, allowed: int, place: str) -> int:
    wanted = np.frombuffer(test.answers, np.int8)
    if answers.size != wanted.size:
        raise ModelFileError(
            f"{place}: its self-test has {wanted.size} answers; the network gives {answers.size}. {_REMEDY}"
        )
    steps = np.abs(answers.ravel().astype(np.int16) - wanted)
    most = int(steps.max(initial=0))
    if most > allowed:
        raise ModelFileError(
            f"{place}: its self-test fails on this machine: {np.count_nonzero(steps > allowed)} of {steps.size} "
            f"answers differ, by up to {most} steps; allowed: {allowed}. {_REMEDY}"
        )
    return most


_REMEDY = "Convert it again, or install the runtime that constraints.txt names"
