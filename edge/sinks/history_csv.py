"""The history as a table for spreadsheets: CSV (RFC 4180), one event a line."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TextIO

import msgspec

from core.errors import HistoryError
from edge.sinks.history import KIND

WAIT_S = 10.0
"""For the daemon, while it writes."""


class Row(msgspec.Struct, frozen=True):
    """What the table has of an event; a column is empty where the event has no such thing."""

    time: str
    event: str
    region: str = ""
    text: str = ""
    before: str = ""
    confidence: float | str = ""
    rule: str = ""
    reason: str = ""
    state: str = ""
    id: str = ""


def export_csv(path: Path, file: TextIO) -> int:
    """How many events of the history at `path` were written to `file`. Raises HistoryError if it cannot be read."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(Row.__struct_fields__)
    count = 0
    for row in rows(path):
        writer.writerow(msgspec.structs.astuple(row))
        count += 1
    return count


def rows(path: Path) -> Iterator[Row]:
    """Every event of the history at `path`, in the order in which they were told. Raises HistoryError."""
    if not path.is_file():
        raise HistoryError(f"{path}: no such file; history.enabled in config.yaml makes the daemon write one")
    try:
        # Read only, so that whoever asks owns nothing afterwards that the daemon then cannot write.
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", timeout=WAIT_S, uri=True)) as connection:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                return  # begun this moment
            if connection.execute("PRAGMA application_id").fetchone() != (KIND,):
                raise HistoryError(f"{path}: no history of digit-reader")
            for (body,) in connection.execute("SELECT body FROM events ORDER BY number"):
                yield msgspec.json.decode(body, type=Row)
    except (sqlite3.Error, msgspec.MsgspecError) as error:
        raise HistoryError(f"{path}: cannot be read ({error})") from None
