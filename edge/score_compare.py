"""Two scores of one folder side by side, so that a change that costs a row is seen."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from core import bounded
from core.errors import UsageError
from edge.score import TOTAL_NAME, Row, sub_folder, with_total

MOST_LISTED = 20
"""Files the table names of a kind; the JSON names them all."""

MOST_FOLDERS_NAMED = 5
"""In an error, which is one line."""

LARGEST_FILE_BYTES = 64 * 2**20
"""Half a million files of some hundred bytes each."""

COLUMNS = ("images", "exact", "digit errors", "false digits")

CELL_WIDTH = 17
"""Room for 12,345 of something before and after."""

EXPECTED = "a file that digit-reader score DIR --json wrote"

Mark = Literal["same", "better", "worse", "mixed", "other images", "other videos", "only before", "only after"]
"""`mixed`: better in one figure and worse in another. `other images`: not as many of them, or not as many digits."""

Rows = TypeVar("Rows")


class Changed(msgspec.Struct, frozen=True):
    """A file that was read right in one run only."""

    file: str
    digits: str
    """Of the label."""
    before: str
    after: str


class Comparison(msgspec.Struct, frozen=True):
    """One object of `--json --compare`: both runs, each with its total, and what differs."""

    before: dict[str, Row]
    after: dict[str, Row]
    marks: dict[str, Mark]
    no_longer_exact: list[Changed] | None
    """None if the earlier run does not say what was read in each file."""
    newly_exact: list[Changed] | None


def load(path: Path, folder: Path, labels: dict[str, str]) -> dict[str, Row]:
    """Sub-folder → row of an earlier run, from the file that `score --json` printed to; one without `files` is taken.

    `folder` and its `labels` are those scored now. Raises UsageError, one line, if the file is missing, is something
    else, or has none of the sub-folders of `labels`.
    """
    rows = decode(path, dict[str, Row], EXPECTED)
    place = f"--compare {path}"
    together = rows.pop(TOTAL_NAME, None)
    if not rows or together is None or not all(row.images + row.empty_images for row in rows.values()):
        raise UsageError(f"{place}: is JSON of another shape (no rows, or no {TOTAL_NAME}); name {EXPECTED}")
    folders = {sub_folder(name) for name in labels}
    if folders.isdisjoint(rows):
        raise UsageError(
            f"{place}: scores the folders {few(rows)}, and {folder} has {few(folders)}; name a run on {folder}"
        )
    return rows


def decode(path: Path, shape: type[Rows], expected: str) -> Rows:
    """What is in the file that `--compare` names. Raises UsageError, one line, which names what is `expected`."""
    place = f"--compare {path}"
    try:
        content = bounded.read(path, LARGEST_FILE_BYTES)
    except OSError as error:
        raise UsageError(f"{place}: cannot be read ({error.strerror}); name {expected}") from None
    except bounded.TooLarge as error:
        raise UsageError(f"{place}: {error}; name {expected}") from None
    try:
        return msgspec.json.decode(content, type=shape)
    except msgspec.ValidationError as error:
        raise UsageError(f"{place}: is JSON of another shape ({error}); name {expected}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{place}: is not JSON ({error}); name {expected}") from None


def compare(before: dict[str, Row], after: dict[str, Row], labels: dict[str, str]) -> Comparison:
    """Two runs with the same `labels`, row by row and file by file."""
    first, second = with_total(before), with_total(after)
    names = [*sorted(before.keys() | after.keys()), TOTAL_NAME]
    marks = {name: _mark(first.get(name), second.get(name)) for name in names}
    read_before = _files(before)
    read_after = _files(after)
    lost, won = [], []
    for name in sorted(read_before.keys() & read_after.keys() & labels.keys()):
        changed = Changed(name, labels[name], read_before[name], read_after[name])
        was, now = changed.before == changed.digits, changed.after == changed.digits
        if was and not now:
            lost.append(changed)
        elif now and not was:
            won.append(changed)
    return Comparison(first, second, marks, *((lost, won) if read_before else (None, None)))


def table(comparison: Comparison) -> str:
    """The comparison as people read it."""
    width = max(14, *(len(name) for name in comparison.marks)) + 2
    lines = ["folder".ljust(width) + "".join(f"{column:>{CELL_WIDTH}}" for column in COLUMNS)]
    for name, mark in comparison.marks.items():
        both = zip(_figures(comparison.before.get(name)), _figures(comparison.after.get(name)), strict=True)
        cells = "".join(f"{_cell(*figures):>{CELL_WIDTH}}" for figures in both)
        lines.append(f"{name:{width}}{cells}  {'' if mark == 'same' else mark}".rstrip())
    if comparison.no_longer_exact is None or comparison.newly_exact is None:
        lines += ["", "Which files changed is not known: the earlier run does not say what was read in each."]
    else:
        lines += _listed("exact before, not after", comparison.no_longer_exact)
        lines += _listed("exact after, not before", comparison.newly_exact)
    return "\n".join(lines)


def _mark(before: Row | None, after: Row | None) -> Mark:
    if before is None:
        return "only after"
    if after is None:
        return "only before"
    if (before.images, before.digits, before.empty_images) != (after.images, after.digits, after.empty_images):
        return "other images"
    gains = [
        after.exact - before.exact,
        before.errors - after.errors,
        before.false_digits - after.false_digits,
    ]
    better, worse = max(gains) > 0, min(gains) < 0
    if better and worse:
        return "mixed"
    if worse:
        return "worse"
    return "better" if better else "same"


def _files(rows: dict[str, Row]) -> dict[str, str]:
    return {name: digits for row in rows.values() for name, digits in row.files.items()}


def _figures(row: Row | None) -> list[int | None]:
    """A row's cells under COLUMNS; None where it has no images of the kind."""
    if row is None:
        return [None] * len(COLUMNS)
    return [
        row.images + row.empty_images,
        row.exact if row.images else None,
        row.errors if row.images else None,
        row.false_digits if row.empty_images else None,
    ]


def _cell(before: int | None, after: int | None) -> str:
    """`before → after`; one number if they are the same, – where a run has none, nothing if neither has."""
    if before == after:
        return "" if after is None else str(after)
    return f"{'–' if before is None else before} → {'–' if after is None else after}"


def _listed(title: str, files: list[Changed]) -> list[str]:
    if not files:
        return []
    lines = ["", f"{title}: {len(files)}"]
    lines += [
        f"  {each.file}: {each.digits or 'nothing'} is there, "
        f"read {each.before or 'nothing'} before, {each.after or 'nothing'} after"
        for each in files[:MOST_LISTED]
    ]
    if len(files) > MOST_LISTED:
        lines.append(f"  and {len(files) - MOST_LISTED} more, which --json names")
    return lines


def few(names: Iterable[str]) -> str:
    """Some names, for a line."""
    some = [repr(name) for name in sorted(names)]
    return ", ".join(some[:MOST_FOLDERS_NAMED]) + (", ..." if len(some) > MOST_FOLDERS_NAMED else "")
