"""Every event in a SQLite file, for as long and as large as is wanted; each id once.

Events are written together every `history.commit_every_s`, since SD cards wear with every write; until then a journal
in memory has them, which only a power cut empties.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from sqlite3 import Connection

from edge.sinks.backlog import Backlog
from edge.sinks.database import Database, live_bytes
from edge.sinks.envelope import Envelope
from edge.sinks.journal import Journal
from edge.sinks.worker import DeliveryError, Pace, Worker

NAME = "history"

FILE_NAME = "history.sqlite"

KIND = 0x64726869  # "drhi"

LAYOUT = """
CREATE TABLE events (
    number INTEGER PRIMARY KEY, -- in the order in which they were told
    id TEXT NOT NULL UNIQUE,
    time_ms INTEGER NOT NULL,   -- since 1970
    body TEXT NOT NULL          -- as everybody else gets it: JSON
)
"""

LOOK_EVERY_S = 3600.0
"""For events that are too old or too many."""

SHARE_AT_ONCE = 0.05
"""Of all events, deleted together when the file is too large."""

DAY_MS = 86_400_000


class HistoryTarget:
    """Writes to the file at `path`, and deletes what is beyond `keep_days` or `max_mb`."""

    def __init__(self, path: Path, keep_days: float, max_mb: float) -> None:
        self._database = Database(path, KIND, LAYOUT)
        self._keep_ms, self._max_bytes = keep_days * DAY_MS, max_mb * 1e6
        self._looked_s: float | None = None

    def tend(self) -> None:
        """Nothing to see to."""

    def deliver(self, batch: Sequence[Envelope]) -> int:
        """All of `batch`, on the disk."""
        rows = [(envelope.id, envelope.time_ms, envelope.body.decode()) for envelope in batch]
        now_s = time.monotonic()
        look = self._looked_s is None or now_s - self._looked_s >= LOOK_EVERY_S
        try:
            with self._database.transaction() as connection:
                connection.executemany("INSERT OR IGNORE INTO events (id, time_ms, body) VALUES (?, ?, ?)", rows)
                if look or live_bytes(connection) > self._max_bytes:
                    self._delete_surplus(connection)
        except OSError as error:
            raise DeliveryError(str(error)) from None
        self._looked_s = now_s if look else self._looked_s
        return len(batch)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _delete_surplus(self, connection: Connection) -> None:
        # In the order of numbers, not of times: a clock that was wrong for a while neither keeps nor loses the rest.
        least_ms = time.time_ns() // 1_000_000 - self._keep_ms
        kept = connection.execute("SELECT number FROM events WHERE time_ms >= ? ORDER BY number LIMIT 1", (least_ms,))
        first_kept = kept.fetchone()
        if first_kept:
            connection.execute("DELETE FROM events WHERE number < ?", first_kept)
        else:
            connection.execute("DELETE FROM events")
        while live_bytes(connection) > self._max_bytes:
            (count,) = connection.execute("SELECT count(*) FROM events").fetchone()
            if not count:
                return
            connection.execute(
                "DELETE FROM events WHERE number IN (SELECT number FROM events ORDER BY number LIMIT ?)",
                (max(1, int(count * SHARE_AT_ONCE)),),
            )


def history_sink(
    path: Path, keep_days: float, max_mb: float, commit_every_s: float, journal: Journal | None = None
) -> Worker:
    """A sink that writes the file at `path`."""
    pace = Pace(batch=500, linger_s=commit_every_s, first_pause_s=5.0)
    return Worker(NAME, HistoryTarget(path, keep_days, max_mb), Backlog(NAME, journal=journal), pace)
