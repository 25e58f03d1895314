"""What the page needs of the program behind it: one Protocol, and the state it shows."""

from __future__ import annotations

from typing import Protocol

import msgspec

from edge.drawing import Drawing
from edge.progress import Health
from edge.quality import Quality
from edge.read import Answer, Reading
from edge.sinks import SinkState
from edge.sources.status import SourceState


class State(msgspec.Struct, frozen=True):
    """What the program is doing now. This type is also the JSON of /api/state."""

    source: str
    """Where frames come from: "canvas", "camera 0", a recording's name."""
    why: str
    """Why that source was taken, for people."""
    model: str
    """What reads, for people."""
    labels: list[str]
    """Of the model, in the order of every `probabilities`."""
    readings: list[Reading]
    """What the source shows now and has shown long enough to count."""
    quality: Quality
    """Whether the frames are fit to be read, and if not, why."""
    frames: int
    """Taken from the source since the start."""
    frames_per_second: float
    model_note: str = ""
    """What befell the models since the start, for people: exchanged, refused or put back; empty if nothing did."""
    sinks: list[SinkState] = []
    """Who is told what happens, and how it goes with each."""
    source_state: SourceState = SourceState.RUNNING
    """Whether frames come from the best source there can be."""
    source_error: str = ""
    """What went wrong with a source last; empty if nothing has since the start."""


class Backend(Protocol):
    """The program behind the page.

    `read_drawing` and `read_picture` are called on one thread of the page's, one at a time, `state` and `health` on
    another; all of them MUST be safe beside each other and beside whatever else reads. They MAY raise: an ImageError is
    shown to who asked, anything else is logged and answered with status 500.
    """

    def read_drawing(self, drawing: Drawing) -> Answer:
        """What is drawn; boxes in pixels of the drawing."""
        ...

    def read_picture(self, content: bytes) -> Answer:
        """What is in an encoded picture; boxes in its pixels. MUST raise ImageError if it cannot be decoded."""
        ...

    def state(self) -> State:
        """The state now. MUST return within milliseconds: everyone who watches asks once a second."""
        ...

    def health(self) -> Health:
        """What is wrong now. MUST return within milliseconds, and MUST NOT wait for the reading."""
        ...
