"""Opening sources one after the other until one gives a frame."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from edge.sources import Source
from edge.sources.slot import FrameSlot

WAKE_EVERY_S = 0.1


class Trial:
    """Looks for the first of some sources that works, on a thread of its own: the others may take long to fail."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._stop = threading.Event()
        self._done = threading.Event()
        self.found: FrameSlot | None = None
        """The one that works, running, with its first frame; None if none does."""
        self.problems: list[tuple[Source, Exception | None]] = []
        """Those before it, and what was wrong with each; None if it ended without a frame."""
        self._thread = threading.Thread(target=self._run, name="trial", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def wait(self, within_s: float) -> bool:
        """Whether the search is over, as soon as it is."""
        return self._done.wait(within_s)

    def stop(self) -> None:
        """Give up, and release what was found."""
        self._stop.set()
        self._thread.join()
        if self.found is not None:
            self.found.stop()

    def _run(self) -> None:
        for source in self._sources:
            slot = FrameSlot(source)
            slot.start()
            while not slot.wait(WAKE_EVERY_S) and not slot.ended and not self._stop.is_set():
                pass
            if slot.wait(0):
                self.found = slot
                break
            slot.stop()
            if self._stop.is_set():
                break
            self.problems.append((source, slot.failure))
        self._done.set()
