"""Clips on disk: the frames in a .mkv, to the bit, and the truth in a .json of its name.

The video is FFV1, which OpenCV's wheels bring along. It has all frames in turn, one as long as another: when each was
taken, and so which are missing, is in the .json (`core.clip_truth.FrameTruth.at_ns`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2

from core.clip_truth import ClipTruth, truth_path
from core.errors import UsageError
from train.video.clip import Clip
from train.video.shoot import Shot

SUFFIX = ".mkv"
CODEC = cv2.VideoWriter.fourcc(*"FFV1")
BYTES_A_PX = 0.30
"""Of a clip, on average: 18 clips, one of each kind, at 640x480: mostly noise, which does not pack."""


def save(clip: Clip, video: Path, on_shot: Callable[[Shot], None] = lambda _: None) -> ClipTruth:
    """Draw a clip and leave it at `video`, a .mkv, with the truth about it beside it; both whole or not at all.

    `on_shot` hears of each frame. Raises UsageError if it cannot be written.
    """
    height, width = clip.order.shape
    partial = video.with_name(f".{video.stem}.partial{SUFFIX}")
    teller = clip.teller()
    try:
        writer = cv2.VideoWriter(
            str(partial), cv2.CAP_FFMPEG, CODEC, clip.order.frame_rate_hz, (width, height), isColor=False
        )
        if not writer.isOpened():
            raise UsageError(f"{video}: cannot be written, or this OpenCV has no FFV1")
        try:
            for shot in clip.shots():
                writer.write(shot.luma)
                teller.add(shot)
                on_shot(shot)
        finally:
            writer.release()
        truth = teller.truth()
        _check(partial, len(truth.frames))
        # A reader that finds the truth finds its video.
        partial.replace(video)
        truth.save(truth_path(video))
    except OSError as error:
        raise UsageError(f"{video}: cannot be written ({error.strerror or error})") from None
    finally:
        partial.unlink(missing_ok=True)
    return truth


def _check(video: Path, frames: int) -> None:
    """OpenCV says nothing when a disk is full: what it wrote is counted. Raises UsageError."""
    capture = cv2.VideoCapture(str(video), cv2.CAP_FFMPEG)
    try:
        written = 0
        while capture.grab():
            written += 1
    finally:
        capture.release()
    if written != frames:
        raise UsageError(f"{video.parent}: only {written} of {frames} frames were written; is the disk full?")
