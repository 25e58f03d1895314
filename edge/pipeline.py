"""One frame through everything: judge, see, track digits, then numbers. No clock, no input or output, no globals."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from core.config import ReadingConfig
from core.frame import Frame, Luma
from edge.accept import Acceptance
from edge.events import AnyEvent, EventIds, QualityChanged, ReadingCleared
from edge.motion import Shift
from edge.numbers import NumberTracker
from edge.parts import Part, parts
from edge.quality import GOOD, Judged, Quality, State, Watch
from edge.read import Reading
from edge.reader import Reader, Seen
from edge.track import DigitTracker
from edge.view import View

LEAST_READS = 8
"""Of a view that does not change: then what it shows has been averaged over enough noise, and is not read again."""
MOST_READS = 30
"""The same while some number has yet to be told: what is in doubt after so many stays so until something changes."""
READ_AGAIN_S = 5.0
"""But for once in this time: whatever was overlooked is not to be so for ever."""
HELD_S = 2.0
"""What counts outlasts bad frames for so long; then it is out of sight."""
TOLD_AFTER_S = 0.5
"""How long frames must be as they are until that is told: a hand that passes is no news."""


class Pipeline:
    """Reads frames in their order."""

    def __init__(
        self,
        reader: Reader,
        config: ReadingConfig,
        stream: str = "",
        watch: Watch | None = None,
        accepted: Mapping[str, str] | None = None,
    ) -> None:
        """`stream` names where the frames come from, and makes the ids of its events its own.

        `watch` judges the frames; without one it is one for recordings. `accepted` is what was accepted in each region
        before a restart.
        """
        self._watch = watch or Watch(stuck_after_s=None)
        self._ids = EventIds(stream)
        self._parts = [
            _FollowedPart(part, reader, config, self._ids, (accepted or {}).get(part.name, ""))
            for part in parts(config)
        ]
        self._good_ns = 0
        self._shift = (0.0, 0.0)
        """By which the picture has moved since the last frame that was followed."""
        self._told_state, self._state_since_ns = State.GOOD, 0
        self.quality = GOOD
        """Of the last frame."""

    @property
    def readings(self) -> list[Reading]:
        """The readings that count now."""
        return [reading for part in self._parts for reading in part.readings]

    @property
    def accepted(self) -> dict[str, str]:
        """What is accepted in each region."""
        return {part.name: part.accepted for part in self._parts if part.name and part.accepted}

    def step(self, frame: Frame) -> list[AnyEvent]:
        """What changed with this frame."""
        judged = self._watch.judge(frame.luma, frame.captured_ns)
        events = self._tell_quality(judged.quality, frame.captured_ns)
        # While the picture moves too fast to be read, what was read moves with it.
        self._shift = self._shift[0] + judged.shift[0], self._shift[1] + judged.shift[1]
        if judged.good:
            self._good_ns = frame.captured_ns
            are_read = [part.step(frame, judged, self._shift, events) for part in self._parts]
            self._shift = (0.0, 0.0)
            if any(are_read):
                self._watch.worked_on()
        elif not 0 <= frame.captured_ns - self._good_ns < HELD_S * 1e9:
            for part in self._parts:
                part.miss(frame, judged, self._shift, events)
            self._shift = (0.0, 0.0)
        return events

    def close(self, now_ns: int) -> list[AnyEvent]:
        """Everything that counts is out of sight: no more frames come from this source."""
        return [
            ReadingCleared(self._ids.next(), now_ns, reading.text, reading.box, part.name)
            for part in self._parts
            for reading in part.readings
        ]

    def _tell_quality(self, quality: Quality, now_ns: int) -> list[AnyEvent]:
        before, self.quality = self.quality, quality
        if before.state is not quality.state or now_ns < self._state_since_ns:
            self._state_since_ns = now_ns
        told, lasts_ns = self._told_state, now_ns - self._state_since_ns
        if told is quality.state or lasts_ns < TOLD_AFTER_S * 1e9:
            return []
        self._told_state = quality.state
        return [QualityChanged(self._ids.next(), now_ns, quality.state, quality.reason, told)]


class _FollowedPart:
    """One part of the frames, and what is followed in it."""

    def __init__(self, part: Part, reader: Reader, config: ReadingConfig, ids: EventIds, accepted: str) -> None:
        self._part, self._reader = part, reader
        self._digits = DigitTracker(reader.labels, config.cleared_after_s)
        # A region has one reading over all its time; a number anywhere else has its own, for as long as it is there.
        self._acceptance = Acceptance(part.rules, accepted) if part.name else None
        of_region = self._acceptance
        give = partial(Acceptance, part.rules) if of_region is None else lambda: of_region
        self._numbers = NumberTracker(config.stable_after_s, ids, part.name, give, config.stable_confidence)
        self._view: View | None = None
        self._shape: tuple[int, ...] = ()
        self._seen = Seen([], [])
        self._reads = 0
        self._read_ns = 0

    @property
    def name(self) -> str:
        return self._part.name

    @property
    def readings(self) -> list[Reading]:
        return self._numbers.confirmed

    @property
    def accepted(self) -> str:
        return self._acceptance.accepted if self._acceptance else ""

    def step(self, frame: Frame, judged: Judged, shift: Shift, events: list[AnyEvent]) -> bool:
        """Take in a good frame, since the last one followed the picture has moved by `shift`; whether it was read, and
        not only followed."""
        now_ns, seen_part = frame.captured_ns, self._of(frame.luma)
        self._reads = 0 if judged.changed else self._reads
        known = self._reads >= (MOST_READS if self._numbers.pending else LEAST_READS)
        is_read = not (known and 0 <= now_ns - self._read_ns < READ_AGAIN_S * 1e9)
        if is_read:
            self._seen = self._reader.see(seen_part)
            self._reads, self._read_ns = self._reads + 1, now_ns
        self._follow(self._seen, frame, judged, shift, events, seen_part)
        return is_read

    def miss(self, frame: Frame, judged: Judged, shift: Shift, events: list[AnyEvent]) -> None:
        """Take in a frame in which nothing can be seen."""
        self._reads = 0
        self._follow(Seen([], []), frame, judged, shift, events, self._of(frame.luma))

    def _of(self, luma: Luma) -> Luma:
        if self._view is None or luma.shape != self._shape:
            self._view, self._shape = self._part.view(luma), luma.shape
            self._digits.forget()
        return self._view.of(luma)

    def _follow(
        self, seen: Seen, frame: Frame, judged: Judged, shift: Shift, events: list[AnyEvent], seen_part: Luma
    ) -> None:
        view = self._view
        assert view is not None  # noqa: S101 — for type checkers
        self._digits.update(seen.digits, seen.rejected, frame.captured_ns, view.turned(shift))
        events += self._numbers.update(
            self._digits,
            frame.captured_ns,
            partial(self._part.numbers, seen_part),
            lambda box: judged.stirs(view.back(box)),
            None if view.is_whole else view.back,
        )
