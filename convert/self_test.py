"""What a model is shown to test itself by, and its answers put into its manifest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from core import model_file, self_test
from core.glyph import GLYPH_SIZE_PX
from core.interpreter import Interpreter
from core.manifest import SpotterManifest
from core.model_file import AnyModel, ModelFile, SpotterFile
from core.spotter import Spotter

GLYPHS = 10
"""One of each digit, whatever the labels: they are only to put every weight to work."""

PAPER, INK = 224, 48
"""Of the frame. Flat, and without soft edges, it takes few bytes in the zip."""

_HANDS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX)


def glyphs() -> NDArray[np.uint8]:
    """uint8 (GLYPHS, 28, 28): digits, ink 255 on paper 0."""
    return np.stack([_digit(number) for number in range(GLYPHS)])


def crops() -> NDArray[np.uint8]:
    """uint8 (GLYPHS, 28, 28): the same as the second stage sees them, dark on light."""
    return 255 - glyphs()


def frame() -> NDArray[np.uint8]:
    """uint8 (64, 160): digits in two lines, under a rule."""
    luma = np.full((64, 160), PAPER, np.uint8)
    for number, digit in enumerate(glyphs()):
        row, column = divmod(number, 5)
        top, left = 2 + 31 * row, 4 + 31 * column
        luma[top : top + GLYPH_SIZE_PX, left : left + GLYPH_SIZE_PX][digit > 0] = INK
    luma[31] = INK
    return luma


def renew(path: Path) -> AnyModel:
    """The model file at `path`, which has a self-test now, made here in place of any it had; nothing else changes.

    Raises ModelFileError, one line, if it cannot be read, loaded or written.
    """
    place = str(path)
    model = model_file.unpack_any(model_file.read_bytes(path), place)
    if isinstance(model, ModelFile):
        classifier = of_classifier(model, place)
        model_file.write(path, model_file.pack(classifier.tflite, classifier.manifest))
        return classifier
    spotter = of_spotter(model, place)
    model_file.write(path, model_file.pack(spotter.tflite, spotter.manifest, spotter.second), SpotterManifest)
    return spotter


def of_classifier(model: ModelFile, place: str) -> ModelFile:
    """`model` with a self-test in its manifest; `place` names it in errors. Raises ModelFileError if it cannot run."""
    test = self_test.of_glyphs(Interpreter.of(model, place=place), glyphs())
    return replace(model, manifest=msgspec.structs.replace(model.manifest, self_test=test))


def of_spotter(model: SpotterFile, place: str) -> SpotterFile:
    """The same of a spotter, with its second stage if it has one."""
    stage = model.manifest.second
    if stage is not None and model.second is not None:
        test = self_test.of_glyphs(Interpreter(model.second, place=f"{place}, its second stage"), crops())
        stage = msgspec.structs.replace(stage, self_test=test)
    test = self_test.of_frame(Spotter(model, place=place), frame())
    return replace(model, manifest=msgspec.structs.replace(model.manifest, self_test=test, second=stage))


def _digit(number: int) -> NDArray[np.uint8]:
    """uint8 (28, 28): the digit in one of the hands, in the middle."""
    glyph = np.zeros((GLYPH_SIZE_PX, GLYPH_SIZE_PX), np.uint8)
    hand, pen = _HANDS[number % len(_HANDS)], 1 + number % 2
    (width, height), _ = cv2.getTextSize(str(number), hand, 0.8, pen)
    start = (GLYPH_SIZE_PX - width) // 2, (GLYPH_SIZE_PX + height) // 2
    return np.asarray(cv2.putText(glyph, str(number), start, hand, 0.8, 255, pen, cv2.LINE_8), np.uint8)
