"""Made-up videos: what is in them, what a reader tells of them, and the score of that."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import structs

from core.clip_truth import ClipTruth, Episode, FrameTruth, Seen
from core.frame import Box
from edge.clip_score import ClipScore
from edge.clip_tally import VideoRow
from edge.events import AnyEvent, ReadingAppeared, ReadingChanged, ReadingCleared
from edge.read import Reading

RATE_HZ = 20
HERE = Box(100, 100, 80, 40)
THERE = Box(400, 300, 80, 40)


def reading(text: str, box: Box = HERE) -> Reading:
    return Reading(text, 0.9, box, [])


def moved(box: Box, x: int, y: int = 0) -> Box:
    return Box(box.x + x, box.y + y, box.width, box.height)


def appeared(text: str, box: Box = HERE) -> AnyEvent:
    return ReadingAppeared("", 0, text, 0.9, box, 0)


def changed(text: str, before: str, box: Box = HERE) -> AnyEvent:
    return ReadingChanged("", 0, text, before, 0.9, box, 0)


def cleared(text: str, box: Box = HERE) -> AnyEvent:
    return ReadingCleared("", 0, text, box)


def drawn(episodes: list[Episode], seconds: float, doubtful: dict[float, Box] | None = None) -> ClipTruth:
    """The truth with frames; numbers stay where they are, and what is doubtful is there in the frame of that time."""
    episodes = [numbered(episode) for episode in episodes]
    frames = []
    for index in range(round(seconds * RATE_HZ)):
        at_ns = round(index / RATE_HZ * 1e9)
        shown = [one for one in episodes if one.visible_from_ns <= at_ns < one.visible_until_ns]
        boxes = [box for time_s, box in (doubtful or {}).items() if round(time_s * RATE_HZ) == index]
        numbers = tuple(Seen(one.number or 0, one.text, one.box or HERE) for one in shown)
        frames.append(FrameTruth(at_ns, numbers, tuple(boxes)))
    return ClipTruth(tuple(episodes), tuple(frames), "written")


def numbered(episode: Episode) -> Episode:
    """With what the truth about drawn videos has and that by hand may leave out."""
    box = episode.box or HERE
    return structs.replace(episode, number=1 if box == HERE else 2, box=box)


@dataclass
class Told:
    """What a reader tells, by time in s; what stands follows from it."""

    events: dict[float, list[AnyEvent]]
    single: dict[float, list[Reading]] = field(default_factory=dict)
    """From that time on."""
    every: int = 1


def score(truth: ClipTruth, told: Told, seconds: float) -> VideoRow:
    """The figures of a video of 20 frames a second."""
    clip = ClipScore("one.mkv", truth, told.every)
    standing: list[Reading] = []
    alone: list[Reading] = []
    events = {round(time_s * RATE_HZ): there for time_s, there in told.events.items()}
    single = {round(time_s * RATE_HZ): there for time_s, there in told.single.items()}
    for index in range(round(seconds * RATE_HZ)):
        at_ns = round(index / RATE_HZ * 1e9)
        alone = single.get(index, alone)
        now = [structs.replace(event, at_ns=at_ns) for event in events.get(index, [])]
        for event in now:
            if isinstance(event, ReadingCleared):
                standing = [one for one in standing if one.text != event.text]
            elif isinstance(event, ReadingChanged):
                standing = [reading(event.text, event.box) if one.text == event.before else one for one in standing]
            elif isinstance(event, ReadingAppeared):
                standing.append(reading(event.text, event.box))
        clip.add(at_ns, now, standing, alone if index % told.every == 0 else None)
    return clip.finish(round(seconds * 1e9)).figures()
