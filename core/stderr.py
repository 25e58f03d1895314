"""Standard error without the lines nobody asked for."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_one_at_a_time = threading.RLock()


@contextmanager
def dropping(unwanted: Callable[[bytes], bool]) -> Iterator[None]:
    """Within the block standard error waits; at its end the lines that are not `unwanted` follow, in their order.

    For C++ libraries that write to file descriptor 2 themselves and offer Python no setting against it. It holds for
    the whole process, so keep the block short. What goes beyond a pipe's 64 KiB is lost.
    """
    with _one_at_a_time:
        try:
            own = os.dup(2)
        except OSError:  # closed, as a daemon's may be: then nobody is bothered
            yield
            return
        waiting, entrance = os.pipe()
        try:
            # A full pipe must not stop who writes, nor a child that keeps its end open stop who reads.
            os.set_blocking(entrance, False)
            os.set_blocking(waiting, False)
            os.dup2(entrance, 2)
            try:
                yield
            finally:
                if sys.__stderr__ is not None:
                    sys.__stderr__.flush()
                os.dup2(own, 2)
                for line in _drain(waiting).splitlines(keepends=True):
                    if not unwanted(line):
                        os.write(2, line)
        finally:
            for descriptor in (own, waiting, entrance):
                os.close(descriptor)


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
