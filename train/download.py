"""MNIST, downloaded once into a cache: several mirrors, resumable, bounded, and trusted only by its sha256.

Mirrors compress the files differently, so what is checked, and kept, is the unpacked content. A file gets its name only
after it was verified, and its length is known, so a later call trusts a file of that length and fetches others again.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from core.errors import DataError, DownloadError
from core.idx import FILES, MNIST_SHA256

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)
"""Asked in this order; each has the four files as NAME.gz."""

TIMEOUT_S = 20.0
"""Of silence. A slow line is fine, a dead one is not."""

ATTEMPTS = 3
"""At each mirror: a line that breaks is taken up where it broke."""

CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class RemoteFile:
    """One file of a data set, gzipped on the mirrors."""

    name: str
    """Without .gz."""
    sha256: str
    """Of the unpacked content."""
    unpacked_bytes: int

    @property
    def largest_packed_bytes(self) -> int:
        """What gzip could make of it at worst; a mirror that offers more offers something else."""
        return self.unpacked_bytes + self.unpacked_bytes // 1000 + 1024


MNIST = tuple(
    RemoteFile(name, MNIST_SHA256[name], size)
    for split, sizes in (("train", (16 + 60_000 * 28 * 28, 8 + 60_000)), ("test", (16 + 10_000 * 28 * 28, 8 + 10_000)))
    for name, size in zip(FILES[split], sizes, strict=True)
)


def mnist_cache() -> Path:
    """Where MNIST is kept: $XDG_CACHE_HOME/digit-reader/mnist, normally ~/.cache/digit-reader/mnist."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The XDG base directory specification: a relative path is to be ignored.
    return (base if base.is_absolute() else Path.home() / ".cache") / "digit-reader" / "mnist"


def fetch(
    folder: Path,
    files: Sequence[RemoteFile] = MNIST,
    mirrors: Sequence[str] = MIRRORS,
    progress: TextIO | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Path:
    """`folder`, with all `files` in it; those already there are not asked for again.

    Progress goes to `progress` (standard error by default). Raises DownloadError if no mirror delivers a file, and
    DataError if the folder cannot be written.
    """
    shown = progress or sys.stderr
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            if not _is_there(folder / file.name, file):
                _fetch_one(folder, file, mirrors, shown, timeout_s)
    except DownloadError:
        raise
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be written ({error.strerror or error}); set XDG_CACHE_HOME to another folder"
        ) from None
    return folder


def _is_there(path: Path, file: RemoteFile) -> bool:
    return path.is_file() and path.stat().st_size == file.unpacked_bytes


class _Refused(Exception):
    """A mirror that does not deliver; the message says why."""


class _Broken(_Refused):
    """A transfer that ended early; what has arrived is kept."""


def _fetch_one(folder: Path, file: RemoteFile, mirrors: Sequence[str], shown: TextIO, timeout_s: float) -> None:
    refusals = []
    for mirror in mirrors:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                _fetch_from(mirror, folder, file, shown, timeout_s)
            except _Broken as broken:
                if attempt < ATTEMPTS:
                    continue
                refusals.append(f"{urlsplit(mirror).netloc}: {broken}")
            except _Refused as refusal:
                refusals.append(f"{urlsplit(mirror).netloc}: {refusal}")
            else:
                return
            break
    raise DownloadError(
        f"{file.name}: cannot be downloaded ({'; '.join(refusals)}); go online and repeat the command, "
        "or put MNIST's four IDX files into a folder and name it with --data DIR"
    )


def _fetch_from(mirror: str, folder: Path, file: RemoteFile, shown: TextIO, timeout_s: float) -> None:
    """Put the verified file into `folder`. Raises _Refused."""
    # A part from one mirror cannot be continued at another, whose gzip differs.
    mark = hashlib.sha256(mirror.encode()).hexdigest()[:8]
    partial = folder / f".{file.name}.{mark}.gz.partial"
    resumed = partial.exists() and partial.stat().st_size > 0
    _transfer(f"{mirror.rstrip('/')}/{file.name}.gz", partial, file, shown, timeout_s)
    try:
        content = _unpack(partial, file)
    except _Refused as refusal:
        partial.unlink()
        # The mirror's file may have changed between two parts; from the start it gets another chance.
        raise (_Broken if resumed else _Refused)(*refusal.args) from None
    unpacked = folder / f".{file.name}.partial"
    with unpacked.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    unpacked.replace(folder / file.name)
    for leftover in folder.glob(f".{file.name}.*.partial"):
        leftover.unlink(missing_ok=True)


def _transfer(url: str, partial: Path, file: RemoteFile, shown: TextIO, timeout_s: float) -> None:
    """Bring `partial` to its full length, from where it stands if the mirror can. Raises _Refused."""
    start = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "digit-reader"})  # noqa: S310 — MIRRORS are https
    if start:
        request.add_header("Range", f"bytes={start}-")
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as response:  # noqa: S310
            _receive(response, partial, start, file, _ProgressLine(shown, file.name))
    except urllib.error.HTTPError as error:
        if error.code == 416:  # the part is as long as the file, or longer
            partial.unlink()
            raise _Broken("its file has another length than before") from None
        raise _Refused(f"HTTP {error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        raise _Refused(_reason(error.reason)) from None
    except (ConnectionError, TimeoutError, HTTPException) as error:  # after the connection, before the answer
        raise _Broken(_reason(error)) from None


def _receive(response: HTTPResponse, partial: Path, start: int, file: RemoteFile, line: _ProgressLine) -> None:
    resuming = response.status == 206 and (response.headers["Content-Range"] or "").startswith(f"bytes {start}-")
    if response.status == 206 and not resuming:
        raise _Refused("sent another range than was asked for")
    received = start if resuming else 0
    announced = response.headers["Content-Length"]
    total = received + int(announced) if announced and announced.isdecimal() else None
    if (total or 0) > file.largest_packed_bytes:
        raise _Refused(f"offers {total} bytes, expected at most {file.largest_packed_bytes}")
    line.start(received, total)
    with partial.open("ab" if resuming else "wb") as out:
        while chunk := _read_chunk(response, line):
            received += len(chunk)
            if received > file.largest_packed_bytes:
                partial.unlink()
                line.clear()
                raise _Refused(f"sends more than {file.largest_packed_bytes} bytes")
            out.write(chunk)
            line.update(received)
    line.clear()
    # A closed connection reads like the end of the file.
    if total is not None and received < total:
        raise _Broken(f"the connection ended after {received} of {total} bytes")
    line.leave(received)


def _read_chunk(response: HTTPResponse, line: _ProgressLine) -> bytes:
    try:
        return response.read(CHUNK_BYTES)
    except (OSError, HTTPException) as error:
        line.clear()
        raise _Broken(_reason(error)) from None


def _unpack(partial: Path, file: RemoteFile) -> bytes:
    """The verified content. Raises _Refused; never unpacks more than was promised."""
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = unpacker.decompress(partial.read_bytes(), file.unpacked_bytes + 1)
    except zlib.error as error:
        raise _Refused(f"sent no gzip ({error})") from None
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise _Refused("sent other content: its sha256 differs")
    return content


def _reason(error: object) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__)


class _ProgressLine:
    """One line that is refreshed on a terminal, and written once, when all is there, anywhere else."""

    def __init__(self, shown: TextIO, name: str) -> None:
        self._shown, self._name = shown, name
        self._refreshed = shown.isatty()
        self._next = 0.0
        self.start(0, None)

    def start(self, received: int, total: int | None) -> None:
        """Bytes that are there already, and will be in the end if anybody said."""
        self._start, self._total = received, total
        self._started = time.monotonic()

    def update(self, received: int) -> None:
        """Show how far it is, at most ten times a second."""
        now = time.monotonic()
        if not self._refreshed or now < self._next:
            return
        self._next = now + 0.1
        share = f" of {self._total / 1e6:.1f} MB, {received / self._total:.0%}" if self._total else " MB"
        pace = (received - self._start) / max(now - self._started, 1e-3)
        print(
            f"\r\x1b[Kdownloading {self._name}: {received / 1e6:.1f}{share}, {pace / 1e6:.1f} MB/s",
            end="",
            file=self._shown,
            flush=True,
        )

    def clear(self) -> None:
        """Leave an empty line for whatever comes next."""
        if self._refreshed:
            print("\r\x1b[K", end="", file=self._shown, flush=True)

    def leave(self, received: int) -> None:
        """One line that stays."""
        print(f"downloaded {self._name}.gz, {received / 1e6:.1f} MB", file=self._shown, flush=True)
