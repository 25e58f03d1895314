"""What systemd is told: ready, how it goes, that it still goes, stopping (sd_notify(3)). Nothing elsewhere."""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping
from contextlib import suppress

LONGEST_STATUS = 500
"""More than `systemctl status` shows on a screen."""


class Notifier:
    """Tells the service manager that started this process, if one did."""

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        """Takes what systemd has put into `environment` out of it: no other process is to speak for this one."""
        address = environment.pop("NOTIFY_SOCKET", "")
        watchdog_us = environment.pop("WATCHDOG_USEC", "")
        watched = environment.pop("WATCHDOG_PID", "")
        is_watched = watchdog_us.isdecimal() and watched in {"", str(os.getpid())}
        # An address that begins with @ is of Linux's abstract namespace.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._every_s = int(watchdog_us) / 2e6 if is_watched else None
        """Half the time in which systemd has to hear something."""
        self._alive_s: float | None = None

    def ready(self) -> None:
        """The service does what it is for."""
        self._say("READY=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._say(f"STATUS={' '.join(text.split())[:LONGEST_STATUS]}")

    def alive(self, now_s: float) -> None:
        """Something was achieved at `now_s`, of a clock that never falls; told as often as systemd wants to hear it."""
        if self._every_s is None or (self._alive_s is not None and now_s - self._alive_s < self._every_s):
            return
        self._alive_s = now_s
        self._say("WATCHDOG=1")

    def stopping(self) -> None:
        """The service is about to end."""
        self._say("STOPPING=1")

    def _say(self, message: str) -> None:
        if not self._address:
            return
        # A manager that does not listen is no reason not to read.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.setblocking(False)
            manager.sendto(message.encode("utf-8", "replace"), self._address)
