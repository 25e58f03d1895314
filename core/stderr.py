"""Standard error, or standard output, without the lines nobody asked for."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_one_at_a_time = threading.RLock()


@contextmanager
def dropping(unwanted: Callable[[bytes], bool], descriptor: int = 2) -> Iterator[None]:
    """Within the block standard error waits; at its end the lines that are not `unwanted` follow, in their order.

    Standard output instead with `descriptor` 1.

    For C++ libraries that write to file descriptors themselves and offer Python no setting against it. It holds for
    the whole process, so keep the block short. What goes beyond a pipe's 64 KiB is lost.
    """
    with _one_at_a_time:
        try:
            own = os.dup(descriptor)
        except OSError:  # closed, as a daemon's may be: then nobody is bothered
            yield
            return
        waiting, entrance = os.pipe()
        try:
            # A full pipe must not stop who writes, nor a child that keeps its end open stop who reads.
            os.set_blocking(entrance, False)
            os.set_blocking(waiting, False)
            os.dup2(entrance, descriptor)
            try:
                yield
            finally:
                stream = sys.__stderr__ if descriptor == 2 else sys.__stdout__
                if stream is not None:
                    stream.flush()
                os.dup2(own, descriptor)
                for line in _drain(waiting).splitlines(keepends=True):
                    if not unwanted(line):
                        os.write(descriptor, line)
        finally:
            for opened in (own, waiting, entrance):
                os.close(opened)


def _drain(descriptor: int) -> bytes:
    content = b""
    while True:
        try:
            piece = os.read(descriptor, 65536)
        except BlockingIOError:
            return content
        if not piece:
            return content
        content += piece
