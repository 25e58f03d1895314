"""What of a frame is read, and by which rules: all of it, one region, or several with names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from core.config import ReadingConfig, RegionConfig
from core.frame import Luma
from core.reading_rules import Region, Rules
from edge.group import group
from edge.read import Digit, Reading
from edge.table_rules import ruled
from edge.view import Rotation, View

SLACK = 0.3
"""Heights: a number that would go on if gaps in numbers were wider by this does not clearly end there."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of every frame."""

    name: str
    """Of a region that is read as one number; empty for the frame as a whole, in which there may be any."""
    region: RegionConfig | Region
    rotation: Rotation
    rules: Rules

    def view(self, luma: Luma) -> View:
        """Where it is in frames like `luma`, uint8 (H, W)."""
        return View(luma.shape, self.region, self.rotation)

    def numbers(self, seen: Luma, digits: list[Digit], *, clear: bool = False) -> list[Reading]:
        """The numbers that `digits` make in `seen`, which is what `view` shows: of a region one, if any. If asked, only
        those that are `clear`: that end where they do whatever is a gap and what a rule."""
        readings = group(digits, partial(ruled, seen))
        if self.name and readings:
            return [Reading.of([digit for reading in readings for digit in reading.digits])]
        if not clear:
            return readings
        # Squared paper has a line between two digits now and then; but no number is written so wide.
        unruled, wide = group(digits), group(digits, partial(ruled, seen), SLACK)
        return [reading for reading in readings if reading in unruled and reading in wide]


def parts(config: ReadingConfig) -> Sequence[Part]:
    """The regions of `config`; without any, the one part that its `region` is."""
    if not config.regions:
        return [Part("", config.region, config.rotation, config.rules)]
    return [Part(region.name, region, region.rotation, region.rules or config.rules) for region in config.regions]
