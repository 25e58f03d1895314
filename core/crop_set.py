"""Crops whose digit is known: what a second stage is calibrated and measured with. `train` leaves them, `convert` takes
them up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import atomic
from core.crops import CONTRACT_VERSION, CROP_SIZE_PX
from core.dataset import load_npz
from core.errors import DataError
from core.spots import CLASSES

NONE = CLASSES
"""Target of what is no digit."""

_CONTRACT_KEY = "crop_contract"


@dataclass(frozen=True)
class CropSet:
    """Crops as `core.crops` makes them."""

    name: str
    pixels: NDArray[np.uint8]
    """uint8 (N, 28, 28)."""
    targets: NDArray[np.int64]
    """int64 (N,): the digit in the middle, 0 to 9, or NONE."""

    def __len__(self) -> int:
        return len(self.targets)

    def counts(self) -> list[int]:
        """How many there are of each digit, and then of NONE."""
        found: list[int] = np.bincount(self.targets, minlength=NONE + 1).tolist()
        return found

    def save(self, path: Path) -> None:
        """Write an .npz that `load_crop_set` reads."""
        # Straight to disk: a training set is as large as all else in memory. Nor is it compressed, which takes half a
        # minute and saves little of noise.
        with atomic.writing(path) as file:
            np.savez(
                file,
                allow_pickle=False,
                name=np.array(self.name),
                crops=self.pixels,
                targets=self.targets,
                **{_CONTRACT_KEY: np.array(CONTRACT_VERSION)},
            )


def load_crop_set(path: Path) -> CropSet:
    """The crops at `path`. Raises DataError, one line, if they are missing, damaged or of another contract."""
    arrays = load_npz(path)
    try:
        contract, name = int(arrays[_CONTRACT_KEY].astype(int)), str(arrays["name"])
        pixels = arrays["crops"].astype(np.uint8, casting="equiv", copy=False)  # TypeError for anything else
        targets = arrays["targets"].astype(np.int64, casting="safe", copy=False)
    except (KeyError, ValueError, TypeError) as error:
        raise DataError(f"{path}: holds no crops ({error}); train the second stage again") from None
    if contract != CONTRACT_VERSION:
        raise DataError(f"{path}: crops of contract {contract}; this program has {CONTRACT_VERSION}. Train again")
    expected = (len(pixels), CROP_SIZE_PX, CROP_SIZE_PX)
    if not len(pixels) or pixels.shape != expected or targets.shape != expected[:1]:
        raise DataError(f"{path}: holds crops of {pixels.shape} and targets of {targets.shape}; train again")
    if targets.min() < 0 or targets.max() > NONE:
        raise DataError(f"{path}: holds targets other than 0 to {NONE}; train the second stage again")
    return CropSet(name, pixels, targets)
