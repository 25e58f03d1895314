"""The part of config.yaml that says who is told what happens: each of these is off or on by itself.

No secret is a key here. Passwords and the like are in files of their own or in the environment: docs/outputs.md.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping of known keys. Raises ValueError where keys that are fine each do not go together."""


class StdoutConfig(Section, frozen=True):
    """Events on standard output."""

    enabled: Annotated[bool, Meta(description="print each event as a JSON line")] = True


class HistoryConfig(Section, frozen=True):
    """Events in a SQLite file."""

    enabled: Annotated[bool, Meta(description="keep every event in a SQLite file")] = False
    path: Annotated[
        Annotated[str, Meta(min_length=1)] | None, Meta(description="the file; null takes the usual place")
    ] = None
    keep_days: Annotated[float, Meta(gt=0, le=36500, description="what is older is deleted")] = 365.0
    max_mb: Annotated[float, Meta(ge=1, le=100_000, description="a larger file loses its oldest events")] = 100.0
    commit_every_s: Annotated[
        float, Meta(ge=0, le=3600, description="events are written together so often; a power cut costs so much")
    ] = 600.0
