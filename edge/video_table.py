"""The figures of labelled videos as people read them."""

from __future__ import annotations

from collections.abc import Callable

from edge.clip_tally import Delays, Rate, Times, Told, VideoRow
from edge.score import TOTAL_NAME

Column = tuple[str, Callable[[VideoRow], str]]

CONFIRMED: tuple[Column, ...] = (
    ("videos", lambda row: str(row.videos)),
    ("numbers", lambda row: str(row.delay.asked)),
    ("delay 50 / 95 %", lambda row: _delays(row.delay)),
    ("in 1 s", lambda row: _share(row.delay.soon, row.delay.asked)),
    ("never", lambda row: str(row.delay.never)),
    ("told", lambda row: str(row.told.right + row.told.wrong)),
    ("wrong", lambda row: _wrong(row.told)),
    ("again/min still", lambda row: _rate(row.flicker_still)),
    ("moving", lambda row: _rate(row.flicker_moving)),
    ("cleared 50 / 95 %", lambda row: _delays(row.cleared)),
    ("never", lambda row: f"{row.cleared.never} of {row.cleared.asked}" if row.cleared.asked else ""),
)
FRAMES: tuple[Column, ...] = (
    ("in all", lambda row: str(row.confirmed.seen)),
    ("confirmed right", lambda row: _share(row.confirmed.right, row.confirmed.seen)),
    ("wrong", lambda row: _share(row.confirmed.wrong, row.confirmed.seen)),
    ("single right", lambda row: _share(row.single.right, row.single.seen)),
    ("wrong", lambda row: _share(row.single.wrong, row.single.seen)),
    ("changes/min still", lambda row: _rate(row.single_changes_still)),
    ("moving", lambda row: _rate(row.single_changes_moving)),
)
TIMES: tuple[Column, ...] = (
    ("frames", lambda row: str(row.frames)),
    ("reading 50 / 95 %", lambda row: _times(row.reading_ms)),
    ("following 50 / 95 %", lambda row: _times(row.following_ms)),
)


def table(rows: dict[str, VideoRow]) -> str:
    """Rows of `score_videos`, in blocks of lines."""
    every = rows[TOTAL_NAME].every
    frames = "each frame" if every == 1 else f"one frame in {every}"
    return "\n".join(
        [
            *block(rows, "confirmed", CONFIRMED),
            "",
            *block(rows, "numbers in frames", FRAMES),
            f"single: {frames} read by itself, without those before",
            "",
            *block(rows, "time of a frame", TIMES),
        ]
    )


def block(rows: dict[str, VideoRow], title: str, columns: tuple[Column, ...]) -> list[str]:
    """Lines with a heading, as wide as what is in them."""
    lines = [[title, *(heading for heading, _ in columns)]]
    lines += [[name, *(cell(row) for _, cell in columns)] for name, row in rows.items()]
    return aligned(lines)


def aligned(lines: list[list[str]]) -> list[str]:
    """Lines of as many cells each, the first to the left."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def _share(count: int, of: int) -> str:
    return f"{count / of:.1%}" if of else ""


def _rate(rate: Rate) -> str:
    return "" if rate.a_minute is None else f"{rate.a_minute:.1f}"


def _delays(delays: Delays) -> str:
    if delays.median_s is None or delays.p95_s is None:
        return ""
    return f"{delays.median_s:.2f} / {delays.p95_s:.2f} s"


def _wrong(told: Told) -> str:
    return "0" if told.one_in is None else f"{told.wrong}, 1 in {told.one_in:.1f}"


def _times(times: Times) -> str:
    return "" if times.median is None or times.p95 is None else f"{times.median:.2f} / {times.p95:.2f} ms"
