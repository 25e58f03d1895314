"""What a picture says about itself before it is decoded: its size, and what decoding it will take.

Read here since OpenCV tells a picture's size only once it has the memory for it. Of each format just the fields that
matter are read, and nothing is checked that the decoder checks anyway.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import NamedTuple

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8"
TIFF_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
"""`struct`'s sign for the order of bytes. BigTIFF, for files beyond 4 GB, is none of them."""

_PNM = re.compile(rb"P[1-6](?:\s|#[^\n]*\n)+([0-9]{1,10})(?:\s|#[^\n]*\n)+([0-9]{1,10})\s")

_TIFF_TYPES = {1: "B", 3: "H", 4: "I"}
"""Types of the numbers in a TIFF directory: byte, short, long."""

_MOST_TIFF_TAGS = 4096

_MOST_PNG_CHUNKS = 100_000
"""Encoders put 8 KiB or more of a large picture in each."""


@dataclass(frozen=True, slots=True)
class Header:
    """What decoding is planned by."""

    width_px: int
    height_px: int
    transparent: bool = False
    """Whether it may have an alpha channel."""
    bytes_per_sample: int = 1
    floating: bool = False
    """Whether its samples are floating-point."""
    work_bytes: int = 0
    """What its decoder needs beside the decoded picture, about."""
    reducible: bool = False
    """Whether its decoder can shrink it as it decodes it, and so needs no room for the whole."""
    scans: int = 1
    """How many times its decoder goes through it."""
    orientation: int = 1
    """How to turn it if its decoder is to leave it unchanged, 1 to 8 as in EXIF."""
    clear: int | None = None
    """The brightness, as stored, that stands for transparent in a grey PNG without alpha."""


class _Component(NamedTuple):
    """Of a JPEG: its samples across and down in a unit that the components share."""

    across: int
    down: int


def read_header(content: bytes) -> Header | None:
    """The header of a PNG, JPEG, BMP, WebP, TIFF, GIF, PGM or PPM; None if it is none or is damaged there."""
    try:
        header = _read_header(content)
    except (struct.error, IndexError, ValueError):
        return None
    return header if header and header.width_px and header.height_px else None


def _read_header(content: bytes) -> Header | None:
    if content.startswith(PNG):
        return _png(content)
    if content.startswith(JPEG):
        return _jpeg(content)
    if content[:4] in TIFF_ORDERS:
        return _tiff(content)
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return _webp(content)
    if content.startswith(b"BM"):
        return _bmp(content)
    if content[:6] in {b"GIF87a", b"GIF89a"}:
        width, height = struct.unpack_from("<HH", content, 6)
        # Its decoder composes the first frame as BGRA, on a canvas of its own.
        return Header(width, height, transparent=True, work_bytes=4 * width * height)
    if found := _PNM.match(content):
        return Header(int(found[1]), int(found[2]))
    return None


def _png(content: bytes) -> Header | None:
    """PNG (ISO/IEC 15948), 11.2: the first chunk has the size; tRNS comes before the pixels, and eXIf as a rule.

    Every chunk has to be there whole: OpenCV makes room for as much as a chunk claims, which can be gigabytes.
    """
    if content[12:16] != b"IHDR":
        return None
    width, height, depth, colour = struct.unpack_from(">IIBB", content, 16)
    orientation, clear = 1, None
    transparent = colour in {4, 6}
    at = len(PNG)
    for _ in range(_MOST_PNG_CHUNKS):
        length, kind = struct.unpack_from(">I4s", content, at)
        if at + 12 + length > len(content):
            return None
        if kind == b"tRNS" and colour == 0:
            clear = struct.unpack_from(">H", content, at + 8)[0]
        elif kind == b"tRNS":
            transparent = True
        elif kind == b"eXIf":
            orientation = _exif_orientation(content[at + 8 : at + 8 + length])
        elif kind == b"IEND":
            bytes_per_sample = 2 if depth == 16 else 1
            return Header(width, height, transparent, bytes_per_sample, orientation=orientation, clear=clear)
        at += 12 + length
    return None


def _jpeg(content: bytes) -> Header | None:
    """JPEG (ITU T.81), annex B. One with several scans keeps all coefficients, two bytes each, until the last."""
    at = len(JPEG)
    frame: tuple[int, int, int, list[_Component]] | None = None
    while True:
        at = content.index(b"\xff", at)
        while content[at] == 0xFF:
            at += 1
        marker = content[at]
        at += 1
        if marker <= 0x01 or 0xD0 <= marker <= 0xD8:
            continue
        (length,) = struct.unpack_from(">H", content, at)
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width, count = struct.unpack_from(">HHB", content, at + 3)
            samplings = [content[at + 9 + 3 * index] for index in range(count)]
            frame = marker, width, height, [_Component(each >> 4, each & 15) for each in samplings]
        elif marker == 0xD9:
            return None
        elif marker == 0xDA:
            break
        at += length
    if frame is None:
        return None
    kind, width, height, components = frame
    progressive = kind in {0xC2, 0xC6, 0xCA, 0xCE}
    work_bytes, scans = 0, 1
    if progressive or content[at + 2] < len(components):
        unit = max(1, max(each.across for each in components) * max(each.down for each in components))
        samples = sum(each.across * each.down for each in components)
        work_bytes = 2 * width * height * samples // unit
        # In the coded pixels a byte of 255 is followed by 0; a few in a thumbnail do no harm.
        scans = content.count(b"\xff\xda", at - 2)
    return Header(width, height, work_bytes=work_bytes, reducible=True, scans=scans)


def _webp(content: bytes) -> Header | None:
    """WebP container (RFC 9649). Its decoder makes BGR or BGRA of it, whatever is asked for."""
    kind = content[12:16]
    orientation = 1
    if kind == b"VP8X":
        flags = content[20]
        width, height = (1 + int.from_bytes(content[at : at + 3], "little") for at in (24, 27))
        transparent = bool(flags & 0x10)
        if flags & 0x08:
            orientation = _webp_orientation(content)
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        transparent = bool(bits >> 28 & 1)
    elif kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", content, 26))
        transparent = False
    else:
        return None
    return Header(width, height, transparent, work_bytes=3 * width * height, orientation=orientation)


def _webp_orientation(content: bytes) -> int:
    at = 12
    while at + 8 <= len(content):
        kind, length = struct.unpack_from("<4sI", content, at)
        if kind == b"EXIF":
            return _exif_orientation(content[at + 8 : at + 8 + length].removeprefix(b"Exif\0\0"))
        at += 8 + length + length % 2
    return 1


def _bmp(content: bytes) -> Header:
    """BMP: the size in its first, 12-byte header, or in the later ones, where a negative height is top down."""
    if struct.unpack_from("<I", content, 14)[0] == 12:
        width, height = struct.unpack_from("<HH", content, 18)
        return Header(width, height)
    width, height, _, bits = struct.unpack_from("<iiHH", content, 18)
    return Header(abs(width), abs(height), transparent=bits == 32)


def _tiff(content: bytes) -> Header | None:
    """TIFF 6.0 (Adobe, 1992): the first directory. A strip or tile is unpacked whole, and then again as RGBA.

    OpenCV turns it by its orientation whatever is asked for.
    """
    tags = _tiff_tags(content)
    width, height = tags.get(256, 0), tags.get(257, 0)
    bits, samples = tags.get(258, 1), tags.get(277, 1)
    strip_px = tags.get(322, width) * tags.get(323, min(tags.get(278, height), height))
    bytes_per_sample = (bits + 7) // 8
    return Header(
        width,
        height,
        transparent=samples in {2, 4} and tags.get(262) != 5,  # which is CMYK
        bytes_per_sample=bytes_per_sample,
        floating=tags.get(339) == 3,
        work_bytes=strip_px * (4 + 2 * samples * bytes_per_sample),
    )


def _tiff_tags(content: bytes) -> dict[int, int]:
    """Tag → its number, or the first of them, of the first directory of a TIFF; EXIF is one as well."""
    order = TIFF_ORDERS[content[:4]]
    (at,) = struct.unpack_from(f"{order}I", content, 4)
    (count,) = struct.unpack_from(f"{order}H", content, at)
    tags = {}
    for entry in range(at + 2, at + 2 + 12 * min(count, _MOST_TIFF_TAGS), 12):
        tag, kind, amount = struct.unpack_from(f"{order}HHI", content, entry)
        if tag in tags:
            raise ValueError(f"tag {tag} is there twice, so nobody knows which one counts")
        code = _TIFF_TYPES.get(kind)
        if code and amount:
            place = entry + 8
            if amount * struct.calcsize(code) > 4:
                (place,) = struct.unpack_from(f"{order}I", content, place)
            (tags[tag],) = struct.unpack_from(order + code, content, place)
    return tags


def _exif_orientation(exif: bytes) -> int:
    """1 to 8; 1, as it is, if `exif` is damaged or says nothing."""
    if exif[:4] not in TIFF_ORDERS:
        return 1
    try:
        orientation = _tiff_tags(exif).get(274, 1)
    except (struct.error, ValueError):
        return 1
    return orientation if 1 <= orientation <= 8 else 1
