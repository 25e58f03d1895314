"""The Raspberry Pi's own camera, through picamera2: luma of a YUV420 stream, read where the camera wrote it."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from core.errors import SourceError
from edge.capture.picture import GREY, Picture, Wanted, plane

PICTURE_WITHIN_S = 5.0
"""A camera whose cable is loose gives none, and picamera2 would wait for ever."""

SETTLES_S = 2.0
"""After so long exposure and white balance have found their values, and can be locked."""

STALE_NS = 5 * 10**9
"""A time further from now is of another clock."""


class PiCamera:
    """Pictures of one camera."""

    def __init__(self, wanted: Wanted, library: SimpleNamespace | None = None) -> None:
        """`library` has what we use of picamera2, which is otherwise imported when the camera is opened."""
        self._wanted = wanted
        self._library = library

    def pictures(self) -> Iterator[Picture]:
        """Pictures until the camera goes silent."""
        library = self._library or picamera2()
        camera = self._open(library)
        is_stuck = False
        started = time.monotonic()
        unlocked = "locked" in {self._wanted.exposure_ms, self._wanted.white_balance_k}
        try:
            self._start(camera)
            while True:
                request = camera.capture_request(wait=PICTURE_WITHIN_S)
                try:
                    metadata = request.get_metadata()
                    if unlocked and time.monotonic() - started > SETTLES_S:
                        camera.set_controls(self._locked(metadata))
                        unlocked = False
                    with library.MappedArray(request, "main", reshape=False) as mapped:
                        yield _picture(mapped.array, camera.stream_configuration("main"), metadata)
                finally:
                    request.release()
        except TimeoutError:
            is_stuck = True
            raise SourceError(f"silent for {PICTURE_WITHIN_S:g} s; is its cable seated at both ends?") from None
        except RuntimeError as error:
            raise SourceError(f"picamera2 says: {error}") from None
        finally:
            # What gives no pictures does not end either.
            if not is_stuck:
                camera.close()

    def _open(self, library: SimpleNamespace) -> Any:
        try:
            return library.Picamera2(int(self._wanted.device) if self._library is None else 0)
        except (RuntimeError, IndexError) as error:
            raise SourceError(f"{error}; `rpicam-hello --list-cameras` shows the cameras there are") from None

    def _start(self, camera: Any) -> None:
        wanted = self._wanted
        controls: dict[str, Any] = {"FrameRate": float(wanted.frame_rate_hz)}
        if isinstance(wanted.exposure_ms, float | int):
            controls["ExposureTime"] = round(wanted.exposure_ms * 1000)
        if isinstance(wanted.white_balance_k, int):
            if "ColourTemperature" not in camera.camera_controls:
                raise SourceError("its white balance cannot be fixed; use auto or locked")
            controls["ColourTemperature"] = wanted.white_balance_k
        main = {"size": (wanted.width_px, wanted.height_px), "format": "YUV420"}
        camera.configure(camera.create_video_configuration(main=main, controls=controls))
        camera.start()

    def _locked(self, metadata: dict[str, Any]) -> dict[str, Any]:
        """What holds exposure and white balance as they are."""
        controls = []
        if self._wanted.exposure_ms == "locked":
            controls += ["ExposureTime", "AnalogueGain"]
        if self._wanted.white_balance_k == "locked":
            controls += ["ColourGains"]
        return {name: metadata[name] for name in controls if name in metadata}


def picamera2() -> Any:
    """The package, imported only when it is asked for. Raises SourceError if it is not there."""
    try:
        return importlib.import_module("picamera2")
    except ImportError as error:
        raise SourceError(
            f"picamera2 is not there ({error}); `sudo apt install python3-picamera2`, and a venv made with "
            "--system-site-packages sees it"
        ) from None


def _picture(array: Any, stream: dict[str, Any], metadata: dict[str, Any]) -> Picture:
    """The luma of a YUV420 buffer, which is its first plane; rows end in padding."""
    width, height = stream["size"]
    now_ns = time.monotonic_ns()
    at_ns = metadata.get("SensorTimestamp", now_ns)
    if not 0 <= now_ns - at_ns < STALE_NS:
        at_ns = now_ns
    try:
        content = memoryview(array).cast("B")
        return plane(GREY, width, height, stream["stride"], content, at_ns)
    except ValueError as error:
        raise SourceError(f"picamera2 gives something else than announced: {error}") from None
