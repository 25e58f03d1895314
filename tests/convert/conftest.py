"""One small network, trained for seconds on drawn digits, and the run folder it leaves."""

from dataclasses import dataclass
from pathlib import Path

import keras
import pytest
from drawn_glyphs import DIGITS, draw_set
from small_network import LIMITS, fit, save, small_network

from convert import sources
from convert.build import build
from convert.conversion import Conversion
from core import model_file, run_folder
from core.dataset import GlyphSet
from core.run_folder import DataSet, Machine, RunRecord


@dataclass(frozen=True)
class Glyphs:
    """The drawn digits, none of them in two parts."""

    train: GlyphSet
    held_out: GlyphSet
    test: GlyphSet


@pytest.fixture(scope="session")
def glyphs():
    return Glyphs(
        draw_set("drawn", 2500, 1), draw_set("drawn, held out", 500, 2), draw_set("drawn, for testing", 800, 3)
    )


def described(glyphs):
    return DataSet(glyphs.name, len(glyphs), glyphs.sha256(), None)


@pytest.fixture(scope="session")
def run(glyphs, tmp_path_factory) -> Path:
    """A run as `train` leaves it, with glyphs held out and then trained on as well."""
    folder = tmp_path_factory.mktemp("run")
    network = small_network()
    fit(network, glyphs.train, 3)
    save(network, folder / run_folder.HOLDOUT_MODEL)
    fit(network, glyphs.held_out, 1)
    save(network, folder / run_folder.MODEL)
    glyphs.train.take(slice(0, 100)).save(folder / run_folder.CALIBRATION)
    glyphs.held_out.save(folder / run_folder.HOLDOUT)
    glyphs.test.save(folder / run_folder.TEST)
    run_folder.write_record(
        folder,
        RunRecord(
            network="small",
            parameters=network.count_params(),
            seed=1,
            labels=list(DIGITS),
            settings={},
            data=[described(glyphs.train), described(glyphs.held_out)],
            holdout=described(glyphs.held_out),
            test=described(glyphs.test),
            others=[],
            notes=[],
            git_commit="0123abc",
            versions={"keras": keras.__version__},
            machine=Machine("a cpu", 1, "a system"),
            started="2025-01-01T00:00:00Z",
        ),
    )
    return folder


@pytest.fixture(scope="session")
def trained(run) -> keras.Model:
    """The network of the run."""
    return keras.models.load_model(run / run_folder.MODEL, compile=False)


@pytest.fixture(scope="session")
def conversion(run) -> Conversion:
    """The run, converted."""
    return build(sources.find(run, None, LIMITS.calibration_glyphs), LIMITS)


@pytest.fixture(scope="session")
def converted(conversion, tmp_path_factory) -> Path:
    """The file the conversion gives."""
    path = tmp_path_factory.mktemp("models") / "digits.tflite"
    model_file.write(path, conversion.content)
    return path


@pytest.fixture
def config_file(tmp_path) -> Path:
    """Limits that the small network keeps; nothing of this machine's own settings comes in."""
    path = tmp_path / "config.yaml"
    path.write_text("convert: {calibration_glyphs: 100, max_disagreement: 0.01, min_accuracy: 0.97}\n")
    return path
