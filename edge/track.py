"""Digits followed over frames: what single frames say of one digit is put together for as long as it is in sight.

Tracking by detection, in two steps as ByteTrack has it (Zhang et al., 2022): digits that were read are given to the
tracks they are nearest to; a track that got none takes what was seen there but rejected, which keeps it alive and
starts none. All tracks are rows of one array, so that a page of digits costs little more than one. Time comes with the
frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

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

MEMORY_S = 1.0
"""Frames older than this weigh less than a third of the newest."""
NEWS_S = 0.12
"""The same of the average that tells what a digit has become, when another was written over it or a wheel turned."""
NEWS_MARGIN = 1.0
"""Nats by which the newest frames must speak against a track's label for it to start anew with what they say."""
NEWS_FRAMES = 3
"""In a row, in which they must."""
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

Rows = NDArray[Any]
"""One track a row, with the fields of `_fields`."""
Floats = NDArray[np.float64]
Places = NDArray[np.int64]


def _fields(labels: int) -> list[tuple[Any, ...]]:
    return [
        ("id", np.int64),
        ("box", np.float64, 4),  # x, y, width and height in px, as last seen
        ("mean", np.float64, labels),  # log-probabilities, averaged over the frames in memory
        ("news", np.float64, labels),  # the same of the newest frames
        ("label", np.int64),
        ("confidence", np.float64),  # averaged; of frames that read something else, what they leave for the label
        ("evidence", np.float64),  # averaged
        ("weight", np.float64),  # of what `mean` holds, in frames
        ("first_ns", np.int64),
        ("seen_ns", np.int64),
        ("hits", np.int64),  # frames in which it was read
        ("misses", np.int64),  # frames since it was seen at all
        ("contrary", np.int64),  # frames in a row in which `news` spoke against its label
    ]


class DigitTracker:
    """Follows digits."""

    def __init__(self, labels: Sequence[str], lost_after_s: float) -> None:
        """`labels` are the model's, in its order; a digit is lost once it has not been seen for `lost_after_s`."""
        self.labels = tuple(labels)
        self._index = {label: index for index, label in enumerate(labels)}
        self._lost_after_ns = round(lost_after_s * 1e9)
        self._made = 0
        self._at_ns: int | None = None
        self.rows: Rows = np.zeros(0, _fields(len(labels)))
        """Every track, the oldest first."""
        self.doubtful: Sequence[Rejected] = ()
        """What the last frame showed that might be a digit, and is none of what was read."""

    @property
    def counting(self) -> Rows:
        """A copy of the tracks that were read often enough to count."""
        return self.rows[self.rows["hits"] >= CONFIRMED_HITS]

    def update(
        self,
        digits: Sequence[Digit],
        rejected: Sequence[Rejected],
        now_ns: int,
        shift: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Take in what the frame captured at `now_ns` shows, whose picture has moved by `shift` px since the last."""
        before, self._at_ns = self._at_ns, now_ns
        elapsed_s = 0.0 if before is None else max(0, now_ns - before) / 1e9
        digits = digits[:MOST_TRACKS]
        self.rows["box"][:, :2] += shift
        self.rows["misses"] += 1
        left = self._give(digits, None, now_ns, elapsed_s)
        self.rows["hits"] += self.rows["misses"] == 0
        doubtful = [each for each in rejected if each.probabilities and each.text in self._index]
        self.doubtful = doubtful[:MOST_TRACKS]
        unseen = np.flatnonzero(self.rows["misses"])
        if len(unseen):
            self._give(self.doubtful, unseen, now_ns, elapsed_s)
            self.rows = self.rows[~self._are_lost(now_ns)]
        self._start([digits[place] for place in left[: MOST_TRACKS - len(self.rows)]], now_ns)

    def forget(self) -> None:
        """Begin anew."""
        self.rows, self._at_ns, self.doubtful = self.rows[:0], None, ()

    def _give(self, seen: Sequence[Digit | Rejected], among: Places | None, now_ns: int, elapsed_s: float) -> list[int]:
        """Give what was seen to the tracks `among` all, or to any, that it belongs to; the places of what belongs to
        none."""
        expected = self.rows["box"] if among is None else self.rows["box"][among]
        if not len(seen) or not len(expected):
            return list(range(len(seen)))
        said = _Said.of(seen)
        places, owners = _pairs(said.boxes, expected)
        if len(places):
            owners = owners if among is None else among[owners]
            order = owners.argsort()
            # Without an index, what most frames give, a track for each row, is taken in without copies.
            where = slice(None) if len(owners) == len(self.rows) else owners[order]
            _learn(self.rows, where, said.only(places[order]), elapsed_s)
            self.rows["seen_ns"][where], self.rows["misses"][where] = now_ns, 0
        if len(places) == len(seen):
            return []
        left = np.ones(len(seen), np.bool_)
        left[places] = False
        return np.flatnonzero(left).tolist()

    def _start(self, digits: Sequence[Digit], now_ns: int) -> None:
        if not digits:
            return
        new = np.zeros(len(digits), self.rows.dtype)
        new["id"] = np.arange(self._made + 1, self._made + 1 + len(digits))
        said = _Said.of(digits)
        new["box"], new["confidence"], new["evidence"] = said.boxes, said.confidence, said.evidence
        new["mean"] = new["news"] = said.logs
        new["label"] = [self._index[digit.text] for digit in digits]
        new["weight"] = new["hits"] = 1
        new["first_ns"] = new["seen_ns"] = now_ns
        self._made += len(digits)
        self.rows = np.concatenate([self.rows, new])

    def _are_lost(self, now_ns: int) -> NDArray[np.bool_]:
        misses, ago_ns = self.rows["misses"], now_ns - self.rows["seen_ns"]
        tentative = self.rows["hits"] < CONFIRMED_HITS
        # Two frames at least: of a source that gives one a second, one bad frame is to clear nothing either.
        out_of_sight = (misses >= 2) & (ago_ns > self._lost_after_ns)
        return np.asarray((ago_ns < 0) | out_of_sight | (tentative & (misses >= TENTATIVE_MISSES)))


def read(rows: Rows, labels: Sequence[str]) -> list[Digit]:
    """What all frames together say of each of some tracks."""
    mean = rows["mean"]
    shares = np.exp(mean - mean.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return [
        Digit(labels[label], confidence, box, probabilities, evidence)
        for label, confidence, box, probabilities, evidence in zip(
            rows["label"].tolist(),
            rows["confidence"].round(4).tolist(),
            boxes(rows),
            shares.round(4).tolist(),
            rows["evidence"].round(3).tolist(),
            strict=True,
        )
    ]


def boxes(rows: Rows) -> list[Box]:
    """Where some tracks are, in whole pixels."""
    whole = rows["box"].round()
    whole[:, 2:] = np.maximum(whole[:, 2:], 1)
    return list(map(Box._make, whole.astype(np.int64).tolist()))


class _Said(NamedTuple):
    """What one frame says of some places."""

    boxes: Floats
    """(N, 4): x, y, width and height in px."""
    logs: Floats
    """(N, labels): log-probabilities."""
    confidence: Floats
    evidence: Floats
    """(N,) both."""

    @classmethod
    def of(cls, seen: Sequence[Digit | Rejected]) -> _Said:
        return cls(
            np.array([each.box for each in seen], np.float64),
            np.log(np.maximum([each.probabilities for each in seen], LEAST_PROBABILITY)),
            np.array([each.confidence for each in seen]),
            np.array([each.evidence or 0.0 for each in seen]),
        )

    def only(self, places: Places) -> _Said:
        return _Said(*(part[places] for part in self))


def _pairs(boxes: Floats, expected: Floats) -> tuple[Places, Places]:
    """(of `boxes`, (N, 4); of `expected`, (M, 4)): which belong together.

    Those that are nearest to each other do. The others, a few if any, are assigned with the least cost in all.
    """
    height, expected_height = boxes[:, 3, None], expected[:, 3]
    middles, expected_middles = boxes[:, :2] + boxes[:, 2:] / 2, expected[:, :2] + expected[:, 2:] / 2
    across = middles[:, 0, None] - expected_middles[:, 0]
    down = middles[:, 1, None] - expected_middles[:, 1]
    taller = np.maximum(np.maximum(height, expected_height), 1)
    # Squared, in heights; roots are needed of what is in reach only.
    away = (across * across + down * down) / (taller * taller)
    lower = np.maximum(np.minimum(height, expected_height), 1)
    away[(away > REACH * REACH) | (taller > SIZE_RATIO * lower)] = _NEVER
    nearest, wanted_by = away.argmin(axis=1), away.argmin(axis=0)
    place = np.arange(len(boxes))
    mutual = (wanted_by[nearest] == place) & (away[place, nearest] < _NEVER)
    if mutual.all():
        return place, nearest
    places, owners = place[mutual], nearest[mutual]
    is_free = np.ones(len(expected), np.bool_)
    is_free[owners] = False
    left, free = place[~mutual], np.flatnonzero(is_free)
    rest = away[left[:, None], free]
    if not rest.size or rest.min() >= _NEVER:
        return places, owners
    _, assigned, _ = lap.lapjv(np.sqrt(rest), extend_cost=True, cost_limit=_NEVER**0.5 / 2)
    found = assigned >= 0
    return np.concatenate([places, left[found]]), np.concatenate([owners, free[assigned[found]]])


def _learn(rows: Rows, where: Places | slice, said: _Said, elapsed_s: float) -> None:
    """Take in what one frame says of the rows `where`."""
    box, logs = rows["box"][where], said.logs
    sizes = box[:, 2:] + BOX_GAIN * (said.boxes[:, 2:] - box[:, 2:])
    rows["box"][where] = np.concatenate([said.boxes[:, :2] + (said.boxes[:, 2:] - sizes) / 2, sizes], axis=1)
    weight = rows["weight"][where] * np.exp(-elapsed_s / MEMORY_S) + 1
    share = 1 / weight
    rows["weight"][where] = weight
    mean, news = rows["mean"][where], rows["news"][where]
    mean += share[:, None] * (logs - mean)
    news += np.maximum(share, 1 - np.exp(-elapsed_s / NEWS_S))[:, None] * (logs - news)
    rows["mean"][where], rows["news"][where] = mean, news
    rows["evidence"][where] += share * (said.evidence - rows["evidence"][where])
    _relabel(rows, where)
    label = rows["label"][where]
    confidence = said.confidence
    differs = logs.argmax(axis=1) != label
    if differs.any():
        leaves = np.exp(logs[np.arange(len(label)), label])
        confidence = np.where(differs, np.minimum(confidence, leaves), confidence)
    rows["confidence"][where] += share * (confidence - rows["confidence"][where])


def _relabel(rows: Rows, where: Places | slice) -> None:
    """Let tracks be of another digit once they clearly are."""
    label, news, mean = rows["label"][where], rows["news"][where], rows["mean"][where]
    newest, likeliest = news.argmax(axis=1), mean.argmax(axis=1)
    if (newest == label).all() and (likeliest == label).all():
        rows["contrary"][where] = 0
        return
    place = np.arange(len(label))
    against = news[place, newest] - news[place, label] >= NEWS_MARGIN
    contrary = np.where(against, rows["contrary"][where] + 1, 0)
    anew = contrary >= NEWS_FRAMES
    ahead = mean[place, likeliest] - mean[place, label] >= LABEL_MARGIN
    rows["label"][where] = np.where(anew, newest, np.where(ahead, likeliest, label))
    rows["mean"][where] = np.where(anew[:, None], news, mean)
    rows["weight"][where] = np.where(anew, NEWS_FRAMES, rows["weight"][where])
    rows["contrary"][where] = np.where(anew, 0, contrary)


_NEVER = 1e3
"""Cost of what must not be."""
