"""Starting `python -m train` and programs beside it, as processes of their own."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest


def needs(backend: str) -> None:
    """Skip the test where `backend` is not installed."""
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"needs {backend}: pip install 'digit-reader[{backend}]'")


Start = Callable[..., subprocess.Popen[str]]
"""`start(place, *arguments)`: `python ARGUMENTS` in the folder `place`."""


@contextmanager
def starter(root: Path) -> Iterator[Start]:
    """What starts processes; those that are left at the end are killed."""
    paths = os.pathsep.join(str(path) for path in (root, root / "tests", root / "tests" / "train"))
    with ExitStack() as running:

        def start(place: Path, *arguments: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=place,
                env={"PYTHONPATH": paths, "HOME": str(place), "PATH": os.environ["PATH"]},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            running.enter_context(process)
            running.callback(process.kill)
            return process

        yield start


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """(exit status, standard output, standard error) of `process`, once it has ended."""
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


def free_address() -> str:
    """host:port on this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return f"127.0.0.1:{probe.getsockname()[1]}"
