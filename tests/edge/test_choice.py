"""camera.source, and the cameras of a machine."""

import sys
from pathlib import Path

import pytest

from core.config import CameraConfig
from core.errors import SourceError
from edge.sources import found
from edge.sources.canvas import CanvasSource
from edge.sources.choice import Choice
from edge.sources.found import holders, v4l2_cameras
from edge.sources.process import ProcessSource
from edge.sources.recording import RecordingSource


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A Linux machine's list of devices, empty."""
    monkeypatch.setattr(found.sys, "platform", "linux")
    for name, folder in (("SYSFS", "class"), ("DEVICES", "dev"), ("STABLE_NAMES", "dev/v4l/by-id")):
        (tmp_path / folder).mkdir(parents=True)
        monkeypatch.setattr(found, name, tmp_path / folder)
    return tmp_path


def connect(machine: Path, number: int, name: str, stable: str = "", index: int = 0) -> Path:
    entry = machine / "class" / f"video{number}"
    entry.mkdir()
    (entry / "name").write_text(name + "\n")
    (entry / "index").write_text(f"{index}\n")
    device = machine / "dev" / f"video{number}"
    device.touch()
    if stable:
        (machine / "dev/v4l/by-id" / stable).symlink_to(device)
    return device


def names(source: object) -> list[str]:
    return [each.name for each in Choice(CameraConfig(source=source)).sources()]  # type: ignore[arg-type]


def only(source: object) -> object:
    (source,) = Choice(CameraConfig(source=source)).sources()  # type: ignore[arg-type]
    return source


def test_the_source_that_is_named_is_chosen(tmp_path: Path) -> None:
    assert isinstance(only("canvas"), CanvasSource)
    assert isinstance(only(str(tmp_path)), RecordingSource)
    assert isinstance(only("meter:1.mp4"), RecordingSource)
    for camera in (3, "3", "/dev/v4l/by-id/x", "picamera", "picamera:1", "http://camera/stream", "rtsp://camera/1"):
        assert isinstance(only(camera), ProcessSource)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("/dev/v4l/by-id/x", "camera /dev/v4l/by-id/x"),
        ("picamera", "Raspberry Pi camera 0"),
        ("picamera:1", "Raspberry Pi camera 1"),
        ("http://me:secret@camera:81/stream?pwd=secret", "http://camera:81/stream"),
        ("rtsp://me:s%40e@camera/1", "rtsp://camera/1"),
    ],
)
def test_cameras_have_names_for_people_without_any_secret(source: str, expected: str) -> None:
    choice = Choice(CameraConfig(source=source))
    (camera,) = choice.sources()
    assert camera.name == expected
    assert "secret" not in choice.why(camera)


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac has no device files for cameras")
def test_an_index_is_shown_as_the_device_that_it_is() -> None:
    assert names(2) == ["camera /dev/video2"]


def test_of_several_the_first_is_best(machine: Path) -> None:
    assert names(["picamera", "http://camera/", "canvas"]) == ["Raspberry Pi camera 0", "http://camera/", "canvas"]
    choice = Choice(CameraConfig(source=["picamera", "canvas"]))
    best, canvas = choice.sources()
    assert choice.sources(better_than=canvas)[0].name == best.name
    assert (choice.is_best(best), choice.is_best(canvas)) == (True, False)


def test_auto_is_the_pi_camera_then_cameras_with_a_stable_name_then_the_others_then_the_canvas(machine: Path) -> None:
    connect(machine, 0, "unicam-image")
    connect(machine, 2, "Cheap Camera")
    connect(machine, 10, "bcm2835-codec-decode")
    connect(machine, 13, "bcm2835-isp-output0")
    connect(machine, 20, "Good Camera", "usb-Good_Camera_1-video-index0")
    connect(machine, 21, "Good Camera", "usb-Good_Camera_1-video-index1", index=1)
    assert [name.removeprefix(f"camera {machine}/") for name in names("auto")] == [
        "Raspberry Pi camera 0",
        "dev/v4l/by-id/usb-Good_Camera_1-video-index0",
        "dev/video2",
        "canvas",
    ]


def test_auto_without_a_camera_is_the_canvas_until_one_is_plugged_in(machine: Path) -> None:
    choice = Choice(CameraConfig(source="auto"))
    (canvas,) = choice.sources()
    assert (canvas, choice.why(canvas)) == (choice.canvas, "there is no camera")
    assert not choice.is_best(canvas)
    assert choice.sources(better_than=canvas) == []
    device = connect(machine, 0, "Camera")
    (camera,) = choice.sources(better_than=canvas)
    assert (camera.name, choice.is_best(camera)) == (f"camera {device}", True)


def test_a_camera_whose_name_changed_while_it_runs_is_not_left(machine: Path) -> None:
    device = connect(machine, 0, "Camera")
    choice = Choice(CameraConfig(source="auto"))
    running = choice.sources()[0]
    (machine / "dev/v4l/by-id" / "usb-Camera-video-index0").symlink_to(device)
    assert choice.is_best(running)


def test_the_canvas_is_the_same_each_time() -> None:
    choice = Choice(CameraConfig(source=["picamera", "canvas"]))
    assert choice.sources()[1] is choice.sources()[1] is choice.canvas


@pytest.mark.parametrize("source", [["auto", "meter.mp4"], ["meter.mp4", "canvas"]])
def test_a_recording_goes_with_no_other_source(source: list[str]) -> None:
    with pytest.raises(SourceError, match=r"camera\.source lists meter\.mp4, a recording, which goes with no other"):
        Choice(CameraConfig(source=source))  # type: ignore[arg-type]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_who_holds_a_camera_is_named(tmp_path: Path) -> None:
    device = tmp_path / "video0"
    device.touch()
    assert holders(device) == []
    with device.open():
        (holder,) = holders(device)
    assert holder.endswith(")")
    assert "(" in holder


def test_two_devices_without_a_stable_name_are_in_the_order_of_their_numbers(machine: Path) -> None:
    for number in (10, 9):
        connect(machine, number, "Camera")
    assert [camera.path.name for camera in v4l2_cameras()] == ["video9", "video10"]
