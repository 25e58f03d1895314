"""How well a model file reads labelled glyphs: one made here, or any int8 .tflite that takes glyphs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.graph import read_graph
from convert.rejects import Rejects
from convert.sources import over_labels, test_glyphs
from convert.timing import GlyphTime, time_a_glyph
from core import model_file
from core.evaluation import Evaluation, evaluate
from core.interpreter import Interpreter
from core.reject import RejectRule

MOST_PAIRS = 10
"""Confusions listed."""


@dataclass(frozen=True)
class Confusion:
    """Glyphs of one class read as another."""

    truth: str
    read: str
    count: int


@dataclass(frozen=True)
class FileEvaluation:
    """A model file measured on labelled glyphs."""

    path: Path
    bytes: int
    glyphs: str
    """Name of the glyphs."""
    left_out: int
    """Glyphs whose label the model does not have."""
    read: Evaluation
    """With the temperature of the manifest."""
    uncalibrated: Evaluation
    rejects: Rejects | None
    """None without a manifest."""
    assumed: str
    """What had to be assumed for want of a manifest; empty with one."""
    glyph_time: GlyphTime

    def figures(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {
            "file": str(self.path),
            "bytes": self.bytes,
            "test": self.glyphs,
            "left_out": self.left_out,
            "int8": self.read.figures(),
            "int8_uncalibrated": self.uncalibrated.figures(),
            **(self.rejects.figures() if self.rejects else {"rejected": None}),
            "classes": [asdict(score) for score in self.read.class_scores()],
            "confusions": [asdict(confusion) for confusion in self.worst_confusions()],
            "assumed": self.assumed,
            "glyph_time": asdict(self.glyph_time),
        }

    def text(self) -> str:
        """All of it, for people."""
        read, bare = self.read, self.uncalibrated.calibration_error
        left_out = f" ({self.left_out} of other labels left out)" if self.left_out else ""
        lines = [
            f"{self.path}: {self.bytes:,} bytes{f'; {self.assumed}' if self.assumed else ''}",
            f"  test glyphs   {read.count:,}, {self.glyphs}{left_out}",
            f"  int8          {read.accuracy:.2%} right, {read.errors} wrong",
            f"  calibration   error {read.calibration_error:.2%}, {bare:.2%} at temperature 1",
            f"  time a glyph  {self.glyph_time}",
            "",
            "  class    glyphs  precision   recall       F1",
        ]
        if self.rejects:
            lines[4:4] = self.rejects.lines()
        for score in read.class_scores():
            shares = "  ".join(_percent(share) for share in (score.precision, score.recall, score.f1))
            lines.append(f"  {score.label:8} {score.count:6,}  {shares}")
        pairs = [f"{pair.truth} as {pair.read} ×{pair.count}" for pair in self.worst_confusions()]
        return "\n".join([*lines, "", f"  confused      {', '.join(pairs) or 'none'}"])

    def worst_confusions(self) -> list[Confusion]:
        """The most frequent confusions, at most MOST_PAIRS."""
        wrong = self.read.confusion * ~np.eye(len(self.read.labels), dtype=bool)
        order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_PAIRS]
        pairs = [divmod(int(place), len(self.read.labels)) for place in order]
        labels = self.read.labels
        return [Confusion(labels[i], labels[j], int(wrong[i, j])) for i, j in pairs if wrong[i, j]]


def evaluate_file(path: Path, data: Path) -> FileEvaluation:
    """The model file at `path` measured on the test part of `data`. Raises ModelFileError and DataError."""
    content = model_file.read_bytes(path)
    glyphs = test_glyphs(data)
    if model_file.has_manifest(content):
        model = model_file.unpack(content, str(path))
        interpreter = Interpreter.of(model, place=str(path))
        labels, temperature = tuple(model.manifest.labels), model.manifest.temperature
        rule, assumed = RejectRule.of(model.manifest), ""
    else:
        interpreter = Interpreter(content, place=str(path))
        labels, temperature = tuple(str(index) for index in range(interpreter.classes)), 1.0
        rule, assumed = None, f"no manifest inside: taken for labels 0 to {interpreter.classes - 1}, temperature 1"
    known = over_labels(glyphs, labels)
    logits = interpreter.classify(known.pixels)
    if rule is None and read_graph(content).last_operator == "SOFTMAX":
        logits = _logarithms(logits)
        assumed += ", and its softmax's probabilities as they are"
    read = evaluate(logits / temperature, known.targets, labels)
    return FileEvaluation(
        path=path,
        bytes=len(content),
        glyphs=glyphs.name,
        left_out=len(glyphs) - len(known),
        read=read,
        uncalibrated=evaluate(logits, known.targets, labels),
        rejects=None if rule is None else Rejects.measure(rule, known.pixels, logits, temperature),
        assumed=assumed,
        glyph_time=time_a_glyph(interpreter, known.pixels),
    )


def _logarithms(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits whose softmax gives the probabilities back; an int8 zero stands for up to half a step of 1 / 256."""
    return np.log(np.maximum(probabilities, np.float32(1 / 1024)))


def _percent(share: float | None) -> str:
    return f"{'-' if share is None else f'{share:.2%}':>8}"
