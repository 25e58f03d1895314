"""Passwords and the like: never in config.yaml, which is shown around, but in files of their own or the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core.errors import ConfigError

MOST_BYTES = 4096
"""Of a file. A whole certificate or a disk named by mistake is no secret of ours."""


def secret(name: str, key: str, path: str | None, environment: Mapping[str, str]) -> str:
    """The secret `name`; empty if there is none.

    It is in the file at `path`, which `key` of config.yaml names; otherwise in systemd's credential of that name;
    otherwise in the variable DIGIT_READER_NAME. Raises ConfigError for a file that cannot be used.
    """
    if path is not None:
        return _read(Path(path), f"{key} is {path}")
    credentials = environment.get("CREDENTIALS_DIRECTORY")
    if credentials and (file := Path(credentials) / name).exists():
        return _read(file, f"the credential {name}")
    return environment.get(f"DIGIT_READER_{name.upper()}", "").strip()


def _read(path: Path, told: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        text = content.decode().strip()
    except OSError as error:
        raise ConfigError(f"{told}, which cannot be read ({error.strerror}); allowed: a file with one line") from None
    except UnicodeDecodeError:
        text = ""
    if not text or len(content) > MOST_BYTES or not text.isprintable():
        raise ConfigError(f"{told}, which holds no secret; allowed: a file with one line, not empty")
    return text
