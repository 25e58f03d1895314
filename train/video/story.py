"""What happens before the camera in one clip, before any frame is taken: layers, what changes on them, and numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from core.frame import Box
from train.scenes.fields import Field, Shape
from train.video.motion import Course, Matrix

ALWAYS = (-np.inf, np.inf)


class Change(Protocol):
    """Something on a layer that does not stay as it is."""

    def paint(self, reflectance: Field, time_s: float) -> None:
        """MUST make its part of `reflectance` as it is at that time. Is called with times that ascend."""


@dataclass(frozen=True)
class Laid:
    """Ink that is written, or rubbed out, bit by bit."""

    box: Box
    """Of the sheet, in px."""
    before: Field
    after: Field
    """Reflectance of `box`."""
    when: Field
    """At which share of the time each pixel changes, 0 to 1."""
    from_s: float
    until_s: float

    def paint(self, reflectance: Field, time_s: float) -> None:
        if time_s < self.from_s:
            return
        share = (time_s - self.from_s) / (self.until_s - self.from_s)
        # A pixel changes within a fiftieth of the time: the front of wet ink is about a pixel wide.
        done = np.clip((np.float32(share * 1.02) - self.when) * np.float32(50), 0, 1)
        part = reflectance[self.box.y : self.box.bottom, self.box.x : self.box.right]
        part[:] = self.before + (self.after - self.before) * done


@dataclass
class Layer:
    """A flat thing that lies on what is below it, or covers everything."""

    picture: Field
    """float32 (H, W): reflectance, of the lowest layer, which goes on mirrored for ever. (H, W, 2) of all others:
    reflectance times cover, and cover, 0 to 1, of which a shadow has less than half."""
    place: Callable[[float], Matrix | None]
    """From px of `picture` to the world, which has its origin in the middle of the frame; None while out of view."""
    changes: list[Change] = field(default_factory=list)
    cover_changes: bool = False


@dataclass(frozen=True)
class Ink:
    """A digit in a layer."""

    box: Box
    cover: Field
    """float32 (H, W) of `box`, 0 to 1."""


@dataclass(frozen=True)
class Span:
    """A time in which all of a number is there."""

    from_s: float
    until_s: float
    text: str
    digits: tuple[Ink, ...]


@dataclass(frozen=True)
class Subject:
    """A number in its place on a layer."""

    number: int
    """Its identity."""
    layer: int
    spans: tuple[Span, ...]
    """By time. For ink that is never to be read, none."""
    area: Box
    """Around all that it ever is, in px of the layer."""
    there_s: tuple[float, float] = ALWAYS
    """Since when and until when something of it is there."""
    printed: bool = False

    def at(self, time_s: float) -> Span | None:
        """What stands there then, whole."""
        return next((span for span in self.spans if span.from_s <= time_s < span.until_s), None)


@dataclass(frozen=True)
class Bands:
    """Light of a lamp on the mains, as a sensor that is read line by line sees it."""

    rate_hz: float
    strength: float
    """Share of the light that comes and goes."""


@dataclass(frozen=True)
class Tick:
    """A frame to be taken."""

    at_ns: int
    scene_s: float
    """What the camera sees: later than that of the tick before, or as then if it repeats."""
    repeated: bool = False
    blank: float | None = None
    """Grey level of all of it, 0 to 255, if it shows nothing."""


def _one(_: float) -> float:
    return 1.0


@dataclass
class Story:
    """All that a clip shows."""

    shape: Shape
    light: Field
    """float32 (H, W), of the world at LIGHT_SCALE and twice as wide and high as the frame: how much light falls."""
    ticks: list[Tick]
    base: Matrix
    """World to frame."""
    camera: Course
    """Of the frame: what the camera's own motion adds to `base`; moves about the frame's middle."""
    focus_px: Callable[[float], float]
    """Deviation of the lens's blur."""
    exposure_s: float
    """How long the shutter is open."""
    readout_s: float
    """Between the first line that is read and the last."""
    noise: tuple[float, float]
    """Grey levels of 255: of reading, and of photons at full light."""
    quality: int | None
    """Of the camera's JPEG, 0 to 100."""
    paper_level: float
    """Grey level that bright paper comes out with."""
    layers: list[Layer] = field(default_factory=list)
    """From below."""
    subjects: list[Subject] = field(default_factory=list)
    gain: Callable[[float], float] = _one
    """What the exposure is off by."""
    lamp: Callable[[float], float] = _one
    bands: Bands | None = None


LIGHT_SCALE = 0.25
