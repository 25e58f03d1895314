"""A finished run of a spotter that takes whatever is dark for a digit, so that it finds digits and much else."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest
from handwriting import glyph_set

from core import run_folder, spotter_run
from core.run_folder import DataSet, Machine
from core.spots import CLASSES, STRIDE_PX
from core.spotter_run import SpotterRecord
from train import keras_file
from train.scenes.material import DIGITS
from train.spotter.measure import exam
from train.spotter.run import Sources

SHAPE = (64, 96)


@pytest.fixture(scope="session")
def sources() -> Sources:
    return Sources(glyph_set(400, seed=1, writers=20), glyph_set(60, seed=2, labels="AEFHKMNPRTX"))


@pytest.fixture(scope="session")
def spotter() -> keras.Model:
    luma = keras.Input((None, None, 1))
    mean = keras.layers.AveragePooling2D(STRIDE_PX)(luma)
    digits = keras.layers.Rescaling(-1 / 20, offset=4)(keras.layers.Concatenate()([mean] * CLASSES))
    sides = keras.layers.Rescaling(0.0)(keras.layers.Concatenate()([mean] * 2))
    return keras.Model(luma, [digits, sides, sides])


@pytest.fixture(scope="session")
def finished(spotter: keras.Model, sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the run; copy it before anything is written there."""
    folder = tmp_path_factory.mktemp("spotter")
    keras_file.save(spotter, DIGITS, folder / spotter_run.MODEL)
    _, to_measure = sources.parts()
    exam(to_measure, SHAPE, 6, "scenes of held-out digits").save(folder / spotter_run.TEST)
    record = SpotterRecord(
        parameters=spotter.count_params(),
        settings={"seed": 1},
        data=[DataSet(glyphs.name, len(glyphs), glyphs.sha256(), None) for glyphs in (sources.digits, sources.letters)],
        grounds=0,
        git_commit="0123abc",
        versions={"keras": keras.__version__},
        machine=Machine("a cpu", 1, "a system"),
        training_seconds=1.0,
        figures=[],
    )
    run_folder.write_json(folder / spotter_run.RECORD, record)
    return folder
