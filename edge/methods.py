"""Config and models → a reader. The only place that knows which methods there are."""

from __future__ import annotations

from dataclasses import dataclass

from core import voice
from core.config import Config
from core.errors import ConfigError
from core.model_file import ModelFile, SpotterFile
from core.spotter import Spotter
from core.voice import Voice
from core.vote import Vote
from edge import shipped
from edge.classify import Classifier
from edge.confirmed_reader import ConfirmedReader
from edge.ink_reader import InkReader
from edge.model_store import SHIPS, Choice
from edge.reader import Method, Reader
from edge.spot_reader import SpotReader


@dataclass(frozen=True)
class Models:
    """What reads, loaded and checked. Readers of several threads share one."""

    classifier: ModelFile
    name: str
    """Of the classifier's file."""
    spotter: SpotterFile | None
    """None where only ink is asked for."""
    choice: Choice = SHIPS
    """What of these was chosen (`edge.model_store`)."""

    @property
    def labels(self) -> list[str]:
        """Of the classifier, in the order of every `probabilities`."""
        return self.classifier.manifest.labels


def load_models(config: Config) -> Models:
    """What `config` names, or ships, and needs. Raises ModelFileError, one line."""
    spotter = None if config.reading.method == "ink" else shipped.load_spotter(config.model.spotter)
    return Models(*shipped.load_model(config.model.path), spotter)


def new_reader(models: Models, config: Config, drawn: bool = False) -> Reader:
    """A reader for one thread. `drawn` says that its pictures are drawings, without a camera between.

    Raises ConfigError if the models cannot read together as `config` asks, ModelFileError if one cannot be loaded.
    """
    return Reader(new_method(models, config, drawn), config.reading)


def new_method(models: Models, config: Config, drawn: bool = False) -> Method:
    """The same without what makes numbers of digits. Raises as `new_reader` does."""
    name = config.reading.method
    if name == "ink" or models.spotter is None:
        return _ink_reader(models, config)
    alike = models.labels == models.spotter.manifest.labels
    if name == "auto":
        # A classifier of other labels reads what the spotter does not know.
        name = "spotter" if alike and not drawn else "ink"
    if name == "both" and not alike:
        raise ConfigError(
            f"reading.method is both, but {models.name} has other labels than the spotter, which has "
            f"{', '.join(models.spotter.manifest.labels)}; allowed: auto, ink, confirmed, spotter. Try auto"
        )
    if name == "ink":
        return _ink_reader(models, config)
    spotter = Spotter(models.spotter, config.model.threads, config.model.spotter or shipped.SPOTTER)
    if name == "confirmed":
        return ConfirmedReader(_ink_reader(models, config), spotter, config.reading)
    return SpotReader(spotter, _other_voice(models, models.spotter, config, name == "both"), config.reading)


def _other_voice(models: Models, spotter: SpotterFile, config: Config, classifier: bool) -> tuple[Voice, Vote] | None:
    """What votes beside the spotter, as its file has weights for it: the `classifier`, or its own second stage."""
    manifest, threads = spotter.manifest, config.model.threads
    if classifier and manifest.vote is not None:
        return voice.of_classifier(models.classifier, threads, models.name), manifest.vote
    if manifest.second is not None and spotter.second is not None:
        place = f"{config.model.spotter or shipped.SPOTTER}, its second stage"
        return voice.of_crops(spotter.second, threads, place), manifest.second.vote
    return None


def _ink_reader(models: Models, config: Config) -> InkReader:
    return InkReader(Classifier(models.classifier, config.model.threads, config.reading), config.reading)
