"""`digit-reader score --video`: labelled videos replayed at full speed, and how well numbers are followed in them.

What is counted is defined in `edge.clip_score`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from core.clip_truth import ClipTruth, load_clip_truth, truth_path
from core.config import Config
from core.errors import DigitReaderError, LabelsError, SourceError
from core.frame import Frame, Luma
from core.picture import is_file, is_folder
from edge.clip_score import ClipScore
from edge.clip_tally import Tally, VideoRow
from edge.methods import Models, new_method
from edge.pipeline import Pipeline
from edge.reader import Clock, Reader
from edge.score import TOTAL_NAME
from edge.sources.recording import VIDEO_SUFFIXES, video_frames
from edge.video_file import check_video
from edge.watched_method import WatchedMethod

BY_HAND = "by hand"
"""The row of videos whose truth names no kind."""


def labelled_videos(path: Path) -> list[Path]:
    """The video at `path`, or those in the folder and below it, by name. Raises SourceError if there are none."""
    if is_file(path):
        return [path]
    if not is_folder(path):
        raise SourceError(f"{path}: no such file or folder; --video takes a video or a folder of them")
    # What is being written has a name that begins with a dot.
    found = (entry for entry in path.rglob("[!.]*") if entry.suffix.lower() in VIDEO_SUFFIXES)
    videos = sorted(found)
    if not videos:
        raise SourceError(f"{path}: has no videos; allowed: {', '.join(sorted(VIDEO_SUFFIXES))}")
    return videos


class VideoScorer:
    """Replays videos, each through a pipeline of its own."""

    def __init__(self, models: Models, config: Config, every: int = 1, clock: Clock = time.perf_counter_ns) -> None:
        """Of `every` so many frames one is read by itself as well. Raises as `new_reader` does."""
        self._method = WatchedMethod(new_method(models, config), clock)
        self._reader = Reader(self._method, config.reading)
        self._config, self._every, self._clock = config, every, clock

    def score(self, video: Path, name: str, on_frame: Callable[[int], None] = lambda _: None) -> tuple[str, Tally]:
        """The kind of a video, and what was counted in it; `name` is its name in slips, `on_frame` hears of each.

        Raises LabelsError or SourceError, one line, if it or the truth beside it cannot be used.
        """
        check_video(video)
        truth = load_clip_truth(truth_path(video))
        if truth.kind == TOTAL_NAME:
            raise LabelsError(
                f"{truth_path(video)}: kind is {TOTAL_NAME!r}, which all together are called; try another"
            )
        clip = ClipScore(name, truth, self._every)
        pipeline = Pipeline(self._reader, self._config.reading, video.name)
        tally = Tally(self._every)
        end_ns = 0
        for frame, lasts_ns in timed_frames(video, truth):
            end_ns = frame.captured_ns + lasts_ns
            self._method.next_frame()
            seen_ns, began_ns = self._method.taken_ns, self._clock()
            events = pipeline.step(frame)
            confirmed = pipeline.readings
            took_ns = self._clock() - began_ns
            seen_ns = self._method.taken_ns - seen_ns
            tally.reading_ms.add(seen_ns / 1e6)
            tally.following_ms.add((took_ns - seen_ns) / 1e6)
            is_single = frame.sequence % self._every == 0
            clip.add(
                frame.captured_ns, events, confirmed, self._reader.read(frame.luma).readings if is_single else None
            )
            on_frame(frame.sequence)
        tally += clip.finish(end_ns)
        return truth.kind or BY_HAND, tally


def timed_frames(video: Path, truth: ClipTruth) -> Iterator[tuple[Frame, int]]:
    """(frame, ns it lasts) of a video, at the times of its truth, or at its own if that has none.

    Raises SourceError if it cannot be decoded, or has other frames than its truth.
    """
    times_ns = truth.times_ns()
    recorded_s, count = 0.0, 0
    for count, (luma, lasts_s) in enumerate(_decoded(video), 1):
        if times_ns is None:
            yield Frame(luma, count - 1, round(recorded_s * 1e9)), round(lasts_s * 1e9)
        elif count <= len(times_ns):
            yield Frame(luma, count - 1, times_ns[count - 1]), round(lasts_s * 1e9)
        recorded_s += lasts_s
    if times_ns is not None and count != len(times_ns):
        raise SourceError(f"{video}: has {count} frames, and {truth_path(video)} tells of {len(times_ns)}; left out")


def _decoded(video: Path) -> Iterator[tuple[Luma, float]]:
    if not is_file(video):
        raise SourceError(f"{video}: no such file")
    yield from video_frames(video)


def score_videos(
    path: Path, scorer: VideoScorer, warn: Callable[[str], None], progress: Progress | None = None
) -> dict[str, VideoRow]:
    """Kind → figures, by name, and last those of all. `warn` hears of videos that are left out.

    Raises SourceError if there are no videos, LabelsError if none in a folder can be used, and what is wrong with the
    only one.
    """
    videos = labelled_videos(path)
    tallies: dict[str, Tally] = {}
    for place, video in enumerate(videos):
        name = video.relative_to(path).as_posix() if path != video else video.name
        tell = progress.of(place, len(videos), name) if progress else lambda _: None
        try:
            kind, tally = scorer.score(video, name, tell)
        except DigitReaderError as error:
            if progress:
                progress.clear()
            if video == path:
                raise
            warn(str(error))
            continue
        if kind in tallies:
            tallies[kind] += tally
        else:
            tallies[kind] = tally
    if progress:
        progress.clear()
    if not tallies:
        raise LabelsError(f"{path}: none of {len(videos)} videos can be scored")
    together = Tally(next(iter(tallies.values())).every)
    for tally in tallies.values():
        together += tally
    rows = {kind: tallies[kind].figures() for kind in sorted(tallies)}
    return {**rows, TOTAL_NAME: together.figures()}


class Progress:
    """On a terminal, one refreshed line on standard error."""

    EVERY_S = 0.2

    def __init__(self) -> None:
        self._refreshed = sys.stderr is not None and sys.stderr.isatty()
        self._began_s = self._shown_s = time.monotonic()

    def of(self, place: int, videos: int, name: str) -> Callable[[int], None]:
        """What hears of the frames of video `place` of so many."""

        def show(frame: int) -> None:
            now_s = time.monotonic()
            if not self._refreshed or now_s - self._shown_s < self.EVERY_S:
                return
            self._shown_s = now_s
            left_min = (now_s - self._began_s) / place * (videos - place) / 60 if place else None
            left = "" if left_min is None else f", about {left_min:.0f} min left"
            print(f"\r\x1b[K{place + 1} of {videos}: {name}, frame {frame}{left}", end="", file=sys.stderr, flush=True)

        return show

    def clear(self) -> None:
        """Take the line away."""
        if self._refreshed:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
