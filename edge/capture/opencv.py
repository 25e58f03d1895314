"""What OpenCV opens: network streams through FFmpeg (RTSP and its kin), cameras of macOS through AVFoundation."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from core.errors import SourceError
from edge.capture.picture import GREY, Picture, Wanted, plane

# Read when OpenCV is loaded. By UDP, what is lost is shown as grey smears.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

import cv2
import numpy as np

ANSWERS_WITHIN_S = 10.0
"""Then the camera is gone, whatever its socket says."""

FAILED_READS = 5
"""A camera may miss a frame; this many in a row, and it is gone."""

FAILED_READ_PAUSE_S = 0.05


class OpenCvCamera:
    """Pictures of one address, or of the camera with one index."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted

    def pictures(self) -> Iterator[Picture]:
        """Pictures until the stream ends."""
        cv2.setNumThreads(1)
        is_stream = isinstance(self._wanted.device, str)
        capture = self._open_stream() if is_stream else self._open_camera()
        luma = np.empty((0, 0), np.uint8)
        failed = 0
        try:
            while True:
                grabbed, colours = capture.read()
                if not grabbed:
                    failed += 1
                    if is_stream or failed == FAILED_READS:
                        raise SourceError(
                            f"the stream ended, or was silent for {ANSWERS_WITHIN_S:g} s" if is_stream else "it is gone"
                        )
                    time.sleep(FAILED_READ_PAUSE_S)
                    continue
                failed = 0
                height, width = colours.shape[:2]
                if luma.shape != (height, width):
                    luma = np.empty((height, width), np.uint8)
                cv2.cvtColor(colours, cv2.COLOR_BGR2GRAY, dst=luma)
                yield plane(GREY, width, height, width, luma.data.cast("B"), time.monotonic_ns())
        finally:
            capture.release()

    def _open_stream(self) -> cv2.VideoCapture:
        within_ms = round(1000 * ANSWERS_WITHIN_S)
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, within_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, within_ms]
        capture = cv2.VideoCapture(self._wanted.device, cv2.CAP_FFMPEG, limits)
        if not capture.isOpened():
            raise SourceError("it cannot be opened; is the address right, with user and password if it needs them?")
        return capture

    def _open_camera(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(self._wanted.device, cv2.CAP_ANY)
        if not capture.isOpened():
            raise SourceError("it cannot be opened; is another program using it, and is this one allowed to?")
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._wanted.width_px)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._wanted.height_px)
        capture.set(cv2.CAP_PROP_FPS, self._wanted.frame_rate_hz)
        return capture
