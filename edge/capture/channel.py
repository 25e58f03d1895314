"""What passes between the daemon and its capture process: a socket for words, shared memory for pictures.

Each side holds a picture's slot in turn: the capture process writes into a free one and says so, the daemon copies out
of it and gives it back. So neither ever sees half a picture, at most SLOTS wait, and if the daemon has given none back,
what the camera gives meanwhile is dropped.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple

from edge.capture.picture import Picture, Wanted

SLOTS = 3
"""One is written, one is read, one waits between."""

LARGEST_SLOT_BYTES = 64 * 2**20
"""A picture of 8192×4096 in two bytes a pixel."""

_HEADER = struct.Struct("=4s4sIIIIIQ")
"""Kind; layout, slot, width, height, stride; bytes of the picture, of the text that follows, or of a slot; time."""
_MEMORY, _PICTURE, _LOST = b"MEMO", b"PICT", b"LOST"
_LENGTH = struct.Struct("=I")
_LONGEST_TEXT = 4096
_RELEASE = struct.Struct("=BB")


class Lost(Exception):
    """The other side is gone, or has said why its camera is."""


def tell_wanted(to: socket.socket, wanted: Wanted) -> None:
    """Say what to open. Not by arguments, which everybody can read: addresses hold passwords."""
    text = json.dumps(wanted).encode()
    to.sendall(_LENGTH.pack(len(text)) + text)


def hear_wanted(of: socket.socket) -> Wanted:
    """What to open. Raises Lost."""
    (length,) = _LENGTH.unpack(_exactly(of, _LENGTH.size))
    return Wanted(*json.loads(_exactly(of, length)))


class Sender:
    """The capture process's side."""

    def __init__(self, to: socket.socket) -> None:
        self._to = to
        self._memory: mmap.mmap | None = None
        self._slot_bytes = 0
        self._generation = 0
        self._free: set[int] = set()
        self._half = b""

    def send(self, picture: Picture) -> None:
        """Pass a picture on, or drop it if no slot is free. Raises Lost if nobody is there any more."""
        size = len(picture.content)
        if size > self._slot_bytes:
            if size > LARGEST_SLOT_BYTES:
                return
            self._make_room(size)
        self._take_back()
        if not self._free or self._memory is None:
            return
        slot = self._free.pop()
        start = slot * self._slot_bytes
        self._memory[start : start + size] = picture.content
        self._say(
            _HEADER.pack(
                _PICTURE,
                picture.layout,
                slot,
                picture.width,
                picture.height,
                picture.stride_bytes,
                size,
                picture.captured_ns,
            )
        )

    def lost(self, reason: str) -> None:
        """Say why there will be no more pictures."""
        text = " ".join(reason.split()).encode("utf-8", "replace")[:_LONGEST_TEXT]
        self._say(_HEADER.pack(_LOST, b"", 0, 0, 0, 0, len(text), 0) + text)

    def _make_room(self, size: int) -> None:
        # Somewhat more, since the size of a JPEG varies.
        self._slot_bytes = min(-(-(size + size // 4) // mmap.PAGESIZE) * mmap.PAGESIZE, LARGEST_SLOT_BYTES)
        file = _memory_file(SLOTS * self._slot_bytes)
        try:
            self._memory = mmap.mmap(file, SLOTS * self._slot_bytes)
            self._generation = (self._generation + 1) % 256
            self._free = set(range(SLOTS))
            header = _HEADER.pack(_MEMORY, b"", self._generation, 0, 0, 0, self._slot_bytes, 0)
            try:
                socket.send_fds(self._to, [header], [file])
            except OSError:
                raise Lost("the daemon is gone") from None
        finally:
            os.close(file)

    def _take_back(self) -> None:
        try:
            said = self._half + self._to.recv(64 * _RELEASE.size, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            raise Lost("the daemon is gone") from None
        whole = len(said) - len(said) % _RELEASE.size
        self._half = said[whole:]
        self._free |= {
            slot for generation, slot in _RELEASE.iter_unpack(said[:whole]) if generation == self._generation
        }

    def _say(self, message: bytes) -> None:
        try:
            self._to.sendall(message)
        except OSError:
            raise Lost("the daemon is gone") from None


class Held(NamedTuple):
    """A picture in a slot that is the daemon's until it is released."""

    picture: Picture
    generation: int
    """Of the memory: a slot of an earlier one is nobody's any more."""
    slot: int


class Receiver:
    """The daemon's side."""

    def __init__(self, of: socket.socket) -> None:
        self._of = of
        self._memory: mmap.mmap | None = None
        self._files: list[int] = []
        """Of memories that are yet to be told of."""
        self._generation = 0
        self._said = b""

    def newest(self, within_s: float) -> Held | None:
        """The newest picture, to be released; older ones are given back unseen. None if none came in time.

        Raises Lost, with the reason, once the camera is gone and every picture before that was asked for.
        """
        found: Held | None = None
        self._of.settimeout(within_s)
        while True:
            try:
                for held in self._messages():
                    if found:
                        self.release(found)
                    found = held
                if found:
                    self._of.settimeout(0)
                self._hear()
            except (BlockingIOError, TimeoutError):
                return found
            except Lost:
                if found:
                    return found
                raise

    def release(self, held: Held) -> None:
        """Give a slot back; its picture's content is another's from now on."""
        # Whoever sent it may be gone already, which `newest` tells.
        with contextlib.suppress(OSError):
            self._of.sendall(_RELEASE.pack(held.generation, held.slot))

    def close(self) -> None:
        """End the capture process, which listens whether anybody is there."""
        self._of.close()
        for file in self._files:
            os.close(file)
        self._files.clear()

    def _hear(self) -> None:
        try:
            said, files, _, _ = socket.recv_fds(self._of, 4096, 1)
        except (BlockingIOError, TimeoutError):
            raise
        except OSError:
            said, files = b"", []
        self._files += files
        if not said:
            raise Lost("")
        self._said += said

    def _messages(self) -> Iterator[Held]:
        while len(self._said) >= _HEADER.size:
            kind, layout, slot, width, height, stride, size, at_ns = _HEADER.unpack_from(self._said)
            if kind == _LOST:
                if len(self._said) >= _HEADER.size + size:
                    raise Lost(self._said[_HEADER.size :][:size].decode("utf-8", "replace"))
                return
            self._said = self._said[_HEADER.size :]
            if kind == _MEMORY:
                file = self._files.pop(0)
                self._memory = mmap.mmap(file, size * SLOTS, mmap.MAP_SHARED, mmap.PROT_READ)
                os.close(file)
                self._generation, self._slot_bytes = slot, size
            elif self._memory is not None:
                content = memoryview(self._memory)[slot * self._slot_bytes :][:size]
                yield Held(Picture(layout, width, height, stride, content, at_ns), self._generation, slot)


def _exactly(of: socket.socket, length: int) -> bytes:
    said = b""
    while len(said) < length:
        more = of.recv(length - len(said))
        if not more:
            raise Lost("the daemon is gone")
        said += more
    return said


def _memory_file(size: int) -> int:
    """A file of `size` bytes that only those have who were given it."""
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("digit-reader-frames", os.MFD_CLOEXEC)
    else:
        import tempfile  # noqa: PLC0415 — much to import, and only macOS needs it

        with tempfile.TemporaryFile() as temporary:
            file = os.dup(temporary.fileno())
    os.ftruncate(file, size)
    return file
