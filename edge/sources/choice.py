"""camera.source → the source that is meant, and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.config import CameraConfig
from core.errors import NoCameraError, SourceError
from edge.sources import Source
from edge.sources.camera import CameraSource, first_camera
from edge.sources.canvas import CanvasSource
from edge.sources.recording import RecordingSource


@dataclass(frozen=True)
class Choice:
    """A source and the reason it was taken, for people."""

    source: Source
    why: str


def choose(config: CameraConfig) -> Choice:
    """The source that `config.source` names; `auto` takes the first camera that works, otherwise the canvas.

    Raises SourceError for a camera or file that is not there.
    """
    wanted = config.source
    if wanted == "canvas":
        return Choice(CanvasSource(config.frame_rate_hz), "camera.source is canvas")
    if wanted == "auto":
        try:
            return Choice(first_camera(config), "it is the first camera that works")
        except NoCameraError as error:
            return Choice(CanvasSource(config.frame_rate_hz), str(error))
    if isinstance(wanted, int) or wanted.isdecimal():
        if len(str(wanted)) > 2:
            raise SourceError(f"camera.source is {str(wanted)[:20]}; a camera's index is 0 to 99")
        return Choice(CameraSource(int(wanted), config), f"camera.source is {wanted}")
    if wanted.startswith("/dev/"):
        return Choice(CameraSource(wanted, config), f"camera.source is {wanted}")
    return Choice(RecordingSource(Path(wanted), config), f"camera.source is {wanted}")
