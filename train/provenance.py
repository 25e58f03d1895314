"""Where a model comes from: the commit, the versions and the machine."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import numpy as np

from core.run_folder import Machine
from train import backend

PROJECT = Path(__file__).resolve().parent.parent


def git_commit(project: Path = PROJECT) -> str:
    """The commit `project` is at, with -dirty if files differ from it; unknown if it is no checkout."""
    try:
        commit = _git(project, "rev-parse", "HEAD")
        changed = _git(project, "status", "--porcelain")
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return f"{commit}-dirty" if changed else commit


def _git(project: Path, *arguments: str) -> str:
    # The checkout must be the project itself: an installed package may lie inside somebody's repository.
    command = ["git", f"--git-dir={project / '.git'}", f"--work-tree={project}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)  # noqa: S603 — no input of others
    return done.stdout.strip()


def versions() -> dict[str, str]:
    """Of what decides the arithmetic."""
    return {"python": platform.python_version(), "numpy": np.__version__, **backend.versions()}


def machine() -> Machine:
    """This one."""
    return Machine(cpu=_cpu(), cores=_cores(), system=f"{platform.system()} {platform.release()}")


def _cores() -> int:
    """Those this process may use; a container may have fewer than the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpu() -> str:
    """Its name on Linux; elsewhere what Python knows, which may be the architecture only."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() in {"model name", "Model"}:
                return value.strip()
    return platform.processor() or platform.machine()
