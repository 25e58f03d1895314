"""MJPEG over HTTP: JPEG pictures as parts of a body that never ends (multipart/x-mixed-replace)."""

from __future__ import annotations

import re
from collections.abc import Iterator

LARGEST_PART_BYTES = 32 * 2**20
"""What is longer without an end is no picture."""

LONGEST_HEADER_BYTES = 16 * 2**10

_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,10})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\r?\n\r?\n")


class Parts:
    """Cuts a body into its parts, from pieces of any length."""

    def __init__(self, boundary: bytes) -> None:
        """`boundary` as the Content-Type says it, with or without the hyphens that some cameras count in."""
        self._mark = b"--" + boundary.removeprefix(b"--")
        self._said = bytearray()

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The parts that end in `piece`. Raises ValueError if no part has ended for too long."""
        self._said += piece
        while (part := self._next()) is not None:
            if part:
                yield part
        if len(self._said) > LARGEST_PART_BYTES:
            raise ValueError(f"no picture has ended within {LARGEST_PART_BYTES} bytes")

    def _next(self) -> bytes | None:
        """The first part that is whole, taken out; empty if it has no content, None if there is none yet."""
        begin = self._said.find(self._mark)
        if begin < 0:
            # Its last bytes may be the first half of a boundary.
            del self._said[: max(0, len(self._said) - len(self._mark))]
            return None
        head = begin + len(self._mark)
        found = _HEADER_END.search(self._said, head, head + LONGEST_HEADER_BYTES)
        if not found:
            if len(self._said) - head <= LONGEST_HEADER_BYTES:
                return None
            del self._said[:head]
            return b""
        length = _LENGTH.search(self._said, head, found.end())
        # Without waiting for the next boundary where that can be: it may come with the next picture only.
        if length and 0 < int(length[1]) <= LARGEST_PART_BYTES:
            end = found.end() + int(length[1])
            if len(self._said) < end:
                return None
        else:
            end = self._said.find(self._mark, found.end())
            if end < 0:
                return None
        part = bytes(self._said[found.end() : end])
        del self._said[:end]
        return part.rstrip(b"\r\n") if not length else part


def boundary_of(content_type: str) -> bytes | None:
    """Of a Content-Type; None if it is not that of a stream of pictures."""
    kind, _, parameters = content_type.partition(";")
    if not kind.strip().lower().startswith("multipart/"):
        return None
    found = re.search(r'boundary\s*=\s*"?([^";]+)"?', parameters, re.IGNORECASE)
    return found[1].strip().encode("latin-1", "replace") if found else None


def is_jpeg(content: bytes) -> bool:
    """Whether a JPEG begins and ends here; one that was cut off does not."""
    return content.startswith(b"\xff\xd8") and content.rstrip(b"\0\r\n").endswith(b"\xff\xd9")
