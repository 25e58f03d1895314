"""The capture process itself: opens one camera and passes its pictures on, for as long as the daemon is there."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
import sys
import threading
from contextlib import suppress

from core.errors import SourceError
from edge.capture.channel import Lost, Sender, hear_wanted
from edge.capture.kinds import open_kind

GRACE_S = 0.5
"""What a camera gets to be closed properly; a network camera may else hold the place of one who is gone."""

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """`child FD PARENT`: the socket, and the process that must be there."""
    file, parent = map(int, sys.argv[1:3])
    _end_with(parent)
    # Ctrl-C goes to every process of a terminal: the daemon decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=file) as daemon:
        stop = threading.Event()
        threading.Thread(target=_watch, args=(daemon, stop), daemon=True).start()
        with suppress(Lost):
            _capture(daemon, stop)
    # A driver's own tidying up at exit is what hangs.
    sys.stderr.flush()
    os._exit(0)


def _capture(daemon: socket.socket, stop: threading.Event) -> None:
    wanted = hear_wanted(daemon)
    sender = Sender(daemon)
    try:
        for picture in open_kind(wanted).pictures():
            sender.send(picture)
            if stop.is_set():
                return
        sender.lost("it gives no more pictures")
    except SourceError as error:
        sender.lost(str(error))
    except Lost:
        raise
    except Exception as error:
        # A driver's library may raise anything, and the daemon is to say it in one line.
        sender.lost(f"{type(error).__name__}: {error}")


def _end_with(parent: int) -> None:
    """Never outlive `parent`, even stopped or stuck: Linux then kills this process."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit()


def _watch(daemon: socket.socket, stop: threading.Event) -> None:
    """Once the daemon has hung up, let the camera be closed, and end whether it was or not."""
    hung_up = select.poll()
    hung_up.register(daemon, 0)
    hung_up.poll()
    stop.set()
    threading.Event().wait(GRACE_S)
    os._exit(0)
