"""What we use of picamera2, for a camera that does what a file says (edge.capture.fake).

As the real one: sizes are made even and rows padded to 64 bytes, a request that is never released takes its buffer with
it, a camera that has stopped giving pictures says so by nothing at all, and a wait without a limit never ends.
"""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any

import numpy as np

from core.errors import SourceError
from edge.capture.fake import LOOK_EVERY_S, Behaviour, behaviour

ROWS_OF_BYTES = 64


class FakeRequest:
    """One completed picture."""

    def __init__(self, camera: FakePicamera2, buffer: np.ndarray, metadata: dict[str, Any]) -> None:
        self.camera, self.buffer, self._metadata = camera, buffer, metadata

    def get_metadata(self) -> dict[str, Any]:
        """What the sensor was set to."""
        return self._metadata

    def release(self) -> None:
        """Give the buffer back."""
        self.camera.buffers_free += 1


class FakeMappedArray:
    """A picture's buffer, without a copy."""

    def __init__(self, request: FakeRequest, stream: str, reshape: bool = True) -> None:
        if stream != "main" or reshape:
            raise RuntimeError(f"Stream {stream!r} is not defined")
        self._request = request

    def __enter__(self) -> FakeMappedArray:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, exc_traceback: TracebackType | None
    ) -> None:
        return None

    @property
    def array(self) -> np.ndarray:
        """uint8 (bytes,)."""
        return self._request.buffer


class FakePicamera2:
    """A camera, from its file."""

    path = Path()

    def __init__(self, camera_num: int = 0) -> None:
        try:
            self._does()
        except SourceError as error:
            raise RuntimeError(f"No camera number {camera_num} found - {error}") from None
        self.camera_controls = {"FrameRate": (), "ExposureTime": (), "AnalogueGain": (), "ColourGains": ()}
        self.controls: dict[str, Any] = {}
        self.buffers_free = 0
        self._stream: dict[str, Any] = {}
        self._number = 0

    @classmethod
    def driven_by(cls, path: str) -> SimpleNamespace:
        """What `import picamera2` would give, for the camera of one file."""
        return SimpleNamespace(Picamera2=type("Picamera2", (cls,), {"path": Path(path)}), MappedArray=FakeMappedArray)

    def create_video_configuration(
        self, main: dict[str, Any] | None = None, controls: dict[str, Any] | None = None, buffer_count: int = 6
    ) -> dict[str, Any]:
        """A configuration, to be handed to `configure`."""
        return {"main": main or {}, "controls": controls or {}, "buffer_count": buffer_count}

    def configure(self, camera_config: dict[str, Any]) -> None:
        """Take a configuration."""
        width, height = camera_config["main"]["size"]
        known = self._does()
        width, height = (known.width_px or width) // 2 * 2, (known.height_px or height) // 2 * 2
        stride = -(-width // ROWS_OF_BYTES) * ROWS_OF_BYTES + known.padding_bytes
        self._stream = {"size": (width, height), "stride": stride, "format": camera_config["main"]["format"]}
        self.controls |= camera_config["controls"]
        self.buffers_free = camera_config["buffer_count"]

    def stream_configuration(self, name: str = "main") -> dict[str, Any]:
        """What the camera made of the configuration."""
        return {"main": self._stream}[name]

    def start(self) -> None:
        """Begin to give pictures."""
        if self._does().does == "refuses":
            raise RuntimeError("Failed to start camera")

    def set_controls(self, controls: dict[str, Any]) -> None:
        """From the next picture on."""
        self.controls |= controls

    def capture_request(self, wait: float | None = None) -> FakeRequest:
        """The next picture. Raises TimeoutError after `wait` seconds."""
        until = float("inf") if wait is None else time.monotonic() + wait
        time.sleep(1 / self.controls["FrameRate"])
        while True:
            try:
                known = self._does()
            except SourceError:
                known = Behaviour(does="silent")
            if known.does == "hangs":
                time.sleep(3600)
            if known.does == "works" and self.buffers_free > 0:
                break
            if time.monotonic() > until:
                raise TimeoutError
            time.sleep(LOOK_EVERY_S)
        self.buffers_free -= 1
        self._number += 1
        return FakeRequest(self, self._drawn(known), {"SensorTimestamp": time.monotonic_ns(), "ExposureTime": 9000})

    def close(self) -> None:
        """Let go of the camera."""

    def _does(self) -> Behaviour:
        return behaviour(self.path)

    def _drawn(self, known: Behaviour) -> np.ndarray:
        width, height = self._stream["size"]
        # Padding and chroma are such that mistaking them for luma shows.
        buffer = np.full((height * 3 // 2, self._stream["stride"]), 255, np.uint8)
        buffer[:height, :width] = known.level
        buffer[0, 0] = self._number % 256
        return buffer.reshape(-1)
