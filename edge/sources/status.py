"""How it stands with the sources, for people and programs."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class SourceState(StrEnum):
    """Where frames come from."""

    STARTING = "starting"
    RUNNING = "running"
    """From the best source there can be."""
    FALLBACK = "fallback"
    """From another one, until a better one works."""
    LOST = "lost"
    """From none, until one works."""


class SourceStatus(msgspec.Struct, frozen=True):
    """The state, and what led to it."""

    state: SourceState = SourceState.STARTING
    name: str = ""
    """Of the source that frames come from, or came from last; empty if there was none yet."""
    why: str = ""
    """It is this one, or none."""
    error: str = ""
    """What went wrong last; empty if nothing has since the start."""
