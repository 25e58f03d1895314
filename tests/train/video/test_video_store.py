from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from filmed import filmed
from handwriting import glyph_set

from core.clip_truth import load_clip_truth, truth_path
from core.errors import UsageError
from edge.sources.recording import video_frames
from train.video import __main__ as command
from train.video import store


@pytest.mark.parametrize("kind", ["dropped", "frozen"])
def test_a_stored_clip_comes_back_to_the_bit_with_its_times_and_truth(tmp_path: Path, kind: str) -> None:
    one, shots, truth = filmed(kind)
    video = tmp_path / "clip.mkv"
    heard: list[int] = []
    assert store.save(one, video, lambda shot: heard.append(shot.truth.at_ns)) == truth
    back = [luma for luma, _ in video_frames(video)]
    assert len(back) == len(shots)
    assert all(np.array_equal(luma, shot.luma) for luma, shot in zip(back, shots, strict=True))
    stored = load_clip_truth(truth_path(video))
    assert stored == truth
    assert stored.times_ns() == heard == [shot.truth.at_ns for shot in shots]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.json", "clip.mkv"]


def test_a_clip_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    one, _, _ = filmed("tripod")

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.save(one, tmp_path / "clip.mkv", interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_clip_that_cannot_be_written_is_told_of_in_one_line(tmp_path: Path) -> None:
    one, _, _ = filmed("tripod")
    with pytest.raises(UsageError, match="cannot be written"):
        store.save(one, tmp_path / "none" / "clip.mkv")


def test_the_command_leaves_clips_and_a_sheet_of_hands_held_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    glyph_set(3000, seed=1, writers=30).save(tmp_path / "digits.npz")
    folder = tmp_path / "clips"
    arguments = ["--clips", "2", "--first", "3", "--seconds", "6", "--size", "320x240", "--seed", "4", "--held-out"]
    assert command.main(["--out", str(folder), "--data", str(tmp_path / "digits.npz"), *arguments]) == 0
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["0003-swapped.json", "0003-swapped.mkv", "0004-written.json", "0004-written.mkv", "clips.png"]
    assert cv2.imread(str(folder / "clips.png")).shape[1] > 1000
    assert "2 clips, 360 frames" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--clips", "0"], "--clips must be"),
        (["--size", "64x48"], "allowed: 240x180"),
        (["--seconds", "1"], "allowed: 6"),
        (["--kind", "juggled"], "invalid choice"),
        (["--clips", "1000000000"], "are free"),
        (["--data", "none.npz"], "none.npz"),
    ],
)
def test_mistakes_are_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert command.main(["--out", str(tmp_path / "clips"), *arguments]) in {1, 2}
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_the_hands_held_out_are_those_that_spotters_never_saw() -> None:
    from train.spotter import run

    assert (command.HELD_OUT_SHARE, command.HOLD_OUT_SEED) == (run.HELD_OUT_SHARE, run.HOLD_OUT_SEED)
