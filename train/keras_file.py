"""model.keras with its labels inside: a .keras file is a zip, and Keras passes over an entry it does not know."""

from __future__ import annotations

import os
import warnings
import zipfile
from pathlib import Path

import keras
import msgspec

from core.errors import DataError, TrainingError
from core.run_folder import LABELS_ENTRY, RECORD, read_record
from train import distribution


def save(model: keras.Model, labels: tuple[str, ...], path: Path) -> None:
    """Write `model`, without its optimizer, and `labels`, in the order of its logits; in one step."""
    # A copy that was never compiled: the file holds what reads, and nothing of the optimizer, which is twice as large.
    with distribution.alone():
        copy = keras.Model.from_config(model.get_config())
        copy.set_weights(model.get_weights())
    partial = path.with_name(f".{path.stem}.partial.keras")
    with warnings.catch_warnings():
        # Keras 3.15 stores arrays in a way that NumPy 2 has a new one for.
        warnings.filterwarnings("ignore", "__array__ implementation doesn't accept a copy keyword", DeprecationWarning)
        copy.save(partial)
    with zipfile.ZipFile(partial, "a") as archive:
        archive.writestr(LABELS_ENTRY, msgspec.json.encode(labels))
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)


def load(path: Path) -> tuple[keras.Model, tuple[str, ...] | None]:
    """The model at `path` and its labels: those inside, otherwise of the run.json beside it, otherwise None.

    Raises TrainingError, one line, if it is missing or no Keras model.
    """
    if not path.is_file():
        raise TrainingError(f"{path}: no such file; `python -m train` makes one")
    try:
        model = keras.models.load_model(path, compile=False)
    except Exception as error:  # Keras raises a dozen kinds, by what it stumbles over first
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].split(". ")[0]
        raise TrainingError(f"{path}: cannot be loaded as a Keras model ({reason})") from None
    return model, _labels(path)


def _labels(path: Path) -> tuple[str, ...] | None:
    try:
        with zipfile.ZipFile(path) as archive:
            return msgspec.json.decode(archive.read(LABELS_ENTRY), type=tuple[str, ...])
    except (KeyError, zipfile.BadZipFile):  # saved by someone else; an .h5 is no zip
        pass
    except msgspec.MsgspecError as error:
        raise TrainingError(f"{path}: its {LABELS_ENTRY} is damaged ({error}); train it again") from None
    if not (path.parent / RECORD).is_file():
        return None
    try:
        return tuple(read_record(path.parent).labels)
    except DataError as error:
        raise TrainingError(str(error)) from None
