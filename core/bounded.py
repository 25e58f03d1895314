"""Files that people name, read up to a limit: a device has no end, and what is meant to be small need not be."""

from __future__ import annotations

from pathlib import Path


class TooLarge(ValueError):
    """More than was allowed; half a line says how much that is."""


def read(path: Path, most_bytes: int) -> bytes:
    """All bytes at `path`. Raises OSError, or TooLarge if there are more than `most_bytes`."""
    with path.open("rb") as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise TooLarge(f"larger than {most_bytes // 2**20} MiB")
    return content
