"""Config and what was chosen → the models that read, each tried before it is trusted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from core import self_test
from core.config import Config
from core.errors import ConfigError, ModelFileError, UsageError
from core.model_file import AnyModel, ModelFile, SpotterFile
from core.spots import CLASSES
from edge import shipped
from edge.directories import state_directory
from edge.methods import Models, load_models, new_method
from edge.model_store import FOLDER, SHIPS, Choice, Chosen, Kind, ModelStore, kind_of

_Model = TypeVar("_Model", ModelFile, SpotterFile)

KEYS: dict[Kind, str] = {"classifier": "model.path", "spotter": "model.spotter"}
"""Of config.yaml, by which a file is named that is read whatever was chosen."""


class Place(NamedTuple):
    """A file that may be read with."""

    path: Path
    name: str
    """Which it had, when it was chosen."""
    why: str
    """It is one, for people."""


def store_of(config: Config) -> ModelStore:
    """Where what was chosen is kept."""
    folder = config.model.folder
    return ModelStore(Path(folder) if folder else state_directory(os.environ) / FOLDER)


def load(config: Config, store: ModelStore, warn: Callable[[str], None]) -> Models:
    """What config.yaml names, else what was chosen, else what ships.

    Of what was chosen and cannot be used `warn` is told, and the choice before counts. Raises ModelFileError, one line,
    if what config.yaml names or what ships cannot be used.
    """
    try:
        choices = store.choices()
    except ModelFileError as error:
        warn(f"{error}; reading with the models that ship")
        choices = []
    return _of_choices(config, store, choices, warn)


def load_before(config: Config, store: ModelStore, choice: Choice) -> Models:
    """What was in use before `choice` was made. Raises ModelFileError."""
    choices = store.choices()
    later = choices.index(choice) + 1 if choice in choices else 0
    return _of_choices(config, store, choices[later:], lambda _: None)


def load_strictly(config: Config, store: ModelStore, in_use: Models) -> Models:
    """What is to be read with from now on, in place of `in_use`; no earlier choice stands in for a bad one.

    Raises ModelFileError or ConfigError, one line, if it cannot be used, or reads other labels.
    """
    choice = next(iter(store.choices()), SHIPS)
    models = load_models(config)
    if config.model.path is None and choice.classifier:
        models = replace(models, classifier=_read(store, choice.classifier, ModelFile), name=choice.classifier.name)
    if models.spotter and config.model.spotter is None and choice.spotter:
        models = replace(models, spotter=_read(store, choice.spotter, SpotterFile))
    models = replace(models, choice=choice)
    check(models.classifier, models.name, in_use, config)
    if models.spotter:
        check(models.spotter, shipped.SPOTTER, in_use, config)
    return models


def places(config: Config, store: ModelStore, kind: Kind) -> Iterator[Place]:
    """The files that may be read with, the first that can be used being in use. Raises ModelFileError if damaged."""
    named = config.model.path if kind == "classifier" else config.model.spotter
    if named is not None:
        yield Place(Path(named), Path(named).name, f"named by {KEYS[kind]}")
        return
    for choice in store.choices():
        chosen = choice.of(kind)
        if chosen is None:
            break
        yield Place(store.path(chosen), chosen.name, f"chosen, {choice.at}")
    name = shipped.CLASSIFIER if kind == "classifier" else shipped.SPOTTER
    yield Place(shipped.path_of(name), name, "ships with the program")


def check(model: AnyModel, place: str, in_use: Models, config: Config) -> int | None:
    """Whether `model` can stand in for the one `in_use`: the most steps its self-test differs by, None without one.

    Raises ModelFileError or ConfigError, one line that begins with `place`.
    """
    wanted = in_use.labels if isinstance(model, ModelFile) else [str(digit) for digit in range(CLASSES)]
    labels = model.manifest.labels
    if labels != wanted:
        raise ModelFileError(
            f"{place}: reads {', '.join(labels)}; allowed: {', '.join(wanted)}, as the {kind_of(model)} in use does. "
            "A classifier of other labels is named in config.yaml with model.path"
        )
    steps = self_test.check(model, place, config.model.threads)
    try:
        for drawn in (False, True):
            new_method(_with(model, place, in_use), config, drawn)
    except ConfigError as error:
        raise ConfigError(f"{place}: {error}") from None
    return steps


def check_free(kind: Kind, config: Config) -> None:
    """Raises UsageError if config.yaml names a model of that kind, so that none that is chosen would be read."""
    named = config.model.path if kind == "classifier" else config.model.spotter
    if named is not None:
        raise UsageError(
            f"{KEYS[kind]} is {named}, which is read whatever is chosen; set it to null to choose a {kind}, or put the "
            "new file in its place and send SIGHUP"
        )


def _with(model: AnyModel, name: str, others: Models) -> Models:
    if isinstance(model, ModelFile):
        return replace(others, classifier=model, name=name)
    return replace(others, spotter=model if others.spotter else None)


def _of_choices(config: Config, store: ModelStore, choices: list[Choice], warn: Callable[[str], None]) -> Models:
    classifier = spotter = None
    if config.model.path is None:
        classifier = _first(store, (choice.classifier for choice in choices), ModelFile, warn)
    if config.model.spotter is None and config.reading.method != "ink":
        spotter = _first(store, (choice.spotter for choice in choices), SpotterFile, warn)
    models = load_models(config)
    if classifier:
        models = replace(models, classifier=classifier[0], name=classifier[1])
    if spotter:
        models = replace(models, spotter=spotter[0])
    return replace(models, choice=choices[0] if choices else SHIPS)


def _first(
    store: ModelStore, chosen: Iterable[Chosen | None], kind: type[_Model], warn: Callable[[str], None]
) -> tuple[_Model, str] | None:
    """The first that can be used, and its name; None if that is the one that ships."""
    refused: set[str] = set()
    for each in chosen:
        if each is None:
            break
        if each.sha256 in refused:
            continue
        try:
            return _read(store, each, kind, tried=True), each.name
        except ModelFileError as error:
            warn(f"{error}; reading with what was in use before")
            refused.add(each.sha256)
    return None


def _read(store: ModelStore, chosen: Chosen, kind: type[_Model], tried: bool = False) -> _Model:
    """The model that was chosen, `tried` by its self-test or not. Raises ModelFileError."""
    model = store.read(chosen)
    if not isinstance(model, kind):
        raise ModelFileError(f"{store.folder}: {chosen.name} is a {kind_of(model)}; choose it again")
    if tried:
        self_test.check(model, chosen.name)
    return model
