"""One training run of a second stage, into the folder of the spotter's run that it is for; resumable at every epoch.

What it leaves there is in `core.second_run`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np

from core import run_folder, second_run, spotter_run
from core.crop_set import CropSet, load_crop_set
from core.crops import CONTRACT_VERSION
from core.errors import TrainingError, UsageError
from core.frame import Luma
from core.scene_set import Known, SceneSet, load_scene_set
from core.second_run import SecondRecord
from core.spots import CLASSES
from train import keras_file, network, provenance
from train.progress import Display
from train.recipe import Recipe
from train.scenes import Material, Order, stream
from train.scenes.material import DIGITS
from train.second.examples import FloatSpotter, crops_of, scenes_of
from train.second.fit import fit, measured
from train.spotter.measure import known
from train.spotter.run import Sources

CHECKPOINT = "second.checkpoint.npz"
CROPS = "second-crops.npz"
"""To train on; kept until the run is finished, so that one that is resumed need not draw again."""

SEED = 0x53EC
"""Added to the seed of a run: the scenes are not those that the spotter was trained on, where it has fewer doubts."""
TEST_SEED = 0x7E57
AT_ONCE = 16
"""Scenes drawn in a batch."""
CALIBRATION_CROPS = 1000

FILTERS = (24, 48, 64, 96, 72)
"""Of its layers: more than the classifier has, for neighbours, lines and patterns are in its view as well."""


@dataclass(frozen=True)
class Settings:
    """All that decides the weights, besides the spotter and what scenes are drawn of."""

    scenes: int = 10_000
    epochs: int = 8
    seed: int = 1
    batch_size: int = 128
    learning_rate: float = 3e-3
    """At its highest."""

    def __post_init__(self) -> None:
        for name, least in (("scenes", 1), ("epochs", 1), ("seed", 0), ("batch_size", 1)):
            if getattr(self, name) < least:
                raise UsageError(f"{name} is {getattr(self, name)}; allowed: {least} and more")
        if not 0 < self.learning_rate <= 1:
            raise UsageError(f"learning_rate is {self.learning_rate:g}; allowed: a number above 0 to 1")

    def recipe(self) -> Recipe:
        """For the training loop."""
        return Recipe(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            weight_decay=0.01,
            cosine=True,
            augment=True,
            seed=self.seed,
        )


def train(
    folder: Path,
    sources: Sources,
    settings: Settings,
    *,
    workers: int = 0,
    fresh: bool = False,
    build: Callable[[], keras.Model] = lambda: network.plain(CLASSES, FILTERS),
    display: Display | None = None,
    on_scene: Callable[[int], None] = lambda _: None,
) -> SecondRecord:
    """The record of the second stage in `folder`, which has a finished run of a spotter, once it is trained.

    `sources` are those that the spotter was trained with; `fresh` removes an earlier second stage. Raises TrainingError
    if there is one, or the sources are others, DataError and UsageError if the folder is no such run.
    """
    display = display or Display()
    spotter_file = _checked(folder, sources)
    if fresh:
        for name in (*second_run.FILES, CHECKPOINT, CROPS):
            (folder / name).unlink(missing_ok=True)
    if (folder / second_run.RECORD).exists():
        raise TrainingError(f"{folder}: has a second stage; start over with --fresh")
    to_measure = load_scene_set(folder / spotter_run.TEST)
    commit = provenance.git_commit()  # now: files may change while it trains
    spotter_sha256 = hashlib.sha256(spotter_file.read_bytes()).hexdigest()
    spotter = FloatSpotter(keras_file.load(spotter_file)[0])
    held_out = crops_of(
        scenes_of(to_measure), len(to_measure), spotter, np.random.default_rng(TEST_SEED), f"crops of {to_measure.name}"
    )
    display.say(f"second stage, {settings.scenes:,} scenes to look at, seed {settings.seed}, to {folder}")
    crops = _drawn(folder, sources, settings, spotter, spotter_sha256[:12], to_measure, workers, on_scene)
    for some in (crops, held_out):
        if not len(some):
            raise TrainingError(f"{folder}: {some.name}: nothing was found there, and no digits are; draw more scenes")
    digits = sum(crops.counts()[:CLASSES])
    display.say(f"{len(crops):,} crops, {digits:,} of them of digits; {len(held_out):,} held out")
    keras.utils.set_random_seed(settings.seed)
    model = build()
    display.part("second stage", epochs=settings.epochs, glyphs=len(crops), later_glyphs=0)
    history = fit(
        model,
        crops,
        settings.recipe(),
        folder / CHECKPOINT,
        held_out,
        on_progress=display.on_progress,
        on_epoch=display.on_epoch,
    )
    keras_file.save(model, DIGITS, folder / second_run.MODEL)
    _some(crops, settings.seed).save(folder / second_run.CALIBRATION)
    held_out.save(folder / second_run.TEST)
    record = SecondRecord(
        parameters=model.count_params(),
        crop_contract=CONTRACT_VERSION,
        spotter_sha256=spotter_sha256,
        settings=asdict(settings),
        crops=crops.counts(),
        git_commit=commit,
        versions=provenance.versions(),
        machine=provenance.machine(),
        training_seconds=sum(epoch.seconds for epoch in history),
        history=[asdict(epoch) for epoch in history],
        figures=measured(model, held_out).figures(),
    )
    run_folder.write_json(folder / second_run.RECORD, record)
    for name in (CHECKPOINT, CROPS):
        (folder / name).unlink()
    return record


def _checked(folder: Path, sources: Sources) -> Path:
    """The file of the spotter, if `folder` has a finished run of one, of these sources."""
    record = spotter_run.read_record(folder)
    path = folder / spotter_run.MODEL
    if not path.is_file():
        raise UsageError(f"{folder}: has no {path.name}; train the spotter again")
    given = [glyphs.sha256() for glyphs in (sources.digits, sources.letters) if glyphs is not None]
    if given != [entry.sha256 for entry in record.data] or len(sources.grounds) != record.grounds:
        # Other digits would have other writers held out: those that everything is measured on.
        was = ", ".join(f"{entry.count:,} of {entry.name}" for entry in record.data)
        raise TrainingError(
            f"{folder}: its spotter was trained with other material ({was}; {record.grounds} grounds); name the same "
            "with --data, --letters and --grounds"
        )
    return path


def _drawn(
    folder: Path,
    sources: Sources,
    settings: Settings,
    spotter: FloatSpotter,
    of_spotter: str,
    like: SceneSet,
    workers: int,
    on_scene: Callable[[int], None],
) -> CropSet:
    """The crops to train on: of scenes of the size of `like`, or those that an interrupted run drew."""
    name = f"crops of {settings.scenes} scenes, seed {settings.seed}, by spotter {of_spotter}"
    path = folder / CROPS
    if path.exists():
        crops = load_crop_set(path)
        if crops.name != name:
            raise TrainingError(f"{path}: holds {crops.name}, of another run; start over with --fresh")
        return crops
    material, _ = sources.parts()
    shape = like.luma.shape[1], like.luma.shape[2]
    with closing(_scenes(material, Order(shape, AT_ONCE, settings.seed + SEED), workers)) as scenes:
        rng = np.random.default_rng([SEED, settings.seed])
        crops = crops_of(scenes, settings.scenes, spotter, rng, name, on_scene)
    if len(crops):
        crops.save(path)
    return crops


def _scenes(material: Material, order: Order, workers: int) -> Iterator[tuple[Luma, Known]]:
    """Scenes without end, with what is known of each."""
    with closing(stream(material, order, workers=workers)) as batches:
        for batch in batches:
            yield from zip(batch.luma, map(known, batch.truths), strict=True)


def _some(crops: CropSet, seed: int) -> CropSet:
    chosen = np.random.default_rng(seed).permutation(len(crops))[:CALIBRATION_CROPS]
    return CropSet(f"some {crops.name}", crops.pixels[chosen], crops.targets[chosen])
