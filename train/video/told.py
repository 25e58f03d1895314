"""The truth about a whole clip, out of that about its frames."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.clip_truth import ClipTruth, Episode, FrameTruth, Seen
from train.video.motion import Matrix
from train.video.shoot import Shot, inverse, projected
from train.video.story import Story

BRIDGED_S = 0.25
"""A number that is hidden for less, by a black frame or a shake, has not been away for a person who watches."""
MOVED_PX = 3.0
"""From which a person sees that something moves."""


@dataclass
class _Run:
    """An episode that is not over."""

    first: Seen
    from_ns: int
    until_ns: int
    last: int
    """Frame in which it was last seen."""
    sheet: Matrix
    world: Matrix
    """At its beginning."""
    camera_moved: bool = False
    paper_moved: bool = False


@dataclass
class Teller:
    """Takes a clip's shots in turn."""

    story: Story
    kind: str
    end_ns: int
    _frames: list[FrameTruth] = field(default_factory=list)
    _runs: dict[tuple[int, str], _Run] = field(default_factory=dict)
    _done: list[Episode] = field(default_factory=list)

    def add(self, shot: Shot) -> None:
        """The next one."""
        frame = shot.truth
        if self._frames:
            for key, run in list(self._runs.items()):
                if run.last == len(self._frames) - 1:
                    run.until_ns = frame.at_ns
                elif frame.at_ns - run.until_ns > BRIDGED_S * 1e9:
                    self._end(key)
        for seen in frame.numbers:
            for key in [key for key in self._runs if key[0] == seen.number and key[1] != seen.text]:
                self._end(key)
            sheet, world = shot.motion[self._layers[seen.number]], shot.motion[-1]
            run = self._runs.setdefault(
                (seen.number, seen.text), _Run(seen, frame.at_ns, frame.at_ns, -1, sheet, world)
            )
            run.last = len(self._frames)
            _look(run, sheet, world)
        self._frames.append(frame)

    def truth(self) -> ClipTruth:
        """All of it, once there are no more."""
        for key, run in list(self._runs.items()):
            if run.last == len(self._frames) - 1:
                run.until_ns = self.end_ns
            self._end(key)
        episodes = sorted(self._done, key=lambda episode: (episode.from_s, episode.number or 0))
        return ClipTruth(tuple(episodes), tuple(self._frames), self.kind)

    @property
    def _layers(self) -> dict[int, int]:
        return {subject.number: subject.layer for subject in self.story.subjects}

    def _end(self, key: tuple[int, str]) -> None:
        run = self._runs.pop(key)
        prints = {subject.number for subject in self.story.subjects if subject.printed}
        self._done.append(
            Episode(
                text=run.first.text,
                from_s=run.from_ns / 1e9,
                until_s=run.until_ns / 1e9,
                number=run.first.number,
                box=run.first.box,
                printed=run.first.number in prints,
                camera_moved=run.camera_moved,
                paper_moved=run.paper_moved,
            )
        )


def _look(run: _Run, sheet: Matrix, world: Matrix) -> None:
    """Note what moved since the beginning."""
    at = np.array([run.first.box.centre])
    run.camera_moved |= _moved(run.world, world, at)
    # In the world, which the camera's motion does not reach.
    before, now = inverse(run.world) @ run.sheet, inverse(world) @ sheet
    run.paper_moved |= _moved(before, now, projected(inverse(run.world), at))


def _moved(before: Matrix, now: Matrix, at: NDArray[np.float64]) -> bool:
    """Whether what was at a point is elsewhere."""
    there = projected(now, projected(inverse(before), at))
    return float(np.hypot(*(there - at)[0])) > MOVED_PX
