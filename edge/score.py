"""How well a labelled folder is read: exact images, digit error rate, false digits.

The digit error rate is the Levenshtein distance between the digits read and the label, summed, over the label's digits
(Levenshtein, 1966). On images without digits every digit read is a false one.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Annotated

from msgspec import Meta

from core import bounded
from core.errors import ImageError, LabelsError
from core.picture import is_file, is_folder

LABELS_NAME = "labels.csv"

TOTAL_NAME = "all"

LARGEST_FILE_BYTES = 64 * 2**20
"""Half a million files of some hundred bytes each."""

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

    Raises LabelsError, one line, if the file is missing, has no such columns or no header, is empty, names a file twice
    with different digits or one that is not in `folder`, or has letters where digits are to be.
    """
    path = folder / LABELS_NAME
    header, rows = _rows(path)
    column = "digits" if "digits" in header else "text"
    if "file" not in header or column not in header:
        found = ", ".join(header)
        if is_file(folder / header[0]):
            raise LabelsError(f"{path}: has no header, its first line is {found}; put file,digits above it")
        raise LabelsError(f"{path}: has the columns {found}; it needs file and digits")
    if not rows:
        raise LabelsError(f"{path}: names no files; each line is one, under the columns file and digits")
    labels: dict[str, str] = {}
    for number, row in rows:
        name, written = row["file"], row[column]
        place = f"{path}: line {number}"
        if not name or written is None:
            raise LabelsError(f"{place} has too few columns")
        _check_name(name, folder, place)
        digits = _digits(written, column, place)
        plain = str(PurePosixPath(name))
        if labels.setdefault(plain, digits) != digits:
            raise LabelsError(f"{place} gives {name} the digits {digits!r}, and before {labels[plain]!r}; keep one")
    return labels


def _rows(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str | None]]]]:
    """(header, lines with their numbers) of a table. Raises LabelsError."""
    try:
        text = bounded.read(path, LARGEST_FILE_BYTES).decode("utf-8-sig")
        table_ = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows = [(table_.line_num, row) for row in table_]
    except FileNotFoundError:
        raise LabelsError(f"{path}: no such file; it needs the columns file and digits") from None
    except OSError as error:
        raise LabelsError(f"{path}: cannot be read ({error.strerror})") from None
    except bounded.TooLarge as error:
        raise LabelsError(f"{path}: {error}; it needs the columns file and digits, a line a picture") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise LabelsError(f"{path}: cannot be read ({error})") from None
    if not table_.fieldnames:
        raise LabelsError(f"{path}: names no files; each line is one, under the columns file and digits")
    return list(table_.fieldnames), rows


def _check_name(name: str, folder: Path, place: str) -> None:
    """Raises LabelsError unless a file in `folder` has that name."""
    inside = PurePosixPath(name)
    if inside.is_absolute() or ".." in inside.parts:
        raise LabelsError(f"{place} names {name}, which leaves {folder}; name a file in it")
    if is_folder(folder / name):
        raise LabelsError(f"{place} names {name}, which is a folder; name the files in it, one a line")
    if not is_file(folder / name):
        raise LabelsError(f"{place} names {name}, which is not in {folder}")


def _digits(written: str, column: str, place: str) -> str:
    """The digits to be read. A text may have points and signs between them; letters would be lost as silently.

    Raises LabelsError.
    """
    if column == "digits" and not re.fullmatch("[0-9 ]*", written):
        raise LabelsError(f"{place} has the digits {written!r}; allowed are 0 to 9, or nothing if it shows none")
    digits = re.sub("[^0-9]", "", written)
    if any(character.isalnum() and character not in digits for character in written):
        raise LabelsError(f"{place} has the text {written!r}; letters need a column digits beside it, with 0 to 9 only")
    return digits


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
    lines = [f"{'folder':{width}}images  {'exact':21}  {'digit errors':23}  false digits where there are none"]
    for name, row in with_total(rows).items():
        line = f"{name:{width}}{row.images + row.empty_images:6}"
        if row.images:
            line += f"  {row.exact:5} of {row.images:5} ({row.exact / row.images:4.0%})"
            line += f"  {row.errors:5} of {row.digits:5} ({row.error_rate:6.2%})"
        else:
            line += " " * 48
        if row.empty_images:
            line += f"  {row.false_digits:4}, none on {row.empty_exact} of {row.empty_images} images"
        lines.append(line)
    return "\n".join(lines)
