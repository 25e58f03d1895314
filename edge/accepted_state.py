"""What is accepted, in a file that outlasts a restart: JSON, written whole or not at all, and rarely.

SD cards wear with each write, so changes wait until the last write is WRITE_EVERY_S old. No fault of the file stops the
daemon: a file that cannot be used is set aside under a name that ends in `.bad`, and what cannot be written stays in
memory. Both are logged, once.
"""

from __future__ import annotations

import logging
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from core import atomic
from core.reading_rules import MOST_CHARACTERS
from edge.directories import state_directory

WRITE_EVERY_S = 5.0
"""At most this much is lost when the power goes, and an SD card is written at most 17,280 times a day."""

FILE_NAME = "accepted.json"

FORMAT = "accepted readings"
VERSION = 1

MOST_READINGS = 256
"""Those that changed last are kept: each recording that is replayed is a source of its own."""

MOST_BYTES = 1 << 21
"""Of a file that is read. MOST_READINGS of the longest names and texts are smaller."""

MOST_OF_A_NAME = 256

MOST_SET_ASIDE = 20
"""None is deleted; more than this are a fault that more of them would only hide."""

log = logging.getLogger("digit-reader")


class _Entry(msgspec.Struct, frozen=True):
    source: Annotated[str, Meta(max_length=MOST_OF_A_NAME)]
    region: Annotated[str, Meta(max_length=MOST_OF_A_NAME)]
    text: Annotated[str, Meta(min_length=1, max_length=MOST_CHARACTERS)]


class _Head(msgspec.Struct, frozen=True):
    """What files of all versions begin with."""

    format: str
    version: int


class _File(_Head, frozen=True):
    readings: Annotated[list[_Entry], Meta(max_length=MOST_READINGS)]
    """Those that changed last come last."""


def usual_path(environment: Mapping[str, str]) -> Path:
    """Where the file is if nobody says otherwise: in the service's state directory, or the user's."""
    return state_directory(environment) / FILE_NAME


class AcceptedState:
    """The accepted readings by source and region, and their file. For one thread, in which it also writes."""

    def __init__(self, path: Path) -> None:
        """Takes up what the file at `path` holds, if there is one. Raises nothing that the file is the reason of."""
        self._path = path
        self._texts: dict[tuple[str, str], str] = {}
        self._changed = False
        self._tried_s: float | None = None
        self._failed = False
        self._kept_out = False
        """Whether something else is at `path`, and stays there."""
        try:
            self._texts = _read(path)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except (OSError, ValueError) as error:
            self._set_aside(error)

    def text(self, source: str, region: str) -> str:
        """What was accepted there last; empty if nothing was."""
        return self._texts.get(_key(source, region), "")

    def put(self, source: str, region: str, text: str) -> None:
        """Keep `text`, which is accepted there now, for the next write."""
        key = _key(source, region)
        if self._texts.get(key) == text:
            return
        self._texts.pop(key, None)  # its place in the order is that of its last change
        self._texts[key] = text
        if len(self._texts) > MOST_READINGS:
            del self._texts[next(iter(self._texts))]
        self._changed = True

    def write_if_due(self, now_s: float) -> None:
        """Write what has changed, unless that was tried less than WRITE_EVERY_S before `now_s`. To be called often."""
        if not self._changed or (self._tried_s is not None and 0 <= now_s - self._tried_s < WRITE_EVERY_S):
            return
        self._tried_s = now_s
        self._write()

    def close(self) -> None:
        """Write what has changed, at the end."""
        if self._changed:
            self._write()

    def _write(self) -> None:
        if self._kept_out:
            return
        entries = [_Entry(source, region, text) for (source, region), text in self._texts.items()]
        content = msgspec.json.format(msgspec.json.encode(_File(FORMAT, VERSION, entries)), indent=2)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            atomic.write(self._path, content + b"\n")
        except OSError as error:
            if not self._failed:
                log.warning(
                    "%s: cannot be written (%s); what is accepted is kept until the end only",
                    self._path,
                    error.strerror,
                )
            self._failed = True
            return
        if self._failed:
            log.info("%s: is written again", self._path)
        self._failed = self._changed = False

    def _set_aside(self, problem: Exception) -> None:
        told = problem.strerror if isinstance(problem, OSError) else problem
        try:
            aside = self._free_name()
            self._path.rename(aside)
        except OSError as error:
            self._kept_out = True
            log.warning(
                "%s: %s, and cannot be set aside (%s); what is accepted is kept until the end only",
                *(self._path, told, error.strerror or error),
            )
            return
        log.warning("%s: %s; set aside as %s, and nothing is accepted yet", self._path, told, aside.name)

    def _free_name(self) -> Path:
        """Raises OSError if there is none left, or what is at the path is no file: a directory is never renamed."""
        if not self._path.is_file():
            raise OSError("no file")
        for number in range(1, MOST_SET_ASIDE + 1):
            aside = self._path.with_name(f"{self._path.name}{f'.{number}' if number > 1 else ''}.bad")
            if not aside.exists() and not aside.is_symlink():
                return aside
        raise OSError(f"{MOST_SET_ASIDE} have been")


def _read(path: Path) -> dict[tuple[str, str], str]:
    """What the file at `path` holds. Raises OSError, or ValueError with what is wrong, in half a line."""
    if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
        raise ValueError("is no file")
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"is larger than {MOST_BYTES} bytes")
    try:
        head = msgspec.json.decode(content, type=_Head)
        if head.format != FORMAT:
            raise ValueError("is a file of something else")
        if head.version != VERSION:
            raise ValueError(f"has version {head.version}, and {VERSION} is known")
        entries = msgspec.json.decode(content, type=_File).readings
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(f"is damaged ({error})") from None
    return {_key(entry.source, entry.region): entry.text for entry in entries}


def _key(source: str, region: str) -> tuple[str, str]:
    """As it can be written: names of files may be no text. Of a long path the end tells more."""
    return (
        source.encode("utf-8", "backslashreplace").decode()[-MOST_OF_A_NAME:],
        region.encode("utf-8", "backslashreplace").decode()[-MOST_OF_A_NAME:],
    )
