"""A camera in a process of its own, and everything that can go wrong with it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from core.errors import SourceError
from core.frame import Frame
from edge.sources import process as process_module
from edge.sources.process import ProcessSource
from tests.edge.fake_cameras import fake_camera, plug_in

SOON_S = 10.0
"""It takes some 0.1 s; the rest is for machines that have other things to do."""


@pytest.fixture
def camera(tmp_path: Path) -> Path:
    return plug_in(tmp_path / "camera")


@contextmanager
def running(source: ProcessSource) -> Iterator[Iterator[Frame]]:
    """The frames of a source, from the second on."""
    with closing(source.frames(threading.Event())) as frames:
        next(frames)
        yield frames


def why_it_ends(frames: Iterator[Frame]) -> str:
    """What a source that goes away says."""
    with pytest.raises(SourceError) as error:
        for _ in frames:
            pass
    return str(error.value)


def children(of: int) -> list[int]:
    """The processes that `of` has started and that are still there, dead or alive."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == of:
            found.append(int(stat.parent.name))
    return found


def capture_processes(of: int) -> list[int]:
    return [
        child for child in children(of) if "edge.capture.child" in (Path("/proc") / str(child) / "cmdline").read_text()
    ]


def gone(process: int) -> bool:
    """Whether a process has ended, within reason."""
    until = time.monotonic() + SOON_S
    while Path(f"/proc/{process}").exists():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize("kind", ["fake", "fake_picamera"])
@pytest.mark.parametrize("layout", ["GREY", "YUYV", "UYVY"])
def test_luma_is_what_the_camera_saw_whatever_its_layout_and_padding(tmp_path: Path, kind: str, layout: str) -> None:
    path = plug_in(tmp_path / "camera", width_px=50, height_px=30, padding_bytes=14, layout=layout, level=90)
    with running(fake_camera(path, kind=kind)) as frames:
        luma = next(frames).luma
    assert luma.shape == (30, 50)
    assert set(np.unique(luma[1:])) == {90}


def test_a_mirrored_camera_has_left_and_right_exchanged(camera: Path) -> None:
    with running(fake_camera(camera, mirror=True)) as frames:
        luma = next(frames).luma
    # The mark of a fake camera is at the top left.
    assert luma[0, -1] < 200
    assert luma[0, 0] == 200


def test_a_frame_stays_as_it_was_when_later_ones_come(camera: Path) -> None:
    with running(fake_camera(camera)) as frames:
        kept = list(islice(frames, 8))
    marks = [int(frame.luma[0, 0]) for frame in kept]
    assert all(before < after for before, after in pairwise(marks))


def test_who_is_slow_gets_the_newest_frame_and_not_those_that_waited(camera: Path) -> None:
    with running(fake_camera(camera)) as frames:
        before = int(next(frames).luma[0, 0])
        time.sleep(0.5)
        # At 50 frames a second; of those three wait at most, which were the first.
        late = [int(frame.luma[0, 0]) for frame in islice(frames, 2)]
    assert late[0] == before + 3
    assert late[1] >= before + 10


def test_the_size_may_change_while_it_runs(camera: Path) -> None:
    with running(fake_camera(camera)) as frames:
        seen = [next(frames).luma.shape]
        for size in ((48, 30), (1200, 1600), (16, 20)):
            plug_in(camera, height_px=size[0], width_px=size[1])
            seen.append(next(frame.luma.shape for frame in frames if frame.luma.shape != seen[-1]))
    assert seen == [(48, 64), (48, 30), (1200, 1600), (16, 20)]


def test_times_are_those_of_this_machine(camera: Path) -> None:
    before = time.monotonic_ns()
    with running(fake_camera(camera)) as frames:
        captured_ns = next(frames).captured_ns
    assert before < captured_ns < time.monotonic_ns()


def test_a_camera_that_is_not_there_says_so(tmp_path: Path) -> None:
    frames = fake_camera(tmp_path / "none").frames(threading.Event())
    assert why_it_ends(frames) == "there is no such device (No such file or directory)"


def test_a_camera_that_is_pulled_out_says_so_at_once(camera: Path) -> None:
    with running(fake_camera(camera, stall_after_s=60)) as frames:
        camera.unlink()
        assert why_it_ends(frames) == "there is no such device (No such file or directory)"


@pytest.mark.parametrize("kind", ["fake", "fake_picamera"])
@pytest.mark.parametrize("does", ["silent", "hangs"])
def test_a_silent_or_hanging_camera_is_given_up_and_its_process_killed(camera: Path, kind: str, does: str) -> None:
    with running(fake_camera(camera, 0.3, kind)) as frames:
        (child,) = capture_processes(os.getpid())
        plug_in(camera, does=does)
        assert why_it_ends(frames) == "silent for 0.3 s"
        assert gone(child)


def test_a_camera_that_gives_only_damaged_pictures_is_given_up_and_they_are_counted(camera: Path) -> None:
    with running(fake_camera(camera, 0.5)) as frames:
        plug_in(camera, does="garbage")
        said = why_it_ends(frames)
    assert said.endswith(" pictures in 0.5 s, none of which can be decoded")


def test_a_camera_that_never_gives_a_first_picture_is_given_up(camera: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module, "OPENS_WITHIN_S", 0.5)
    plug_in(camera, does="silent")
    assert why_it_ends(fake_camera(camera, 0.3).frames(threading.Event())) == "no picture within 0.5 s"


def test_a_capture_process_that_is_killed_is_missed_at_once(camera: Path) -> None:
    with running(fake_camera(camera, stall_after_s=60)) as frames:
        (child,) = capture_processes(os.getpid())
        os.kill(child, signal.SIGKILL)
        assert why_it_ends(frames) == "its capture process was killed by signal 9"
    assert gone(child)


def test_a_capture_process_that_is_stopped_is_given_up_and_killed(camera: Path) -> None:
    with running(fake_camera(camera, 0.3)) as frames:
        (child,) = capture_processes(os.getpid())
        os.kill(child, signal.SIGSTOP)
        assert why_it_ends(frames) == "silent for 0.3 s"
        assert gone(child)


@pytest.mark.parametrize("does", ["works", "silent", "hangs"])
def test_stopping_ends_the_frames_within_a_second_and_the_process_with_them(camera: Path, does: str) -> None:
    stop = threading.Event()
    frames = fake_camera(camera, stall_after_s=60).frames(stop)
    next(frames)
    (child,) = capture_processes(os.getpid())
    plug_in(camera, does=does)
    time.sleep(0.1)
    stop.set()
    asked = time.monotonic()
    for _ in frames:
        pass
    assert time.monotonic() - asked < SOON_S
    assert gone(child)


DAEMON = """
import signal, sys, threading
from pathlib import Path
from tests.edge.fake_cameras import fake_camera
frames = fake_camera(Path(sys.argv[1]), stall_after_s=600).frames(threading.Event())
next(frames)
print("ready", flush=True)
signal.pause()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a stopped process outlives its parent elsewhere")
@pytest.mark.parametrize("state", ["works", "hangs", "silent", "stopped"])
def test_no_capture_process_outlives_a_daemon_that_is_killed(camera: Path, root: Path, state: str) -> None:
    with subprocess.Popen([sys.executable, "-c", DAEMON, camera], stdout=subprocess.PIPE, cwd=root) as daemon:
        assert daemon.stdout
        assert daemon.stdout.readline() == b"ready\n"
        (child,) = capture_processes(daemon.pid)
        if state == "stopped":
            os.kill(child, signal.SIGSTOP)
        else:
            plug_in(camera, does=state)
        daemon.kill()
    assert gone(child)


def test_a_capture_process_is_told_of_its_camera_where_nobody_can_read_it(camera: Path) -> None:
    with running(fake_camera(camera)):
        (child,) = capture_processes(os.getpid())
        assert str(camera) not in Path(f"/proc/{child}/cmdline").read_text()


def test_a_capture_process_has_nothing_open_of_the_daemon(camera: Path, tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w") as secret, running(fake_camera(camera)):
        (child,) = capture_processes(os.getpid())
        held = {str(file.readlink()) for file in Path(f"/proc/{child}/fd").iterdir()}
    assert secret.name not in held


@pytest.mark.parametrize("kind", ["v4l2", "http"])
def test_what_most_cameras_need_is_imported_without_numpy_and_opencv(root: Path, kind: str) -> None:
    program = (
        "import sys; import edge.capture.child; from edge.capture.kinds import open_kind;"
        "from edge.capture.picture import Wanted;"
        f"open_kind(Wanted({kind!r}, ''));"
        "print({'numpy', 'cv2', 'msgspec', 'yaml'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
