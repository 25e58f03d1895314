"""What is counted while labelled videos are replayed, and the figures that are told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from msgspec import Meta

from edge.quantiles import Quantiles
from edge.score import Count

MOST_SLIPS = 1000
"""Kept of each row, so that no video of any length fills the memory."""
SOON_S = 1.0
"""In which a number is to be read. One that can be read for less long is not asked for."""
CLEARED_WITHIN_S = 2.0
"""In which a number that is gone is to be told of as cleared."""

Amount = Annotated[float, Meta(ge=0)]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What all figures share: a file with other keys is something else."""


class Slip(Part, frozen=True):
    """Something that went wrong."""

    video: str
    at_s: Amount
    what: str
    """`wrong`, `never read`, `told again` or `not cleared`."""
    read: str
    """The text that was told; empty if none was."""
    wanted: str
    """The number that is there; empty if there is none."""


class Delays(Part, frozen=True):
    """How long something took, in s."""

    asked: Count
    """How often it was to happen."""
    soon: Count
    """How often it did within 1 s."""
    never: Count
    median_s: Amount | None
    p95_s: Amount | None
    """Both of when it did happen; None if it never did."""


class Told(Part, frozen=True):
    """Confirmed readings told of, as they appeared or changed."""

    right: Count
    wrong: Count
    nowhere: Count
    """Of the wrong ones, those where no number is."""
    doubtful: Count
    """Neither right nor wrong."""

    @property
    def one_in(self) -> float | None:
        """Of so many that are right or wrong, one is wrong; None if none is."""
        return (self.right + self.wrong) / self.wrong if self.wrong else None


class Rate(Part, frozen=True):
    """How often something happened to numbers in sight."""

    count: Count
    minutes: Amount
    """For which numbers were in sight, each for itself."""

    @property
    def a_minute(self) -> float | None:
        """None if no number was in sight."""
        return self.count / self.minutes if self.minutes else None


class Views(Part, frozen=True):
    """Numbers in frames: one that can be read in 300 frames counts 300 times."""

    seen: Count
    right: Count
    wrong: Count
    """Something else is read of it. What is neither is not read, or in doubt."""


class Times(Part, frozen=True):
    """Of one frame, in ms."""

    median: Amount | None
    p95: Amount | None


class VideoRow(Part, frozen=True):
    """The figures of one kind of video, or of all."""

    videos: Count
    seconds: Amount
    frames: Count
    delay: Delays
    """From when a number can be read to when it is."""
    told: Told
    flicker_still: Rate
    flicker_moving: Rate
    """Told again, or as something else, though it is the same all the while."""
    cleared: Delays
    """From when a number is gone to when that is told."""
    confirmed: Views
    every: Count
    """Of so many frames, one was read by itself for what follows."""
    single: Views
    single_changes_still: Rate
    single_changes_moving: Rate
    """What single frames read of a number is something else than in the one before, or nothing."""
    reading_ms: Times
    following_ms: Times
    """All but the reading."""
    slips: list[Slip]


@dataclass
class ViewCount:
    """Counts `Views`."""

    seen: int = 0
    right: int = 0
    wrong: int = 0

    def add(self, verdicts: set[str]) -> None:
        """One number in one frame, and what the readings on it are worth."""
        self.seen += 1
        self.right += "right" in verdicts
        self.wrong += "right" not in verdicts and "wrong" in verdicts

    def __iadd__(self, other: ViewCount) -> ViewCount:
        self.seen, self.right, self.wrong = self.seen + other.seen, self.right + other.right, self.wrong + other.wrong
        return self

    def figures(self) -> Views:
        """As they are told."""
        return Views(self.seen, self.right, self.wrong)


@dataclass
class DelayCount:
    """Counts `Delays`."""

    taken: Quantiles = field(default_factory=Quantiles)
    soon: int = 0
    never: int = 0

    def add(self, taken_ns: int) -> None:
        """It happened, after so long."""
        self.taken.add(taken_ns / 1e9)
        self.soon += taken_ns <= SOON_S * 1e9

    def __iadd__(self, other: DelayCount) -> DelayCount:
        self.taken += other.taken
        self.soon, self.never = self.soon + other.soon, self.never + other.never
        return self

    def figures(self) -> Delays:
        """As they are told."""
        return Delays(self.taken.count + self.never, self.soon, self.never, *_ends(self.taken))


@dataclass
class ByMotion:
    """Counts something that happens to numbers, by whether camera or paper moved meanwhile."""

    counts: list[int] = field(default_factory=lambda: [0, 0])

    def add(self, moved: bool, count: int = 1) -> None:
        """Take in so many more."""
        self.counts[moved] += count

    def __iadd__(self, other: ByMotion) -> ByMotion:
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)]
        return self


@dataclass
class Tally:
    """Counts of one video, or of several together."""

    every: int = 1
    videos: int = 0
    frames: int = 0
    total_ns: int = 0
    delay: DelayCount = field(default_factory=DelayCount)
    cleared: DelayCount = field(default_factory=DelayCount)
    right: int = 0
    wrong: int = 0
    nowhere: int = 0
    doubtful: int = 0
    in_sight_ns: ByMotion = field(default_factory=ByMotion)
    flicker: ByMotion = field(default_factory=ByMotion)
    single_changes: ByMotion = field(default_factory=ByMotion)
    confirmed: ViewCount = field(default_factory=ViewCount)
    single: ViewCount = field(default_factory=ViewCount)
    reading_ms: Quantiles = field(default_factory=Quantiles)
    following_ms: Quantiles = field(default_factory=Quantiles)
    slips: list[Slip] = field(default_factory=list)

    def slip(self, slip: Slip) -> None:
        """Keep it, if there is room."""
        if len(self.slips) < MOST_SLIPS:
            self.slips.append(slip)

    def __iadd__(self, other: Tally) -> Tally:
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in PARTS:
            mine = getattr(self, name)
            mine += getattr(other, name)
        self.slips = (self.slips + other.slips)[:MOST_SLIPS]
        return self

    def figures(self) -> VideoRow:
        """What is told of it."""
        minutes = [ns / 60e9 for ns in self.in_sight_ns.counts]
        flicker = [Rate(*pair) for pair in zip(self.flicker.counts, minutes, strict=True)]
        changes = [Rate(*pair) for pair in zip(self.single_changes.counts, minutes, strict=True)]
        return VideoRow(
            videos=self.videos,
            seconds=round(self.total_ns / 1e9, 3),
            frames=self.frames,
            delay=self.delay.figures(),
            told=Told(self.right, self.wrong, self.nowhere, self.doubtful),
            flicker_still=flicker[0],
            flicker_moving=flicker[1],
            cleared=self.cleared.figures(),
            confirmed=self.confirmed.figures(),
            every=self.every,
            single=self.single.figures(),
            single_changes_still=changes[0],
            single_changes_moving=changes[1],
            reading_ms=Times(*_ends(self.reading_ms)),
            following_ms=Times(*_ends(self.following_ms)),
            slips=self.slips,
        )


SUMS = ("videos", "frames", "total_ns", "right", "wrong", "nowhere", "doubtful")
PARTS = (
    *("delay", "cleared", "in_sight_ns", "flicker", "single_changes", "confirmed", "single"),
    *("reading_ms", "following_ms"),
)


def _ends(values: Quantiles) -> tuple[float | None, float | None]:
    """Median and 95th percentile, to four digits."""
    median, p95 = values.at(0.5), values.at(0.95)
    return _short(median), _short(p95)


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
