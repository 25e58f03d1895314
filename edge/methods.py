"""Config and models → a reader. The only place that knows which methods there are."""

from __future__ import annotations

from dataclasses import dataclass

from core.config import Config, ModelConfig
from core.model_file import ModelFile
from edge import shipped
from edge.classify import Classifier
from edge.ink_reader import InkReader
from edge.reader import Reader


@dataclass(frozen=True)
class Models:
    """What reads, loaded and checked. Readers of several threads share one."""

    classifier: ModelFile
    name: str
    """Of the classifier's file."""

    @property
    def labels(self) -> list[str]:
        """Of the classifier, in the order of every `probabilities`."""
        return self.classifier.manifest.labels


def load_models(config: ModelConfig) -> Models:
    """What `config` names, or ships. Raises ModelFileError, one line."""
    return Models(*shipped.load_model(config.path))


def new_reader(models: Models, config: Config) -> Reader:
    """A reader for one thread."""
    classifier = Classifier(models.classifier, config.model.threads, config.reading)
    return Reader(InkReader(classifier, config.reading), config.reading)
