"""Recordings: a picture, a video, or a folder of them, replayed as if a camera saw them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2

from core.config import CameraConfig
from core.errors import ImageError, SourceError
from core.frame import Frame, Luma
from core.picture import SUFFIXES, is_file, is_folder, load
from edge.sources.luma import luma_of_video, mirrored

log = logging.getLogger("digit-reader")

VIDEO_SUFFIXES = frozenset({".mp4", ".avi", ".mkv", ".mov", ".webm", ".mjpg", ".mjpeg", ".m4v"})

USUAL_FRAME_RATE_HZ = 25.0
"""For videos that do not say theirs."""


class RecordingSource:
    """Frames of files, in the order of their names. Time is the recording's own, so a replay is the same to the bit."""

    live = False

    def __init__(self, path: Path, config: CameraConfig) -> None:
        """`path` is a picture, a video, or a folder of pictures and videos."""
        self._path = path
        self._config = config
        self.name = path.name or str(path)

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Frames until the end, or until `stop` is set. Raises SourceError or ImageError for what cannot be read."""
        sequence, recorded_s = 0, 0.0
        started = time.monotonic()
        while not stop.is_set():
            began = sequence
            for luma, for_s in self._pictures(stop):
                if stop.is_set():
                    return
                yield Frame(mirrored(luma) if self._config.mirror else luma, sequence, round(recorded_s * 1e9))
                sequence += 1
                recorded_s += for_s
                if self._config.replay_speed > 0:
                    stop.wait(max(0.0, started + recorded_s / self._config.replay_speed - time.monotonic()))
            if sequence == began and not stop.is_set():
                raise SourceError(f"{self._path}: nothing in it can be read")
            if not self._config.replay_loop:
                return

    def _pictures(self, stop: threading.Event) -> Iterator[tuple[Luma, float]]:
        """(luma, seconds it lasts) of everything in the recording; in a folder, what cannot be read is passed over."""
        files = recorded_files(self._path)
        for path in files:
            if stop.is_set():
                return
            try:
                yield from video_frames(path) if path.suffix.lower() in VIDEO_SUFFIXES else self._held(load(path))
            except (ImageError, SourceError) as error:
                if len(files) == 1:
                    raise
                log.warning("%s; passed over", error)

    def _held(self, luma: Luma) -> Iterator[tuple[Luma, float]]:
        """The frames of one picture."""
        count = max(1, round(self._config.picture_for_s * self._config.frame_rate_hz))
        # One frame more, so that what is held for a time is seen both at its start and at its end.
        for _ in range(count + 1):
            yield luma, 1 / self._config.frame_rate_hz


def recorded_files(path: Path) -> list[Path]:
    """The pictures and videos in a folder, by name; the file itself for a file. Raises SourceError if there are
    none."""
    if is_file(path):
        return [path]
    if not is_folder(path):
        raise SourceError(f"{path}: no such file or folder; camera.source takes a picture, a video or a folder")
    files = sorted(entry for entry in path.iterdir() if entry.suffix.lower() in SUFFIXES | VIDEO_SUFFIXES)
    if not files:
        raise SourceError(f"{path}: has no pictures or videos")
    return files


def video_frames(path: Path) -> Iterator[tuple[Luma, float]]:
    """(luma, seconds it lasts) of each frame of a video. Raises SourceError if it has none that can be decoded."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        rate_hz = capture.get(cv2.CAP_PROP_FPS)
        lasts_s = 1 / (rate_hz if 0 < rate_hz <= 1000 else USUAL_FRAME_RATE_HZ)
        decoded = 0
        while True:
            grabbed, picture = capture.read()
            if not grabbed:
                break
            luma = luma_of_video(picture)
            if luma is not None:
                decoded += 1
                yield luma, lasts_s
        if not decoded:
            raise SourceError(f"{path}: not a video that can be decoded")
    finally:
        capture.release()
