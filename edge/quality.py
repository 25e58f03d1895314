"""Whether a frame is fit to be read, before anything is guessed: light, focus, motion, and whether anything is new.

A frame that is not good does not vote on what it shows. Refusing good frames for ever would be worse than to read a
blurred one: motion and blur that stay are given way to, while darkness and glare, in which nothing is to be seen, are
not. Time comes with the frames, so a replay is judged the same.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import cv2
import msgspec
import numpy as np

from core.frame import Box, Luma
from edge import motion
from edge.focus import Edges, Focus, edges
from edge.motion import Shift, Strays, View

BRIGHTEST_SHARE = 0.99
LEAST_LIGHT = 14.0
"""Grey level that so large a share of the picture stays below: a black board with some chalk on it is not dark. Drawn
pages with read noise of 2 grey levels, darkened: the reader finds 50 % of their digits where this is 14 to 18, 31 %
from 10 to 14, 4 % from 7 to 10 and none below (31 pages, 513 digits, 9 steps)."""

WHITE = 250
WHITE_SHARE = 0.6
DARKEST_SHARE = 0.001
MOST_LIGHT = 190.0
"""Overexposed is a picture with WHITE_SHARE of it WHITE if even its darkest thousandth is no darker than this: white
paper is no fault as long as ink shows on it. The same pages, brightened: 43 % of the digits are found where it is 160
to 190, 11 % from 190 to 220, 1 % above (31 pages, 6 steps)."""

SMEAR_S = 1 / 30
MOST_SMEAR = 1 / 80
"""Share of the longer side that the picture may move in SMEAR_S, as long as a shutter is open indoors: 8 px of 640.
With such a smear 59 % of the digits are found, with 4 px 91 %, with 14 px 20 %."""

FLEETING_S = 0.2
"""Frames further apart do not show how fast something moved between them."""

STIRS_OVER_S = 0.25
"""Motion is told against a frame this old: a pen goes on by too little from one frame to the next."""

STIRS_MARGIN = 0.5
"""How far around a box motion counts, in its heights: a hand that writes is as far from the digit before."""

KNOCK_PX_PER_S = 90 / 640
"""Longer sides a second: hands that hold a camera still sway at half of that, a knock is faster by far."""

RESTS_AFTER_S = 0.3
"""Without a knock, then the camera stands: what swings on a stand has settled to a pixel by then."""

USUAL_GRAIN = 1.5
"""Until two frames were seen."""

LEAST_MOVE = 1 / 80
"""Share of the longer side: the camera was moved if afterwards all is further away than this from where it was. Boxes
of digits still overlap with less."""

FORGETS_AFTER_S = 10.0
"""Without a frame, then what was seen before is no measure for what is seen now."""

STUCK_AFTER_S = 3.0
"""Frames that are equal to the bit for this long: no sensor is free of noise. Shorter repeats are drivers that are
late."""

GIVES_WAY_AFTER_S = 5.0
"""Of blur or motion that stays."""

RELENTS_AFTER_S = 1.0
"""Without motion, then it is waited for anew."""


class State(StrEnum):
    """What a frame is like."""

    GOOD = "good"
    TOO_DARK = "too_dark"
    OVEREXPOSED = "overexposed"
    FROZEN = "frozen"
    MOVING = "moving"
    OUT_OF_FOCUS = "out_of_focus"


class Quality(msgspec.Struct, frozen=True):
    """What a frame is like, for people and programs."""

    state: State
    reason: str = ""
    """In words, with the figure; empty if nothing is to be said."""


GOOD = Quality(State.GOOD)


class _Stirring:
    """What moved by itself between two frames; worked out when somebody asks, for it costs a fifth of all else."""

    def __init__(self, before: View, seen: View, at_rest: float, shift: Shift) -> None:
        self._frames = before, seen, at_rest, shift

    @cached_property
    def strays(self) -> Strays:
        before, seen, at_rest, shift = self._frames
        # Steps of many frames added up are off by as many errors.
        if max(map(abs, shift)) >= 1:
            shift = motion.shift_between(before, seen, at_rest) or shift
        return motion.strays(before, seen, at_rest, shift)


@dataclass(frozen=True, slots=True)
class Judged:
    """All that is known of a frame before it is read."""

    quality: Quality
    changed: bool
    """False if it shows what the frame did that was last worked on, up to noise, light and 4 px of 640: its readings
    still hold."""
    shift: Shift = (0.0, 0.0)
    """Px by which all of the picture moved since the last frame that could be compared; (0, 0) if that is not known."""
    moved_by: Shift | None = None
    """Px by which all of the picture has moved since the camera last stood, told once, when it was knocked or turned
    and stands again."""
    _stirring: _Stirring | None = None

    @property
    def good(self) -> bool:
        """Whether the frame counts."""
        return self.quality.state is State.GOOD

    @property
    def moved(self) -> bool:
        """Whether the camera was moved and stands elsewhere since this frame."""
        return self.moved_by is not None

    def stirs(self, box: Box) -> bool:
        """Whether something moves in `box` or close around it, beyond what all of the picture does: a hand, a pen.
        False where nothing is known."""
        return self._stirring is not None and self._stirring.strays.near(box, STIRS_MARGIN)


class Watch:
    """Judges the frames of one source in their order. Holds a few small pictures."""

    def __init__(
        self,
        drawn: bool = False,
        stuck_after_s: float | None = STUCK_AFTER_S,
        gives_way_after_s: float = GIVES_WAY_AFTER_S,
    ) -> None:
        """`drawn` frames come from no camera, and are good whatever they look like. `stuck_after_s` is None for sources
        that repeat themselves for good reasons, such as a recording of a single picture."""
        self._drawn = drawn
        self._stuck_after_s = stuck_after_s
        self._gives_way_after_ns = round(gives_way_after_s * 1e9)
        self._forget()

    def _forget(self) -> None:
        self._seen_ns: int | None = None
        """Time of the frame before, good or not."""
        self._last: tuple[View, int] | None = None
        """The last frame with light, and its time."""
        self._worked: View | None = None
        self._before: _Earlier | None = None
        self._newer: _Earlier | None = None
        self._stood: View | None = None
        """The view when the camera last stood still."""
        self._knocked_ns: int | None = None
        """When it last moved fast, until it stands again."""
        self._at_rest, self._noise_known = USUAL_GRAIN, False
        """`motion.grain` between frames in which nothing moves."""
        self._edges: tuple[View, Edges | None] | None = None
        self._repeats = _Repeats()
        self._patience = _Patience(self._gives_way_after_ns)
        self._focus = Focus(self._gives_way_after_ns)

    def worked_on(self) -> None:
        """The frame that was judged last is now read: later ones are compared with it."""
        if self._last is not None:
            self._worked = self._last[0]

    def judge(self, luma: Luma, now_ns: int) -> Judged:
        """What is to be known of the frame `luma`, uint8 (H, W), captured at `now_ns`."""
        if self._seen_ns is not None and not 0 <= now_ns - self._seen_ns <= FORGETS_AFTER_S * 1e9:
            self._forget()
        if self._last is not None and self._last[0].size != luma.shape:
            self._forget()
        seen = motion.view(luma)
        self._seen_ns, before_ns = now_ns, self._seen_ns
        bad = None if self._drawn else _light(seen)
        if bad is not None:
            return Judged(bad, changed=True)
        equal_s = self._repeats.since_s(luma, seen, before_ns, now_ns)
        if equal_s > 0 and self._last is not None:
            shift: Shift | None = (0.0, 0.0)
            speed = 0.0
        else:
            shift, speed = self._motion(seen, now_ns)
        moved_by = self._stands_elsewhere(seen, shift, speed, now_ns)
        changed = self._worked is None or bool(motion.strays(self._worked, seen, self._at_rest).cells.any())
        stirring = self._stirring(seen, shift, now_ns)
        if moved_by is not None:
            self._focus.another_view()
        quality = self._quality(seen, speed, equal_s, now_ns)
        self._last = seen, now_ns
        return Judged(quality, changed, shift or (0.0, 0.0), moved_by, stirring)

    def _quality(self, seen: View, speed: float, equal_s: float, now_ns: int) -> Quality:
        if self._drawn:
            return Quality(State.GOOD)
        if self._stuck_after_s is not None and equal_s >= self._stuck_after_s:
            return Quality(State.FROZEN, f"the same picture to the bit for {equal_s:.0f} s; the camera may be stuck")
        smear = speed * SMEAR_S
        refused = self._patience.refuses(smear > MOST_SMEAR, now_ns)
        if np.isfinite(smear) and refused:
            figure = f"the picture moves {smear:.1%} of its side in {SMEAR_S * 1e3:.0f} ms"
            return Quality(State.MOVING, f"{figure}, at most {MOST_SMEAR:.1%} is sharp enough")
        if np.isfinite(smear) and smear > MOST_SMEAR:
            return Quality(State.GOOD, "the picture has been in motion for long, so it is read all the same")
        missing = self._focus.missing(self._edges_of(seen), now_ns)
        if missing is not None:
            figure = f"sharpness {missing.sharpness:.2f}, at least {missing.needed:.2f} is needed"
            return Quality(State.OUT_OF_FOCUS, f"what was sharp is soft: {figure}")
        if refused:
            return Quality(State.MOVING, f"all of the picture changed within {FLEETING_S:g} s")
        return Quality(State.GOOD)

    def _edges_of(self, seen: View) -> Edges | None:
        """As found last, while nothing but noise has changed since."""
        if self._edges is None or motion.grain(self._edges[0], seen) > 1.2 * self._at_rest + 0.1:
            self._edges = seen, edges(seen)
        return self._edges[1]

    # --- motion -------------------------------------------------------------------------------------------------------

    def _motion(self, seen: View, now_ns: int) -> tuple[Shift | None, float]:
        """(shift since the last frame, longer sides a second); None if it is another picture, infinitely fast if that
        came in no time."""
        if self._last is None:
            return (0.0, 0.0), 0.0
        last, last_ns = self._last
        shift = motion.shift_between(last, seen, self._at_rest)
        if self._noise_known:
            # The least there is between frames for a while.
            self._at_rest = min(motion.grain(last, seen), 1.01 * self._at_rest + 0.001, motion.MOST_GRAIN)
        else:
            self._at_rest = min(motion.usual_grain(last, seen), motion.MOST_GRAIN)
        self._noise_known = True
        elapsed_s = (now_ns - last_ns) / 1e9
        if elapsed_s > FLEETING_S:
            return shift, 0.0
        if shift is None:
            return None, np.inf
        return shift, float(np.hypot(*shift)) / max(seen.size) / max(elapsed_s, SMEAR_S)

    def _stands_elsewhere(self, seen: View, shift: Shift | None, speed: float, now_ns: int) -> Shift | None:
        """By how much the picture has moved since the camera last stood, if it stands again since this frame."""
        if self._stood is None:
            self._stood = seen
        if shift is None or speed >= KNOCK_PX_PER_S:
            self._knocked_ns = now_ns
            return None
        if self._knocked_ns is None or now_ns - self._knocked_ns < RESTS_AFTER_S * 1e9:
            return None
        by = motion.shift_between(self._stood, seen, self._at_rest)
        self._stood, self._knocked_ns = seen, None
        return None if by is None or np.hypot(*by) < LEAST_MOVE * max(seen.size) else by

    def _stirring(self, seen: View, shift: Shift | None, now_ns: int) -> _Stirring | None:
        """For what moved by itself since STIRS_OVER_S ago, or as long ago as is known."""
        x, y = shift or (0.0, 0.0)
        for earlier in {id(kept): kept for kept in (self._before, self._newer) if kept is not None}.values():
            earlier.shift = earlier.shift[0] + x, earlier.shift[1] + y
        if self._newer is None:
            self._before = self._newer = _Earlier(seen, now_ns)
            return None
        if now_ns - self._newer.at_ns >= STIRS_OVER_S * 1e9:
            self._before, self._newer = self._newer, _Earlier(seen, now_ns)
        before = self._before or self._newer
        return _Stirring(before.seen, seen, self._at_rest, before.shift)


def _light(seen: View) -> Quality | None:
    """What is wrong with the light; None if digits can be read in it."""
    counts = np.cumsum(cv2.calcHist([seen.coarse[::2]], [0], None, [256], [0, 256]).ravel())
    total = float(counts[-1])
    brightest = int(np.searchsorted(counts, BRIGHTEST_SHARE * total))
    if brightest < LEAST_LIGHT:
        figure = f"its brightest parts are {brightest} of 255"
        return Quality(State.TOO_DARK, f"{figure}, at least {LEAST_LIGHT:.0f} is needed")
    white = 1 - float(counts[WHITE - 1]) / total
    darkest = int(np.searchsorted(counts, DARKEST_SHARE * total))
    if white >= WHITE_SHARE and darkest >= MOST_LIGHT:
        figure = f"{white:.0%} of it is white and its darkest parts are {darkest} of 255"
        return Quality(State.OVEREXPOSED, f"{figure}, less than {MOST_LIGHT:.0f} is needed")
    return None


@dataclass
class _Earlier:
    """A frame that later ones are compared with."""

    seen: View
    at_ns: int
    shift: Shift = (0.0, 0.0)
    """By which the picture has moved since."""


class _Repeats:
    """Since when frames have been equal to the bit."""

    def __init__(self) -> None:
        self._seen: View | None = None
        self._digest: int | None = None
        self._since_ns: int | None = None

    def since_s(self, luma: Luma, seen: View, before_ns: int | None, now_ns: int) -> float:
        """Seconds; 0 if this frame differs from the one before."""
        last, self._seen = self._seen, seen
        if last is None or not (np.array_equal(last.coarse, seen.coarse) and np.array_equal(last.fine, seen.fine)):
            self._digest = self._since_ns = None
            return 0.0
        # Noise shows in averages of four pixels, so whole frames are compared only after those were equal.
        digest = zlib.crc32(np.ascontiguousarray(luma).data)
        if self._since_ns is None or self._digest not in (None, digest):
            self._since_ns = before_ns
        self._digest = digest
        return 0.0 if self._since_ns is None else (now_ns - self._since_ns) / 1e9


class _Patience:
    """Refuses for so long and no longer."""

    def __init__(self, after_ns: int) -> None:
        self._after_ns = after_ns
        self._span: tuple[int, int] | None = None
        """Of complaints without a pause: first and last."""

    def refuses(self, complaint: bool, now_ns: int) -> bool:
        """Whether a frame with that complaint is refused now."""
        if self._span is not None and now_ns - self._span[1] > RELENTS_AFTER_S * 1e9:
            self._span = None
        if not complaint:
            return False
        first = now_ns if self._span is None else self._span[0]
        self._span = first, now_ns
        return now_ns - first < self._after_ns
