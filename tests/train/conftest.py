"""What the small network trains on."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from blink import Drawn, small_plan
from commands import Start, starter
from handwriting import glyph_set

from core.dataset import hold_out
from core.splits import Splits
from train.assemble import Assembled, assemble
from train.compare import converted
from train.progress import Display
from train.run import train


@pytest.fixture(scope="session")
def drawn() -> Drawn:
    return Drawn(*hold_out(glyph_set(180, seed=1, labels="017", writers=18), 0.2, 1))


@pytest.fixture(scope="session")
def finished_run(assembled: Assembled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of the small network. Copy it before changing anything."""
    folder = tmp_path_factory.mktemp("build") / "small-1"
    train(small_plan(folder), assembled, Display(io.StringIO(), io.StringIO()))
    return folder


@pytest.fixture(scope="session")
def small_model(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model file that the converter makes of `finished_run`."""
    return converted(finished_run, tmp_path_factory.mktemp("compare"))


@pytest.fixture(scope="session")
def assembled() -> Assembled:
    """A whole data set: 120 glyphs of 12 writers to train on, 30 to test with, and 40 to train against."""
    loaded = Splits(glyph_set(120, seed=2, labels="017", writers=12), glyph_set(30, seed=3, labels="017", writers=5))
    return assemble([loaded], None, 0.2, 1, others=[Splits(glyph_set(40, seed=6, labels="XK"), None)])


@pytest.fixture
def start(root: Path) -> Iterator[Start]:
    """Starts `python` with arguments, as a process of its own."""
    with starter(root) as start:
        yield start
