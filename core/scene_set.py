"""Frames whose digits are known: what a spotter is calibrated and measured with. `train` leaves them, `convert` takes
them up."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from core import atomic
from core.dataset import load_npz
from core.errors import DataError


@dataclass(frozen=True, slots=True)
class Known:
    """What is to be found in one frame; boxes are x, y, width and height in px."""

    boxes: NDArray[np.float32]
    """float32 (digits, 4)."""
    labels: NDArray[np.int64]
    """int64 (digits,): 0 to 9."""
    ignored: NDArray[np.float32]
    """float32 (regions, 4): what is found there is neither right nor wrong, but for `boxes` that overlap."""


@dataclass(frozen=True)
class SceneSet:
    """Frames of one size."""

    name: str
    luma: NDArray[np.uint8]
    """uint8 (N, H, W)."""
    known: tuple[Known, ...]
    """N of them."""

    def __len__(self) -> int:
        return len(self.luma)

    def sha256(self) -> str:
        """Of pixels and all that is known of them."""
        digest = hashlib.sha256(np.ascontiguousarray(self.luma).tobytes())
        for one in self.known:
            for part in (one.boxes, one.labels, one.ignored):
                digest.update(part.tobytes())
        return digest.hexdigest()

    def save(self, path: Path) -> None:
        """Write an .npz that `load_scene_set` reads."""
        packed = io.BytesIO()
        digits = [len(one.labels) for one in self.known]
        regions = [len(one.ignored) for one in self.known]
        np.savez_compressed(
            packed,
            name=np.array(self.name),
            luma=self.luma,
            boxes=np.concatenate([np.empty((0, 4), np.float32), *(one.boxes for one in self.known)]),
            labels=np.concatenate([np.empty(0, np.int64), *(one.labels for one in self.known)]),
            digits=np.array(digits, np.int64),
            ignored=np.concatenate([np.empty((0, 4), np.float32), *(one.ignored for one in self.known)]),
            regions=np.array(regions, np.int64),
        )
        atomic.write(path, packed.getvalue())


def load_scene_set(path: Path) -> SceneSet:
    """The scenes at `path`. Raises DataError, one line, if they are missing or damaged."""
    arrays = load_npz(path)
    try:
        luma = arrays["luma"].astype(np.uint8, casting="equiv")  # TypeError for anything else
        known = tuple(
            Known(boxes.astype(np.float32), labels.astype(np.int64), ignored.astype(np.float32))
            for _, boxes, labels, ignored in zip(
                luma,
                np.split(arrays["boxes"], np.cumsum(arrays["digits"])[:-1]),
                np.split(arrays["labels"], np.cumsum(arrays["digits"])[:-1]),
                np.split(arrays["ignored"], np.cumsum(arrays["regions"])[:-1]),
                strict=True,
            )
        )
        if not all(np.isfinite(one.boxes).all() and np.isfinite(one.ignored).all() for one in known):
            return _no_scenes(path, "boxes that are no numbers")
        return SceneSet(str(arrays["name"]), luma, known)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        return _no_scenes(path, str(error))


def _no_scenes(path: Path, why: str) -> NoReturn:
    raise DataError(f"{path}: holds no scenes ({why}); train the spotter again") from None
