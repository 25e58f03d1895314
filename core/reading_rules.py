"""The part of config.yaml that says which readings are accepted, and in which regions of the frame.

What the rules do is in `edge/accept.py`. Each is off unless it is given. Those on one reading alone hold always;
those that compare it with the reading before, `only_rising` and `largest_step`, give way in the end, for that may have
been the wrong one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core.checksum import Checksum
from core.text_pattern import TextPattern

MOST_CHARACTERS = 256
"""Of a reading. A frame holds fewer in a row, and none is kept that is longer."""

MOST_REGIONS = 32

_NAME = re.compile(r"[\w-]+")

_Length = Annotated[int, Meta(ge=1, le=MOST_CHARACTERS)]
_Value = Annotated[float, Meta(ge=-1e15, le=1e15)]
"""Up to here a float is exact to the digits people write."""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping of known keys. Raises ValueError where keys that are fine each do not go together."""


class Agreement(Section, frozen=True):
    """How many of the last frames must read the same."""

    frames: Annotated[int, Meta(ge=1, le=100, description="that must read so")]
    of: Annotated[int, Meta(ge=1, le=100, description="the last frames that are looked at")]

    def __post_init__(self) -> None:
        if self.frames > self.of:
            raise ValueError(f"frames is {self.frames}; allowed: up to `of`, which is {self.of}. Turn them round")


class Rules(Section, frozen=True):
    """Which readings are accepted."""

    length: Annotated[
        _Length | Annotated[list[_Length], Meta(min_length=2, max_length=2)] | None,
        Meta(description="how many characters a reading has, or the least and the most of them"),
    ] = None
    pattern: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200)] | None,
        Meta(description="a regular expression that all of the reading matches"),
    ] = None
    checksum: Annotated[Checksum | None, Meta(description="how the last digits check the others")] = None
    decimals: Annotated[
        int,
        Meta(ge=0, le=18, description="how many of the last digits stand behind the point; of least, most and steps"),
    ] = 0
    least: Annotated[_Value | None, Meta(description="lower readings are refused")] = None
    most: Annotated[_Value | None, Meta(description="higher readings are refused")] = None
    min_confidence: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None, Meta(description="of the whole number; less sure is refused")
    ] = None
    agreement: Annotated[Agreement | None, Meta(description="how many of the last frames must read the same")] = None
    only_rising: Annotated[bool, Meta(description="refuse what is lower than before, but for a counter that wraps")] = (
        False
    )
    largest_step: Annotated[
        Annotated[float, Meta(gt=0, le=1e15)] | None,
        Meta(description="what differs by more from the reading before is refused"),
    ] = None
    max_rejections: Annotated[
        Annotated[int, Meta(ge=1, le=1_000_000)] | None,
        Meta(
            description="only_rising and largest_step give way to what they refused so often, at most once a second; "
            "null: never"
        ),
    ] = 60

    def __post_init__(self) -> None:
        if isinstance(self.length, list) and self.length[0] > self.length[1]:
            raise ValueError(f"length is {self.length}; allowed: the least, then the most. Turn them round")
        if self.pattern is not None:
            try:
                TextPattern(self.pattern)
            except ValueError as error:
                raise ValueError(f"pattern is {self.pattern!r}; allowed: a regular expression, but {error}") from None
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError(f"least is {self.least:.15g}; allowed: up to `most`, which is {self.most:.15g}")


class Region(Section, frozen=True):
    """A part of the frame that is read by itself, in shares of the frame's width and height."""

    name: Annotated[str, Meta(min_length=1, max_length=64, description="letters, digits, - and _")]
    x: Annotated[float, Meta(ge=0, lt=1, description="left edge")] = 0.0
    y: Annotated[float, Meta(ge=0, lt=1, description="top edge")] = 0.0
    width: Annotated[float, Meta(gt=0, le=1, description="ends with the frame")] = 1.0
    height: Annotated[float, Meta(gt=0, le=1, description="ends with the frame")] = 1.0
    rotation: Annotated[
        Literal[0, 90, 180, 270], Meta(description="degrees clockwise that turn the writing upright")
    ] = 0
    rules: Annotated[Rules | None, Meta(description="of this region; null takes reading.rules")] = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"name is {self.name!r}; allowed: letters, digits, - and _. Try {_plain(self.name)}")


Regions = Annotated[list[Region], Meta(max_length=MOST_REGIONS, description="read only these parts, each by itself")]
"""For a field of the schema; `check_names` for what it cannot say."""


def check_names(regions: Iterable[Region]) -> None:
    """Raises ValueError if two regions share a name: what is accepted is kept by it."""
    name, times = next(iter(Counter(region.name for region in regions).most_common(1)), ("", 0))
    if times > 1:
        raise ValueError(f"regions have the name {name} {times} times; allowed: once. Name each by what it shows")


def _plain(name: str) -> str:
    return re.sub(r"[^\w-]+", "_", name).strip("_") or "meter"
