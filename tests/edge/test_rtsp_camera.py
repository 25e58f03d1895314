"""RTSP, where GStreamer's server is installed (Debian: python3-gi, gir1.2-gst-rtsp-server-1.0, gstreamer1.0-rtsp,
gstreamer1.0-plugins-base, -good and -ugly)."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from itertools import islice, pairwise

import pytest

from core.config import CameraConfig
from core.errors import SourceError
from edge.sources import Source
from edge.sources.choice import Choice

# On the system's Python, where Debian puts its bindings.
SERVER = """
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer(address="127.0.0.1", service="0")
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate=25/1"
    " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! rtph264pay name=pay0 )"
)
server.get_mount_points().add_factory("/camera", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
"""


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen[str], str]]:
    try:
        process = subprocess.Popen(
            ["/usr/bin/python3", "-c", SERVER], stdout=subprocess.PIPE, text=True, stderr=subprocess.PIPE
        )
    except OSError:
        pytest.skip("needs /usr/bin/python3")
    with process:
        assert process.stdout
        port = process.stdout.readline().strip()
        if not port:
            pytest.skip("needs GStreamer's RTSP server")
        yield process, f"rtsp://127.0.0.1:{port}/camera"
        process.kill()


def source_of(address: str) -> Source:
    (source,) = Choice(CameraConfig(source=address, stall_after_s=2)).sources()
    return source


def test_a_stream_is_read_and_its_end_is_told(server: tuple[subprocess.Popen[str], str]) -> None:
    process, address = server
    with closing(source_of(address).frames(threading.Event())) as frames:  # type: ignore[type-var]
        seen = list(islice(frames, 5))
        assert {frame.luma.shape for frame in seen} == {(240, 320)}
        assert all(before.captured_ns < after.captured_ns for before, after in pairwise(seen))
        # A white ball on black.
        assert seen[-1].luma.max() > 200
        assert seen[-1].luma.min() < 40
        process.kill()
        with pytest.raises(SourceError, match=r"the stream ended|silent for"):
            for _ in frames:
                pass


def test_a_path_that_the_server_does_not_have_is_refused(server: tuple[subprocess.Popen[str], str]) -> None:
    _, address = server
    with pytest.raises(SourceError, match="it cannot be opened; is the address right"):
        next(source_of(address.replace("camera", "none")).frames(threading.Event()))
