"""A clip: frames with their times, and the truth about each; the same for the same seed, to the bit."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from core.clip_truth import ClipTruth
from core.errors import UsageError
from train.scenes.fields import Shape
from train.scenes.material import Material
from train.video.kinds import KINDS
from train.video.shoot import Shot, shots
from train.video.stage import Stage
from train.video.story import Story, Tick
from train.video.told import Teller

LEAST_SHAPE = (180, 240)
"""(height, width) in px. In less there is no room for numbers of 16 px beside hands."""
LEAST_S = 6.0
"""Of a clip, so that what happens has a before and an after."""
ATTEMPTS = 12
"""At a clip all of whose numbers a person could read."""


@dataclass(frozen=True)
class Order:
    """What clips are to be like."""

    shape: Shape = (480, 640)
    """(height, width) in px."""
    seconds: float = 10.0
    frame_rate_hz: float = 30.0

    def __post_init__(self) -> None:
        height, width = self.shape
        if height < LEAST_SHAPE[0] or width < LEAST_SHAPE[1]:
            raise UsageError(f"clips of {width}x{height} px; allowed: {LEAST_SHAPE[1]}x{LEAST_SHAPE[0]} px and more")
        if not LEAST_S <= self.seconds <= 3600:
            raise UsageError(f"clips of {self.seconds:g} s; allowed: {LEAST_S:g} to 3600 s")
        if not 1 <= self.frame_rate_hz <= 240:
            raise UsageError(f"clips of {self.frame_rate_hz:g} frames a second; allowed: 1 to 240")


@dataclass(frozen=True)
class Clip:
    """A story that can be filmed."""

    kind: str
    order: Order
    story: Story
    seed: tuple[int, ...]

    def shots(self) -> Iterator[Shot]:
        """Frames in turn, drawn as they are asked for; the same ones each time."""
        return shots(self.story, self.seed)

    def teller(self) -> Teller:
        """Gathers the truth about the clip while its shots go by."""
        return Teller(self.story, self.kind, round(self.order.seconds * 1e9))

    def truth(self) -> ClipTruth:
        """The truth about the clip, for which all of it is drawn."""
        teller = self.teller()
        for shot in self.shots():
            teller.add(shot)
        return teller.truth()


def clip(material: Material, order: Order, seed: int, index: int, kind: str | None = None) -> Clip:
    """Clip `index` of `seed`; without a kind, the one whose turn it is. Raises UsageError for a kind there is not."""
    kind = list(KINDS)[index % len(KINDS)] if kind is None else kind
    if kind not in KINDS:
        raise UsageError(f"no clips of kind {kind!r}; allowed: {', '.join(KINDS)}")
    for attempt in range(ATTEMPTS):
        own = seed, index, zlib.crc32(kind.encode()), attempt
        stage = Stage(material, order.shape, _ticks(order), np.random.default_rng(own))
        KINDS[kind](stage)
        if _is_legible(stage.story, own):
            break
    return Clip(kind, order, stage.story, own)


def _ticks(order: Order) -> list[Tick]:
    count = round(order.seconds * order.frame_rate_hz)
    return [Tick(round(place * 1e9 / order.frame_rate_hz), place / order.frame_rate_hz) for place in range(count)]


def _is_legible(story: Story, seed: tuple[int, ...]) -> bool:
    """Whether each number can be read at the beginning or at the end: none is too faint, or lost in shadow."""
    wanted = {subject.number for subject in story.subjects if subject.spans}
    shown = [tick for tick in story.ticks if tick.blank is None and not tick.repeated]
    ends = replace(story, ticks=[shown[0], shown[-1]])
    return wanted <= {seen.number for shot in shots(ends, seed) for seen in shot.truth.numbers}
