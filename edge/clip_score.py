"""A reader's events and readings against the truth about a video, frame by frame, in one pass.

- **Delay**: from an episode's beginning to the first frame of it in which the right reading stands. It may stand
  before: of a number that was hidden for a moment, a reader may keep the reading. Episodes of less than `SOON_S` are
  not asked for, those in which it never stands count as never.
- **Told**: each reading that appears or changes, by `clip_scene.judge` in the frame it is told in.
- **Flicker**: within one episode, a reading of its number changes, or one appears after that number's was cleared or
  with a text it was told with already. The first one told, or kept from before, is none; nor is what is told in the
  last `TOLERANCE_S`.
- **Cleared**: from when a number is gone to when its right reading is cleared or changes, for numbers whose right
  reading stood when the episode ended. A number is gone when neither it nor a doubtful box that follows it from frame
  to frame can be seen. What is cleared before is cleared in 0 s, what is not within `CLEARED_WITHIN_S` is never. Not
  asked for: numbers that come back before that, or before they are gone, and those for which the video ends too soon.
- **Single frames**: what a reader that knows no time says of each number that can be read in a frame. It changes if
  the text read of a number is another than in the frame before that was read, or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from core.clip_truth import ClipTruth, Episode
from core.errors import LabelsError
from core.frame import Box
from edge.clip_scene import TOLERANCE_S, Scene, Scenes, Sight, Verdict, is_on, judge
from edge.clip_tally import CLEARED_WITHIN_S, SOON_S, Slip, Tally
from edge.events import AnyEvent, ReadingAppeared, ReadingChanged, ReadingCleared
from edge.read import Reading

SAME_PLACE_OVERLAP = 0.2
"""Of a number that goes away, between frames (intersection over union)."""


@dataclass
class _Watched:
    """An episode that is on, and what was told of it."""

    read_ns: int | None = None
    """When the right reading first stood."""
    box: Box | None = None
    told: set[str] = field(default_factory=set)
    cleared: int = 0
    """Readings of it that were, and have not appeared again."""
    single: str | None = None
    """What the last single frame read; None before the first."""


@dataclass
class _Standing:
    """A reading that was told of, and not yet cleared."""

    text: str
    box: Box
    episode: int | None
    """Of the number it was last seen on."""


@dataclass
class _Leaving:
    """A number whose episode is over while its reading stands."""

    box: Box | None
    gone_ns: int | None = None
    is_cleared: bool = False


class ClipScore:
    """Takes the frames of one video in turn."""

    def __init__(self, video: str, truth: ClipTruth, every: int = 1) -> None:
        """`video` names it in slips; of `every` so many frames one is given with what it says by itself."""
        self._video, self._truth = video, truth
        self._scenes = Scenes(truth)
        self._tally = Tally(every)
        self._watched: dict[int, _Watched] = {}
        self._standing: list[_Standing] = []
        self._leaving: dict[int, _Leaving] = {}

    def add(
        self,
        at_ns: int,
        events: Iterable[AnyEvent],
        confirmed: Sequence[Reading],
        single: Sequence[Reading] | None,
    ) -> None:
        """Take in the next frame: what was told in it, what stands after it and what it says by itself, if it was
        read so."""
        scene = self._scenes.at(self._tally.frames, at_ns)
        self._tally.frames += 1
        for sight in scene.sights:
            if is_on(self._truth.episodes[sight.episode], at_ns):
                self._watched.setdefault(sight.episode, _Watched()).box = sight.box
        self._end_episodes(at_ns)
        self._follow_leaving(scene)
        for event in events:
            self._take(event, scene)
        verdicts = [judge(reading.text, reading.box, scene) for reading in confirmed]
        self._stand(confirmed, verdicts, at_ns)
        shown = [sight for sight in scene.sights if sight.shown]
        for sight in shown:
            self._tally.confirmed.add({verdict.worth for verdict in verdicts if verdict.episode == sight.episode})
        if single is not None:
            self._compare_single(shown, single, scene)

    def finish(self, end_ns: int) -> Tally:
        """The counts of the video, which ends at `end_ns`. Raises LabelsError if its truth goes on."""
        for place, episode in enumerate(self._truth.episodes):
            if episode.visible_from_ns >= end_ns:
                raise LabelsError(
                    f"{self._video}: ends at {end_ns / 1e9:g} s, but the truth beside it has episodes[{place}] "
                    f"from {episode.from_s:g} s on"
                )
            if episode.printed:
                continue
            lasts_ns = min(episode.visible_until_ns, end_ns) - episode.visible_from_ns
            moved = episode.camera_moved or episode.paper_moved
            self._tally.in_sight_ns.add(moved, lasts_ns)
            if lasts_ns < SOON_S * 1e9:
                continue
            watched = self._watched.get(place, _Watched())
            if watched.read_ns is None:
                self._tally.delay.never += 1
                self._slip(episode.visible_from_ns, "never read", "", episode.text)
            else:
                self._tally.delay.add(watched.read_ns - episode.visible_from_ns)
        self._tally.videos, self._tally.total_ns = 1, end_ns
        return self._tally

    def _end_episodes(self, at_ns: int) -> None:
        """Begin to wait for what stands on episodes that are over to be cleared, and stop where one goes on."""
        on = {place for place in self._watched if is_on(self._truth.episodes[place], at_ns)}
        for standing in self._standing:
            place = standing.episode
            if place is None or place in self._leaving:
                continue
            episode = self._truth.episodes[place]
            if standing.text == episode.text and at_ns >= episode.visible_until_ns and place in self._watched:
                self._leaving[place] = _Leaving(self._watched[place].box)
        for place in list(self._leaving):
            gone = self._truth.episodes[place]
            back = (self._truth.episodes[other] for other in on)
            if any(_is_again(episode, gone) for episode in back):
                self._stop_waiting(place)

    def _stop_waiting(self, place: int) -> None:
        """For the number of an episode to be cleared."""
        del self._leaving[place]
        for standing in self._standing:
            if standing.episode == place:
                standing.episode = None

    def _follow_leaving(self, scene: Scene) -> None:
        for place, leaving in list(self._leaving.items()):
            if leaving.gone_ns is None:
                box = leaving.box
                near = [(box.overlap(other), other) for other in scene.doubtful] if box else []
                overlap, followed = max(near, default=(0.0, None))
                if overlap >= SAME_PLACE_OVERLAP:
                    leaving.box = followed
                    continue
                leaving.gone_ns = scene.at_ns
                if leaving.is_cleared:
                    self._tally.cleared.add(0)
                    self._stop_waiting(place)
            elif scene.at_ns - leaving.gone_ns > CLEARED_WITHIN_S * 1e9:
                self._tally.cleared.never += 1
                self._slip(leaving.gone_ns, "not cleared", self._truth.episodes[place].text, "")
                self._stop_waiting(place)

    def _take(self, event: AnyEvent, scene: Scene) -> None:
        """Take in what was told; refusals and rules that give way tell of no reading of their own."""
        if isinstance(event, ReadingCleared):
            ended = self._taken_down(event.text, event.box)
            if ended is not None:
                self._note_cleared(ended.episode)
                self._stop(ended, scene.at_ns)
        elif isinstance(event, ReadingAppeared | ReadingChanged):
            verdict = judge(event.text, event.box, scene)
            self._count_told(event, verdict)
            before = None
            if isinstance(event, ReadingChanged):
                before = self._taken_down(event.before, event.box)
                if before is not None:
                    self._stop(before, scene.at_ns)
            self._count_flicker(event, verdict, before)
            self._standing.append(_Standing(event.text, event.box, verdict.episode))

    def _note_cleared(self, place: int | None) -> None:
        """Of an episode's number nothing stands any more, unless it was told of twice."""
        if place in self._watched and not any(standing.episode == place for standing in self._standing):
            self._watched[place].cleared += 1

    def _count_told(self, event: ReadingAppeared | ReadingChanged, verdict: Verdict) -> None:
        name = verdict.worth
        setattr(self._tally, name, getattr(self._tally, name) + 1)
        if name == "wrong":
            self._tally.nowhere += not verdict.wanted
            self._slip(event.at_ns, "wrong", event.text, verdict.wanted)

    def _count_flicker(
        self, event: ReadingAppeared | ReadingChanged, verdict: Verdict, before: _Standing | None
    ) -> None:
        """Count what is told of a number again. What changes may be told of it by what it was, or by what it is."""
        place = verdict.episode
        if before is not None and before.episode is not None and self._is_calm(before.episode, event.at_ns):
            place = before.episode
        if place is None or place not in self._watched or not self._is_calm(place, event.at_ns):
            return
        watched = self._watched[place]
        again = isinstance(event, ReadingChanged) or watched.cleared > 0 or event.text in watched.told
        if watched.told and again:
            episode = self._truth.episodes[place]
            self._tally.flicker.add(episode.camera_moved or episode.paper_moved)
            self._slip(event.at_ns, "told again", event.text, episode.text)
            watched.cleared = max(0, watched.cleared - 1)
        watched.told.add(event.text)

    def _is_calm(self, place: int, at_ns: int) -> bool:
        """Whether an episode is on and does not end at once."""
        episode = self._truth.episodes[place]
        return is_on(episode, at_ns) and at_ns < episode.visible_until_ns - TOLERANCE_S * 1e9

    def _taken_down(self, text: str, box: Box) -> _Standing | None:
        """What stood with that text, the nearest if there are several, which no longer stands."""
        alike = [standing for standing in self._standing if standing.text == text]
        if not alike:
            return None
        nearest = min(alike, key=lambda standing: _distance_px(standing.box, box))
        # By identity: two that are equal are still two.
        self._standing = [standing for standing in self._standing if standing is not nearest]
        return nearest

    def _stop(self, ended: _Standing, at_ns: int) -> None:
        """A reading stands no longer: if its number has left, that was waited for."""
        leaving = None if ended.episode is None else self._leaving.get(ended.episode)
        if leaving is None or ended.episode is None or ended.text != self._truth.episodes[ended.episode].text:
            return
        if leaving.gone_ns is None:
            leaving.is_cleared = True
            return
        self._tally.cleared.add(at_ns - leaving.gone_ns)
        self._stop_waiting(ended.episode)

    def _stand(self, confirmed: Sequence[Reading], verdicts: list[Verdict], at_ns: int) -> None:
        """Note where the readings are now, and which numbers are read."""
        for reading, verdict in zip(confirmed, verdicts, strict=True):
            place = verdict.episode
            if place is not None and not is_on(self._truth.episodes[place], at_ns):
                place = None
            alike = [standing for standing in self._standing if standing.text == reading.text]
            if alike:
                nearest = min(alike, key=lambda standing: _distance_px(standing.box, reading.box))
                self._move(nearest, reading.box, place, verdict.worth == "right")
            if place is None or verdict.worth != "right":
                continue
            watched = self._watched[place]
            watched.told.add(reading.text)
            if watched.read_ns is None:
                watched.read_ns = at_ns

    def _move(self, standing: _Standing, box: Box, place: int | None, is_right: bool) -> None:
        """Note where a reading stands now, on the number of an episode that is on or on none."""
        standing.box = box
        if place is None or (standing.episode in self._leaving and not is_right):
            return  # what is written where its number was does not take the place of that
        if standing.episode in self._leaving:
            self._stop_waiting(standing.episode)
        standing.episode = place

    def _compare_single(self, shown: list[Sight], single: Sequence[Reading], scene: Scene) -> None:
        judged = [(judge(reading.text, reading.box, scene), reading) for reading in single]
        for sight in shown:
            on = [(verdict, reading) for verdict, reading in judged if verdict.episode == sight.episode]
            self._tally.single.add({verdict.worth for verdict, _ in on})
            right = any(verdict.worth == "right" for verdict, _ in on)
            text = sight.text if right else " ".join(reading.text for _, reading in on)
            watched = self._watched[sight.episode]
            if watched.single is not None and watched.single != text:
                episode = self._truth.episodes[sight.episode]
                self._tally.single_changes.add(episode.camera_moved or episode.paper_moved)
            watched.single = text

    def _slip(self, at_ns: int, what: str, read: str, wanted: str) -> None:
        self._tally.slip(Slip(self._video, round(at_ns / 1e9, 3), what, read, wanted))


def _is_again(episode: Episode, gone: Episode) -> bool:
    """Whether an episode is of the number that another was of before."""
    same = (episode.number, episode.text) == (gone.number, gone.text)
    return same and episode.visible_from_ns >= gone.visible_until_ns


def _distance_px(box: Box, other: Box) -> float:
    (x, y), (other_x, other_y) = box.centre, other.centre
    return abs(x - other_x) + abs(y - other_y)
