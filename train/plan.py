"""What to train, how, and where: settings with the blanks filled in from what the network is known with."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import keras

from core.config import TrainConfig
from core.errors import TrainingError
from train.network import Network, network
from train.recipe import Recipe

REFIT_RATE_SHARE = 0.25
"""Of the learning rate: enough to learn from the glyphs that were held out, too little to undo what was measured."""

REFIT_SEED_STEP = 1000
"""Added to the seed, so that the second part does not repeat the first one's augmentation."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class Plan:
    """One run."""

    folder: Path
    network_name: str
    network: Network
    recipe: Recipe
    """Of the first part, with glyphs held out."""
    refit_epochs: int
    not_digits: tuple[str, ...]
    """Sources of glyphs to train against."""
    holdout_fraction: float
    calibration_glyphs: int
    """Kept in the folder, for convert."""
    start_from: Path | None = None
    """A .keras whose weights to start from."""
    fresh: bool = False
    """Remove what an earlier run left in the folder."""

    def refit_recipe(self) -> Recipe:
        """Of the second part, on all glyphs."""
        return replace(
            self.recipe,
            epochs=self.refit_epochs,
            learning_rate=self.recipe.learning_rate * REFIT_RATE_SHARE,
            cosine=True,
            mild_from=0.0,
            seed=self.recipe.seed + REFIT_SEED_STEP,
        )

    def settings(self) -> dict[str, Any]:
        """All that decides the weights, besides the glyphs, as run.json has it. Raises TrainingError."""
        return {
            "backend": keras.backend.backend(),
            "network": self.network_name,
            **asdict(self.recipe),
            "refit_epochs": self.refit_epochs,
            "holdout_fraction": self.holdout_fraction,
            "from_sha256": None if self.start_from is None else _sha256(self.start_from),
        }


def plan_of(
    section: TrainConfig,
    folder: Path,
    calibration_glyphs: int,
    *,
    start_from: Path | None = None,
    fresh: bool = False,
) -> Plan:
    """The plan for a run in `folder` by the settings in `section`. Raises UsageError for an unknown network."""
    known = network(section.network)
    return Plan(
        folder=folder,
        network_name=section.network,
        network=known,
        recipe=Recipe(
            epochs=_given(section.epochs, known.epochs),
            batch_size=_given(section.batch_size, known.batch_size),
            learning_rate=_given(section.learning_rate, known.learning_rate),
            weight_decay=known.weight_decay,
            cosine=known.cosine,
            augment=_given(section.augment, known.augment),
            seed=section.seed,
            mild_from=known.mild_from,
        ),
        refit_epochs=_given(section.refit_epochs, known.refit_epochs),
        not_digits=known.not_digits if section.not_digits is None else tuple(section.not_digits),
        holdout_fraction=section.holdout_fraction,
        calibration_glyphs=calibration_glyphs,
        start_from=start_from,
        fresh=fresh,
    )


def _given(value: Value | None, otherwise: Value) -> Value:
    return otherwise if value is None else value


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise TrainingError(
            f"{path}: cannot be read ({error.strerror}); --from takes a model.keras of an earlier run"
        ) from None
