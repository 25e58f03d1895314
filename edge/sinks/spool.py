"""What a sink could not deliver, on the disk: a SQLite file with a bound, from which the oldest go first.

There is no file until one is needed. Events that were delivered are deleted a few at a time, so after a crash some are
delivered again.
"""

from __future__ import annotations

import logging
from pathlib import Path
from sqlite3 import Connection

from edge.sinks.database import Database, live_bytes
from edge.sinks.envelope import Envelope, of_body

KIND = 0x64727370  # "drsp"

LAYOUT = "CREATE TABLE owed (number INTEGER PRIMARY KEY, id TEXT NOT NULL, body BLOB NOT NULL)"

BESIDE_BYTES = 1_200_000
"""For the write-ahead log and what one transaction adds to it: so much less than the bound is in the file itself."""

LEAST_MB = 2.0
"""That a bound must be for that."""

DELETE_AFTER = 50
"""Delivered events, unless none is left: each deletion is a write to the disk."""

SHARE_AT_ONCE = 0.05
"""Of all events, deleted together when there is no more room."""

log = logging.getLogger("digit-reader")


class Spool:
    """The file at `path`. For one thread at a time, but for `waiting`. Every error is an OSError."""

    def __init__(self, path: Path, max_mb: float) -> None:
        """Together with what SQLite puts beside it, the file stays below `max_mb`, which is LEAST_MB or more."""
        self._database = Database(path, KIND, LAYOUT, any_thread=True)
        self._max_bytes = max_mb * 1e6 - BESIDE_BYTES
        self._handed: list[int] = []
        """Numbers of what `first` gave last."""
        self._settled, self._settled_through = 0, 0
        """Events that are in the file but settled: how many, and the number of the last of them."""
        self._count = 0
        try:
            if path.exists():
                with self._database.transaction() as connection:
                    self._recount(connection)
        except OSError as error:
            log.warning("%s", error)

    @property
    def waiting(self) -> int:
        """Events that are not settled."""
        return self._count

    def ids(self) -> set[str]:
        """Of all that is not settled."""
        if not self._count:
            return set()
        with self._database.transaction() as connection:
            found = connection.execute("SELECT id FROM owed WHERE number > ?", (self._settled_through,))
            return {identity for (identity,) in found}

    def append(self, envelopes: list[Envelope]) -> int:
        """Add them behind the others, all or none; how many of all the oldest had to go for that."""
        before = self._count
        with self._database.transaction() as connection:
            self._delete_settled(connection)
            connection.executemany(
                "INSERT INTO owed (id, body) VALUES (?, ?)", [(envelope.id, envelope.body) for envelope in envelopes]
            )
            self._make_room(connection)
            self._recount(connection)
        self._forget_settled()
        return before + len(envelopes) - self._count

    def first(self, count: int) -> list[Envelope]:
        """The oldest, up to `count`."""
        if not self._count:
            return []
        with self._database.transaction() as connection:
            found = connection.execute(
                "SELECT number, body FROM owed WHERE number > ? ORDER BY number LIMIT ?", (self._settled_through, count)
            ).fetchall()
            if not found:
                self._recount(connection)
        self._handed = [number for number, _ in found]
        return [of_body(body) for _, body in found]

    def settle(self, count: int) -> None:
        """Let go of the oldest `count`, which `first` gave."""
        self._settled_through = self._handed[count - 1]
        self._settled += count
        self._count -= count
        if self._settled >= DELETE_AFTER or self._count <= 0:
            with self._database.transaction() as connection:
                self._delete_settled(connection)
                self._recount(connection)
            self._forget_settled()

    def close(self) -> None:
        """Close the file."""
        if self._settled:
            with self._database.transaction() as connection:
                self._delete_settled(connection)
            self._forget_settled()
        self._database.close()

    def _delete_settled(self, connection: Connection) -> None:
        connection.execute("DELETE FROM owed WHERE number <= ?", (self._settled_through,))

    def _forget_settled(self) -> None:
        # SQLite numbers from 1 again once all are deleted.
        self._settled, self._settled_through = 0, 0

    def _make_room(self, connection: Connection) -> None:
        while live_bytes(connection) > self._max_bytes:
            (count,) = connection.execute("SELECT count(*) FROM owed").fetchone()
            if not count:
                return
            connection.execute(
                "DELETE FROM owed WHERE number IN (SELECT number FROM owed ORDER BY number LIMIT ?)",
                (max(1, int(count * SHARE_AT_ONCE)),),
            )

    def _recount(self, connection: Connection) -> None:
        (self._count,) = connection.execute("SELECT count(*) FROM owed").fetchone()
