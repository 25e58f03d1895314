"""What is to be read in a video, and when: a .json of the video's name beside it. `train.video` leaves one with each
clip it draws; people write one for a video of their own, of which episodes are enough."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from core import atomic, bounded
from core.errors import LabelsError
from core.frame import Box

LARGEST_FILE_BYTES = 64 * 2**20
"""An hour's frames, with several numbers in each."""

Seconds = Annotated[float, Meta(ge=0)]
Digits = Annotated[str, Meta(pattern="^[0-9]+$")]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all parts of the file share: unknown keys are mistakes, and what is as usual is left out."""


class Episode(Part, frozen=True, kw_only=True):
    """A time in which a number can be read without a break that a person would notice."""

    text: Digits
    from_s: Seconds
    """Time of the first frame that shows all of it."""
    until_s: Seconds
    """Time of the first frame that no longer does; the end of the video if it stays."""
    number: int | None = None
    """The same for all episodes of one number on one place. Without it, nothing is known of which is which."""
    box: Box | None = None
    """Around its ink at `from_s`, x, y, width and height in px."""
    printed: bool = False
    """Print, which a reader of handwriting need not read."""
    camera_moved: bool = False
    paper_moved: bool = False
    """Whether it was elsewhere in the frame in the meantime, and what moved."""

    @property
    def visible_from_ns(self) -> int:
        return round(self.from_s * 1e9)

    @property
    def visible_until_ns(self) -> int:
        return round(self.until_s * 1e9)


class Seen(Part, frozen=True):
    """A number that can be read in one frame."""

    number: int
    text: Digits
    box: Box
    """Around its ink, in px of the frame."""


class FrameTruth(Part, frozen=True):
    """One frame of the video."""

    at_ns: Annotated[int, Meta(ge=0)]
    """When it was taken. The video itself knows nothing of frames that were dropped: only these times do."""
    numbers: tuple[Seen, ...] = ()
    doubtful: tuple[Box, ...] = ()
    """Where something may or may not be read: numbers cut off, covered in part, half written, out of focus; print."""
    repeated: bool = False
    """The camera gave the frame before once more."""


class ClipTruth(Part, frozen=True):
    """All that is known of a video."""

    episodes: tuple[Episode, ...]
    """By time; none if nothing is to be read in it."""
    frames: tuple[FrameTruth, ...] = ()
    """Of each frame in turn; none in a file written by hand."""
    kind: str = ""
    """What was drawn, one of `train.video.KINDS`."""

    def times_ns(self) -> list[int] | None:
        """When each frame was taken; None if only the video knows."""
        return [frame.at_ns for frame in self.frames] or None

    def save(self, path: Path) -> None:
        """Write the .json that `load_clip_truth` reads."""
        atomic.write(path, msgspec.json.encode(self))


def truth_path(video: Path) -> Path:
    """Where the truth about a video is."""
    return video.with_suffix(".json")


def load_clip_truth(path: Path) -> ClipTruth:
    """The truth at `path`. Raises LabelsError, one line, if it is missing or makes no sense."""
    try:
        truth = msgspec.json.decode(bounded.read(path, LARGEST_FILE_BYTES), type=ClipTruth)
    except FileNotFoundError:
        raise LabelsError(f"{path}: no such file; it needs episodes of text, from_s and until_s") from None
    except bounded.TooLarge as error:
        raise LabelsError(f"{path}: {error}; it needs episodes of text, from_s and until_s") from None
    except (OSError, msgspec.MsgspecError) as error:
        raise LabelsError(f"{path}: cannot be read ({error})") from None
    for place, episode in enumerate(truth.episodes):
        if episode.visible_until_ns <= episode.visible_from_ns:
            raise LabelsError(
                f"{path}: episodes[{place}] is from {episode.from_s:g} until {episode.until_s:g} s; "
                "expected an end after its beginning"
            )
    for place, (before, frame) in enumerate(pairwise(truth.frames), 1):
        if frame.at_ns <= before.at_ns:
            raise LabelsError(f"{path}: frames[{place}] is at {frame.at_ns} ns; expected a time after {before.at_ns}")
    for box in [
        *(episode.box for episode in truth.episodes if episode.box is not None),
        *(box for frame in truth.frames for box in (*frame.doubtful, *(seen.box for seen in frame.numbers))),
    ]:
        if box.width < 1 or box.height < 1:
            raise LabelsError(f"{path}: a box is {list(box)}; expected x, y, width and height, 1 px and more a side")
    return truth
