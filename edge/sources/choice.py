"""camera.source → the sources that are meant, best first."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import urlsplit

from core.config import CameraConfig
from core.errors import SourceError
from edge.capture.picture import Wanted
from edge.sources import Source
from edge.sources.canvas import CanvasSource
from edge.sources.found import has_pi_camera, v4l2_cameras
from edge.sources.process import ProcessSource
from edge.sources.recording import RecordingSource

HTTP = ("http", "https")
STREAMS = ("rtsp", "rtsps", "rtmp", "rtmps", "udp", "tcp", "srt")
"""Schemes that FFmpeg opens."""


class Choice:
    """The sources that `camera.source` names."""

    def __init__(self, config: CameraConfig) -> None:
        """Raises SourceError for what can be none, or a list that a recording is in."""
        self._config = config
        names = config.source if isinstance(config.source, list) else [config.source]
        self._names = [str(name) for name in names]
        self.canvas = CanvasSource(config.frame_rate_hz)
        named = [self._source(name) for name in self._names if name != "auto"]
        recordings = [source.name for source in named if not source.live]
        if recordings and len(self._names) > 1:
            raise SourceError(f"camera.source lists {recordings[0]}, a recording, which goes with no other source")

    def sources(self, better_than: Source | None = None) -> list[Source]:
        """Those there are now, best first: for `auto`, cameras come and go. Only those `better_than` one, if given."""
        found: list[Source] = []
        for name in self._names:
            found += self._cameras() if name == "auto" else [self._source(name)]
        if "auto" in self._names and self.canvas not in found:
            found.append(self.canvas)
        names = [source.name for source in found]
        if better_than is None:
            return found
        # A camera whose name has changed since it was opened, as it has when udev is late, is none to be left.
        return found[: names.index(better_than.name)] if better_than.name in names else []

    def is_best(self, source: Source) -> bool:
        """Whether no other can be better: a camera may be plugged in at any time where any is taken."""
        if source is self.canvas and "auto" in self._names:
            return False
        return not self.sources(better_than=source)

    def why(self, source: Source) -> str:
        """Why a source was taken that is the first to work."""
        if "auto" in self._names:
            return "there is no camera" if source is self.canvas else "it is the first camera that works"
        listed = ", ".join(_name_of(name) for name in self._names)
        return f"camera.source is {listed}"

    def _cameras(self) -> list[Source]:
        if sys.platform == "darwin":
            # Which there are, only opening them shows.
            return [self._source("0")]
        found = [self._source("picamera")] if has_pi_camera() else []
        paths = [str(camera.best_path) for camera in v4l2_cameras()]
        return found + [self._camera(f"camera {path}", "v4l2", path) for path in paths]

    def _source(self, name: str) -> Source:
        if name == "canvas":
            return self.canvas
        scheme, _, rest = name.partition(":")
        if name.isdecimal():
            if len(name) > 2:
                raise SourceError(f"camera.source is {name[:20]}; a camera's index is 0 to 99")
            index = int(name)
            if sys.platform == "darwin":
                return self._camera(f"camera {index}", "opencv", index)
            return self._camera(f"camera /dev/video{index}", "v4l2", index)
        if name.startswith("/dev/"):
            return self._camera(f"camera {name}", "v4l2", name)
        if scheme == "picamera" and (not rest or rest.isdecimal()):
            return self._camera(f"Raspberry Pi camera {rest or 0}", "picamera", int(rest or 0))
        if scheme in {"fake", "fake_picamera"} and rest:
            return self._camera(name, scheme, rest)
        if scheme in {*HTTP, *STREAMS} and rest.startswith("//"):
            return self._camera(_name_of(name), "http" if scheme in HTTP else "opencv", name)
        return RecordingSource(Path(name), self._config)

    def _camera(self, name: str, kind: str, device: int | str) -> ProcessSource:
        config = self._config
        wanted = Wanted(
            kind,
            device,
            config.width_px,
            config.height_px,
            config.frame_rate_hz,
            config.exposure,
            config.white_balance,
        )
        return ProcessSource(name, wanted, config.stall_after_s, config.mirror)


def _name_of(name: str) -> str:
    """For people and logs: of an address neither the password nor the query, where others hide theirs."""
    scheme, separator, _ = name.partition("://")
    if not separator or scheme not in {*HTTP, *STREAMS}:
        return name
    parts = urlsplit(name)
    return f"{scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
