"""`digit-reader cameras`: which cameras this machine has, what they are called in config.yaml, and who holds them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import msgspec

from edge.sources.found import has_pi_camera, holders, v4l2_cameras

ANSWERS_WITHIN_S = 10.0
"""A driver that hangs is left alone then."""

_ROOT = str(Path(__file__).resolve().parents[1])
_PROGRAM = "import sys; sys.path.insert(0, {root!r}); from edge.capture.listing import main; sys.path.pop(0); main()"


class ListedCamera(msgspec.Struct, frozen=True):
    """A camera, for people and programs."""

    name: str
    """As its driver calls it."""
    source: str
    """For `camera.source`."""
    path: str
    """Of its device; empty if it has none of its own."""
    formats: list[str]
    """Pixel formats that it gives; empty if it does not say."""
    held_by: list[str]
    """Programs that have it open, as "name (pid)", as far as this user may know."""
    problem: str
    """Why it does not say what it gives; empty if it does."""


def cameras() -> list[ListedCamera]:
    """All that are connected. Opens each for a moment, in a process of its own."""
    listed = []
    for camera in v4l2_cameras():
        formats, problem = _asked("v4l2", str(camera.path))
        listed.append(
            ListedCamera(camera.name, str(camera.best_path), str(camera.path), formats, holders(camera.path), problem)
        )
    if has_pi_camera():
        names, problem = _asked("picamera", "")
        found = [
            ListedCamera(name, f"picamera:{number}", "", ["YU12"], [], problem) for number, name in enumerate(names)
        ]
        listed = (found or [ListedCamera("Raspberry Pi camera", "picamera", "", [], [], problem)]) + listed
    return listed


def table(listed: list[ListedCamera]) -> str:
    """`listed` for people; what to do if there is none."""
    if not listed:
        return "no camera found; is it plugged in, and is a Raspberry Pi's cable seated at both ends?"
    lines = []
    for camera in listed:
        lines.append(camera.name)
        lines.append(f"  camera.source: {camera.source}")
        if camera.path and camera.path != camera.source:
            lines.append(f"  device:        {camera.path}")
        if camera.formats:
            lines.append(f"  formats:       {' '.join(camera.formats)}")
        if camera.held_by:
            lines.append(f"  held by:       {', '.join(camera.held_by)}")
        if camera.problem:
            lines.append(f"  problem:       {camera.problem}")
    return "\n".join(lines)


def _asked(kind: str, device: str) -> tuple[list[str], str]:
    """(what a camera says, what went wrong)."""
    command = [sys.executable, "-c", _PROGRAM.format(root=_ROOT), kind, device]
    try:
        done = subprocess.run(  # noqa: S603 — this program itself
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=ANSWERS_WITHIN_S, check=False
        )
        said = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return [], f"it has not answered within {ANSWERS_WITHIN_S:g} s"
    except ValueError:
        return [], "asking it ended without an answer"
    return said["found"], said["problem"]
