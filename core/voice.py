"""A second voice beside the spotter's: what another network says of the places that the spotter found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.crops import crops_at
from core.errors import ModelFileError
from core.frame import Luma
from core.interpreter import Interpreter
from core.model_file import ModelFile
from core.spot_glyphs import glyphs_at
from core.spots import CLASSES


@dataclass(frozen=True)
class Voice:
    """A network, and what it is shown of a place. One thread at a time may use it."""

    shown_at: Callable[[Luma, NDArray[np.float32]], NDArray[np.uint8]]
    """Of luma, uint8 (H, W), and boxes, (N, 4), makes uint8 (N, 28, 28)."""
    network: Interpreter

    def logits_at(self, luma: Luma, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 (N, 10): what it says of `boxes`, (N, 4) in px of `luma`, uint8 (H, W); below 0 it is no digit."""
        return self.network.classify(self.shown_at(luma, boxes))


def of_classifier(model: ModelFile, threads: int = 1, place: str = "the classifier") -> Voice:
    """The voice of a classifier of glyphs, which sees the ink alone. Raises ModelFileError if it cannot be loaded."""
    return Voice(glyphs_at, Interpreter.of(model, threads, place))


def of_crops(tflite: bytes, threads: int = 1, place: str = "the second stage") -> Voice:
    """The voice of the second stage `tflite`, which sees the place as it is; `place` names it in errors.

    Raises ModelFileError if it cannot be loaded, or is no such network.
    """
    network = Interpreter(tflite, threads, place)
    if network.classes != CLASSES:
        raise ModelFileError(f"{place}: gives {network.classes} logits; expected {CLASSES}, one for each digit")
    return Voice(crops_at, network)
