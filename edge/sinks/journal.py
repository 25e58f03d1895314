"""What a sink has taken and not yet delivered, in a file that outlasts the process: kill -9 loses nothing.

It is meant for a directory in memory (/run): there a record costs microseconds and no SD card is written. So it is
never flushed to a disk; what has to outlast a power cut is put into a spool or a database from time to time.

A line is a CRC-32 of what follows, then `+NUMBER BODY` for an event taken, or `-NUMBER` once all up to it are settled.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from collections import deque
from collections.abc import Iterable
from pathlib import Path

MOST_BYTES = 1 << 20
"""When it is longer, and twice as long as when it was last written anew, that is due. Some 3,000 events."""


class Journal:
    """The file. Not for several threads at once, nor for several processes."""

    def __init__(self, path: Path) -> None:
        """Raises OSError if there can be no file at `path`, and BlockingIOError if another process has it."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._lock = _locked(path.with_suffix(".lock"))
        self._file = self._open()
        self._bytes = self._least_bytes = 0
        self._torn = False
        """Whether the last line may lack its end."""

    def load(self) -> list[tuple[int, bytes]]:
        """(number, body) of all that is not settled, in order; damaged lines are left out. To be called once, first."""
        content = self._path.read_bytes()
        self._bytes, self._torn = len(content), bool(content) and not content.endswith(b"\n")
        left: deque[tuple[int, bytes]] = deque()
        for line in content.splitlines():
            match _checked(line).split(b" ", 1):
                case [sign, body] if sign.startswith(b"+"):
                    left.append((int(sign), body))
                case [sign] if sign.startswith(b"-"):
                    while left and left[0][0] <= -int(sign):
                        left.popleft()
        return list(left)

    def append(self, number: int, body: bytes) -> None:
        """Keep an event; numbers rise. Raises OSError."""
        self._write(b"+%d %b" % (number, body))

    def settle(self, number: int) -> None:
        """Let go of all up to `number`. Raises OSError."""
        self._write(b"-%d" % number)

    def clear(self) -> None:
        """Let go of all. Raises OSError."""
        os.ftruncate(self._file, 0)
        self._bytes, self._least_bytes, self._torn = 0, 0, False

    @property
    def is_long(self) -> bool:
        """Whether it is time to `rewrite` it."""
        return self._bytes > max(MOST_BYTES, 2 * self._least_bytes)

    def rewrite(self, left: Iterable[tuple[int, bytes]]) -> None:
        """Hold only the events that are `left`, by number and body. Raises OSError, and is then as it was."""
        anew = self._path.with_name(f".{self._path.name}.partial")
        records = [b"+%d %b" % entry for entry in left]
        with open(os.open(anew, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123
            file.writelines(b"%08x %b\n" % (zlib.crc32(record), record) for record in records)
            self._bytes = self._least_bytes = file.tell()
        anew.replace(self._path)
        os.close(self._file)
        self._file = self._open()
        self._torn = False

    def close(self) -> None:
        """Leave the file as it is, for the next start."""
        os.close(self._file)
        os.close(self._lock)

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _write(self, record: bytes) -> None:
        line = b"%08x %b\n" % (zlib.crc32(record), record)
        if self._torn:
            line = b"\n" + line
        self._torn = True
        written = os.write(self._file, line)
        self._bytes += written
        if written < len(line):
            raise OSError(f"{self._path}: only {written} of {len(line)} bytes were written")
        self._torn = False


def _locked(path: Path) -> int:
    """A descriptor that holds the lock at `path` until it is closed or the process ends."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock


def _checked(line: bytes) -> bytes:
    """The record in a line; empty if it is damaged."""
    checksum, _, record = line.partition(b" ")
    return record if checksum == b"%08x" % zlib.crc32(record) else b""
