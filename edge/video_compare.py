"""Two scores of labelled videos side by side, so that a change that costs a kind is seen."""

from __future__ import annotations

from pathlib import Path

import msgspec

from core.errors import UsageError
from edge import score_compare
from edge.clip_tally import Slip, VideoRow
from edge.score import TOTAL_NAME
from edge.score_compare import MOST_LISTED, Mark
from edge.video_table import aligned

EXPECTED = "a file that digit-reader score --video PATH --json wrote"


class VideoComparison(msgspec.Struct, frozen=True):
    """One object of `--json --compare`: both runs, and what differs."""

    before: dict[str, VideoRow]
    after: dict[str, VideoRow]
    marks: dict[str, Mark]
    new_slips: list[Slip]
    """Of the later run, those that the earlier one has none like: the same thing with the same number of one video."""


def load(path: Path, every: int) -> dict[str, VideoRow]:
    """Kind → row of an earlier run, from the file that `score --video --json` printed to.

    Of `every` so many frames one will be read by itself now. Raises UsageError, one line, if the file is missing or
    something else, or has what was scored with another `every`.
    """
    rows = score_compare.decode(path, dict[str, VideoRow], EXPECTED)
    if TOTAL_NAME not in rows or len(rows) < 2:
        raise UsageError(f"--compare {path}: is JSON of another shape (no rows, or no {TOTAL_NAME}); name {EXPECTED}")
    was = rows[TOTAL_NAME].every
    if was != every:
        raise UsageError(
            f"--compare {path}: was scored with --every {was}, and this is --every {every}; try --every {was}"
        )
    return rows


def compare(before: dict[str, VideoRow], after: dict[str, VideoRow]) -> VideoComparison:
    """Two runs, kind by kind. Raises UsageError if they have no kind in common."""
    if before.keys() & after.keys() == {TOTAL_NAME}:
        raise UsageError(
            f"--compare: scores the kinds {_few(before)}, and these are {_few(after)}; name a run on the same videos"
        )
    names = [*sorted((before.keys() | after.keys()) - {TOTAL_NAME}), TOTAL_NAME]
    marks = {name: _mark(before.get(name), after.get(name)) for name in names}
    known = {(slip.video, slip.what, slip.wanted) for slip in before[TOTAL_NAME].slips}
    slips = [slip for slip in after[TOTAL_NAME].slips if (slip.video, slip.what, slip.wanted) not in known]
    return VideoComparison(before, after, marks, slips)


def table(comparison: VideoComparison) -> str:
    """The comparison as people read it."""
    headings = ["in 1 s", "never", "delay 50 %", "wrong", "told again", "not cleared", "frames right", "frames wrong"]
    lines = [["kind", *headings, ""]]
    for name, mark in comparison.marks.items():
        both = zip(_cells(comparison.before.get(name)), _cells(comparison.after.get(name)), strict=True)
        cells = [was if was == now else f"{was} → {now}" for was, now in both]
        lines.append([name, *cells, "" if mark == "same" else mark])
    shown = aligned(lines)
    slips = comparison.new_slips
    if slips:
        shown += ["", f"new: {len(slips)}"]
        shown += [
            f"  {slip.video} at {slip.at_s:.2f} s, {slip.what}: {slip.wanted or 'nothing'} is there, "
            f"{slip.read or 'nothing'} was told"
            for slip in slips[:MOST_LISTED]
        ]
    if len(slips) > MOST_LISTED:
        shown.append(f"  and {len(slips) - MOST_LISTED} more, which --json names")
    return "\n".join(shown)


def _cells(row: VideoRow | None) -> list[str]:
    """A row's cells under the headings; – where there is none."""
    if row is None:
        return ["–"] * 8
    return [
        str(row.delay.soon),
        str(row.delay.never),
        "" if row.delay.median_s is None else f"{row.delay.median_s:.2f} s",
        str(row.told.wrong),
        str(row.flicker_still.count + row.flicker_moving.count),
        str(row.cleared.never),
        str(row.confirmed.right),
        str(row.confirmed.wrong),
    ]


def _mark(before: VideoRow | None, after: VideoRow | None) -> Mark:
    if before is None:
        return "only after"
    if after is None:
        return "only before"
    if _size(before) != _size(after):
        return "other videos"
    gains = [now - was for was, now in zip(_merits(before), _merits(after), strict=True)]
    better, worse = max(gains) > 0, min(gains) < 0
    if better and worse:
        return "mixed"
    if worse:
        return "worse"
    return "better" if better else "same"


def _size(row: VideoRow) -> tuple[int, ...]:
    return row.videos, row.frames, row.delay.asked, row.confirmed.seen


def _merits(row: VideoRow) -> list[float]:
    """What is the better the more there is of it. Times that the machine took are none, it may have been busy."""
    return [
        row.delay.soon,
        -row.delay.never,
        -(row.delay.median_s or 0.0),
        -row.told.wrong,
        -row.flicker_still.count,
        -row.flicker_moving.count,
        -row.cleared.never,
        row.confirmed.right,
        -row.confirmed.wrong,
    ]


def _few(rows: dict[str, VideoRow]) -> str:
    return score_compare.few(rows.keys() - {TOTAL_NAME})
