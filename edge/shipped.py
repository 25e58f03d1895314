"""The model that ships: inside the installed package, or in models/ of a checkout."""

from __future__ import annotations

from pathlib import Path

from core.errors import ModelFileError
from core.model_file import ModelFile, read

_PACKAGE = Path(__file__).parent

PLACES = (_PACKAGE / "digits.tflite", _PACKAGE.parent / "models" / "digits.tflite")


def load_model(path: str | None) -> tuple[ModelFile, str]:
    """(model, name) of the file at `path`, or of the one that ships. Raises ModelFileError, one line."""
    if path is not None:
        return read(Path(path)), Path(path).name
    for place in PLACES:
        if place.is_file():
            return read(place), place.name
    raise ModelFileError(f"{PLACES[-1]}: the model that ships is missing; make one with `python -m convert`")
