"""Whether a file can be given to the video decoder at all: what it takes wrongly, or crashes on, is refused before."""

from __future__ import annotations

import os
from pathlib import Path

import cv2

from core.errors import SourceError
from core.picture import is_file

PICTURES_IN_A_ROW = frozenset({".mjpg", ".mjpeg"})
"""Such a video is JPEG files one after the other, so it begins as one does."""


def check_video(path: Path) -> None:
    """Raises SourceError, one line, unless there is a file at `path` that may be a video."""
    if not is_file(path):
        raise SourceError(f"{path}: no such file")
    try:
        os.fsencode(path).decode()
    except UnicodeDecodeError:  # OpenCV ends the program over it
        raise SourceError(f"{path}: the name of a video must be UTF-8; rename it") from None
    if path.suffix.lower() not in PICTURES_IN_A_ROW and cv2.haveImageReader(str(path)):
        raise SourceError(f"{path}: is a picture, and named {path.suffix} as a video; give it the suffix of its format")
