"""`digit-reader score --video`, from files to figures."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from core.clip_truth import ClipTruth, Episode, FrameTruth, Seen, truth_path
from core.config import Config
from core.frame import Box, Luma
from edge.__main__ import main
from edge.methods import load_models, new_method
from edge.reader import Laps
from edge.reader import Seen as SeenInPicture
from edge.score_video import timed_frames
from edge.watched_method import WatchedMethod

RATE_HZ = 10
WHERE = Box(38, 70, 290, 105)
"""Of the number on the page."""


def page(text: str) -> Luma:
    luma = np.full((240, 400), 225, np.uint8)
    cv2.putText(luma, text, (40, 170), cv2.FONT_HERSHEY_SIMPLEX, 4.5, 40, 12, cv2.LINE_AA)
    return luma


def film(path: Path, texts: list[str]) -> Path:
    """A video without loss, a text a frame."""
    writer = cv2.VideoWriter(
        str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"FFV1"), RATE_HZ, (400, 240), isColor=False
    )
    for text in texts:
        writer.write(page(text))
    writer.release()
    return path


NUMBER = Episode(text="2047", from_s=0.5, until_s=2.0)
TEXTS = [""] * 5 + ["2047"] * 15 + [""] * 8


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one video and what a person writes about it."""
    folder = tmp_path_factory.mktemp("films")
    ClipTruth((NUMBER,)).save(truth_path(film(folder / "a.mkv", TEXTS)))
    return folder


@pytest.fixture
def folder(filmed: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copytree(filmed, tmp_path / "films"))


def scored(arguments: list[str], capsys: pytest.CaptureFixture[str], status: int = 0) -> dict[str, Any]:
    assert main(["score", "--json", *arguments]) == status
    (line,) = capsys.readouterr().out.splitlines()
    return dict(json.loads(line))


def test_a_video_labelled_by_hand_is_replayed_and_scored(filmed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = scored(["--video", str(filmed / "a.mkv")], capsys)
    assert list(rows) == ["by hand", "all"]
    assert rows["by hand"] == rows["all"]
    row = rows["all"]
    assert (row["videos"], row["frames"], row["seconds"], row["every"]) == (1, 28, 2.8, 1)
    assert row["delay"] | {"median_s": 0, "p95_s": 0} == {
        "asked": 1,
        "soon": 1,
        "never": 0,
        "median_s": 0,
        "p95_s": 0,
    }
    assert 0.2 < row["delay"]["median_s"] < 0.7
    assert row["told"] == {"right": 1, "wrong": 0, "nowhere": 0, "doubtful": 0}
    assert row["single"] == {"seen": 15, "right": 15, "wrong": 0}
    assert row["flicker_still"]["count"] == row["single_changes_still"]["count"] == 0
    assert row["flicker_still"]["minutes"] == pytest.approx(1.5 / 60)
    assert (row["cleared"]["asked"], row["cleared"]["never"]) == (1, 0)
    assert 0.3 < row["cleared"]["median_s"] < 0.8
    assert 0 < row["reading_ms"]["median"] <= row["reading_ms"]["p95"]
    assert 0 < row["following_ms"]["median"] <= row["following_ms"]["p95"]
    assert row["slips"] == []


def test_frames_are_taken_at_the_times_of_their_truth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    video = film(tmp_path / "late.mkv", ["2047"] * 6)
    times = [0, 4 * 10**8, 9 * 10**8, 10**9, 14 * 10**8, 20 * 10**8]
    frames = tuple(FrameTruth(at_ns, (Seen(1, "2047", WHERE),)) for at_ns in times)
    truth = ClipTruth((Episode(text="2047", from_s=0.0, until_s=2.1, number=1, box=WHERE),), frames, "dropped")
    truth.save(truth_path(video))
    assert [(frame.captured_ns, lasts_ns) for frame, lasts_ns in timed_frames(video, truth)] == [
        (at_ns, 10**8) for at_ns in times
    ]
    rows = scored(["--video", str(tmp_path), "--every", "2"], capsys)
    row = rows["dropped"]
    assert (row["seconds"], row["every"], row["single"]) == (2.1, 2, {"seen": 3, "right": 3, "wrong": 0})
    assert row["delay"]["never"] == row["told"]["wrong"] == 0


def test_the_table_has_a_line_for_each_kind_and_all(filmed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", "--video", str(filmed), "--every", "5"]) == 0
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert [line.split("  ")[0] for line in lines if line.startswith(("by hand", "all"))] == ["by hand", "all"] * 3
    assert "single: one frame in 5 read by itself, without those before" in lines
    assert told.err == ""


def test_on_a_terminal_the_progress_is_shown_and_taken_away(
    filmed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr("edge.score_video.Progress.EVERY_S", 0.0)
    assert main(["score", "--video", str(filmed), "--every", "9"]) == 0
    shown = capsys.readouterr().err
    assert "1 of 1: a.mkv, frame 27" in shown
    assert shown.endswith("\r\x1b[K")


def test_what_cannot_be_scored_is_told_and_left_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(folder / "a.mkv", folder / "b.mkv")
    (folder / "c.mkv").write_bytes(b"no video")
    ClipTruth(()).save(folder / "c.json")
    shutil.copy(folder / "a.mkv", folder / "d.mkv")
    ClipTruth((), (FrameTruth(0),)).save(folder / "d.json")
    shutil.copy(folder / "a.mkv", folder / "e.mkv")
    ClipTruth((Episode(text="1", from_s=5.0, until_s=6.0),)).save(folder / "e.json")
    shutil.copy(folder / "a.mkv", folder / "f.mkv")
    ClipTruth((), kind="all").save(folder / "f.json")
    (folder / ".g.mkv").write_bytes(b"being written")
    assert main(["score", "--video", str(folder), "--every", "9", "--json"]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["all"]["videos"] == 1
    expected = [
        "b.json: no such file; it needs episodes of text, from_s and until_s",
        "c.mkv: not a video that can be decoded",
        f"d.mkv: has 28 frames, and {folder / 'd.json'} tells of 1; left out",
        "e.mkv: ends at 2.8 s, but the truth beside it has episodes[0] from 5 s on",
        "f.json: kind is 'all', which all together are called; try another",
    ]
    lines = told.err.splitlines()
    assert [line.startswith("error: ") and line.endswith(end) for line, end in zip(lines, expected, strict=True)] == [
        True
    ] * 5


@pytest.mark.parametrize(
    ("made", "named", "expected"),
    [
        ([], "none", "no such file or folder; --video takes a video or a folder of them"),
        ([], "", "has no videos; allowed: .avi, "),
        (["x.mkv"], "x.mkv", "x.json: no such file; it needs episodes of text, from_s and until_s"),
        (["x.mkv", "x.json"], "x.mkv", "x.json: cannot be read ("),
    ],
)
def test_nothing_to_score_is_an_error_of_one_line(
    tmp_path: Path, made: list[str], named: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in made:
        (tmp_path / name).write_bytes(b"")
    assert main(["score", "--video", str(tmp_path / named)]) == 1
    told = capsys.readouterr()
    (line,) = told.err.splitlines()
    assert line.startswith("error: ")
    assert expected in line
    assert told.out == ""


def test_a_folder_in_which_no_video_can_be_scored_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.mkv").write_bytes(b"")
    assert main(["score", "--video", str(tmp_path)]) == 1
    _, last = capsys.readouterr().err.splitlines()
    assert last == f"error: {tmp_path}: none of 1 videos can be scored"


def test_pictures_and_videos_are_not_scored_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], [str(tmp_path), "--video", str(tmp_path)]):
        with pytest.raises(SystemExit, match="2"):
            main(["score", *arguments])
    assert main(["score", str(tmp_path), "--every", "2"]) == 2
    assert capsys.readouterr().err.endswith("error: --every goes with --video; pictures are all read by themselves\n")


class Counting:
    """A method that counts how often it looks."""

    def __init__(self) -> None:
        self.looks = 0
        self.labels = ["0", "1"]

    def see(self, luma: Luma, laps: Laps) -> SeenInPicture:
        self.looks += 1
        laps.end("find")
        laps.end("classify")
        return SeenInPicture([], [])


def test_a_watched_method_looks_once_at_each_part_of_a_frame() -> None:
    counting, ticks = Counting(), iter(range(0, 1000, 7))
    watched = WatchedMethod(counting, lambda: next(ticks))
    assert watched.labels == ["0", "1"]
    frame = page("5")
    for _ in range(2):
        watched.next_frame()
        for seen in (frame, frame.copy(), frame[:100], frame[:100]):
            laps = Laps(lambda: 0)
            assert watched.see(seen, laps) == SeenInPicture([], [])
            assert set(laps.ms()) == {"find", "classify", "total"}
    assert counting.looks == 4
    assert watched.taken_ns == 4 * 7


def test_a_watched_method_sees_what_the_method_sees() -> None:
    method = new_method(load_models(Config()), Config())
    watched = WatchedMethod(method, lambda: 0)
    seen = method.see(page("2047"), Laps(lambda: 0))
    assert seen.digits
    assert watched.see(page("2047"), Laps(lambda: 0)) == watched.see(page("2047"), Laps(lambda: 0)) == seen
