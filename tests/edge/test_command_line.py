"""The command line as a person uses it: a process of its own."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

PROGRAM = [sys.executable, "-m", "edge"]

AT_ONCE_S = 5.0
"""It takes some 0.1 s; the rest is for machines that have other things to do."""


def digit_page(text: str = "7", height_px: int = 200) -> np.ndarray:
    """Digits as a person would print them, on paper."""
    page = np.full((height_px, 140 * len(text)), 230, np.uint8)
    cv2.putText(page, text, (30, height_px - 50), cv2.FONT_HERSHEY_SIMPLEX, 4.5, 40, 12, cv2.LINE_AA)
    return page


def write(path: Path, picture: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), picture)
    return path


def call(*arguments: object, stdin: bytes | None = None, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*PROGRAM, *map(str, arguments)], input=stdin, capture_output=True, check=False, cwd=cwd)


def test_a_picture_is_read_and_its_number_printed(tmp_path: Path) -> None:
    done = call("read", write(tmp_path / "a.png", digit_page("14")))
    assert (done.stdout, done.stderr, done.returncode) == (b"14\n", b"", 0)


def test_json_has_one_line_a_file_with_everything_known(tmp_path: Path) -> None:
    write(tmp_path / "a.png", digit_page("7"))
    write(tmp_path / "b.png", np.full((100, 100), 200, np.uint8))
    done = call("read", "--json", tmp_path)
    seven, blank = map(json.loads, done.stdout.splitlines())
    assert set(seven) == {"file", "digits", "readings", "rejected", "ms", "refused"}
    (reading,) = seven["readings"]
    assert set(reading) == {"text", "confidence", "box", "digits"}
    assert {"text", "confidence", "box"} <= set(reading["digits"][0])
    assert (seven["file"], seven["digits"], reading["text"]) == (str(tmp_path / "a.png"), "7", "7")
    assert (blank["digits"], blank["readings"]) == ("", [])
    assert seven["ms"]["total"] > 0


def test_a_picture_comes_by_standard_input() -> None:
    encoded = cv2.imencode(".png", digit_page("7"))[1].tobytes()
    assert call("read", "-", stdin=encoded).stdout == b"7\n"


def test_the_annotated_picture_shows_boxes_and_never_replaces_another(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "a.png", digit_page("7"))
    assert call("read", tmp_path / "one", tmp_path / "two", "--annotate", tmp_path / "seen").returncode == 0
    assert sorted(path.name for path in (tmp_path / "seen").iterdir()) == ["a-2.png", "a.png"]
    picture = cv2.imread(str(tmp_path / "seen" / "a.png"))
    assert picture is not None
    assert picture.shape == (200, 140, 3)
    assert (picture[..., 1].astype(int) - picture[..., 2] > 80).any()


def test_exif_orientation_is_honoured(tmp_path: Path) -> None:
    encoded = cv2.imencode(".jpg", cv2.rotate(digit_page("7"), cv2.ROTATE_90_COUNTERCLOCKWISE))[1].tobytes()
    # Orientation 6: to be shown, the picture is turned a quarter clockwise.
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    path = tmp_path / "turned.jpg"
    path.write_bytes(encoded[:2] + segment + encoded[2:])
    assert call("read", path).stdout == b"7\n"


def test_an_unreadable_file_is_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    good = write(tmp_path / "b.png", digit_page("7"))
    done = call("read", tmp_path / "a.png", tmp_path / "none.png", good)
    assert done.stdout.decode() == f"{good}: 7\n"
    first, second = done.stderr.decode().splitlines()
    remedy = "use PNG, JPEG, BMP, WebP, TIFF, GIF, PGM or PPM"
    assert first == f"error: {tmp_path}/a.png: not a picture that can be decoded, or damaged; {remedy}"
    assert second == f"error: {tmp_path}/none.png: cannot be read (No such file or directory)"
    assert done.returncode == 1


def test_transparent_is_white_paper(tmp_path: Path) -> None:
    page = digit_page("7")
    drawing = np.dstack([page * 0, page * 0, page * 0, np.where(page < 128, 255, 0).astype(np.uint8)])
    assert call("read", write(tmp_path / "a.png", drawing)).stdout == b"7\n"


def test_sixteen_bit_pictures_are_read(tmp_path: Path) -> None:
    assert call("read", write(tmp_path / "a.png", digit_page("7").astype(np.uint16) * 257)).stdout == b"7\n"


def test_a_video_gives_the_numbers_that_stood_still_in_it(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (280, 200))
    for text in ("42", "", "41"):
        for _ in range(12):
            page = np.full((200, 280), 230, np.uint8)
            shown = digit_page(text) if text else page
            page[:, : shown.shape[1]] = shown
            writer.write(cv2.cvtColor(page, cv2.COLOR_GRAY2BGR))
    writer.release()
    assert call("read", path).stdout == b"42 41\n"


def test_wrong_usage_exits_with_2_and_a_bad_config_with_78(tmp_path: Path) -> None:
    bad = tmp_path / "c.yaml"
    bad.write_text("camera: {sauce: 1}\n", encoding="utf-8")
    assert call("read").returncode == 2
    assert call("run", "--port", "99999").returncode == 2
    assert call("run", "--config", bad).returncode == 78


def test_a_model_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.tflite").write_bytes(b"x" * 100)
    done = call("run", "--model", tmp_path / "m.tflite")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def test_bench_prints_one_json_line_and_a_table() -> None:
    done = call("bench", "--runs", "5")
    line, *rest = done.stdout.decode().splitlines()
    measured = json.loads(line)
    assert measured["runs"] == 5
    assert set(measured["ms"]) == {"find", "classify", "read", "total"}
    assert measured["ms"]["total"]["median"] > 0
    assert any("median" in entry for entry in rest)


class Daemon:
    """`digit-reader run` in a process of its own."""

    def __init__(self, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, "run", "--port", "0", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.log = ""

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first match in the log, waited for."""
        assert self.process.stderr
        deadline = time.monotonic() + 20
        while not (found := re.search(pattern, self.log)):
            assert time.monotonic() < deadline, self.log
            if select.select([self.process.stderr], [], [], 0.5)[0]:
                self.log += os.read(self.process.stderr.fileno(), 65536).decode()
        return found

    def event(self) -> dict[str, object]:
        """The next event."""
        assert self.process.stdout
        return dict(json.loads(self.process.stdout.readline()))


@pytest.fixture
def canvas() -> Iterator[Daemon]:
    daemon = Daemon("--source", "canvas")
    yield daemon
    daemon.process.kill()
    daemon.process.communicate()


SEVEN = {
    "width": 400,
    "height": 300,
    "strokes": [{"width_px": 14, "points": [[120, 60], [280, 60], [190, 250]]}],
}


def test_what_is_drawn_on_the_canvas_is_answered_and_told_as_an_event(canvas: Daemon) -> None:
    address = canvas.wait_for(r"page: (http://127\.0\.0\.1:\d+/)")[1]
    canvas.wait_for("source: canvas, since camera.source is canvas")
    answer = httpx.post(f"{address}api/read", json=SEVEN).json()
    assert answer["digits"] == "7"
    event = canvas.event()
    assert (event["event"], event["text"]) == ("reading_appeared", "7")
    assert httpx.get(f"{address}api/state").json()["readings"][0]["text"] == "7"
    httpx.post(f"{address}api/read", json={**SEVEN, "strokes": []})
    assert canvas.event()["event"] == "reading_cleared"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_daemon_at_once(canvas: Daemon, number: signal.Signals) -> None:
    canvas.wait_for("page: http")
    canvas.process.send_signal(number)
    assert canvas.process.wait(AT_ONCE_S) == 0


SIGNALLED_AS_IT_WRITES = """
import io, os, signal, sys
from edge.__main__ import main

class Raw(io.FileIO):
    def write(self, content):
        written = super().write(content)
        if b"page: " in bytes(content):
            os.kill(os.getpid(), signal.SIGTERM)
        return written

sys.stderr = io.TextIOWrapper(io.BufferedWriter(Raw(2, "w", closefd=False)), line_buffering=True)
sys.exit(main(["run", "--port", "0", "--source", "canvas"]))
"""
"""The daemon, which gets SIGTERM as soon as the line with the page's address is out and before its write returns."""


def test_a_signal_that_comes_while_a_line_is_being_written_ends_the_daemon_as_well() -> None:
    daemon = [sys.executable, "-c", SIGNALLED_AS_IT_WRITES]
    done = subprocess.run(daemon, capture_output=True, timeout=60, check=False)
    # The source tells of itself from a thread of its own, at any time.
    lines = [line for line in done.stderr.decode().splitlines() if line.startswith(("page: ", "stopping: "))]
    assert [lines[0][:13], *lines[1:], done.returncode] == ["page: http://", "stopping: SIGTERM", 0]


def test_a_replay_prints_its_events_and_ends_and_gives_the_same_again(tmp_path: Path) -> None:
    write(tmp_path / "a.png", digit_page("7"))
    write(tmp_path / "b.png", np.full((200, 140), 230, np.uint8))
    config = tmp_path / "c.yaml"
    config.write_text("camera: {replay_speed: 0}\n", encoding="utf-8")
    runs = [call("run", "--config", config, "--source", tmp_path, "--port", "0") for _ in range(2)]
    assert [done.returncode for done in runs] == [0, 0]
    events = [json.loads(line) for line in runs[0].stdout.splitlines()]
    assert [(event["event"], event["text"]) for event in events] == [
        ("reading_appeared", "7"),
        ("reading_cleared", "7"),
    ]
    assert runs[0].stdout == runs[1].stdout


def test_a_source_that_is_missing_ends_with_one_line(tmp_path: Path) -> None:
    done = call("run", "--port", "0", "--source", tmp_path / "none.mp4")
    assert done.returncode == 1
    assert f"error: {tmp_path}/none.mp4: no such file or folder" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_names_no_system_can_look_up_are_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    good = write(tmp_path / "b.png", digit_page("7"))
    done = call("read", "a" * 300, "", "/dev/zero", tmp_path / "bad\udcff.png", good)
    assert done.stdout.decode() == f"{good}: 7\n"
    assert len(done.stderr.splitlines()) == 4
    assert b"Traceback" not in done.stderr
    assert done.returncode == 1


def test_a_name_that_is_no_unicode_is_still_a_line_of_json(tmp_path: Path) -> None:
    path = tmp_path / "odd\udcff.png"
    path.write_bytes(cv2.imencode(".png", digit_page("7"))[1].tobytes())
    assert json.loads(call("read", "--json", tmp_path).stdout)["digits"] == "7"


def test_annotating_into_a_file_is_wrong_usage(tmp_path: Path) -> None:
    page = write(tmp_path / "a.png", digit_page("7"))
    done = call("read", page, "--annotate", page)
    assert (len(done.stderr.splitlines()), done.returncode) == (1, 2)


def test_output_that_cannot_be_written_ends_with_one_line(tmp_path: Path) -> None:
    page = write(tmp_path / "a.png", digit_page("7"))
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*PROGRAM, "read", str(page)], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.stderr == b"error: standard output cannot be written (No space left on device)\n"
    assert done.returncode == 1


def test_a_camera_index_beyond_reason_is_refused() -> None:
    done = call("run", "--port", "0", "--source", "9" * 20)
    assert (b"Traceback" in done.stderr, done.returncode) == (False, 1)


def test_a_picture_whose_name_is_no_unicode_is_annotated(tmp_path: Path) -> None:
    path = tmp_path / "odd\udcff.png"
    path.write_bytes(cv2.imencode(".png", digit_page("7"))[1].tobytes())
    done = call("read", path, "--annotate", tmp_path / "seen")
    assert (done.stdout, done.stderr, done.returncode) == (b"7\n", b"", 0)
    (annotated,) = (tmp_path / "seen").iterdir()
    assert annotated.name == "odd\udcff.png"
    assert cv2.imdecode(np.frombuffer(annotated.read_bytes(), np.uint8), cv2.IMREAD_COLOR).shape == (200, 140, 3)


@pytest.mark.parametrize("command", [("read",), ("score", "--video")])
def test_a_video_whose_name_is_no_unicode_is_refused(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "odd\udcff.avi").write_bytes(b"RIFF")
    done = call(*command, tmp_path / "odd\udcff.avi")
    assert b"the name of a video must be UTF-8; rename it" in done.stderr
    assert (len(done.stderr.splitlines()), done.returncode) == (1, 1)


@pytest.mark.parametrize(
    ("arguments", "expected", "status"),
    [
        (("config", "validate", "/dev/zero"), b"error: /dev/zero: larger than 1 MiB, so it is no config file", 78),
        (("read", "--config", "/dev/zero", "x.png"), b"error: /dev/zero: larger than 1 MiB", 78),
        (("read", "--model", "/dev/zero", "x.png"), b"error: /dev/zero: has no end", 1),
    ],
)
def test_a_device_without_end_is_refused_at_once(arguments: tuple[str, ...], expected: bytes, status: int) -> None:
    done = subprocess.run([*PROGRAM, *arguments], capture_output=True, timeout=60, check=False)
    assert done.stderr.startswith(expected)
    assert (len(done.stderr.splitlines()), done.returncode) == (1, status)


def test_decoders_say_nothing_beside_our_own_line(tmp_path: Path) -> None:
    whole = cv2.imencode(".png", digit_page("7"))[1].tobytes()
    (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "b.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(1000))
    done = call("read", tmp_path)
    first, second = done.stderr.decode().splitlines()
    assert first.startswith(f"error: {tmp_path}/a.png: ")
    assert second == f"error: {tmp_path}/b.mp4: not a video that can be decoded"
    assert done.returncode == 1


def test_a_picture_with_the_name_of_a_video_is_told(tmp_path: Path) -> None:
    write(tmp_path / "a.png", digit_page("7")).rename(tmp_path / "a.mp4")
    done = call("read", tmp_path / "a.mp4")
    line = f"error: {tmp_path}/a.mp4: is a picture, and named .mp4 as a video; give it the suffix of its format\n"
    assert (done.stdout, done.stderr.decode(), done.returncode) == (b"", line, 1)


def test_a_file_with_no_suffix_we_know_is_told_those_of_videos(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_bytes(b"\x47" + bytes(187))
    done = call("read", tmp_path / "a.ts")
    assert b"; the name of a video ends in .avi, .m4v, .mjpeg, .mjpg, .mkv, .mov, .mp4, .webm" in done.stderr
    assert (len(done.stderr.splitlines()), done.returncode) == (1, 1)


def test_hidden_files_in_a_folder_are_left_out_but_read_when_named(tmp_path: Path) -> None:
    hidden = write(tmp_path / ".hidden.png", digit_page("7"))
    (tmp_path / "._a.png").write_bytes(b"left by macOS")
    (tmp_path / ".trash").mkdir()
    write(tmp_path / ".trash" / "b.png", digit_page("7"))
    good = write(tmp_path / "a.png", digit_page("7"))
    assert call("read", tmp_path, hidden).stdout.decode() == f"{good}: 7\n{hidden}: 7\n"


def test_a_closed_standard_output_is_an_error(tmp_path: Path) -> None:
    page = write(tmp_path / "a.png", digit_page("7"))
    done = subprocess.run(
        ["/bin/sh", "-c", '"$@" >&-', "sh", *PROGRAM, "read", str(page)], stderr=subprocess.PIPE, check=False
    )
    assert done.stderr.startswith(b"error: standard output is closed")
    assert (len(done.stderr.splitlines()), done.returncode) == (1, 1)


def test_confidences_are_told_to_four_places(tmp_path: Path) -> None:
    (reading,) = json.loads(call("read", "--json", write(tmp_path / "a.png", digit_page("14"))).stdout)["readings"]
    assert len(reading["digits"]) == 2
    assert reading["confidence"] == round(reading["confidence"], 4)
    assert 0 < reading["confidence"] <= min(digit["confidence"] for digit in reading["digits"])
