"""Models are exchanged between two frames, and put back where they cannot read."""

import logging
from pathlib import Path

import msgspec
import numpy as np
import pytest
from model_files import SPOTTER, classifier, spotter, stubborn, unpacked
from pen_pages import written

from core.config import Config, ModelConfig, ReadingConfig
from core.frame import Luma
from core.model_file import read_spotter
from edge.chosen_models import load
from edge.exchange import Exchange
from edge.methods import load_models
from edge.model_store import ModelStore
from edge.reader import Reader

INK = Config(reading=ReadingConfig(method="ink"))
MINE = classifier(temperature=2.0)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def use(store: ModelStore, content: bytes, name: str = "mine.tflite") -> None:
    store.use(content, unpacked(content), name, "2026-01-31T12:00:00Z")


def exchange_of(store: ModelStore, config: Config = INK) -> Exchange:
    return Exchange(load(config, store, print), config, store)


PAGE = written("2053", 90)
EMPTY = np.full((100, 100), 230, np.uint8)


@pytest.fixture
def exchange(store: ModelStore) -> Exchange:
    return exchange_of(store)


@pytest.fixture
def reader(exchange: Exchange) -> Reader:
    return exchange.reader()


def test_a_choice_is_taken_between_two_frames_and_not_before(
    store: ModelStore, exchange: Exchange, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sure = reader.read(PAGE).readings[0].confidence
    use(store, MINE)
    exchange.reload()
    assert reader.read(PAGE).readings[0].confidence == sure
    assert (exchange.models.name, exchange.note) == ("digits.tflite", "")
    exchange.between_frames()
    answer = reader.read(PAGE)
    assert (answer.digits, answer.readings[0].confidence < sure) == ("2053", True)  # it is twice as hot
    assert exchange.models.name == "mine.tflite"
    told = "mine.tflite and the spotter that ships, in place of digits.tflite and the spotter that ships"
    assert (caplog.messages, exchange.note) == ([f"models: {told}"], told)
    exchange.between_frames()
    assert len(caplog.messages) == 1


def test_a_choice_that_is_the_one_in_use_changes_nothing(exchange: Exchange, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    exchange.reload()
    exchange.between_frames()
    assert (caplog.messages, exchange.note) == (["models: as they were"], "")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (MINE[:-1], "is not as it was when mine.tflite was chosen"),
        (b"", "is not as it was when mine.tflite was chosen"),
    ],
)
def test_a_choice_that_was_damaged_is_not_taken(
    store: ModelStore, exchange: Exchange, reader: Reader, content: bytes, found: str
) -> None:
    use(store, MINE)
    chosen = store.choices()[0].classifier
    assert chosen is not None
    store.path(chosen).write_bytes(content)
    exchange.reload()
    exchange.between_frames()
    assert exchange.models.name == "digits.tflite"
    assert exchange.note.startswith("not exchanged: ")
    assert found in exchange.note
    assert reader.read(PAGE).digits == "2053"


def test_other_labels_are_not_taken(store: ModelStore, exchange: Exchange) -> None:
    use(store, classifier(labels=list("abcdefghij")))
    exchange.reload()
    exchange.between_frames()
    assert "not exchanged: mine.tflite: reads a, b, c" in exchange.note
    assert exchange.models.labels == list("0123456789")


def test_one_that_cannot_read_what_was_read_last_is_not_taken(
    store: ModelStore, exchange: Exchange, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    assert reader.read(PAGE).digits == "2053"
    use(store, stubborn(), "stubborn.tflite")
    exchange.reload()
    exchange.between_frames()
    assert exchange.models.name == "digits.tflite"
    assert exchange.note.startswith("not exchanged: RuntimeError: ")
    assert len(caplog.messages) == 1
    assert reader.read(PAGE).digits == "2053"


def test_one_that_cannot_read_is_put_back_with_the_frame_it_failed_on(
    store: ModelStore, exchange: Exchange, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    use(store, MINE)
    use(store, stubborn(), "stubborn.tflite")
    exchange.reload()
    exchange.between_frames()
    caplog.clear()
    other = exchange.reader(drawn=True)
    assert [reader.read(PAGE).digits for _ in range(3)] == ["2053"] * 3
    assert other.read(PAGE).digits == "2053"
    assert exchange.models.name == "digits.tflite"
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith(
        "models: stubborn.tflite and the spotter that ships cannot read (RuntimeError:"
    )
    assert exchange.note.endswith("; digits.tflite and the spotter that ships put back")
    back = store.put_back_last()
    assert back is not None
    assert back.choice.classifier is not None
    assert (back.choice.classifier.name, len(store.choices())) == ("stubborn.tflite", 1)


def test_one_that_cannot_read_after_a_restart_gives_way_to_the_choice_before(store: ModelStore) -> None:
    use(store, MINE)
    use(store, stubborn(), "stubborn.tflite")
    exchange = exchange_of(store)
    assert exchange.models.name == "stubborn.tflite"
    assert exchange.reader().read(PAGE).digits == "2053"
    assert exchange.models.name == "mine.tflite"
    assert load(INK, store, print).name == "mine.tflite"


def test_a_frame_that_no_models_can_read_puts_none_back(store: ModelStore, exchange: Exchange, reader: Reader) -> None:
    use(store, MINE)
    exchange.reload()
    exchange.between_frames()
    no_frame: Luma = np.zeros((40, 40, 5), np.uint8)
    with pytest.raises(ValueError, match="too many values to unpack"):
        reader.read(no_frame)
    assert exchange.models.name == "mine.tflite"
    assert store.choices()[0].classifier is not None
    assert reader.read(PAGE).digits == "2053"


def test_what_cannot_be_put_back_on_disk_is_put_back_in_memory(
    store: ModelStore, exchange: Exchange, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    use(store, stubborn(), "stubborn.tflite")
    exchange.reload()
    exchange.between_frames()
    (store.folder / "models.json").write_bytes(b"damaged by now")
    assert reader.read(PAGE).digits == "2053"
    assert exchange.models.name == "digits.tflite"
    assert caplog.messages[-1].endswith("; a restart takes the failing ones again")


def test_a_reader_that_is_made_while_models_wait_takes_them_too(store: ModelStore, exchange: Exchange) -> None:
    use(store, MINE)
    exchange.reload()
    late = exchange.reader()
    sure = late.read(PAGE).readings[0].confidence
    exchange.between_frames()
    assert late.read(PAGE).readings[0].confidence < sure


def deaf_spotter() -> bytes:
    """One that takes nothing for a digit."""
    second = read_spotter(SPOTTER).manifest.second
    assert second is not None
    vote = msgspec.structs.replace(second.vote, min_evidence=1e9)
    return spotter(second=msgspec.structs.replace(second, vote=vote))


def test_a_choice_that_is_taken_back_before_the_next_frame_is_never_read_with(
    store: ModelStore, exchange: Exchange
) -> None:
    use(store, MINE)
    exchange.reload()
    store.roll_back()
    exchange.reload()
    exchange.between_frames()
    assert (exchange.models.name, exchange.note) == ("digits.tflite", "")


def test_the_spotter_is_exchanged_likewise(store: ModelStore) -> None:
    config = Config()
    exchange = Exchange(load_models(config), config, store)
    reader = exchange.reader()
    use(store, deaf_spotter(), "deaf.tflite")
    exchange.reload()
    assert reader.read(PAGE).digits == "2053"
    exchange.between_frames()
    assert (reader.read(PAGE).digits, exchange.note[:32]) == ("", "digits.tflite and deaf.tflite, i")


def test_a_file_that_config_names_is_read_again_when_it_was_replaced(store: ModelStore, tmp_path: Path) -> None:
    named = tmp_path / "named.tflite"
    named.write_bytes(classifier())
    config = Config(reading=ReadingConfig(method="ink"), model=ModelConfig(path=str(named)))
    exchange = exchange_of(store, config)
    reader = exchange.reader()
    before = exchange.models
    named.write_bytes(MINE[:-100])  # half copied
    assert reader.read(PAGE).digits == "2053"
    exchange.reload()
    exchange.between_frames()
    assert exchange.models == before
    assert "named.tflite: " in exchange.note
    named.write_bytes(MINE)
    exchange.reload()
    exchange.between_frames()
    assert exchange.models.classifier == unpacked(MINE)
    named.write_bytes(stubborn())
    assert reader.read(EMPTY).digits == ""
    exchange.reload()
    exchange.between_frames()
    assert reader.read(PAGE).digits == "2053"
    assert exchange.models.classifier == unpacked(MINE)
