"""Pictures on disk or in memory → luma. Every format OpenCV decodes; EXIF orientation honoured; transparent is white
paper."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from core.errors import ImageError
from core.frame import Luma

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm", ".gif"})
"""Names that are taken for pictures when a folder is read."""

LARGEST_FILE_BYTES = 256 * 2**20

_JPEG = b"\xff\xd8"


def load(path: Path) -> Luma:
    """uint8 (H, W) of the picture at `path`. Raises ImageError, one line, if it cannot be read or decoded."""
    try:
        if not path.is_file():  # which a device that never ends is not
            raise ImageError(f"{path}: cannot be read ({_why_no_file(path)})")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror})") from None
    return decode(content, str(path))


def is_file(path: Path) -> bool:
    """Whether a regular file is there; a name the system cannot even look up is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder is there; a name the system cannot even look up is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _why_no_file(path: Path) -> str:
    path.stat()  # says so itself if there is nothing
    return "a folder" if path.is_dir() else "not a regular file"


def decode(content: bytes, place: str) -> Luma:
    """uint8 (H, W) of an encoded picture; the first one of an animation. `place` names it in errors. Raises
    ImageError."""
    if not content:
        raise ImageError(f"{place}: is empty")
    if len(content) > LARGEST_FILE_BYTES:
        raise ImageError(f"{place}: larger than {LARGEST_FILE_BYTES // 2**20} MiB; shrink the picture first")
    encoded = np.frombuffer(content, np.uint8)
    try:
        if not content.startswith(_JPEG):  # which has no transparency
            plain = cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED)
            if plain is not None and plain.ndim == 3 and plain.shape[2] == 4:
                return _on_white(plain)
        luma = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)
    except cv2.error as error:
        reason = "too many pixels" if "MAX_IMAGE" in str(error) else "damaged"
        raise ImageError(f"{place}: cannot be decoded ({reason})") from None
    if luma is None:
        raise ImageError(f"{place}: not a picture that can be decoded, or damaged; use PNG, JPEG, BMP, WebP or TIFF")
    return np.asarray(luma, np.uint8)


def _on_white(bgra: np.ndarray) -> Luma:
    """`bgra`, (H, W, 4) of 8 or 16 bits, laid on white paper."""
    if bgra.dtype == np.uint16:
        bgra = (bgra >> 8).astype(np.uint8)
    elif bgra.dtype != np.uint8:
        bgra = cv2.convertScaleAbs(bgra, alpha=255.0)
    luma = cv2.cvtColor(bgra, cv2.COLOR_BGRA2GRAY).astype(np.uint16)
    alpha = bgra[..., 3].astype(np.uint16)
    return ((luma * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
