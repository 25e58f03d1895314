"""Networks side by side: each trained by its own recipe, converted, and measured as the int8 file that would ship."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import atomic, run_folder
from core.dataset import GlyphSet
from core.errors import TrainingError
from train import cost, keras_file
from train.robustness.measure import Robustness, measure_file

YARDSTICK = "ResNet-8"
"""The name under which `cost.resnet8` stands among the networks."""

OPEN_GATES = "convert: {min_accuracy: 0.0, max_disagreement: 1.0}\n"
"""Config for the converter: here the figures are wanted, however bad."""


@dataclass(frozen=True)
class Compared:
    """One network, trained and measured."""

    name: str
    parameters: int
    macs: int
    time_us: float
    time_share: float
    """Of the time of `YARDSTICK`, measured in turn with it."""
    training_seconds: float
    robustness: Robustness

    def figures(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {
            "network": self.name,
            "parameters": self.parameters,
            "macs": self.macs,
            "time_us": self.time_us,
            "time_share": self.time_share,
            "training_seconds": self.training_seconds,
            **self.robustness.figures(),
        }


def converted(run: Path, folder: Path) -> Path:
    """The model file that `python -m convert` makes of `run`, in `folder`. Raises TrainingError with what it says."""
    gates = folder / "convert.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    atomic.write(gates, OPEN_GATES.encode())
    output = folder / f"{run.name}.tflite"
    command = [sys.executable, "-m", "convert", str(run), "--config", str(gates), "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 — our own program
    if done.returncode:
        reason = (done.stderr.strip() or "it gave no reason").splitlines()[-1]
        raise TrainingError(f"{run}: cannot be converted; {reason}")
    return output


def compare(
    runs: Sequence[Path],
    folder: Path,
    test: GlyphSet,
    elsewhere: Sequence[GlyphSet],
    others: Sequence[GlyphSet],
    say: Callable[[str], None],
) -> list[Compared]:
    """The finished `runs`, converted into `folder` and measured."""
    files = {}
    for run in runs:
        say(f"converting {run}")
        files[run] = converted(run, folder)
    times = cost.median_times_us(
        {YARDSTICK: cost.quantised_untrained(cost.resnet8())}
        | {run.name: file.read_bytes() for run, file in files.items()}
    )
    compared = []
    for run, file in files.items():
        say(f"measuring {file}")
        record = run_folder.read_record(run)
        network, _ = keras_file.load(run / run_folder.MODEL)
        compared.append(
            Compared(
                name=record.network,
                parameters=record.parameters,
                macs=cost.macs(network),
                time_us=times[run.name],
                time_share=times[run.name] / times[YARDSTICK],
                training_seconds=record.training_seconds,
                robustness=measure_file(file, test, elsewhere, others),
            )
        )
    return compared


COLUMNS: tuple[tuple[str, Callable[[dict[str, Any]], str]], ...] = (
    ("network", lambda figures: figures["network"]),
    ("parameters", lambda figures: f"{figures['parameters']:,}"),
    ("MMAC", lambda figures: f"{figures['macs'] / 1e6:.2f}"),
    ("file", lambda figures: f"{figures['bytes'] / 1000:.1f} kB"),
    ("time a glyph", lambda figures: f"{figures['time_share']:.2f}"),
    ("accuracy", lambda figures: f"{figures['accuracy']:.2%}"),
    ("corrupted, mean", lambda figures: f"{figures['corrupted_mean']:.1%}"),
    ("corrupted, worst", lambda figures: f"{figures['corrupted_worst']:.1%}"),
    ("AUROC", lambda figures: f"{figures['auroc']:.4f}"),
    ("rejected", lambda figures: f"{figures['rejected']:.1%}"),
    ("calibration error", lambda figures: f"{figures['calibration_error']:.2%}"),
    ("the same, corrupted", lambda figures: f"{figures['corrupted_calibration_error']:.2%}"),
    ("training", lambda figures: f"{figures['training_seconds'] / 60:.0f} min"),
)


def table(compared: Sequence[dict[str, Any]]) -> str:
    """Markdown: a row for the `Compared.figures` of each network."""
    return markdown([name for name, _ in COLUMNS], [[cell(figures) for _, cell in COLUMNS] for figures in compared])


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; the first column is text, the others are figures."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
