"""`digit-reader read`: pictures, folders, videos and standard input, each read on its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import msgspec

from core.config import Config
from core.errors import ImageError, UsageError
from core.frame import Frame, Luma
from core.picture import LARGEST_FILE_BYTES, SUFFIXES, decode_whole, is_file, is_folder, load
from edge.annotate import annotate
from edge.events import ReadingAppeared, ReadingChanged, ReadingRefused
from edge.pipeline import Pipeline
from edge.read import Answer, Reading, Refused, Rejected
from edge.reader import Reader
from edge.sources.recording import VIDEO_SUFFIXES, video_frames
from edge.video_file import check_video

STANDARD_INPUT = "-"


class FileAnswer(msgspec.Struct, frozen=True):
    """One line of `--json`."""

    file: str
    digits: str
    readings: list[Reading]
    rejected: list[Rejected]
    ms: dict[str, float]
    refused: list[Refused] = []
    """By `reading.rules`."""


class FileReader:
    """Reads files one after the other."""

    def __init__(self, reader: Reader, config: Config, annotated: Path | None) -> None:
        """`annotated` is the folder for pictures with boxes, if any. Raises UsageError if it cannot be made."""
        self._reader = reader
        self._config = config
        self._annotated = annotated
        if annotated:
            try:
                annotated.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UsageError(f"--annotate {annotated}: no such folder can be made ({error.strerror})") from None

    def read(self, name: str) -> FileAnswer:
        """What is in the picture or video `name`, or in standard input for `-`. Raises ImageError or SourceError."""
        if Path(name).suffix.lower() in VIDEO_SUFFIXES:
            return self._read_video(Path(name))
        luma = _standard_input() if name == STANDARD_INPUT else _picture(Path(name))
        answer = self._reader.read(luma)
        if self._annotated:
            self._write_annotated(name, luma, answer)
        return FileAnswer(_text(name), answer.digits, answer.readings, answer.rejected, answer.ms, answer.refused)

    def _read_video(self, path: Path) -> FileAnswer:
        """The numbers that stood still in a video, in the order they appeared; it has no annotated picture."""
        check_video(path)
        pipeline = Pipeline(self._reader, self._config.reading, path.name)
        readings: list[Reading] = []
        refused: list[Refused] = []
        recorded_s = 0.0
        for sequence, (luma, lasts_s) in enumerate(video_frames(path)):
            for event in pipeline.step(Frame(luma, sequence, round(recorded_s * 1e9))):
                if isinstance(event, ReadingAppeared | ReadingChanged):
                    readings += [reading for reading in pipeline.readings if reading.box == event.box]
                elif isinstance(event, ReadingRefused):
                    of = event.text, event.confidence, event.box, event.rule, event.reason, event.region
                    refused.append(Refused(*of))
            recorded_s += lasts_s
        return FileAnswer(_text(str(path)), "".join(reading.text for reading in readings), readings, [], {}, refused)

    def _write_annotated(self, name: str, luma: Luma, answer: Answer) -> None:
        assert self._annotated is not None  # noqa: S101 — the caller checked
        stem = "standard-input" if name == STANDARD_INPUT else Path(name).stem
        path = free_name(self._annotated / f"{stem}.png")
        encoded = cv2.imencode(".png", annotate(luma, answer))[1]
        try:
            path.write_bytes(encoded.tobytes())  # OpenCV itself ends the program over names that are no UTF-8
        except OSError as error:
            raise ImageError(
                f"{path}: cannot be written ({error.strerror}); is {self._annotated} writable, and not full?"
            ) from None


def _picture(path: Path) -> Luma:
    try:
        return load(path)
    except ImageError as error:
        if path.suffix.lower() in SUFFIXES or not is_file(path):
            raise
        raise ImageError(f"{error}; the name of a video ends in {', '.join(sorted(VIDEO_SUFFIXES))}") from None


def _standard_input() -> Luma:
    if sys.stdin is None:
        raise ImageError("standard input: is closed")
    return decode_whole(sys.stdin.buffer.read(LARGEST_FILE_BYTES + 1), "standard input")


def _text(name: str) -> str:
    """`name` as JSON can have it: bytes of a file's name that are no UTF-8 become replacement characters."""
    return os.fsencode(name).decode(errors="replace")


def free_name(path: Path) -> Path:
    """`path`, or with a number before its suffix if that is taken, so that no picture replaces another."""
    candidate, number = path, 2
    while candidate.exists():
        candidate = path.with_stem(f"{path.stem}-{number}")
        number += 1
    return candidate


def _is_hidden(path: Path) -> bool:
    """Whether it, or a folder on the way to it, is hidden: previews, what macOS leaves beside each file, trash."""
    return any(part.startswith(".") for part in path.parts)


def expand(names: list[str], warn: Callable[[str], None]) -> Iterator[str]:
    """The files meant by `names`: a folder stands for the pictures and videos in it and below it, by name; hidden ones
    are left out."""
    for name in names:
        path = Path(name)
        if not name:
            warn("a file without a name; name a picture, a folder, a video, or - for standard input")
            continue
        if name == STANDARD_INPUT or not is_folder(path):
            yield name
            continue
        inside = sorted(
            entry
            for entry in path.rglob("*")
            if entry.suffix.lower() in SUFFIXES | VIDEO_SUFFIXES and not _is_hidden(entry.relative_to(path))
        )
        if not inside:
            warn(f"{path}: has no pictures or videos")
        yield from map(str, inside)
