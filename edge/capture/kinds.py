"""What is asked for → the camera that gives it. Imports only what that one needs."""

from __future__ import annotations

from edge.capture.picture import Camera, Wanted


def open_kind(wanted: Wanted) -> Camera:
    """The camera, not opened yet."""
    match wanted.kind:
        case "picamera":
            from edge.capture.picamera import PiCamera  # noqa: PLC0415

            return PiCamera(wanted)
        case "fake_picamera":
            from edge.capture.fake_picamera2 import FakePicamera2  # noqa: PLC0415
            from edge.capture.picamera import PiCamera  # noqa: PLC0415

            return PiCamera(wanted, FakePicamera2.driven_by(str(wanted.device)))
        case "v4l2":
            from edge.capture.v4l2 import V4l2Camera  # noqa: PLC0415

            return V4l2Camera(wanted)
        case "http":
            from edge.capture.http import HttpCamera  # noqa: PLC0415

            return HttpCamera(wanted)
        case "opencv":
            from edge.capture.opencv import OpenCvCamera  # noqa: PLC0415

            return OpenCvCamera(wanted)
        case "fake":
            from edge.capture.fake import FakeCamera  # noqa: PLC0415

            return FakeCamera(wanted)
        case other:
            raise ValueError(f"there is no kind of camera {other!r}")
