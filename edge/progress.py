"""Whether the reading goes on: what a service manager, or whoever else looks after the program, has to know.

It is asked on one thread and told on another. Time is given to it, so that a test need not wait.
"""

from __future__ import annotations

import msgspec

READ_WITHIN_S = 10.0
"""The slowest board reads the largest frame in less."""

LATELY_S = 5.0
"""The canvas gives a frame a second while nobody draws, and a camera many."""


class Health(msgspec.Struct, frozen=True):
    """What is wrong, for people; nothing, if both are empty."""

    not_alive: list[str]
    """Why the program does not work at all, and should be started anew."""
    not_ready: list[str]
    """Why nothing is being read now, whether or not that will pass by itself."""


class Progress:
    """How far the read loop is."""

    def __init__(self) -> None:
        self._began_s: float | None = None
        """When the frame that is being read was taken; None between frames."""
        self._done_s: float | None = None
        """When a frame had gone through last."""
        self._over = False

    def taken(self, now_s: float) -> None:
        """A frame is being read from now on."""
        self._began_s = now_s

    def done(self, now_s: float) -> None:
        """It has gone through."""
        self._began_s, self._done_s = None, now_s

    def over(self) -> None:
        """The read loop has ended."""
        self._over = True

    def health(self, now_s: float) -> Health:
        """What is wrong at this moment."""
        not_alive, not_ready = [], []
        began_s, done_s = self._began_s, self._done_s
        if self._over:
            not_alive.append("the read loop has ended")
        elif began_s is not None and now_s - began_s > READ_WITHIN_S:
            not_alive.append(f"a frame has been read for {now_s - began_s:.0f} s; allowed: {READ_WITHIN_S:g} s")
        if done_s is None:
            not_ready.append("no frame has gone through yet")
        elif now_s - done_s > LATELY_S:
            not_ready.append(f"no frame has gone through for {now_s - done_s:.0f} s; allowed: {LATELY_S:g} s")
        return Health(not_alive, [*not_alive, *not_ready])
