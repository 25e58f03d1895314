"""Whether SIGHUP says that the terminal is gone, which ends a program, or only asks a daemon to look again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable


def watch() -> Callable[[], bool]:
    """Says, asked after SIGHUP, whether the terminal that there is now has gone since.

    Without one, or under nohup, it never has. To be called before a handler is set.
    """
    outlasts = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN or not _has_terminal()
    return lambda: not outlasts and not _has_terminal()


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
