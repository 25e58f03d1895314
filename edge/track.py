"""Digits followed over frames: what single frames say of one digit is put together for as long as it is in sight.

Tracking by detection, in two steps as ByteTrack has it (Zhang et al., 2022): digits that were read are given to the
tracks they are nearest to, the assignment with the least cost; a track that got none takes what was seen there but
rejected, which keeps it alive and starts none. Time comes with the frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import lap
import numpy as np
from numpy.typing import NDArray

from core.frame import Box
from edge.read import Digit, Rejected

MOST_TRACKS = 400
"""Bounds the work when a frame is full of ink: as many as the spotter tells of."""

REACH = 0.6
"""In heights: how far a digit may be from where it is expected. Digits that touch are some 0.6 apart, and expected
places account for what the whole picture moved."""
SIZE_RATIO = 1.8
"""What is one digit does not grow or shrink by more from a frame to the next."""
SIZE_COST, LABEL_COST = 0.3, 0.1
"""Beside the distance in heights: of the logarithm of that ratio, and of being read differently."""

MEMORY_S = 1.0
"""Frames older than this weigh less than a third of the newest."""
NEWS_S = 0.12
"""The same of the average that tells what a digit has become, when another was written over it or a wheel turned."""
NEWS_MARGIN = 1.0
"""Nats by which the newest frames must speak against a track's label for it to start anew with what they say."""
NEWS_FRAMES = 3
LABEL_MARGIN = 0.25
"""Nats by which another label must be ahead before it takes the place of a track's: what is as good as undecided stays
as it is."""
LEAST_PROBABILITY = 1e-4
"""Of a label in one frame: no single frame is to outweigh a second of others."""

CONFIRMED_HITS = 3
"""Frames in which a digit was read, from which on it counts."""
TENTATIVE_MISSES = 2
"""Frames without it, after which a digit that does not count yet is given up."""
BOX_GAIN = 0.5
"""How much of a new box's size is taken over: sizes shake more than places do."""

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Track:
    """One digit in its place."""

    id: int
    box: Floats
    """float64 (4,): x, y, width and height in px of the frame, as last seen."""
    mean: Floats
    """float64 (labels,): log-probabilities of each label, averaged over the frames in memory."""
    news: Floats
    """The same of the newest frames."""
    label: int
    first_ns: int
    seen_ns: int
    confidence: float
    """Averaged; in frames that read something else, what they leave for this label."""
    evidence: float
    """Averaged."""
    weight: float = 1.0
    """Of what `mean` holds, in frames."""
    hits: int = 1
    """Frames in which it was read."""
    misses: int = 0
    """Frames since it was seen at all."""
    contrary: int = 0
    """Frames in a row in which `news` spoke against its label."""

    @property
    def confirmed(self) -> bool:
        """Whether it counts."""
        return self.hits >= CONFIRMED_HITS

    def digit(self, labels: Sequence[str]) -> Digit:
        """What all frames together say."""
        shares = np.exp(self.mean - self.mean.max())
        x, y, width, height = (round(side) for side in self.box.tolist())
        return Digit(
            labels[self.label],
            round(self.confidence, 4),
            Box(x, y, max(1, width), max(1, height)),
            (shares / shares.sum()).round(4).tolist(),
            round(self.evidence, 3),
        )


class DigitTracker:
    """Follows digits."""

    def __init__(self, labels: Sequence[str], lost_after_s: float) -> None:
        """`labels` are the model's, in its order; a digit is lost once it has not been seen for `lost_after_s`."""
        self._labels = {label: index for index, label in enumerate(labels)}
        self._lost_after_ns = round(lost_after_s * 1e9)
        self._made = 0
        self._at_ns: int | None = None
        self.tracks: list[Track] = []

    def update(
        self,
        digits: Sequence[Digit],
        rejected: Sequence[Rejected],
        now_ns: int,
        shift: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Take in what the frame captured at `now_ns` shows, whose picture has moved by `shift` px since the last."""
        elapsed_s = self._elapsed_s(now_ns)
        for track in self.tracks:
            track.box[:2] += shift
            track.misses += 1
        digits = digits[:MOST_TRACKS]
        left = self._give(digits, self.tracks, now_ns, elapsed_s)
        if unseen := [track for track in self.tracks if track.misses]:
            doubtful = [each for each in rejected if each.probabilities and each.text in self._labels]
            self._give(doubtful[:MOST_TRACKS], unseen, now_ns, elapsed_s)
        for place in left[: MOST_TRACKS - len(self.tracks)]:
            self._start(digits[place], now_ns)
        self.tracks = [track for track in self.tracks if not self._is_lost(track, now_ns)]

    def forget(self) -> None:
        """Begin anew."""
        self.tracks, self._at_ns = [], None

    def _elapsed_s(self, now_ns: int) -> float:
        """Since the frame before; 0 for the first, or if time went backwards."""
        before, self._at_ns = self._at_ns, now_ns
        return 0.0 if before is None else max(0, now_ns - before) / 1e9

    def _give(
        self, seen: Sequence[Digit | Rejected], tracks: Sequence[Track], now_ns: int, elapsed_s: float
    ) -> list[int]:
        """Give what was seen to the tracks it belongs to; returns the places of what belongs to none."""
        if not seen or not tracks:
            return list(range(len(seen)))
        boxes = np.array([each.box for each in seen], np.float64)
        logs = np.log(np.maximum([each.probabilities for each in seen], LEAST_PROBABILITY))
        owners = _owners(boxes, logs.argmax(axis=1), tracks)
        left = []
        for place, (each, owner) in enumerate(zip(seen, owners, strict=True)):
            if owner < 0:
                left.append(place)
            else:
                _learn(tracks[owner], each, boxes[place], logs[place], now_ns, elapsed_s)
        return left

    def _start(self, digit: Digit, now_ns: int) -> None:
        logs = np.log(np.maximum(digit.probabilities, LEAST_PROBABILITY))
        self._made += 1
        self.tracks.append(
            Track(
                id=self._made,
                box=np.array(digit.box, np.float64),
                mean=logs,
                news=logs.copy(),
                label=self._labels[digit.text],
                first_ns=now_ns,
                seen_ns=now_ns,
                confidence=digit.confidence,
                evidence=digit.evidence,
            )
        )

    def _is_lost(self, track: Track, now_ns: int) -> bool:
        if not track.confirmed and track.misses >= TENTATIVE_MISSES:
            return True
        # Two frames at least: of a source that gives one a second, one bad frame is to clear nothing either.
        return now_ns < track.seen_ns or (track.misses >= 2 and now_ns - track.seen_ns > self._lost_after_ns)


def _owners(boxes: Floats, labels: NDArray[np.int64], tracks: Sequence[Track]) -> list[int]:
    """Index into `tracks` of the one that each of `boxes`, (N, 4), belongs to; -1 if it belongs to none."""
    expected = np.array([track.box for track in tracks])
    own = np.array([track.label for track in tracks])
    height, expected_height = np.maximum(boxes[:, 3, None], 1), np.maximum(expected[:, 3], 1)
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    expected_middle = expected[:, :2] + expected[:, 2:] / 2
    away = np.hypot(*(middle[:, None] - expected_middle).transpose(2, 0, 1)) / np.maximum(height, expected_height)
    growth = np.abs(np.log(height / expected_height))
    cost = away + SIZE_COST * growth + LABEL_COST * (labels[:, None] != own)
    cost[(away > REACH) | (growth > np.log(SIZE_RATIO))] = _NEVER
    _, owners, _ = lap.lapjv(cost, extend_cost=True, cost_limit=_NEVER / 2)
    return [int(owner) for owner in owners]


def _learn(track: Track, seen: Digit | Rejected, box: Floats, logs: Floats, now_ns: int, elapsed_s: float) -> None:
    """Take in what one frame says of a track."""
    track.box[:2] = box[:2] + box[2:] / 2 - track.box[2:] / 2
    grown = BOX_GAIN * (box[2:] - track.box[2:])
    track.box[2:] += grown
    track.box[:2] -= grown / 2
    kept = track.weight * float(np.exp(-elapsed_s / MEMORY_S))
    share = 1 / (kept + 1)
    track.weight = kept + 1
    track.mean += share * (logs - track.mean)
    news_share = max(share, 1 - float(np.exp(-elapsed_s / NEWS_S)))
    track.news += news_share * (logs - track.news)
    track.evidence += share * ((seen.evidence or 0.0) - track.evidence)
    track.seen_ns, track.misses = now_ns, 0
    if isinstance(seen, Digit):
        track.hits += 1
    _relabel(track)
    said = int(logs.argmax())
    confidence = seen.confidence if said == track.label else min(seen.confidence, float(np.exp(logs[track.label])))
    track.confidence += share * (confidence - track.confidence)


def _relabel(track: Track) -> None:
    """Let a track be of another digit once it clearly is."""
    newest = int(track.news.argmax())
    against = newest != track.label and track.news[newest] - track.news[track.label] >= NEWS_MARGIN
    track.contrary = track.contrary + 1 if against else 0
    if track.contrary >= NEWS_FRAMES:
        track.mean[:] = track.news
        track.weight, track.label, track.contrary = float(NEWS_FRAMES), newest, 0
        return
    likeliest = int(track.mean.argmax())
    if track.mean[likeliest] - track.mean[track.label] >= LABEL_MARGIN:
        track.label = likeliest


_NEVER = 1e3
"""Cost of what must not be."""
