"""How well a labelled folder is read: exact images, digit error rate, false digits.

The digit error rate is the Levenshtein distance between the digits read and the label, summed, over the label's digits
(Levenshtein, 1966). On images without digits every digit read is a false one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Annotated

from msgspec import Meta

from core.errors import ImageError, LabelsError
from core.picture import is_file

LABELS_NAME = "labels.csv"

TOTAL_NAME = "all"

Count = Annotated[int, Meta(ge=0, lt=2**53)]
"""More than 2⁵³ is no whole number to other readers of JSON."""


@dataclass(slots=True)
class Row:
    """The score of one sub-folder, or of several together."""

    images: Count = 0
    exact: Count = 0
    errors: Count = 0
    """Digit errors on images with digits."""
    digits: Count = 0
    empty_images: Count = 0
    """Images without digits."""
    empty_exact: Count = 0
    false_digits: Count = 0
    """Digits read on them."""
    files: dict[str, str] = field(default_factory=dict)
    """What was read in each file; a total has none, its rows have them."""

    def add(self, name: str, wanted: str, read: str) -> None:
        """Count one image."""
        self.files[name] = read
        if wanted:
            self.images += 1
            self.exact += read == wanted
            self.errors += edit_distance(wanted, read)
            self.digits += len(wanted)
        else:
            self.empty_images += 1
            self.empty_exact += not read
            self.false_digits += len(read)

    def __iadd__(self, other: Row) -> Row:
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    @property
    def error_rate(self) -> float:
        """Digit errors a digit."""
        return self.errors / self.digits if self.digits else 0.0


COUNTS = tuple(name for name in Row.__slots__ if name != "files")


def edit_distance(wanted: str, read: str) -> int:
    """The fewest insertions, deletions and substitutions that turn one text into the other."""
    previous = list(range(len(read) + 1))
    for row, want in enumerate(wanted, 1):
        current = [row]
        for column, got in enumerate(read, 1):
            current.append(min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (want != got)))
        previous = current
    return previous[-1]


def read_labels(folder: Path) -> dict[str, str]:
    """File → digits, from labels.csv in `folder`: its column `digits`, or the digits of its column `text`.

    Raises LabelsError, one line, if the file is missing, has no such columns, is empty, or names a file that is not
    there.
    """
    path = folder / LABELS_NAME
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except FileNotFoundError:
        raise LabelsError(f"{path}: no such file; it needs the columns file and digits") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabelsError(f"{path}: cannot be read ({error})") from None
    if not rows:
        raise LabelsError(f"{path}: names no files; each line is one, under the columns file and digits")
    columns = rows[0].keys()
    column = "digits" if "digits" in columns else "text"
    if "file" not in columns or column not in columns:
        found = ", ".join(str(name) for name in columns)
        raise LabelsError(f"{path}: has the columns {found}; it needs file and digits")
    labels = {}
    for number, row in enumerate(rows, 2):
        name = row["file"]
        if not name or row[column] is None:
            raise LabelsError(f"{path}: line {number} has too few columns")
        if not is_file(folder / name):
            raise LabelsError(f"{path}: line {number} names {name}, which is not in {folder}")
        labels[name] = re.sub("[^0-9]", "", row[column])
    return labels


def score(
    folder: Path, labels: dict[str, str], read: Callable[[Path], str], warn: Callable[[str], None]
) -> dict[str, Row]:
    """Sub-folder → row, in the order of their names. `labels` are those of `read_labels`, `read` gives the digits of a
    picture, `warn` hears of unreadable ones."""
    rows: dict[str, Row] = {}
    for name, wanted in sorted(labels.items()):
        try:
            digits = read(folder / name)
        except ImageError as error:
            warn(str(error))
            digits = ""
        rows.setdefault(sub_folder(name), Row()).add(name, wanted, digits)
    return rows


def sub_folder(name: str) -> str:
    """The row that a file of labels.csv counts in."""
    return str(PurePosixPath(name).parent)


def total(rows: dict[str, Row]) -> Row:
    """All rows together."""
    together = Row()
    for row in rows.values():
        together += row
    return together


def with_total(rows: dict[str, Row]) -> dict[str, Row]:
    """The rows, and after them all together: what `--json` prints."""
    return {**rows, TOTAL_NAME: total(rows)}


def table(rows: dict[str, Row]) -> str:
    """The rows as people read them."""
    width = max(14, *(len(name) for name in rows)) + 2
    lines = [f"{'folder':{width}}images  exact           digit errors            false digits where there are none"]
    for name, row in with_total(rows).items():
        line = f"{name:{width}}{row.images + row.empty_images:6}"
        if row.images:
            line += f"  {row.exact:5} ({row.exact / row.images:4.0%})"
            line += f"  {row.errors:5} of {row.digits:5} ({row.error_rate:6.2%})"
        else:
            line += " " * 38
        if row.empty_images:
            line += f"  {row.false_digits:4}, none on {row.empty_exact} of {row.empty_images} images"
        lines.append(line)
    return "\n".join(lines)
