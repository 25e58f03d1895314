"""What every source of frames promises, run on each of them."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.config import CameraConfig
from core.frame import Frame
from edge.sources import Source
from edge.sources.canvas import CanvasSource
from edge.sources.recording import RecordingSource
from tests.edge.fake_cameras import WebCamera, fake_camera, jpeg, plug_in, streams

CONFIG = CameraConfig(frame_rate_hz=30, replay_speed=0, replay_loop=True)


def picture(folder: Path) -> Path:
    path = folder / "picture.png"
    cv2.imwrite(str(path), np.full((60, 80), 200, np.uint8))
    return path


def video(folder: Path) -> Path:
    path = folder / "video.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (80, 60))
    assert writer.isOpened()
    for level in range(0, 250, 50):
        writer.write(np.full((60, 80, 3), level, np.uint8))
    writer.release()
    return path


def mixed_folder(folder: Path) -> Path:
    picture(folder)
    video(folder)
    cv2.imwrite(str(folder / "wide.png"), np.full((60, 160), 200, np.uint8))
    return folder


SOURCES: dict[str, Callable[[Path], Source]] = {
    "canvas": lambda _: CanvasSource(frame_rate_hz=50),
    "picture": lambda folder: RecordingSource(picture(folder), CONFIG),
    "video": lambda folder: RecordingSource(video(folder), CONFIG),
    "folder": lambda folder: RecordingSource(mixed_folder(folder), CONFIG),
    "camera in a process": lambda folder: fake_camera(plug_in(folder / "camera", layout="YUYV", padding_bytes=10)),
    "raspberry pi camera": lambda folder: fake_camera(plug_in(folder / "camera"), kind="fake_picamera"),
}


@pytest.fixture(params=[*SOURCES, "network camera"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Source]:
    if request.param != "network camera":
        yield SOURCES[request.param](tmp_path)
        return
    with WebCamera(streams(jpeg())) as camera:
        yield camera.source()


def first(source: Source, count: int) -> list[Frame]:
    with closing(source.frames(threading.Event())) as frames:  # type: ignore[type-var]
        return list(islice(frames, count))


def test_frames_are_luma_numbered_from_zero_without_gaps(source: Source) -> None:
    frames = first(source, 5)
    assert [frame.sequence for frame in frames] == [0, 1, 2, 3, 4]
    assert {(frame.luma.dtype, frame.luma.ndim) for frame in frames} == {(np.dtype(np.uint8), 2)}


def test_time_never_falls(source: Source) -> None:
    times = [frame.captured_ns for frame in first(source, 5)]
    assert all(before < after for before, after in pairwise(times))


def test_the_iterator_ends_within_a_second_of_stop(source: Source) -> None:
    stop = threading.Event()
    frames = source.frames(stop)
    next(frames)
    ended = threading.Event()

    def drain() -> None:
        for _ in frames:
            pass
        ended.set()

    thread = threading.Thread(target=drain)
    thread.start()
    stop.set()
    assert ended.wait(1.0)
    thread.join()


def test_a_source_can_be_iterated_again_after_it_was_closed(source: Source) -> None:
    frames = source.frames(threading.Event())
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert first(source, 1)[0].sequence == 0


def test_a_source_says_for_people_what_it_is(source: Source) -> None:
    assert source.name
    assert isinstance(source.live, bool)


def test_a_canvas_shows_a_new_drawing_at_once() -> None:
    canvas = CanvasSource(frame_rate_hz=1)
    frames = canvas.frames(threading.Event())
    next(frames)
    drawn = np.zeros((20, 30), np.uint8)
    threading.Timer(0.05, canvas.show, [drawn]).start()
    asked = time.monotonic()
    assert next(frames).luma is drawn
    assert time.monotonic() - asked < 0.9
