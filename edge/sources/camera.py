"""A camera through OpenCV: V4L2 on Linux, AVFoundation on macOS."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path

import cv2
import numpy as np

from core.config import CameraConfig
from core.errors import NoCameraError, SourceError
from core.frame import Frame, Luma

V4L2_DEVICES = Path("/dev")
STABLE_NAMES = Path("/dev/v4l/by-id")

FAILED_READS = 5
"""A camera may miss a frame; this many in a row, and it is gone."""

FAILED_READ_PAUSE_S = 0.05


class CameraSource:
    """Frames of one camera, as luma."""

    live = True

    def __init__(self, device: int | str, config: CameraConfig) -> None:
        """`device` is an index, or a path such as /dev/v4l/by-id/usb-…-index0."""
        self._device = device
        self._config = config
        self.name = f"camera {device}"

    def frames(self, stop: threading.Event) -> Generator[Frame]:
        """Frames until `stop` is set. Raises SourceError if the camera cannot be opened or goes away."""
        capture = self._open()
        try:
            sequence, failed = 0, 0
            while not stop.is_set():
                grabbed, picture = capture.read()
                luma = to_luma(picture, capture) if grabbed else None
                if luma is None:
                    failed += 1
                    if failed == FAILED_READS:
                        raise SourceError(f"{self.name} stopped giving frames; is it still plugged in?")
                    stop.wait(FAILED_READ_PAUSE_S)
                    continue
                failed = 0
                yield Frame(luma, sequence, time.monotonic_ns())
                sequence += 1
        finally:
            capture.release()

    def _open(self) -> cv2.VideoCapture:
        backend = {"linux": cv2.CAP_V4L2, "darwin": cv2.CAP_AVFOUNDATION}.get(sys.platform, cv2.CAP_ANY)
        if isinstance(self._device, str) and not Path(self._device).exists():
            raise SourceError(f"{self._device}: there is no such camera; `ls {STABLE_NAMES}` shows those there are")
        capture = cv2.VideoCapture(self._device, backend)
        if not capture.isOpened():
            raise SourceError(
                f"{self.name} cannot be opened; is another program using it, and are you in the group `video`?"
            )
        # V4L2 would otherwise negotiate BGR3 with some drivers, which OpenCV hands over in the wrong shape.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"YUYV"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._config.width_px)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._config.height_px)
        capture.set(cv2.CAP_PROP_FPS, self._config.frame_rate_hz)
        # One buffer only: what is read is what the camera sees now.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        return capture


def to_luma(picture: np.ndarray, capture: cv2.VideoCapture) -> Luma | None:
    """uint8 (H, W) of what OpenCV delivered; None if that is no picture of the size it announces."""
    if picture.dtype != np.uint8:
        return None
    if picture.ndim == 3 and picture.shape[2] == 3 and picture.shape[0] > 1:
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    if picture.ndim == 2 and picture.shape[0] > 1:
        return picture
    width, height = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    if picture.size == width * height * 3:
        return np.asarray(cv2.cvtColor(picture.reshape(height, width, 3), cv2.COLOR_BGR2GRAY), np.uint8)
    return None


def first_camera(config: CameraConfig) -> CameraSource:
    """The first camera that gives a frame. Raises NoCameraError saying what was tried."""
    if sys.platform == "linux":
        devices: list[int | str] = [str(path) for path in _linux_devices()]
        if not devices:
            raise NoCameraError("there is no camera: no /dev/video* device")
    else:
        devices = [0]
    problems = []
    for device in devices:
        source = CameraSource(device, config)
        frames = source.frames(threading.Event())
        try:
            next(frames)
        except SourceError as error:
            problems.append(str(error))
        else:
            return source
        finally:
            frames.close()
    raise NoCameraError(f"no camera works: {'; '.join(problems)}")


def _linux_devices() -> list[Path]:
    """Capture devices, those with a stable name first; a camera's metadata nodes (index1 and up) are left out."""
    stable = sorted(STABLE_NAMES.glob("*-index0")) if STABLE_NAMES.is_dir() else []
    known = {path.resolve() for path in STABLE_NAMES.glob("*")} if STABLE_NAMES.is_dir() else set()
    numbered = sorted(
        (path for path in V4L2_DEVICES.glob("video[0-9]*") if path.resolve() not in known),
        key=lambda path: int(path.name.removeprefix("video")),
    )
    return [*stable, *numbered]
