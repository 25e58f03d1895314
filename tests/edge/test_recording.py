"""Recordings."""

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.config import CameraConfig
from core.errors import ImageError, SourceError
from edge.sources.luma import luma_of_video
from edge.sources.recording import RecordingSource


def frames_of(path: Path, **settings: object) -> list[tuple[int, int]]:
    """(time in ms, mean brightness) of every frame."""
    source = RecordingSource(path, CameraConfig(replay_speed=0, **settings))  # type: ignore[arg-type]
    return [
        (round(frame.captured_ns / 1e6), round(float(frame.luma.mean()))) for frame in source.frames(threading.Event())
    ]


def test_a_picture_is_held_for_its_time(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.full((10, 10), 7, np.uint8))
    assert frames_of(path, frame_rate_hz=10, picture_for_s=0.3) == [(0, 7), (100, 7), (200, 7), (300, 7)]


def test_a_folder_is_replayed_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name, level in (("b.png", 2), ("a.png", 1), ("notes.txt", 0)):
        if name.endswith("png"):
            cv2.imwrite(str(tmp_path / name), np.full((10, 10), level, np.uint8))
        else:
            (tmp_path / name).write_text("no picture", encoding="utf-8")
    assert [level for _, level in frames_of(tmp_path, frame_rate_hz=1, picture_for_s=0.1)] == [1, 1, 2, 2]


def test_what_cannot_be_read_in_a_folder_is_passed_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cv2.imwrite(str(tmp_path / "b.png"), np.full((10, 10), 2, np.uint8))
    for name in ("a.png", "c.mp4"):
        (tmp_path / name).write_bytes(b"this is neither")
    assert [level for _, level in frames_of(tmp_path, frame_rate_hz=1, picture_for_s=0.1)] == [2, 2]
    assert [message.endswith("; passed over") for message in caplog.messages] == [True, True]
    (tmp_path / "b.png").write_bytes(b"nor this")
    with pytest.raises(SourceError, match="nothing in it can be read"):
        frames_of(tmp_path)


@pytest.mark.parametrize("name", ["video.mp4", "picture.png"])
def test_a_file_that_cannot_be_decoded_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"this is neither")
    with pytest.raises((SourceError, ImageError), match=f"{path}: not a"):
        frames_of(path)


def test_a_folder_without_pictures_and_a_missing_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no pictures or videos"):
        frames_of(tmp_path)
    with pytest.raises(SourceError, match="no such file or folder"):
        frames_of(tmp_path / "none.mp4")


def test_a_recording_is_mirrored_as_its_camera_would_be(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.array([[10, 20, 30]] * 2, np.uint8))
    source = RecordingSource(path, CameraConfig(mirror=True))
    assert next(source.frames(threading.Event())).luma.tolist() == [[30, 20, 10]] * 2


def test_frames_of_every_shape_opencv_delivers_become_luma() -> None:
    def shape(picture: np.ndarray) -> tuple[int, ...] | None:
        luma = luma_of_video(picture)
        return None if luma is None else luma.shape

    assert shape(np.zeros((3, 4, 3), np.uint8)) == (3, 4)
    assert shape(np.zeros((3, 4), np.uint8)) == (3, 4)
    assert shape(np.zeros((1, 36), np.uint8)) is None
    assert shape(np.zeros((3, 4, 3), np.uint16)) is None
