"""A camera in the network that speaks HTTP: MJPEG, one picture a request, or a video for FFmpeg."""

from __future__ import annotations

import base64
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit, urlunsplit

from core.errors import SourceError
from edge.capture.multipart import LARGEST_PART_BYTES, Parts, boundary_of, is_jpeg
from edge.capture.picture import JPEG, Picture, Wanted

ANSWERS_WITHIN_S = 10.0
"""Then the camera is gone, whatever its socket says."""

PIECE_BYTES = 64 * 2**10


class HttpCamera:
    """Pictures of one address."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._address = str(wanted.device)
        self._every_s = 1 / wanted.frame_rate_hz

    def pictures(self) -> Iterator[Picture]:
        """Pictures until the stream ends."""
        try:
            with self._open() as answer:
                kind = answer.headers.get("Content-Type", "")
                boundary = boundary_of(kind)
                if boundary:
                    yield from _parts(answer, boundary)
                    raise SourceError("the stream ended")
            if kind.startswith("image/jpeg"):
                yield from self._one_by_one()
        except urllib.error.HTTPError as error:
            hint = "; give user and password in the address" if error.code == 401 else ""
            raise SourceError(f"it answers {error.code} {error.reason}{hint}") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            if isinstance(error, SourceError):
                raise
            raise SourceError(f"it cannot be read ({_reason(error)})") from None
        if kind.startswith(("video/", "application/")):
            from edge.capture.opencv import OpenCvCamera  # noqa: PLC0415 — only this needs FFmpeg

            yield from OpenCvCamera(self._wanted).pictures()
        raise SourceError(
            f"it sends {kind or 'something without a type'}; a stream of JPEG pictures or a video is needed"
        )

    def _one_by_one(self) -> Iterator[Picture]:
        while True:
            began = time.monotonic()
            with self._open() as answer:
                content = answer.read(LARGEST_PART_BYTES)
            if is_jpeg(content):
                yield _picture(content)
            time.sleep(max(0.0, began + self._every_s - time.monotonic()))

    def _open(self) -> http.client.HTTPResponse:
        parts = urlsplit(self._address)
        host = parts.netloc.rpartition("@")[2]
        asked = urllib.request.Request(  # noqa: S310 — only http and https come here
            urlunsplit(parts._replace(netloc=host)), headers={"User-Agent": "digit-reader"}
        )
        if parts.username is not None:
            user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            asked.add_header("Authorization", f"Basic {base64.b64encode(user.encode()).decode('ascii')}")
        # A camera is in one's own network, not behind a proxy.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        answer: http.client.HTTPResponse = opener.open(asked, timeout=ANSWERS_WITHIN_S)
        return answer


def _parts(answer: http.client.HTTPResponse, boundary: bytes) -> Iterator[Picture]:
    parts = Parts(boundary)
    while piece := answer.read1(PIECE_BYTES):
        newest = None
        for part in parts.feed(piece):
            newest = part if is_jpeg(part) else newest
        if newest is not None:
            yield _picture(newest)


def _picture(content: bytes) -> Picture:
    return Picture(JPEG, 0, 0, 0, memoryview(content), time.monotonic_ns())


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, OSError):
        error = error.reason
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return "timed out" if isinstance(error, TimeoutError) else said
