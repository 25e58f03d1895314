"""What a person sees while it trains: one refreshed line on a terminal, and a line an epoch that stays."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path
from typing import TextIO

from core.run_folder import REPORT, DataSet, RunRecord
from train.fit import Epoch, Progress


def duration(seconds: float) -> str:
    """`seconds` as a person would say them: 40 s, 17 min, 2 h 5 min."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def _counts(entry: DataSet) -> str:
    writers = "writers unknown" if entry.writers is None else f"{entry.writers:,} writers"
    return f"{entry.count:,} glyphs, {writers}"


class Display:
    """Lines that stay go to `out`; the refreshed one goes to `terminal`, if that is one."""

    def __init__(self, out: TextIO | None = None, terminal: TextIO | None = None) -> None:
        self._out, self._terminal = out or sys.stdout, terminal or sys.stderr
        self._refreshed = self._terminal.isatty()
        self.part("", epochs=1, glyphs=1, later_glyphs=0)

    @classmethod
    def of_worker(cls, index: int, count: int) -> Display:
        """Of a worker that follows: nothing, after a line that says so. Its figures are worker 0's."""
        print(f"worker {index} of {count}: training with worker 0, which tells the progress and writes", flush=True)
        return cls(io.StringIO(), io.StringIO())

    def say(self, line: str) -> None:
        """A line that stays."""
        self._clear()
        print(line, file=self._out, flush=True)

    def begun(self, folder: Path, record: RunRecord) -> None:
        """What is about to be trained, on what."""
        for entry in record.data:
            self.say(f"train on {entry.name}: {_counts(entry)}")
        for entry in record.others:
            self.say(f"train against {entry.name}: {entry.count:,} glyphs")
        self.say(f"of which held out: {_counts(record.holdout)}")
        self.say(f"test on {record.test.name}: {_counts(record.test)}")
        for note in record.notes:
            self.say(f"note: {note}")
        self.say(
            f"network {record.network}, {record.parameters:,} parameters, {len(record.labels)} classes, "
            f"seed {record.seed}, to {folder}"
        )

    def finished(self, folder: Path, record: RunRecord) -> None:
        """The figures, and where to go on."""
        for words, figures in (("held out", record.metrics["holdout"]), ("test", record.metrics["test"])):
            self.say(
                f"{words}: {figures['accuracy']:.2%} of {figures['count']:,.0f} read right, "
                f"{figures['errors']:,.0f} wrong; calibration error {figures['calibration_error']:.2%}"
            )
        self.say(f"trained for {duration(record.training_seconds)}; look at {folder / REPORT}")
        self.say(f"next: python -m convert {folder}")

    def part(self, name: str, *, epochs: int, glyphs: int, later_glyphs: int) -> None:
        """A part of the run begins: `epochs` over `glyphs`, after which it will see `later_glyphs` more."""
        self._name, self._epochs, self._glyphs, self._later_glyphs = name, epochs, glyphs, later_glyphs

    def on_progress(self, progress: Progress) -> None:
        """Refresh the line."""
        if not self._refreshed:
            return
        share_left = self._epochs - progress.epoch + 1 - progress.step / progress.steps
        # At the end of a part nothing is left of it to take the pace from; the next refresh has it again.
        scale = 1 + self._later_glyphs / (share_left * self._glyphs) if share_left > 0 else 1.0
        line = (
            f"{self._name} epoch {progress.epoch} of {progress.epochs}, {progress.step / progress.steps:4.0%}: "
            f"loss {progress.loss:.4f}, accuracy {progress.accuracy:.2%}, "
            f"about {duration(progress.seconds_left * scale)} left"
        )
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{line[:width]}", end="", file=self._terminal, flush=True)

    def on_epoch(self, epoch: Epoch) -> None:
        """Leave a line about an epoch that is done."""
        held_out = "" if epoch.validation_accuracy is None else f", held out {epoch.validation_accuracy:.2%}"
        glyphs_left = (self._epochs - epoch.epoch) * self._glyphs + self._later_glyphs
        left = f", about {duration(epoch.seconds * glyphs_left / self._glyphs)} left" if glyphs_left else ""
        self.say(
            f"{self._name} epoch {epoch.epoch:2} of {self._epochs}: loss {epoch.loss:.4f}, "
            f"accuracy {epoch.accuracy:.2%}{held_out}, {duration(epoch.seconds)}{left}"
        )

    def _clear(self) -> None:
        if self._refreshed:
            print("\r\x1b[K", end="", file=self._terminal, flush=True)
