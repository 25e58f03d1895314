"""What there is to convert: a network, and the glyphs to calibrate, fit and measure it with.

They are a run that `train` left, or a .keras of anyone's with glyphs from --data.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np

from core import run_folder, splits
from core.dataset import GlyphSet, hold_out, load_glyph_set
from core.errors import DataError, ModelFileError, UsageError
from core.manifest import Provenance

SEED = 1
"""Of the choice of glyphs from --data: the same data, the same file."""


@dataclass(frozen=True)
class Source:
    """A network with its glyphs, all over the same labels."""

    model: Path
    held_out_model: Path
    """The network as it was when it had not seen `held_out`; `model` itself if it never did."""
    labels: tuple[str, ...]
    calibration: GlyphSet
    """Shown to the quantiser."""
    held_out: GlyphSet
    """Temperature and reject threshold are fitted on these."""
    test: GlyphSet
    """The gates and all figures are measured on these."""
    provenance: Provenance | None
    """None if nobody knows."""


def find(path: Path, test_data: Path | None, calibration_glyphs: int) -> Source:
    """The source at `path`: a run's folder, the .keras in one, or any other .keras.

    `test_data` replaces a run's test glyphs; another .keras gets all of its glyphs from there. Raises UsageError for
    what is missing, DataError for what is damaged.
    """
    if path.is_dir():
        return _of_run(path, path / run_folder.MODEL, test_data)
    if not path.exists():
        raise UsageError(f"{path}: not there; expected the folder of a run (build/<run>) or a .keras file")
    if (path.parent / run_folder.RECORD).is_file():
        return _of_run(path.parent, path, test_data)
    if test_data is None:
        raise UsageError(f"{path}: no run.json beside it, so name glyphs to calibrate and test it with, by --data")
    return _of_model(path, test_data, calibration_glyphs)


def _of_run(run: Path, model: Path, test_data: Path | None) -> Source:
    record = run_folder.read_record(run)
    labels = tuple(record.labels)
    if not model.is_file():
        raise UsageError(f"{run}: has no {model.name}, so training has not ended; start it again and it goes on")
    if test_data is None and not (run / run_folder.TEST).is_file():
        raise UsageError(f"{run}: has no {run_folder.TEST}; name glyphs to test the model with, by --data")
    held_out_model = run / run_folder.HOLDOUT_MODEL
    test = load_glyph_set(run / run_folder.TEST) if test_data is None else test_glyphs(test_data)
    return Source(
        model=model,
        held_out_model=held_out_model if held_out_model.is_file() else model,
        labels=labels,
        calibration=over_labels(load_glyph_set(run / run_folder.CALIBRATION), labels),
        held_out=over_labels(load_glyph_set(run / run_folder.HOLDOUT), labels),
        test=over_labels(test, labels),
        provenance=Provenance(
            network=record.network,
            parameters=record.parameters,
            seed=record.seed,
            data=[f"{entry.name}: {entry.count} glyphs, sha256 {entry.sha256}" for entry in record.data],
            git_commit=record.git_commit,
            trained_with=", ".join(f"{name} {version}" for name, version in record.versions.items()),
        ),
    )


def _of_model(model: Path, data: Path, calibration_glyphs: int) -> Source:
    """Nobody knows what it was trained on, so half the test glyphs set the temperature, which changes no prediction."""
    found = splits.load(data)
    if found.train is not None and found.test is not None:
        pool, test = found.train, found.test
    else:
        pool, test = hold_out(_any_part(found), 0.5, SEED)
        test = replace(test, name=pool.name)
    labels = _labels_inside(model) or test.labels
    pool, test = over_labels(pool, labels), over_labels(test, labels)
    chosen = np.random.default_rng(SEED).permutation(len(pool))[:calibration_glyphs]
    _, held_out = hold_out(test, 0.5, SEED)
    return Source(model, model, labels, pool.take(chosen), held_out, test, None)


def _labels_inside(model: Path) -> tuple[str, ...] | None:
    """The labels that `train` puts into a .keras; None in those of others. Raises ModelFileError."""
    try:
        with zipfile.ZipFile(model) as archive:
            return msgspec.json.decode(archive.read(run_folder.LABELS_ENTRY), type=tuple[str, ...])
    except (KeyError, zipfile.BadZipFile):  # an .h5 is no zip; what is neither fails when it is loaded
        return None
    except msgspec.MsgspecError as error:
        raise ModelFileError(f"{model}: its {run_folder.LABELS_ENTRY} is damaged ({error}); train it again") from None


def test_glyphs(data: Path) -> GlyphSet:
    """The test part of `data`, or all of it if it has none of its own. Raises DataError."""
    return _any_part(splits.load(data))


def _any_part(found: splits.Splits) -> GlyphSet:
    part = found.train if found.test is None else found.test
    assert part is not None, "Splits has one of the two"  # noqa: S101 — for type checkers
    return part


def over_labels(glyphs: GlyphSet, labels: Sequence[str]) -> GlyphSet:
    """`glyphs` over the labels of the model, without those it does not know. Raises DataError if none is left."""
    known = glyphs.relabelled(labels)
    if len(known) == 0:
        raise DataError(f"{glyphs.name}: has no glyph of the model's labels {', '.join(labels)}")
    return known
