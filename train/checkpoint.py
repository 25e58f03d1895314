"""The state of an unfinished training in one file: network, optimizer, averaged weights and what the epochs left."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

from core import atomic
from core.dataset import load_npz
from core.errors import DataError, TrainingError
from train import distribution
from train.average import WeightAverage


def save(
    path: Path, identity: str, trained: keras.Model, average: WeightAverage, history: list[dict[str, Any]]
) -> None:
    """Put the state of `trained`, which is compiled, and of `average` at `path`, in one step.

    `identity` tells runs apart; `history` is one record an epoch, fit for JSON.
    """
    # Not ops.convert_to_numpy: of a variable, NumPy 2 then warns.
    arrays = {f"model/{i}": np.asarray(v) for i, v in enumerate(trained.variables)}
    arrays |= {f"optimizer/{i}": np.asarray(v) for i, v in enumerate(trained.optimizer.variables)}
    arrays |= {f"average/{i}": value for i, value in enumerate(average.values)}
    arrays["updates"] = np.array(average.updates)
    arrays["identity"] = np.array(identity)
    arrays["history"] = np.array(json.dumps(history))
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    atomic.write(path, packed.getvalue())


def resume(path: Path, identity: str, trained: keras.Model, average: WeightAverage) -> list[dict[str, Any]]:
    """The history so far, with `trained` and `average` set to where it ended; empty without a file at `path`.

    Of several workers only worker 0 needs the file. Raises TrainingError if the file is damaged or belongs to a run of
    another identity.
    """
    arrays = distribution.arrays_of_leader(_load(path) if distribution.leads() else {})
    if not arrays:
        return []
    if str(arrays["identity"]) != identity:
        raise TrainingError(
            f"{path}: belongs to a run with another network or other settings; "
            "choose another name with --run, or start over with --fresh"
        )
    for prefix, variables in (("model", trained.variables), ("optimizer", trained.optimizer.variables)):
        for index, variable in enumerate(variables):
            variable.assign(arrays[f"{prefix}/{index}"])
    average.values = [arrays[f"average/{index}"] for index in range(len(average.values))]
    average.updates = int(arrays["updates"])
    return json.loads(str(arrays["history"]))


def _load(path: Path) -> dict[str, np.ndarray]:
    """Nothing without a file."""
    if not path.exists():
        return {}
    try:
        return load_npz(path)
    except DataError as error:
        raise TrainingError(f"{error}; start over with --fresh") from None
