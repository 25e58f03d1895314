"""A camera whose driver runs in a process of its own: what hangs there is killed, and nothing here waits for it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

from core.errors import ImageError, SourceError
from core.frame import Frame, Luma
from edge.capture.channel import Held, Lost, Receiver, tell_wanted
from edge.capture.picture import Wanted
from edge.sources.luma import luma_of

OPENS_WITHIN_S = 15.0
"""The first picture may take so long: a small board imports picamera2 in 5 s, and a network camera waits for its next
whole picture."""

WAKE_EVERY_S = 0.1
"""How long waiting for a picture may outlast `stop`."""

CLOSES_WITHIN_S = 0.6
"""What the camera gets to be closed properly, somewhat longer than its process gives it."""

DIES_WITHIN_S = 0.2
"""What was killed is gone by then, unless its driver holds it in the kernel."""

_CHILD = "import sys; sys.path.insert(0, {root!r}); from edge.capture.child import main; sys.path.pop(0); main()"
_ROOT = str(Path(__file__).resolve().parents[2])


class ProcessSource:
    """Frames of one camera, as luma, each captured by a process that lives as long as the iterator."""

    live = True

    def __init__(self, name: str, wanted: Wanted, stall_after_s: float, mirror: bool = False) -> None:
        """`name` is for people; a camera is gone that gives nothing for `stall_after_s`."""
        self.name = name
        self._wanted = wanted
        self._stall_after_s = stall_after_s
        self._mirror = mirror

    def frames(self, stop: threading.Event) -> Generator[Frame]:
        """Frames until `stop` is set. Raises SourceError if the camera cannot be opened, goes away or falls silent."""
        process = _CaptureProcess(self._wanted)
        is_heard, grace_s = False, CLOSES_WITHIN_S
        try:
            sequence, damaged, seen_at = 0, 0, time.monotonic()
            limit_s = max(self._stall_after_s, OPENS_WITHIN_S)
            while not stop.is_set():
                held = process.newest(WAKE_EVERY_S)
                luma = self._luma(held, process) if held else None
                if held and luma is not None:
                    damaged, is_heard, limit_s = 0, True, self._stall_after_s
                    yield Frame(luma, sequence, held.picture.captured_ns)
                    sequence, seen_at = sequence + 1, time.monotonic()
                    continue
                damaged += held is not None
                if time.monotonic() - seen_at > limit_s:
                    grace_s = 0.0
                    raise SourceError(_silence(limit_s, is_heard, damaged))
        finally:
            process.end(grace_s)

    def _luma(self, held: Held, process: _CaptureProcess) -> Luma | None:
        try:
            return luma_of(held.picture, self._mirror)
        except ImageError:
            return None
        finally:
            process.release(held)


class _CaptureProcess:
    """A running capture process."""

    def __init__(self, wanted: Wanted) -> None:
        ours, its = socket.socketpair()
        with its:
            self._process = subprocess.Popen(  # noqa: S603 — this program itself
                [sys.executable, "-c", _CHILD.format(root=_ROOT), str(its.fileno()), str(os.getpid())],
                pass_fds=[its.fileno()],
                stdin=subprocess.DEVNULL,
                # Standard output is for events.
                stdout=subprocess.DEVNULL,
            )
        self._channel = Receiver(ours)
        with suppress(OSError):
            tell_wanted(ours, wanted)

    def newest(self, within_s: float) -> Held | None:
        """The newest picture, to be released. Raises SourceError once there are no more."""
        try:
            return self._channel.newest(within_s)
        except Lost as lost:
            raise SourceError(str(lost) or self._how_it_ended()) from None

    def release(self, held: Held) -> None:
        """Give a picture's memory back."""
        self._channel.release(held)

    def end(self, grace_s: float) -> None:
        """Let the process close its camera for `grace_s`, then kill it."""
        self._channel.close()
        try:
            self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._kill()

    def _kill(self) -> None:
        self._process.kill()
        try:
            self._process.wait(DIES_WITHIN_S)
        except subprocess.TimeoutExpired:
            # The kernel ends it when the driver lets go of it; somebody must then take note.
            threading.Thread(target=self._process.wait, name="reaper", daemon=True).start()

    def _how_it_ended(self) -> str:
        try:
            status = self._process.wait(DIES_WITHIN_S)
        except subprocess.TimeoutExpired:
            return "its capture process closed the connection"
        return f"its capture process was killed by signal {-status}" if status < 0 else "its capture process ended"


def _silence(limit_s: float, is_heard: bool, damaged: int) -> str:
    if damaged:
        return f"{damaged} pictures in {limit_s:g} s, none of which can be decoded"
    return f"silent for {limit_s:g} s" if is_heard else f"no picture within {limit_s:g} s"
