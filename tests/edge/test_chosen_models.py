"""What reads is what was chosen, or what can be read of what was chosen before."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from model_files import CLASSIFIER, SPOTTER, classifier, spotter, unpacked, with_weights

from core import model_file
from core.config import Config, ModelConfig, ReadingConfig
from core.errors import ModelFileError, UsageError
from core.manifest import SelfTest
from core.model_file import ModelFile, read_spotter
from edge.chosen_models import check, check_free, load, load_before, load_strictly
from edge.methods import Models, load_models, new_reader
from edge.model_store import SHIPS, Choice, ModelStore

MINE, OTHER = classifier(temperature=2.0), classifier(temperature=3.0)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def use(store: ModelStore, content: bytes, name: str = "mine.tflite") -> Choice:
    return store.use(content, unpacked(content), name, "2026-01-31T12:00:00Z")


def loaded(store: ModelStore, config: Config | None = None) -> tuple[Models, list[str]]:
    """What is read with, and what is warned of."""
    warnings: list[str] = []
    return load(config or Config(), store, warnings.append), warnings


def damage(store: ModelStore, choice: Choice, content: bytes = b"") -> None:
    assert choice.classifier is not None
    store.path(choice.classifier).write_bytes(content)


def test_what_ships_is_read_with_until_something_is_chosen(store: ModelStore) -> None:
    models, warnings = loaded(store)
    assert (models, warnings, models.choice) == (load_models(Config()), [], SHIPS)


def test_what_was_chosen_is_read_with_under_its_name(store: ModelStore) -> None:
    use(store, MINE)
    choice = use(store, spotter(metrics={}), "spot.tflite")
    models, warnings = loaded(store)
    assert (models.classifier, models.name, warnings, models.choice) == (unpacked(MINE), "mine.tflite", [], choice)
    assert models.spotter == unpacked(spotter(metrics={}))
    page = np.full((100, 100), 230, np.uint8)
    assert new_reader(models, Config()).read(page).digits == ""


def test_what_config_names_is_read_whatever_was_chosen(store: ModelStore, tmp_path: Path) -> None:
    (tmp_path / "named.tflite").write_bytes(OTHER)
    use(store, MINE)
    models, _ = loaded(store, Config(model=ModelConfig(path=str(tmp_path / "named.tflite"))))
    assert (models.classifier, models.name) == (unpacked(OTHER), "named.tflite")


def test_without_a_spotter_none_is_read(store: ModelStore) -> None:
    use(store, spotter(metrics={}), "spot.tflite")
    assert loaded(store, Config(reading=ReadingConfig(method="ink")))[0].spotter is None


@pytest.mark.parametrize("length", [0, 1, 50_000, len(MINE) - 200, len(MINE) - 1])
def test_a_choice_that_is_cut_off_gives_way_to_the_one_before(store: ModelStore, length: int) -> None:
    use(store, OTHER, "before.tflite")
    damage(store, use(store, MINE), MINE[:length])
    models, (warning,) = loaded(store)
    assert (models.classifier, models.name) == (unpacked(OTHER), "before.tflite")
    assert "is not as it was when mine.tflite was chosen" in warning
    assert warning.endswith("; reading with what was in use before")


def test_choices_none_of_which_can_be_read_give_way_to_what_ships(store: ModelStore) -> None:
    for content in (OTHER, MINE):
        damage(store, use(store, content))
    models, warnings = loaded(store)
    assert models.classifier == load_models(Config()).classifier
    assert len(warnings) == 2


def test_a_bad_classifier_leaves_the_spotter_that_was_chosen(store: ModelStore) -> None:
    choice = use(store, MINE)
    use(store, spotter(metrics={}), "spot.tflite")
    damage(store, choice)
    models, warnings = loaded(store)
    assert models.classifier == load_models(Config()).classifier
    assert models.spotter == unpacked(spotter(metrics={}))
    assert len(warnings) == 1


def test_one_that_fails_its_self_test_gives_way_too(store: ModelStore) -> None:
    use(store, failing(MINE))
    models, (warning,) = loaded(store)
    assert models.classifier == load_models(Config()).classifier
    assert warning.startswith("mine.tflite: its self-test fails on this machine: ")


def test_a_damaged_list_of_choices_does_not_stop_the_program(store: ModelStore) -> None:
    use(store, MINE)
    (store.folder / "models.json").write_bytes(b"\xff")
    models, (warning,) = loaded(store)
    assert models == load_models(Config())
    assert warning.endswith("; reading with the models that ship")


def test_what_was_in_use_before_a_choice_is_known(store: ModelStore) -> None:
    first, second = use(store, OTHER), use(store, MINE)
    assert load_before(Config(), store, second).classifier == unpacked(OTHER)
    assert load_before(Config(), store, first) == load_models(Config())


def test_nothing_stands_in_for_a_bad_choice_while_the_daemon_reads(store: ModelStore) -> None:
    in_use = load_models(Config())
    use(store, OTHER)
    damage(store, use(store, MINE))
    with pytest.raises(ModelFileError, match="is not as it was"):
        load_strictly(Config(), store, in_use)
    store.roll_back()
    assert load_strictly(Config(), store, in_use).classifier == unpacked(OTHER)


def failing(content: bytes) -> bytes:
    """The classifier with a self-test that no machine passes."""
    model = unpacked(content)
    assert isinstance(model, ModelFile)
    test = model.manifest.self_test
    assert test is not None
    upset = msgspec.structs.replace(test, answers=bytes(byte ^ 0x40 for byte in test.answers))
    return model_file.pack(model.tflite, msgspec.structs.replace(model.manifest, self_test=upset))


def refusal_of(content: bytes, config: Config | None = None) -> str:
    settings = config or Config()
    with pytest.raises(ModelFileError, match=r"^it: ") as refused:
        check(unpacked(content), "it", load_models(settings), settings)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("path", [CLASSIFIER, SPOTTER])
def test_what_ships_could_be_chosen(path: Path) -> None:
    assert check(unpacked(path.read_bytes()), "it", load_models(Config()), Config()) in {0, 1}


def test_one_without_a_self_test_is_told_from_one_that_passes() -> None:
    assert check(unpacked(classifier(self_test=None)), "it", load_models(Config()), Config()) is None


def test_foreign_labels_are_refused_with_the_key_that_takes_them() -> None:
    said = refusal_of(classifier(labels=list("abcdefghij")))
    assert "it: reads a, b, c, d, e, f, g, h, i, j; allowed: 0, 1, 2" in said
    assert said.endswith("named in config.yaml with model.path")
    assert "it: reads 9, 8" in refusal_of(spotter(labels=list("9876543210")))


def test_a_label_too_few_is_refused() -> None:
    assert "it: reads 0, 1; allowed" in refusal_of(classifier(labels=["0", "1"]))


def test_a_forger_s_network_fails_the_self_test() -> None:
    forged = read_spotter(SPOTTER).second  # of the same shape, and trained for something else
    assert forged is not None
    assert "its self-test fails on this machine" in refusal_of(with_weights(MINE, forged))


def test_a_network_that_is_none_is_refused() -> None:
    assert "not a .tflite model" in refusal_of(with_weights(MINE, b"x" * 1000))


def test_a_self_test_of_another_network_is_refused() -> None:
    test = SelfTest([1, 28, 28], bytes(784), bytes(10))
    assert "its self-test fails on this machine" in refusal_of(classifier(self_test=test))


@pytest.mark.parametrize(("kind", "key"), [("classifier", "path"), ("spotter", "spotter")])
def test_where_config_names_a_model_none_is_chosen(kind: str, key: str) -> None:
    with pytest.raises(UsageError, match=rf"^model\.{key} is x\.tflite, which is read whatever is chosen; set it to n"):
        check_free(kind, Config(model=ModelConfig(**{key: "x.tflite"})))
    check_free(kind, Config())
