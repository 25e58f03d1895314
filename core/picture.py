"""Pictures on disk or in memory → luma. PNG, JPEG, BMP, WebP, TIFF, GIF, PGM and PPM; EXIF orientation honoured;
transparent is white paper; what would take more memory than a small board has is refused unseen."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np

from core import stderr
from core.errors import ImageError
from core.frame import Luma
from core.picture_header import Header, read_header

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm", ".gif"})
"""Names that are taken for pictures when a folder is read."""

FORMATS = "PNG, JPEG, BMP, WebP, TIFF, GIF, PGM or PPM"

LARGEST_FILE_BYTES = 256 * 2**20

LARGEST_DECODING_BYTES = 256 * 2**20
"""Beside the file itself, half of a board with 512 MB: 134 megapixels as a rule, 33 if they can be transparent."""

MOST_SCANS = 100
"""A progressive JPEG has some ten; each takes as long as a picture, and a small file can hold thousands."""

REDUCED_FLAGS = {
    1: cv2.IMREAD_GRAYSCALE,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}

LIBRARY_LINES = (
    b"Corrupt JPEG data",
    b"Premature end of JPEG",
    b"Invalid SOS parameters",
    b"Inconsistent progression",
    b"Warning: unknown JFIF",
    b"libpng ",
    b"[ WARN:",
    b"[ERROR:",
)
"""How what decoders write to standard error begins."""

_DAMAGE = re.compile(
    rb"Corrupt JPEG data: (?:(?P<extraneous>\d+) extraneous bytes before marker 0xd9)?.*"
    rb"|Premature end of JPEG file|libpng error: .*"
)

_ROWS_AT_ONCE = 64
"""So that laying a picture on white takes little memory beside it."""


def load(path: Path) -> Luma:
    """uint8 (H, W) of the picture at `path`. Raises ImageError, one line, if it cannot be read or decoded."""
    try:
        if not path.is_file():  # which a device that never ends is not
            raise ImageError(f"{path}: cannot be read ({_why_no_file(path)})")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror})") from None
    return decode_whole(content, str(path))


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


def decode_whole(content: bytes, place: str) -> Luma:
    """As `decode`, but a picture that the decoder made up in part, since its file is damaged, is an ImageError as well.

    For files, which are decoded once: what decoders say is heard from standard error, for the whole process.
    """
    said: list[bytes] = []

    def is_of_library(line: bytes) -> bool:
        if not line.startswith(LIBRARY_LINES):
            return False
        said.append(line.strip())
        return True

    with stderr.dropping(is_of_library):
        luma = decode(content, place)
    for line in said:
        if _is_damage(line, content):
            raise ImageError(f"{place}: damaged ({line.decode(errors='replace')}); copy it again")
    return luma


def _is_damage(line: bytes, content: bytes) -> bool:
    """Whether a decoder's line is about pixels. Zeros before the end of a JPEG are padding, which cameras leave."""
    found = _DAMAGE.fullmatch(line)
    if not found or not found["extraneous"]:
        return bool(found)
    count = min(int(found["extraneous"]), len(content))
    return not content[: content.rfind(b"\xff\xd9")].endswith(bytes(count))


def decode(content: bytes, place: str) -> Luma:
    """uint8 (H, W) of an encoded picture; the first one of an animation. `place` names it in errors.

    It has the picture's own pixels, but for a JPEG beyond LARGEST_DECODING_BYTES, which comes at a half, a quarter or
    an eighth of its width and height. Raises ImageError, one line.
    """
    if not content:
        raise ImageError(f"{place}: is empty")
    if len(content) > LARGEST_FILE_BYTES:
        raise ImageError(f"{place}: larger than {LARGEST_FILE_BYTES // 2**20} MiB; shrink the picture first")
    header = read_header(content)
    luma = None
    if header:
        factor = _reduction(header, place)
        try:
            luma = _decoded(np.frombuffer(content, np.uint8), header, factor)
        except cv2.error as error:
            reason = "too many pixels" if "MAX_IMAGE" in str(error) else "damaged"
            raise ImageError(f"{place}: cannot be decoded ({reason})") from None
    if luma is None:
        raise ImageError(f"{place}: not a picture that can be decoded, or damaged; use {FORMATS}")
    return luma


def _reduction(header: Header, place: str) -> int:
    """How many times smaller to decode it. Raises ImageError if it cannot be small enough."""
    if header.floating or header.bytes_per_sample > 2:
        kind = "floating-point samples" if header.floating else f"samples of {8 * header.bytes_per_sample} bits"
        raise ImageError(f"{place}: has {kind}; save it with 8 or 16 bits a sample")
    if header.scans > MOST_SCANS:
        raise ImageError(
            f"{place}: a JPEG in {header.scans} scans, allowed are {MOST_SCANS}; save it as a baseline JPEG"
        )
    pixel_bytes = 4 * header.bytes_per_sample if _has_transparency(header) else 1
    for factor in REDUCED_FLAGS if header.reducible else (1,):
        decoded_bytes = pixel_bytes * header.width_px * header.height_px // factor**2
        # Once it is decoded OpenCV copies it for NumPy.
        needed_bytes = decoded_bytes + max(header.work_bytes, decoded_bytes)
        if needed_bytes <= LARGEST_DECODING_BYTES:
            return factor
    raise ImageError(
        f"{place}: {header.width_px}×{header.height_px} pixels take {needed_bytes // 2**20} MiB to decode, allowed are "
        f"{LARGEST_DECODING_BYTES // 2**20}; shrink the picture, or save it as a baseline JPEG"
    )


def _has_transparency(header: Header) -> bool:
    return header.transparent or header.clear is not None


def _decoded(encoded: np.ndarray, header: Header, factor: int) -> Luma | None:
    """uint8 (H, W); None if the pixels are damaged. Raises cv2.error."""
    if not _has_transparency(header):
        luma = cv2.imdecode(encoded, REDUCED_FLAGS[factor])
        return None if luma is None else np.asarray(luma, np.uint8)
    plain = cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED)
    if plain is None or plain.dtype not in {np.dtype(np.uint8), np.dtype(np.uint16)}:
        return None
    if plain.ndim == 3 and plain.shape[2] == 4:
        luma = _on_white(plain)
    elif plain.ndim == 3:
        luma = cv2.cvtColor(_eight_bits(plain), cv2.COLOR_BGR2GRAY)
    else:
        luma = _eight_bits(plain)
        if header.clear is not None:
            luma[plain == header.clear] = 255
    return _turned(luma, header.orientation)  # which OpenCV does itself unless it is to leave the picture unchanged


def _eight_bits(pixels: np.ndarray) -> np.ndarray:
    return pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)


def _on_white(bgra: np.ndarray) -> Luma:
    """`bgra`, (H, W, 4) of 8 or 16 bits, laid on white paper."""
    laid = np.empty(bgra.shape[:2], np.uint8)
    for top in range(0, bgra.shape[0], _ROWS_AT_ONCE):
        rows = _eight_bits(bgra[top : top + _ROWS_AT_ONCE])
        luma = cv2.cvtColor(rows, cv2.COLOR_BGRA2GRAY).astype(np.uint16)
        alpha = rows[..., 3].astype(np.uint16)
        laid[top : top + _ROWS_AT_ONCE] = (luma * alpha + 255 * (255 - alpha) + 127) // 255
    return laid


def _turned(luma: Luma, orientation: int) -> Luma:
    """`luma` as it is to be shown, by its EXIF orientation."""
    if orientation >= 5:
        luma = luma.T
    if orientation in {3, 4, 7, 8}:
        luma = luma[::-1]
    if orientation in {2, 3, 6, 7}:
        luma = luma[:, ::-1]
    return np.ascontiguousarray(luma)
