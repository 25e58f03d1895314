from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clip_truth import ClipTruth, Episode, FrameTruth, Seen, load_clip_truth, truth_path
from core.errors import LabelsError
from core.frame import Box

TEXTS = st.text("0123456789", min_size=1, max_size=8)
BOXES = st.builds(Box, st.integers(-9, 700), st.integers(-9, 500), st.integers(1, 300), st.integers(1, 90))
SEEN = st.builds(Seen, st.integers(1, 9), TEXTS, BOXES)


@st.composite
def truths(draw: st.DrawFn) -> ClipTruth:
    """What could be known of a video."""
    starts = draw(st.lists(st.integers(0, 10**10), max_size=3))
    episodes = [
        Episode(
            text=draw(TEXTS),
            from_s=start / 1e9,
            until_s=(start + draw(st.integers(1, 10**10))) / 1e9,
            number=draw(st.none() | st.integers(1, 5)),
            box=draw(st.none() | BOXES),
            paper_moved=draw(st.booleans()),
        )
        for start in starts
    ]
    times = sorted(draw(st.sets(st.integers(0, 10**11), max_size=4)))
    frames = [
        FrameTruth(at_ns, tuple(draw(st.lists(SEEN, max_size=2))), tuple(draw(st.lists(BOXES, max_size=2))))
        for at_ns in times
    ]
    return ClipTruth(tuple(episodes), tuple(frames), "tripod")


@settings(max_examples=40)
@given(truths())
def test_what_is_known_of_a_video_survives_the_file(tmp_path_factory: pytest.TempPathFactory, truth: ClipTruth) -> None:
    path = tmp_path_factory.mktemp("truth") / "clip.json"
    truth.save(path)
    assert load_clip_truth(path) == truth


def test_episodes_are_enough_for_a_video_labelled_by_hand(tmp_path: Path) -> None:
    video = tmp_path / "kitchen.mp4"
    truth_path(video).write_text('{"episodes": [{"text": "472", "from_s": 1.5, "until_s": 6}]}')
    truth = load_clip_truth(tmp_path / "kitchen.json")
    (episode,) = truth.episodes
    assert (episode.text, episode.visible_from_ns, episode.visible_until_ns) == ("472", 1_500_000_000, 6_000_000_000)
    assert (episode.number, episode.box, truth.times_ns()) == (None, None, None)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "cannot be read"),
        ("{}", "episodes"),
        ('{"episodes": [{"text": "4a", "from_s": 0, "until_s": 1}]}', "text"),
        ('{"episodes": [{"text": "4", "from_s": 2, "until_s": 2}]}', "expected an end after its beginning"),
        ('{"episodes": [{"text": "4", "from_s": -1, "until_s": 2}]}', "from_s"),
        ('{"episodes": [{"text": "4", "from": 0, "until_s": 2}]}', "from"),
        ('{"episodes": [{"text": "4", "from_s": 0, "until_s": 2, "box": [3, 4, 0, 5]}]}', "1 px and more"),
        ('{"episodes": [], "frames": [{"at_ns": 5}, {"at_ns": 5}]}', "a time after 5"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_in_one_line(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "clip.json"
    path.write_text(content)
    with pytest.raises(LabelsError, match=says) as raised:
        load_clip_truth(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_told_with_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="it needs episodes"):
        load_clip_truth(tmp_path / "none.json")


def test_a_truth_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to("/dev/zero")
    with pytest.raises(LabelsError, match=r"a\.json: larger than 64 MiB; it needs episodes"):
        load_clip_truth(tmp_path / "a.json")
