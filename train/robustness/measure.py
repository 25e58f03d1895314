"""How a model file bears what it will meet: corrupted digits, digits of other hands, and what is no digit.

Everything is measured on the int8 file itself, with the temperature and the thresholds inside it. Nothing that is
measured on here is trained or fitted on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import model_file
from core.dataset import GlyphSet
from core.evaluation import Evaluation, evaluate, evidence, log_softmax
from core.interpreter import Interpreter
from core.manifest import Manifest
from core.reject import RejectRule
from train.robustness import corruptions, unseen

SEED = 2026
"""Of what is drawn and corrupted: the same for every model."""

UNSEEN_COUNT = 1000
"""Glyphs of each kind that is drawn."""

DIGITS_LOST = 0.005
"""Share of true digits at which rejection is measured."""


@dataclass(frozen=True)
class Rejection:
    """One kind of glyph that is no digit, told from digits by the score that the reject uses."""

    count: int
    auroc: float
    """Probability that a digit scores higher than one of these; 1 is perfect, 0.5 is chance."""
    rejected: float
    """Share rejected where DIGITS_LOST of the digits are."""
    rejected_as_shipped: float
    """Share rejected by the thresholds in the file."""


@dataclass(frozen=True)
class Robustness:
    """One model file, measured."""

    path: Path
    bytes: int
    clean: Evaluation
    corrupted: dict[str, Evaluation]
    """By kind."""
    elsewhere: dict[str, Evaluation]
    """By set."""
    lost_as_shipped: float
    """Share of clean digits rejected by the thresholds in the file."""
    rejections: dict[str, Rejection]
    """By kind."""
    accuracy_float: float | None
    agreement: float | None
    """Of the network before it was quantised, and the share of test glyphs it and the file read alike, as the converter
    measured them; None if it did not."""

    def figures(self) -> dict[str, Any]:
        """All of it, for JSON. Kinds count alike in means, however many glyphs they have."""
        corrupted = {kind: read.accuracy for kind, read in self.corrupted.items()}
        return {
            "file": str(self.path),
            "bytes": self.bytes,
            "accuracy": self.clean.accuracy,
            "errors": self.clean.errors,
            "accuracy_float": self.accuracy_float,
            "agreement": self.agreement,
            "calibration_error": self.clean.calibration_error,
            "corrupted_mean": float(np.mean(list(corrupted.values()))),
            "corrupted_worst": min(corrupted.values()),
            "corrupted_calibration_error": float(np.mean([read.calibration_error for read in self.corrupted.values()])),
            "elsewhere": {name: read.accuracy for name, read in self.elsewhere.items()},
            "auroc": float(np.mean([kind.auroc for kind in self.rejections.values()])),
            "rejected": float(np.mean([kind.rejected for kind in self.rejections.values()])),
            "lost_as_shipped": self.lost_as_shipped,
            "rejected_as_shipped": float(np.mean([kind.rejected_as_shipped for kind in self.rejections.values()])),
            "corrupted": corrupted,
            "unseen": {
                kind: {"auroc": entry.auroc, "rejected": entry.rejected, "count": entry.count}
                for kind, entry in self.rejections.items()
            },
        }


def measure_file(path: Path, test: GlyphSet, elsewhere: Sequence[GlyphSet], others: Sequence[GlyphSet]) -> Robustness:
    """The model file at `path`, measured on `test` and its corruptions, on `elsewhere` and on what is no digit.

    The labels of `others` are kinds; to them come those of `train.robustness.unseen`. Raises ModelFileError.
    """
    model = model_file.read(path)
    interpreter, manifest = Interpreter.of(model, place=str(path)), model.manifest
    labels = tuple(manifest.labels)

    def read(pixels: NDArray[np.uint8], targets: NDArray[np.int64]) -> Evaluation:
        return evaluate(interpreter.classify(pixels) / manifest.temperature, targets, labels)

    known = test.relabelled(labels)
    logits = interpreter.classify(known.pixels)
    digits = _Scores(known.pixels, logits, manifest)
    by_converter = {name: measured.value for name, measured in manifest.metrics.items()}
    return Robustness(
        path=path,
        bytes=path.stat().st_size,
        clean=evaluate(logits / manifest.temperature, known.targets, labels),
        corrupted={
            kind: read(corruptions.corrupted(known.pixels, kind, SEED), known.targets) for kind in corruptions.KINDS
        },
        elsewhere={
            glyphs.name: read(glyphs.pixels, glyphs.targets)
            for glyphs in (glyphs.relabelled(labels) for glyphs in elsewhere)
        },
        lost_as_shipped=float(digits.rejected.mean()),
        rejections={
            kind: _rejection(digits, _Scores(pixels, interpreter.classify(pixels), manifest))
            for kind, pixels in unseen_glyphs(known, others).items()
        },
        accuracy_float=by_converter.get("accuracy_float"),
        agreement=by_converter.get("agreement"),
    )


FIGURES: tuple[tuple[str, str, str], ...] = (
    ("accuracy", "accuracy", ".2%"),
    ("calibration_error", "calibration error", ".2%"),
    ("corrupted_mean", "accuracy, corrupted, mean over kinds", ".2%"),
    ("corrupted_worst", "accuracy, corrupted, worst kind", ".2%"),
    ("corrupted_calibration_error", "calibration error, corrupted, mean over kinds", ".2%"),
    ("auroc", "digits told from what is none, AUROC, mean over kinds", ".4f"),
    ("rejected", f"rejected of what is no digit, where {DIGITS_LOST:.1%} of digits are", ".1%"),
    ("lost_as_shipped", "digits rejected by the thresholds in the file", ".2%"),
    ("rejected_as_shipped", "rejected of what is no digit by the thresholds in the file", ".1%"),
)
"""Key in `Robustness.figures`, in words, and how it is written."""


def table(measured: Sequence[Robustness]) -> str:
    """Text: a line a figure, a column a file; of several files also their mean and standard deviation."""
    all_figures = [entry.figures() for entry in measured]
    lines = [_line("", [entry.path.name for entry in measured], "mean ± sd" if len(measured) > 1 else "")]

    def add(name: str, values: Sequence[float], form: str) -> None:
        spread = f"{mean(values):{form}} ± {stdev(values):{form}}" if len(values) > 1 else ""
        lines.append(_line(name, [f"{value:{form}}" for value in values], spread))

    for key, name, form in FIGURES:
        add(name, [figures[key] for figures in all_figures], form)
    for group, key, form in (("elsewhere", None, ".2%"), ("corrupted", None, ".2%"), ("unseen", "auroc", ".4f")):
        lines += ["", f"{group}{'' if key is None else f', {key}'}"]
        for kind in all_figures[0][group]:
            values = [figures[group][kind] for figures in all_figures]
            add(f"  {kind}", values if key is None else [value[key] for value in values], form)
    return "\n".join(lines)


def _line(name: str, cells: Sequence[str], spread: str) -> str:
    return f"{name:<62}" + "".join(f"{cell:>18}" for cell in cells) + f"   {spread}".rstrip()


def unseen_glyphs(digits: GlyphSet, others: Sequence[GlyphSet]) -> dict[str, NDArray[np.uint8]]:
    """uint8 (N, 28, 28) by kind: what no network was trained against, drawn, made of `digits`, and in `others`."""
    glyphs = {kind: unseen.made(kind, UNSEEN_COUNT, SEED) for kind in unseen.KINDS}
    for kind, make in unseen.FROM_DIGITS.items():
        glyphs[kind] = make(digits.pixels[: 2 * UNSEEN_COUNT], np.random.default_rng(SEED))[:UNSEEN_COUNT]
    for source in others:
        for index, kind in enumerate(source.labels):
            glyphs[kind] = source.pixels[source.targets == index]
    # Of few digits, or of few classes, hardly any may be fit to make some kind of.
    return {kind: pixels for kind, pixels in glyphs.items() if len(pixels)}


class _Scores:
    """What the reject goes by, for each glyph of one kind."""

    def __init__(self, pixels: NDArray[np.uint8], logits: NDArray[np.float32], manifest: Manifest) -> None:
        self.evidence = evidence(logits)
        confidences = np.exp(log_softmax(logits / manifest.temperature)).max(axis=1)
        reasons = RejectRule.of(manifest).reasons(pixels, confidences, self.evidence)
        self.rejected: NDArray[np.bool_] = np.array([bool(reason) for reason in reasons])


def _rejection(digits: _Scores, others: _Scores) -> Rejection:
    threshold = np.quantile(digits.evidence, DIGITS_LOST)
    return Rejection(
        count=len(others.evidence),
        auroc=auroc(digits.evidence, others.evidence),
        rejected=float((others.evidence < threshold).mean()),
        rejected_as_shipped=float(others.rejected.mean()),
    )


def auroc(higher: NDArray[np.floating[Any]], lower: NDArray[np.floating[Any]]) -> float:
    """The probability that one of `higher`, (N,), exceeds one of `lower`, (M,); ties count half.

    It is the U statistic of Mann and Whitney (1947) as a share of all pairs.
    """
    order = np.sort(lower)
    below, up_to = np.searchsorted(order, higher, "left"), np.searchsorted(order, higher, "right")
    return float((below + up_to).mean() / (2 * len(lower)))
