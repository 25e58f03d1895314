"""What a camera says of itself, for `digit-reader cameras`; a process of its own, as asking may hang."""

from __future__ import annotations

import json
import os
import sys

from core.errors import SourceError


def main() -> None:
    """`listing KIND DEVICE`: prints {"found": [...], "problem": ...}."""
    kind, device = sys.argv[1:3]
    # Libraries of cameras print what they think; standard output is for the answer.
    answer = os.dup(1)
    os.dup2(2, 1)
    found: list[str] = []
    problem = ""
    try:
        found = _pi_cameras() if kind == "picamera" else _formats(device)
    except SourceError as error:
        problem = str(error)
    except Exception as error:
        # A driver's library may raise anything.
        problem = f"{type(error).__name__}: {error}"
    os.write(answer, json.dumps({"found": found, "problem": problem}).encode())
    os._exit(0)


def _formats(device: str) -> list[str]:
    from edge.capture.v4l2 import formats, open_device  # noqa: PLC0415

    file = open_device(device)
    try:
        return list(dict.fromkeys(formats(file)))
    finally:
        os.close(file)


def _pi_cameras() -> list[str]:
    from edge.capture.picamera import picamera2  # noqa: PLC0415

    return [str(camera["Model"]) for camera in picamera2().Picamera2.global_camera_info() if "/usb" not in camera["Id"]]
