"""A place in a frame → the crop that the second stage is shown: the pixels there, with what is around them.

Unlike `core.spot_glyphs` it tells no ink from paper: which strokes are the digit's, which a neighbour's, a line's or a
pattern's, is for the network to see. What a crop is, is fixed here, for training and for serving.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Luma

CONTRACT_VERSION = 1
"""Of all that is said here of crops. A second stage is made for one version."""

CROP_SIZE_PX = 28
"""Side of a crop. The place is in its middle, a digit 19 px high."""
SIDE_SHARE = 1.5
"""Side of what is seen, of the place's height: the digit, and half a neighbour on each side."""
WIDE_SHARE = 0.8
"""Of a place's width: where it is more than the height, as of two digits that touch, it counts in place of that."""
LEAST_SIDE_PX = 4.0
"""Of what is seen; less is no digit."""
MOST_FRAMES = 2.0
"""Side of what is seen at most, of the frame's longer side: beyond it there is nothing to see."""
LEAST_CONTRAST = 8
"""Of 255, between the darkest and the lightest pixel. Less is noise, which is not to be stretched to ink."""


def crops_at(luma: Luma, boxes: NDArray[np.float32]) -> NDArray[np.uint8]:
    """uint8 (N, 28, 28): what is seen at each of `boxes`, (N, 4) in px of `luma`, uint8 (H, W).

    Each is stretched from 0, its darkest pixel, to 255, its lightest. Beyond the frame its last pixels are repeated.
    Boxes may lie anywhere and have any size; those that are no numbers give an empty crop.
    """
    crops = np.zeros((len(boxes), CROP_SIZE_PX, CROP_SIZE_PX), np.uint8)
    moved = np.zeros((2, 3))
    for crop, box in zip(crops, boxes.tolist(), strict=True):
        if all(map(math.isfinite, box)):
            _put(crop, luma, moved, *box)
    return _stretched(crops)


def _put(
    crop: NDArray[np.uint8],
    luma: Luma,
    moved: NDArray[np.float64],
    x: float,
    y: float,
    width: float,
    height: float,
) -> None:
    """Fill `crop`, uint8 (28, 28), with what is around the middle of the box; `moved` is (2, 3), to work with."""
    rows, columns = luma.shape
    side = min(max(SIDE_SHARE * max(height, WIDE_SHARE * width), LEAST_SIDE_PX), MOST_FRAMES * max(rows, columns))
    # A middle beyond the frame sees its edge, however far it is.
    left = min(max(x + width / 2, 0.0), columns) - side / 2
    top = min(max(y + height / 2, 0.0), rows) - side / 2
    first_x, first_y = max(0, int(left) - 1), max(0, int(top) - 1)
    part = luma[first_y : int(top + side) + 2, first_x : int(left + side) + 2]
    # Averages of whole pixels first, which is quick, so that what is left to shrink leaves out no strokes.
    factor = min(round(side / CROP_SIZE_PX), *part.shape)
    if factor > 1:
        size = part.shape[1] // factor, part.shape[0] // factor
        part = cv2.resize(part[: size[1] * factor, : size[0] * factor], size, interpolation=cv2.INTER_AREA)
    else:
        factor = 1
    step = side / CROP_SIZE_PX
    # From the middles of the crop's pixels to those of the part's.
    moved[0, 0] = moved[1, 1] = step / factor
    moved[0, 2] = (left - first_x + step / 2) / factor - 0.5
    moved[1, 2] = (top - first_y + step / 2) / factor - 0.5
    cv2.warpAffine(part, moved, crop.shape, crop, _FLAGS, cv2.BORDER_REPLICATE)


def _stretched(crops: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`crops`, each from 0 to 255."""
    flat = crops.reshape(len(crops), CROP_SIZE_PX**2)
    darkest, lightest = flat.min(axis=1, initial=255), flat.max(axis=1, initial=0)
    contrast = np.maximum(lightest.astype(np.float32) - darkest, LEAST_CONTRAST)
    stretched = (flat - darkest[:, None]) * (np.float32(255) / contrast)[:, None]
    return (stretched + np.float32(0.5)).astype(np.uint8).reshape(crops.shape)


_FLAGS = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
