"""The models that ship: inside the installed package, or in models/ of a checkout."""

from __future__ import annotations

from pathlib import Path

from core.errors import ModelFileError
from core.model_file import ModelFile, SpotterFile, read, read_spotter

_PACKAGE = Path(__file__).parent

FOLDERS = (_PACKAGE, _PACKAGE.parent / "models")

CLASSIFIER, SPOTTER = "digits.tflite", "spotter.tflite"


def load_model(path: str | None) -> tuple[ModelFile, str]:
    """(model, name) of the classifier at `path`, or of the one that ships. Raises ModelFileError, one line."""
    found = path_of(CLASSIFIER) if path is None else Path(path)
    return read(found), found.name


def load_spotter(path: str | None) -> SpotterFile:
    """The spotter at `path`, or the one that ships. Raises ModelFileError, one line."""
    return read_spotter(path_of(SPOTTER) if path is None else Path(path))


def path_of(name: str) -> Path:
    """Of CLASSIFIER or SPOTTER as they ship. Raises ModelFileError."""
    for folder in FOLDERS:
        if (folder / name).is_file():
            return folder / name
    raise ModelFileError(f"{FOLDERS[-1] / name}: the model that ships is missing; make one with `python -m convert`")
