"""What can be read in each frame of a labelled video, and what a reading of it is worth.

Print and whatever is `doubtful` in the truth is neither right nor wrong. Around the beginning and the end of an episode
a wrong reading is in doubt as well, for nobody can say to the frame when a number is complete.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from core.clip_truth import ClipTruth, Episode, FrameTruth
from core.frame import Box

TOLERANCE_S = 0.1
"""Before and after an episode begins or ends."""
LEAST_SHARE = 0.5
"""Of the smaller of two boxes, in both, for one to lie on the other: boxes follow ink more or less closely, and a part
of a number that is read as a number lies on it whole."""


class Sight(NamedTuple):
    """A number that can be read, or could just before or can just after."""

    episode: int
    """Its place in `ClipTruth.episodes`."""
    text: str
    box: Box | None
    """None: wherever it is."""
    shown: bool = True
    """Whether it can be read in this very frame."""
    sure: bool = True
    """Whether what reads differently is wrong."""


@dataclass(frozen=True)
class Scene:
    """One frame's truth."""

    at_ns: int
    sights: tuple[Sight, ...] = ()
    doubtful: tuple[Box, ...] = ()
    printed: frozenset[str] = frozenset()
    """Numbers in print somewhere."""


class Verdict(NamedTuple):
    """What a reading is worth."""

    worth: Literal["right", "wrong", "doubtful"]
    episode: int | None = None
    """That of the number it lies on, if it is known."""
    wanted: str = ""
    """The number there; empty if there is none."""


def judge(text: str, box: Box, scene: Scene) -> Verdict:
    """The worth of a reading: `right` if a number of that text is in its place; otherwise `doubtful` if at least half
    of it, and more than on any number, lies in a doubtful box, or if what it lies on is not sure; otherwise `wrong`,
    and so is what lies on no number."""
    on = [sight for sight in scene.sights if sight.box is None or lies_on(box, sight.box)]
    on.sort(key=lambda sight: -1.0 if sight.box is None else box.overlap(sight.box), reverse=True)
    for sight in on:
        if sight.text == text:
            return Verdict("right", sight.episode, text)
    if text in scene.printed:
        return Verdict("doubtful")
    in_doubt = max((_shared(box, doubtful) / box.area for doubtful in scene.doubtful), default=0.0)
    on_number = max((_shared(box, sight.box) / box.area for sight in on if sight.box and sight.sure), default=0.0)
    if in_doubt >= LEAST_SHARE and in_doubt > on_number:
        return Verdict("doubtful")
    if not on:
        return Verdict("wrong")
    if on[0].box is None:
        # Anything without a place may be what was misread, unless it is alone.
        known = on[0].episode if len(on) == 1 else None
        sure = all(sight.sure for sight in on)
        return Verdict("wrong" if sure else "doubtful", known, on[0].text if len(on) == 1 else "")
    return Verdict("wrong" if on[0].sure else "doubtful", on[0].episode, on[0].text)


def lies_on(box: Box, other: Box) -> bool:
    """Whether two boxes share at least half of the smaller one."""
    return _shared(box, other) >= LEAST_SHARE * min(box.area, other.area)


def _shared(box: Box, other: Box) -> int:
    width = min(box.right, other.right) - max(box.x, other.x)
    height = min(box.bottom, other.bottom) - max(box.y, other.y)
    return max(0, width) * max(0, height)


@dataclass
class Scenes:
    """The scenes of a video, asked for frame by frame."""

    truth: ClipTruth
    _coming: list[int] = field(init=False)
    """Episodes that are still to come, the last first."""
    _near: list[int] = field(default_factory=list)
    """Episodes that are on, or nearly."""
    _places: dict[int, Box | None] = field(default_factory=dict)
    """Where the number of an episode was last."""

    def __post_init__(self) -> None:
        order = sorted(range(len(self.truth.episodes)), key=lambda place: -self.truth.episodes[place].from_s)
        self._coming = order

    def at(self, index: int, at_ns: int) -> Scene:
        """The scene of frame `index`, taken at `at_ns`. Frames MUST be asked for in turn."""
        episodes, tolerance_ns = self.truth.episodes, round(TOLERANCE_S * 1e9)
        while self._coming and episodes[self._coming[-1]].visible_from_ns <= at_ns + tolerance_ns:
            place = self._coming.pop()
            self._near.append(place)
            self._places[place] = self._first_box(place)
        self._near = [place for place in self._near if at_ns < episodes[place].visible_until_ns + tolerance_ns]
        frame = self.truth.frames[index] if self.truth.frames else None
        doubtful = list(frame.doubtful) if frame else []
        shown = self._shown(frame, at_ns, doubtful)
        sights, printed = [], set()
        for place in self._near:
            episode, where = episodes[place], self._places[place]
            if episode.printed:
                doubtful += [where] if where else []
                printed |= set() if where else {episode.text}
                continue
            is_calm = episode.visible_from_ns + tolerance_ns <= at_ns < episode.visible_until_ns - tolerance_ns
            sights.append(Sight(place, episode.text, where, place in shown, place in shown and is_calm))
        return Scene(at_ns, tuple(sights), tuple(doubtful), frozenset(printed))

    def _shown(self, frame: FrameTruth | None, at_ns: int, doubtful: list[Box]) -> set[int]:
        """The episodes whose numbers are in the frame; notes where, and what belongs to none as doubtful."""
        on = {place for place in self._near if is_on(self.truth.episodes[place], at_ns)}
        if frame is None:
            return on
        named = {(self.truth.episodes[place].number, self.truth.episodes[place].text): place for place in on}
        shown = set()
        for seen in frame.numbers:
            place = named.get((seen.number, seen.text))
            if place is None:
                doubtful.append(seen.box)
            else:
                self._places[place] = seen.box
                shown.add(place)
        return shown

    def _first_box(self, place: int) -> Box | None:
        """Where an episode's number begins. By hand it is only said once, so it counts where it tells numbers apart."""
        episode = self.truth.episodes[place]
        if self.truth.frames:
            return episode.box
        twins = [
            other
            for other in self.truth.episodes
            if other.text == episode.text and other.from_s < episode.until_s and episode.from_s < other.until_s
        ]
        return episode.box if len(twins) > 1 or episode.printed else None


def is_on(episode: Episode, at_ns: int) -> bool:
    """Whether an episode goes on at a time."""
    return episode.visible_from_ns <= at_ns < episode.visible_until_ns
