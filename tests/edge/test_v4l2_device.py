"""Video for Linux with a device: the kernel's own test camera, `modprobe vivid n_devs=1 node_types=0x1`, as root."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice, pairwise
from pathlib import Path

import pytest

from core.config import CameraConfig
from core.errors import SourceError
from edge.capture import v4l2
from edge.capture.picture import Wanted
from edge.capture.v4l2 import V4l2Camera
from edge.sources.choice import Choice
from edge.sources.found import v4l2_cameras

DRIVER = Path("/sys/bus/platform/drivers/vivid")

pytestmark = pytest.mark.vivid


def vivid() -> str:
    """The path of the device."""
    (camera,) = (camera for camera in v4l2_cameras() if camera.name.startswith("vivid"))
    return str(camera.path)


def plugged_in(device: str) -> None:
    """Wait until udev is done with it."""
    until = time.monotonic() + 20
    while not Path(device).exists() and time.monotonic() < until:
        time.sleep(0.05)


@pytest.fixture
def device() -> Iterator[str]:
    if not (DRIVER / "vivid.0").exists():
        pytest.skip("there is no vivid; as root: modprobe vivid n_devs=1 node_types=0x1")
    path = vivid()
    yield path
    if not (DRIVER / "vivid.0").exists():
        (DRIVER / "bind").write_text("vivid.0")
        plugged_in(path)


def test_frames_come_at_the_wanted_size_in_the_order_of_their_times(device: str) -> None:
    (source,) = Choice(CameraConfig(source=device, width_px=320, height_px=180)).sources()
    with closing(source.frames(threading.Event())) as frames:  # type: ignore[type-var]
        seen = list(islice(frames, 5))
    assert {frame.luma.shape for frame in seen} == {(180, 320)}
    assert all(before.captured_ns < after.captured_ns for before, after in pairwise(seen))
    # Colour bars: many levels.
    assert seen[0].luma.std() > 20


@pytest.mark.parametrize("layout", ["GREY", "YU12", "NV12", "YUYV", "UYVY"])
def test_luma_is_the_same_in_every_format(device: str, layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v4l2, "LAYOUTS", {layout: v4l2.LAYOUTS[layout]})
    wanted = Wanted("v4l2", device)
    with closing(V4l2Camera(wanted).pictures()) as pictures:  # type: ignore[type-var]
        picture = next(pictures)
        step = picture.stride_bytes // picture.width
        first = 1 if layout == "UYVY" else 0
        # Below the figures that vivid writes, the bars go all the way down.
        row = bytes(picture.content)[400 * picture.stride_bytes :][: picture.stride_bytes][first::step]
    levels = [row[column] for column in range(40, 640, 80)]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] > 150
    assert levels[-1] < 30


def test_a_second_program_is_told_who_is_first(device: str) -> None:
    (source,) = Choice(CameraConfig(source=device)).sources()
    with closing(source.frames(threading.Event())) as frames:  # type: ignore[type-var]
        next(frames)
        with pytest.raises(SourceError, match="another program is using it; `digit-reader cameras` shows which"):
            next(source.frames(threading.Event()))
        listed = subprocess.run(
            [sys.executable, "-m", "edge", "cameras", "--json"], capture_output=True, text=True, check=True
        )
    camera = json.loads(listed.stdout)
    assert camera["path"] == device
    assert "YUYV" in camera["formats"]
    assert len(camera["held_by"]) == 1


def test_a_camera_that_is_unplugged_says_so_at_once_and_can_be_opened_when_it_is_back(device: str) -> None:
    (source,) = Choice(CameraConfig(source=device, stall_after_s=60)).sources()
    with closing(source.frames(threading.Event())) as frames:  # type: ignore[type-var]
        next(frames)
        (DRIVER / "unbind").write_text("vivid.0")
        with pytest.raises(SourceError, match="it was unplugged"):
            for _ in frames:
                pass
    with pytest.raises(SourceError, match="there is no such camera"):
        next(source.frames(threading.Event()))
    (DRIVER / "bind").write_text("vivid.0")
    plugged_in(device)
    with closing(source.frames(threading.Event())) as frames:  # type: ignore[type-var]
        assert next(frames).sequence == 0
