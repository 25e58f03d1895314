"""What the networks of a run make of the glyphs that were set aside for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core import run_folder
from core.dataset import GlyphSet, load_glyph_set
from core.evaluation import Evaluation, evaluate
from train import keras_file
from train.fit import predict_logits


@dataclass(frozen=True)
class Measured:
    """Each network on glyphs it has not seen."""

    holdout: Evaluation
    """Of holdout.keras on the held-out glyphs."""
    test: Evaluation
    """Of model.keras on the test glyphs."""
    test_glyphs: GlyphSet


def measure(folder: Path) -> Measured:
    """The run in `folder`, measured. Raises DataError or TrainingError if a file of it is missing or damaged."""
    test = load_glyph_set(folder / run_folder.TEST)
    return Measured(
        holdout=_read(folder / run_folder.HOLDOUT_MODEL, load_glyph_set(folder / run_folder.HOLDOUT)),
        test=_read(folder / run_folder.MODEL, test),
        test_glyphs=test,
    )


def _read(model: Path, glyphs: GlyphSet) -> Evaluation:
    network, _ = keras_file.load(model)
    return evaluate(predict_logits(network, glyphs.pixels), glyphs.targets, glyphs.labels)
