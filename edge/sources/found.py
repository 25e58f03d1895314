"""Which cameras this machine has, as the kernel lists them: without opening any, since that may hang."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

SYSFS = Path("/sys/class/video4linux")
DEVICES = Path("/dev")
STABLE_NAMES = Path("/dev/v4l/by-id")
PROCESSES = Path("/proc")

PI_CAMERAS = ("unicam", "rp1-cfe")
"""What brings a Raspberry Pi camera's raw pictures in: there if a camera is; read through picamera2."""

NOT_CAMERAS = (*PI_CAMERAS, "bcm2835-codec", "bcm2835-isp", "pispbe", "rpivid", "rpi-hevc")
"""Parts of a Raspberry Pi that have a device as a camera has, and wait for ever for something to work on."""


@dataclass(frozen=True)
class Found:
    """A device that may be a camera."""

    path: Path
    """/dev/video0: another one after the next start, perhaps."""
    stable_path: Path | None
    """/dev/v4l/by-id/…: the same camera in whatever port; None if it has no name of its own."""
    name: str
    """As its driver calls it."""

    @property
    def best_path(self) -> Path:
        """The one to be named in config.yaml."""
        return self.stable_path or self.path


def v4l2_cameras() -> list[Found]:
    """Capture devices, those with a stable name first; none on macOS."""
    stable = {path.resolve(): path for path in sorted(STABLE_NAMES.glob("*"), reverse=True)}
    found = [
        Found(device, stable.get(device.resolve()), name)
        for entry in SYSFS.glob("video*")
        # A camera's second device tells about its pictures.
        if _text(entry / "index") in {"0", ""} and not (name := _text(entry / "name")).startswith(NOT_CAMERAS)
        if (device := DEVICES / entry.name).exists()
    ]
    return sorted(found, key=lambda camera: (camera.stable_path is None, _number(camera.path)))


def has_pi_camera() -> bool:
    """Whether a Raspberry Pi camera is connected."""
    return sys.platform == "linux" and any(
        _text(entry / "name").startswith(PI_CAMERAS) for entry in SYSFS.glob("video*")
    )


def holders(device: Path) -> list[str]:
    """The programs that have a device open, as "name (pid)"; of other users' programs only root is told."""
    wanted = os.path.realpath(device)
    found = []
    for process in sorted(PROCESSES.glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            held = any(os.path.realpath(file) == wanted for file in (process / "fd").iterdir())
        except OSError:
            continue
        if held:
            found.append(f"{_text(process / 'comm') or 'a program'} ({process.name})")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _number(path: Path) -> int:
    digits = path.name.removeprefix("video")
    return int(digits) if digits.isdecimal() else 0
