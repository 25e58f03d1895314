"""Runs an int8 classifier on glyphs, for `convert` to verify and `edge` to serve."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelFileError
from core.glyph import GLYPH_SIZE_PX
from core.model_file import ModelFile
from core.runtime import check_pixels, kind, opened, quantisation

LARGEST_BATCH = 32
"""Glyphs in one call of the runtime. More only grows its memory: measured on x86-64, a glyph takes the same time in
batches of 8 to 64, and a little longer in 100."""


class Interpreter:
    """A loaded int8 model. One thread at a time may use it."""

    def __init__(self, tflite: bytes, threads: int = 1, place: str = "the model") -> None:
        """Load `tflite`; `place` names it in errors. Raises ModelFileError if it is no int8 classifier of glyphs."""
        self._interpreter, self.runtime = opened(tflite, threads, place)
        entry = _only(self._interpreter.get_input_details(), "input", place)
        self._check_input(entry, place)
        self._entry: int = entry["index"]
        self._shape: list[int] = [int(side) for side in entry["shape"]]
        exit_ = _only(self._interpreter.get_output_details(), "output", place)
        if exit_["dtype"] is not np.int8 or len(exit_["shape"]) != 2:
            raise ModelFileError(f"{place}: its output is {kind(exit_)}; expected int8 (1, classes)")
        self._exit: int = exit_["index"]
        self.classes: int = int(exit_["shape"][1])
        self.output = quantisation(exit_)
        # A model made for one glyph at a time may have that number inside as well; it is not resized.
        self._largest_batch = LARGEST_BATCH if entry["shape_signature"][0] == -1 else 1
        self._input = np.empty((self._largest_batch, *self._shape[1:]), np.int8)

    @classmethod
    def of(cls, model: ModelFile, threads: int = 1, place: str = "the model") -> Interpreter:
        """The interpreter of a model file. Raises ModelFileError if the network has not one output for each label."""
        interpreter = cls(model.tflite, threads, place)
        if interpreter.classes != len(model.manifest.labels):
            raise ModelFileError(f"{place}: {len(model.manifest.labels)} labels for {interpreter.classes} outputs")
        return interpreter

    def classify(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """float32 (N, classes): the dequantised logits of uint8 (N, 28, 28), ink 255 on paper 0."""
        logits = self.quantised(pixels).astype(np.float32)
        logits -= self.output.zero_point
        logits *= self.output.scale
        return logits

    def quantised(self, pixels: NDArray[np.uint8]) -> NDArray[np.int8]:
        """int8 (N, classes): the same logits as the network gives them."""
        logits = np.empty((len(pixels), self.classes), np.int8)
        for start in range(0, len(pixels), self._largest_batch):
            batch = pixels[start : start + self._largest_batch]
            logits[start : start + len(batch)] = self._run(batch)
        return logits

    def _run(self, batch: NDArray[np.uint8]) -> NDArray[np.int8]:
        count = len(batch)
        if count != self._shape[0]:
            # Measured: 12 µs, or 28 with tflite-runtime, where a glyph takes 150 and 260. Padding to fixed sizes costs
            # more, and tflite-runtime takes a quarter longer for glyphs one by one.
            self._shape[0] = count
            self._interpreter.resize_tensor_input(self._entry, self._shape)
            self._interpreter.allocate_tensors()
        quantised = self._input[:count]
        # Flipping the highest bit is subtracting 128, in the bytes the input has already.
        np.bitwise_xor(batch.reshape(quantised.shape), 0x80, out=quantised.view(np.uint8))
        self._interpreter.set_tensor(self._entry, quantised)
        self._interpreter.invoke()
        output: NDArray[np.int8] = self._interpreter.get_tensor(self._exit)
        return output

    @staticmethod
    def _check_input(entry: dict[str, Any], place: str) -> None:
        glyph = (1, GLYPH_SIZE_PX, GLYPH_SIZE_PX)
        if entry["dtype"] is not np.int8 or tuple(entry["shape"]) not in {glyph, (*glyph, 1)}:
            raise ModelFileError(f"{place}: its input is {kind(entry)}; expected int8 {(*glyph, 1)}")
        check_pixels(entry, place)


def _only(tensors: list[dict[str, Any]], role: str, place: str) -> dict[str, Any]:
    if len(tensors) != 1:
        raise ModelFileError(f"{place}: has {len(tensors)} {role}s; a classifier of glyphs has one")
    return tensors[0]
