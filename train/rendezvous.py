"""Workers find each other before they train together, and say in one line what keeps them from it.

JAX has its own meeting, but ends the process from C++ if somebody does not come. So worker 0 first listens itself on
the port that JAX takes next: each other worker says who it is, and all wait until worker 0 has heard everyone.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time

from core.errors import TrainingError

GO = b"go\n"
HELLO = "digit-reader worker {index} of {count}\n"
HELLO_WITHIN_S = 5.0
RETRY_S = 0.2
LONGEST_LINE = 300


def lead(port: int, count: int, within_s: float) -> None:
    """Return when workers 1 to `count` - 1 have all come. Raises TrainingError if not, or if the port is taken."""
    try:
        listener = socket.create_server(("", port), backlog=count)
    except OSError as error:
        raise TrainingError(
            f"worker 0: cannot listen on port {port} ({os.strerror(error.errno or 0)}); "
            "choose another --coordinator for all workers"
        ) from None
    with listener, contextlib.ExitStack() as connections:
        here: dict[int, socket.socket] = {}
        end = time.monotonic() + within_s
        while len(here) < count - 1:
            try:
                listener.settimeout(max(end - time.monotonic(), 1e-3))
                connection = connections.enter_context(listener.accept()[0])
            except TimeoutError:
                missing = ", ".join(str(index) for index in range(1, count) if index not in here)
                raise TrainingError(
                    f"worker 0: of {count} workers these did not come within {within_s:g} s: {missing}; start each "
                    "with its own --worker-index and the same --coordinator and --workers"
                ) from None
            index = _welcome(connection, count, here)
            if index is not None:
                here[index] = connection
        for connection in here.values():
            _tell(connection, GO)
            _line(connection)  # until it has hung up: then the port is free at once


def _welcome(connection: socket.socket, count: int, here: dict[int, socket.socket]) -> int | None:
    """The index of who has come, if it is one who is waited for; others are told why they are not."""
    said = _line(connection)
    for index in range(1, count):
        if said == HELLO.format(index=index, count=count).encode():
            if index not in here:
                return index
            _tell(connection, f"there is another worker {index} already\n".encode())
    _tell(connection, f"--workers is {count} at worker 0, whose --worker-index is 0\n".encode())
    return None


def follow(address: tuple[str, int], index: int, count: int, within_s: float) -> None:
    """Return when worker 0, at `address`, has heard all workers. Raises TrainingError if it does not say so in time."""
    place = f"{address[0]}:{address[1]}"
    end = time.monotonic() + within_s
    reason = ""
    while time.monotonic() < end:
        try:
            with socket.create_connection(address, timeout=HELLO_WITHIN_S) as connection:
                connection.sendall(HELLO.format(index=index, count=count).encode())
                connection.settimeout(max(end - time.monotonic(), 1e-3))
                answer = _line(connection)
        except OSError as error:  # not there yet
            reason = error.strerror or str(error)
            time.sleep(RETRY_S)
            continue
        if answer == GO:
            return
        reason = answer.decode(errors="replace").strip() or "it hung up"
        break
    raise TrainingError(
        f"worker {index} of {count}: worker 0 at {place} does not take it ({reason}); start worker 0 there, and each "
        "worker with its own --worker-index and the same --coordinator and --workers"
    )


def _tell(connection: socket.socket, line: bytes) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(line)


def _line(connection: socket.socket) -> bytes:
    """What the other side says, up to the end of a line; empty if it says nothing in time."""
    if connection.gettimeout() is None:
        connection.settimeout(HELLO_WITHIN_S)
    said = b""
    with contextlib.suppress(OSError):
        while not said.endswith(b"\n") and len(said) < LONGEST_LINE:
            piece = connection.recv(LONGEST_LINE)
            if not piece:
                break
            said += piece
    return said
