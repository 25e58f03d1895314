"""Runs an int8 spotter on whole frames of any size, for `convert` to verify and `edge` to serve."""

from __future__ import annotations

import struct
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import ModelFileError
from core.frame import Luma
from core.manifest import Quantisation
from core.model_file import SpotterFile
from core.runtime import check_pixels, kind, opened, quantisation
from core.spots import CLASSES, MOST_SPOTS, MULTIPLE_PX, STRIDE_PX, Spots, logit, padded, peaks, spots_at

MOST_SHAPES = 8
"""Sizes of frames that are kept ready, those used last: a source has one size, and is looked at four or five times
smaller each time, so all but two are small. Measured on x86-64, making one takes as long as looking at ten frames."""

Shape = tuple[int, int]
"""(height, width) in px."""

_SIDES = "<2i"
"""Of a map, as a .tflite has them."""


class Spotter:
    """A loaded spotter. One thread at a time may use it."""

    def __init__(self, model: SpotterFile, threads: int = 1, place: str = "the spotter") -> None:
        """`place` names it in errors. Raises ModelFileError if it is no spotter."""
        self._model, self._threads, self._place = model, threads, place
        self.manifest = model.manifest
        if len(self.manifest.labels) != CLASSES:
            raise ModelFileError(f"{place}: has {len(self.manifest.labels)} labels; expected {CLASSES}")
        _check_resizes(model, place)
        self._ready: dict[Shape, _Sized] = {}
        self._at(padded(np.zeros((1, 1), np.uint8)).shape)  # finds out now whether it can be loaded

    def spots(self, luma: Luma, threshold: float, most: int = MOST_SPOTS) -> Spots:
        """The digits in `luma`, uint8 (H, W), of a score of `threshold`, 0 to 1, and more; at most `most`."""
        digits, sizes, offsets = self.maps(luma)
        of_digits, of_sizes, of_offsets = self.manifest.outputs
        # Peaks are the same in the int8 numbers; only there the maps become real numbers.
        best = _highest(digits)
        rows, columns = peaks(best, logit(threshold) / of_digits.scale + of_digits.zero_point + 128, most)
        return spots_at(
            rows,
            columns,
            _real(digits[rows, columns], of_digits),
            _real(sizes[rows, columns], of_sizes),
            _real(offsets[rows, columns], of_offsets),
        )

    def maps(self, luma: Luma) -> list[NDArray[np.int8]]:
        """int8 (rows, columns, channels) of each output, as the network gives them of `luma`, uint8 (H, W)."""
        whole = padded(luma)
        return self._at(whole.shape).maps(whole)

    def _at(self, shape: tuple[int, ...]) -> _Sized:
        height, width = shape
        sized = self._ready.pop((height, width), None) or self._made((height, width))
        self._ready[height, width] = sized  # now the last
        if len(self._ready) > MOST_SHAPES:
            del self._ready[next(iter(self._ready))]
        return sized

    def _made(self, shape: Shape) -> _Sized:
        tflite = bytearray(self._model.tflite)
        for resize in self.manifest.resizes:
            struct.pack_into(_SIDES, tflite, resize.offset, *(side // resize.stride_px for side in shape))
        return _Sized(bytes(tflite), shape, self.manifest.outputs, self._threads, self._place)


class _Sized:
    """The network for frames of one size."""

    def __init__(self, tflite: bytes, shape: Shape, outputs: list[Quantisation], threads: int, place: str) -> None:
        self._interpreter, _ = opened(tflite, threads, place, (1, *shape, 1))
        entries, exits = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        _check(entries, exits, outputs, shape, place)
        self._entry: int = entries[0]["index"]
        self._exits: list[int] = [tensor["index"] for tensor in exits]
        self._input = np.empty((1, *shape, 1), np.int8)

    def maps(self, luma: Luma) -> list[NDArray[np.int8]]:
        """int8 (rows, columns, channels) of each output, of a frame of this size."""
        # Flipping the highest bit is subtracting 128, in the bytes the input has already.
        np.bitwise_xor(luma, 0x80, out=self._input.view(np.uint8)[0, :, :, 0])
        self._interpreter.set_tensor(self._entry, self._input)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index)[0] for index in self._exits]


def _check_resizes(model: SpotterFile, place: str) -> None:
    """Raises ModelFileError unless all the sizes are those of one frame: what is written over must be no weights."""
    frames: set[Shape] = set()
    for resize in model.manifest.resizes:
        if resize.offset + struct.calcsize(_SIDES) > len(model.tflite):
            raise ModelFileError(f"{place}: its manifest has a size at byte {resize.offset}, beyond its end")
        rows, columns = struct.unpack_from(_SIDES, model.tflite, resize.offset)
        frame = rows * resize.stride_px, columns * resize.stride_px
        frames.add(frame)
        if len(frames) > 1 or min(frame) < MULTIPLE_PX or any(side % MULTIPLE_PX for side in frame):
            raise ModelFileError(
                f"{place}: its manifest has a size at byte {resize.offset}, where the network has none; convert it "
                "again"
            )


def _check(
    entries: list[dict[str, Any]],
    exits: list[dict[str, Any]],
    outputs: list[Quantisation],
    frame: Shape,
    place: str,
) -> None:
    """Raises ModelFileError if these are not the tensors of a spotter for frames of that size."""
    if len(entries) != 1 or entries[0]["dtype"] is not np.int8:
        raise ModelFileError(f"{place}: takes {' and '.join(map(kind, entries))}; a spotter takes one int8 frame")
    check_pixels(entries[0], place)
    cells = frame[0] // STRIDE_PX, frame[1] // STRIDE_PX
    wanted = [(1, *cells, channels) for channels in (CLASSES, 2, 2)]
    shapes = [tuple(tensor["shape"].tolist()) for tensor in exits]
    if shapes != wanted or any(tensor["dtype"] is not np.int8 for tensor in exits):
        raise ModelFileError(
            f"{place}: gives {' and '.join(map(kind, exits))} of a frame of {frame}; a spotter gives int8 "
            f"{' and '.join(map(str, wanted))}"
        )
    if [quantisation(tensor) for tensor in exits] != outputs:
        raise ModelFileError(f"{place}: its manifest has other outputs than the network; convert it again")


def _highest(digits: NDArray[np.int8]) -> NDArray[np.uint8]:
    """uint8 (rows, columns): the highest of each cell's channels, plus 128, so that OpenCV can dilate it."""
    rows, columns, channels = digits.shape
    # Channel by channel, as a copy: 20 times faster than along the last, short axis.
    planes = cv2.transpose(digits.reshape(-1, channels).view(np.uint8)).view(np.int8)
    return (planes.max(axis=0).view(np.uint8) ^ np.uint8(0x80)).reshape(rows, columns)


def _real(values: NDArray[np.int8], quantised: Quantisation) -> NDArray[np.float32]:
    return (values.astype(np.float32) - quantised.zero_point) * np.float32(quantised.scale)
