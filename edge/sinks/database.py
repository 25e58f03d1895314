"""SQLite files that outlast kill -9 and power cuts, for the history and the spools.

Imported only where one is used: sqlite3 takes memory and time at the start.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

WAIT_S = 5.0
"""For another process that writes to the same file."""

PAGE_BYTES = 1024
"""A few events fill one. With pages of 4096 bytes a day of history writes half as much again."""

CHECKPOINT_PAGES = 512
"""Of the write-ahead log before it goes into the file: half a megabyte, about all that it takes beside it."""

MOST_SET_ASIDE = 20
"""None is deleted; more than this are a fault that more of them would only hide."""

BESIDE = ("", "-wal", "-shm")
"""What the names of a database's files end with."""

log = logging.getLogger("digit-reader")


class Database:
    """One file. Every error is an OSError. It is opened when it is first used, and again after an error.

    A file that is damaged is set aside under a name that ends in `.bad`, and another begun. A database of another
    program is left alone.
    """

    def __init__(self, path: Path, kind: int, layout: str, *, any_thread: bool = False) -> None:
        """`kind` is four bytes that tell what the file is; `layout` the statement that makes its table.

        For one thread at a time; with `any_thread`, not always the same one.
        """
        self.path = path
        self._kind, self._layout, self._any_thread = kind, layout, any_thread
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection; what is done with it is done and on the disk at the end, or none of it. Raises OSError."""
        try:
            connection = self._connection = self._connection or self._open()
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
        except sqlite3.Error as error:
            self.close()
            if _is_damage(error):
                self._set_aside(error)
            raise OSError(f"{self.path}: {error}") from None
        except OSError as error:
            raise OSError(f"{self.path}: {error.strerror or error}") from None

    def close(self) -> None:
        """Close the file until it is used again."""
        connection, self._connection = self._connection, None
        if connection:
            try:
                connection.close()
            except sqlite3.Error as error:
                log.warning("%s: %s", self.path, error)

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.touch(mode=0o600)
        connection = sqlite3.connect(
            self.path, timeout=WAIT_S, isolation_level=None, check_same_thread=not self._any_thread
        )
        try:
            self._prepare(connection)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        kind = connection.execute("PRAGMA application_id").fetchone()[0]
        if kind != self._kind and not _is_empty(connection):
            raise sqlite3.DatabaseError("a database of another program; name another file")
        connection.execute(f"PRAGMA page_size={PAGE_BYTES}")  # of a new file only
        connection.execute("PRAGMA journal_mode=WAL")
        # A commit is then on the disk when it returns. Commits are rare: the daemon gathers events.
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit={CHECKPOINT_PAGES * PAGE_BYTES}")
        connection.execute("PRAGMA cache_size=-256")  # KiB
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            if _is_empty(connection):  # still: another process may have begun it too
                connection.execute(f"PRAGMA application_id={self._kind}")
                connection.execute(self._layout)

    def _set_aside(self, problem: sqlite3.Error) -> None:
        for number in range(1, MOST_SET_ASIDE + 1):
            aside = self.path.with_name(f"{self.path.name}{f'.{number}' if number > 1 else ''}.bad")
            if aside.exists() or aside.is_symlink():
                continue
            for end in BESIDE:
                part = Path(f"{self.path}{end}")
                if part.is_file():
                    part.rename(f"{aside}{end}")
            log.warning("%s: %s; set aside as %s, and another is begun", self.path, problem, aside.name)
            return


def _is_empty(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT count(*) = 0 FROM sqlite_master").fetchone()[0])


def _is_damage(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def live_bytes(connection: sqlite3.Connection) -> int:
    """How much of the file is in use. What is deleted stays in it, for what comes."""
    with closing(connection.cursor()) as cursor:
        pages, free, size = (
            cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * size)
