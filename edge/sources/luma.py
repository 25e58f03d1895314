"""Pictures as cameras and OpenCV give them → luma."""

from __future__ import annotations

import cv2
import numpy as np

from core.frame import Luma
from core.picture import decode
from edge.capture.picture import GREY, JPEG, UYVY, Picture


def luma_of(picture: Picture, mirror: bool = False) -> Luma:
    """uint8 (H, W), a copy, turned left to right if `mirror`. Raises ImageError if the picture is damaged."""
    if picture.layout == JPEG:
        luma = decode(bytes(picture.content), "a picture of the camera")
        return mirrored(luma) if mirror else luma
    size, stride = (picture.height, picture.width), picture.stride_bytes
    if picture.layout == GREY:
        rows = np.ndarray(size, np.uint8, picture.content, strides=(stride, 1))
        return mirrored(rows) if mirror else rows.copy()
    pairs = np.ndarray((*size, 2), np.uint8, picture.content, strides=(stride, 2, 1))
    luma = cv2.extractChannel(pairs, 1 if picture.layout == UYVY else 0)
    return mirrored(luma) if mirror else luma


def mirrored(luma: Luma) -> Luma:
    """`luma` with left and right exchanged."""
    return np.asarray(cv2.flip(luma, 1), np.uint8)


def luma_of_video(picture: np.ndarray) -> Luma | None:
    """uint8 (H, W) of what OpenCV read from a video, (H, W, 3) or (H, W); None if it is no picture."""
    if picture.dtype != np.uint8 or picture.shape[0] < 2:
        return None
    if picture.ndim == 3 and picture.shape[2] == 3:
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    return picture if picture.ndim == 2 else None
