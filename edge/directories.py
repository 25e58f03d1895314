"""Where the daemon keeps files: the service manager's directories for it, otherwise the user's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def state_directory(environment: Mapping[str, str]) -> Path:
    """For what outlasts a reboot: systemd's StateDirectory, otherwise the user's."""
    if own := _of_service(environment, "STATE_DIRECTORY"):
        return own
    users = environment.get("XDG_STATE_HOME", "")
    return (Path(users) if Path(users).is_absolute() else Path.home() / ".local/state") / "digit-reader"


def runtime_directory(environment: Mapping[str, str]) -> Path | None:
    """In memory, for what outlasts the process and no reboot; None if there is none and a disk would be written."""
    if own := _of_service(environment, "RUNTIME_DIRECTORY"):
        return own
    users = environment.get("XDG_RUNTIME_DIR", "")
    return Path(users) / "digit-reader" if Path(users).is_absolute() and Path(users).is_dir() else None


def _of_service(environment: Mapping[str, str], name: str) -> Path | None:
    # Of several, systemd separates them by colons.
    first = environment.get(name, "").split(":")[0]
    return Path(first) if first else None
