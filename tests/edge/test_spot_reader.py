"""Digits by the spotter, alone and with the classifier's vote, with the models that ship."""

from dataclasses import replace
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from pen_pages import written
from tflite_builder import dense

from core.config import Config, ModelConfig, ReadingConfig
from core.errors import ConfigError, ModelFileError
from core.frame import Box, Luma
from core.manifest import Provenance, SecondStage
from core.model_file import SpotterFile
from core.spotter import Spotter
from core.vote import Vote
from edge.confirmed_reader import ConfirmedReader
from edge.methods import Models, load_models, new_reader
from edge.read import Digit
from edge.reader import Laps, Reader, Seen

METHODS = ("spotter", "both")


def a_reader(method: str = "spotter", **reading: object) -> Reader:
    return new_reader(load_models(Config()), Config(reading=ReadingConfig(method=method, **reading)))


@pytest.fixture(scope="module", params=METHODS)
def reader(request: pytest.FixtureRequest) -> Reader:
    return a_reader(request.param)


def test_a_number_is_read_with_its_boxes_confidences_and_probabilities(reader: Reader) -> None:
    answer = reader.read(written("2053", 90))
    assert answer.digits == "2053"
    (reading,) = answer.readings
    assert [digit.box.x for digit in reading.digits] == sorted(digit.box.x for digit in reading.digits)
    for digit in reading.digits:
        assert 0.5 < digit.confidence <= 1
        assert sum(digit.probabilities) == pytest.approx(1, abs=0.01)
        assert int(np.argmax(digit.probabilities)) == int(digit.text)
    assert set(answer.ms) == {"find", "classify", "read", "total"}


def patterned(luma: Luma) -> Luma:
    """The same on a ground of fine waves, as cheques have."""
    y, x = np.mgrid[: luma.shape[0], : luma.shape[1]].astype(np.float32)
    waves = 14 * np.sin(0.9 * x + 2 * np.sin(0.11 * y)) + 10 * np.sin(0.7 * y + 1.5 * np.sin(0.13 * x))
    return np.clip(luma + waves, 0, 255).astype(np.uint8)


def ruled(luma: Luma) -> Luma:
    """The same in squares, whose lines the digits cross."""
    squares = luma.copy()
    squares[::30], squares[:, ::30] = 110, 110
    return np.minimum(luma, squares)


@pytest.mark.parametrize("look", [patterned, ruled, lambda luma: 255 - luma])
def test_patterns_squares_and_chalk_do_not_keep_a_number_from_being_read(look: object) -> None:
    assert a_reader().read(look(written("2053", 90))).digits == "2053"


@pytest.mark.parametrize("text", ["2053", "4781", "3096", "5128"])
def test_digits_that_touch_are_read_each(text: str) -> None:
    assert a_reader().read(written(text, 90, pitch=0.62)).digits == text


def test_a_place_below_the_least_evidence_is_rejected_with_what_it_would_have_been(reader: Reader) -> None:
    strict = a_reader(min_evidence=100.0)
    answer = strict.read(written("5", 90))
    assert answer.digits == ""
    (rejected,) = (each for each in answer.rejected if each.text == "5" and each.confidence > 0.3)
    assert rejected.reason in {"not_a_digit", "unsure"}


def test_less_confidence_than_config_asks_for_is_unsure() -> None:
    answer = a_reader(min_confidence=1.0).read(written("5", 90))
    assert answer.digits == ""
    assert "unsure" in {each.reason for each in answer.rejected}


def test_a_digit_at_the_edge_is_clipped_if_config_rejects_such_ink() -> None:
    luma = written("25", 90)
    ink = np.flatnonzero((luma < 120).any(axis=0))
    cut = luma[:, ink[0] + 3 :]
    answer = a_reader(reject_clipped=True).read(cut)
    assert answer.digits == "5"
    assert "clipped" in {each.reason for each in answer.rejected}


def test_digits_lower_than_config_asks_for_are_too_small() -> None:
    answer = a_reader(min_height_px=200).read(written("25", 90))
    assert answer.digits == ""
    assert {each.reason for each in answer.rejected} == {"too_small"}


def test_boxes_lie_in_the_frame_and_are_never_empty(reader: Reader) -> None:
    luma = written("83", 90)
    frame = Box(0, 0, 300, 90)
    cut = np.ascontiguousarray(luma[60:150, 20:320])
    answer = reader.read(cut)
    found = [digit.box for reading in answer.readings for digit in reading.digits] + [
        each.box for each in answer.rejected
    ]
    assert found
    for box in found:
        assert box.width > 0
        assert box.height > 0
        assert box.x >= 0
        assert box.y >= 0
        assert box.right <= frame.width
        assert box.bottom <= frame.height


def test_a_spotter_made_without_a_classifier_reads_without_it() -> None:
    models = load_models(Config())
    manifest = msgspec.structs.replace(models.spotter.manifest, vote=None)
    deaf = replace(models.spotter, manifest=manifest)
    voiceless = type(models)(models.classifier, models.name, deaf)
    config = Config(reading=ReadingConfig(method="both"))
    luma = written("2053", 90)
    alone = a_reader("spotter").read(luma)
    assert new_reader(voiceless, config).read(luma).readings == alone.readings


def with_second_stage(models: Models, vote: bool = True) -> Models:
    """The same with a second stage that takes everything for a 3, and its word for all; or no `vote` but its own."""
    weights = np.full((10, 784), -1, np.int8)
    weights[3] = 1
    stage = SecondStage(
        crop_contract=1,
        tflite_bytes=0,
        tflite_sha256="",
        vote=Vote(100.0, [0.0, 1.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0], 5.0),
        provenance=Provenance("second", 1, 1, [], "", ""),
    )
    manifest = msgspec.structs.replace(models.spotter.manifest, second=stage)
    manifest = manifest if vote else msgspec.structs.replace(manifest, vote=None)
    return replace(models, spotter=SpotterFile(models.spotter.tflite, manifest, dense(weights)))


def test_a_second_stage_in_the_spotters_file_has_a_vote_where_the_spotter_reads() -> None:
    models = with_second_stage(load_models(Config()))
    luma = written("2053", 90)
    by_spotter = new_reader(models, Config(reading=ReadingConfig(method="spotter"))).read(luma)
    assert set(by_spotter.digits) == {"3"}
    assert len(by_spotter.digits) >= 4
    assert new_reader(models, Config(reading=ReadingConfig(method="both"))).read(luma).digits == "2053"


def test_where_the_file_has_no_vote_for_the_classifier_both_is_the_spotter_and_its_second_stage() -> None:
    models = with_second_stage(load_models(Config()), vote=False)
    luma = written("2053", 90)
    spotter, both = (new_reader(models, Config(reading=ReadingConfig(method=name))).read(luma) for name in METHODS)
    assert both.readings == spotter.readings


def test_a_second_stage_that_cannot_be_loaded_is_named() -> None:
    models = with_second_stage(load_models(Config()))
    broken = replace(models, spotter=replace(models.spotter, second=b"no network"))
    with pytest.raises(ModelFileError, match=r"^spotter\.tflite, its second stage: "):
        new_reader(broken, Config(reading=ReadingConfig(method="spotter")))


@pytest.mark.parametrize("method", METHODS)
def test_what_is_less_sharp_than_config_asks_for_is_blurred(method: str) -> None:
    answer = a_reader(method, min_sharpness=1.0).read(written("25", 90))
    assert answer.digits == ""
    assert {each.reason for each in answer.rejected} == {"blurred"}


def with_other_labels(models: Models) -> Models:
    """The same, but the classifier reads letters."""
    letters = msgspec.structs.replace(models.classifier.manifest, labels=list("abcdefghij"))
    return replace(models, classifier=replace(models.classifier, manifest=letters))


def test_a_classifier_of_other_labels_has_no_vote() -> None:
    models = with_other_labels(load_models(Config()))
    with pytest.raises(ConfigError, match=r"^reading\.method is both, but digits\.tflite has .* Try auto$"):
        new_reader(models, Config(reading=ReadingConfig(method="both")))
    by_ink = new_reader(models, Config(reading=ReadingConfig(method="ink"))).read(written("2053", 90))
    assert new_reader(models, Config()).read(written("2053", 90)).readings == by_ink.readings


def test_a_spotter_that_cannot_be_loaded_is_named() -> None:
    models = load_models(Config())
    broken = replace(models, spotter=SpotterFile(b"no network", models.spotter.manifest))
    with pytest.raises(ModelFileError, match=r"^mine\.tflite: "):
        new_reader(broken, Config(model=ModelConfig(spotter="mine.tflite")))


def test_drawings_are_read_by_their_ink_and_what_a_camera_sees_by_both() -> None:
    config, models = Config(), load_models(Config())
    small = cv2.resize(written("5", 90), (160, 120))
    seen, drawn = new_reader(models, config).read(small), new_reader(models, config, drawn=True).read(small)
    assert seen.readings != drawn.readings
    by_ink = new_reader(models, Config(reading=ReadingConfig(method="ink"))).read(small)
    assert drawn.readings == by_ink.readings


def with_print(luma: Luma) -> Luma:
    """The same with a stroke beside it that ink alone takes for a 1."""
    marked = luma.copy()
    cv2.line(marked, (600, 60), (600, 440), 60, 12)
    cv2.line(marked, (60, 420), (420, 420), 60, 12)
    return marked


def test_ink_that_the_spotter_does_not_confirm_is_no_digit() -> None:
    luma = with_print(written("2053", 90))
    assert a_reader("confirmed").read(luma).digits == "2053"


def test_confirmed_digits_have_the_boxes_of_their_ink() -> None:
    luma = written("2053", 90)
    by_ink, confirmed = a_reader("ink").read(luma), a_reader("confirmed").read(luma)
    assert confirmed.readings == by_ink.readings


def test_what_is_not_confirmed_is_told_as_rejected() -> None:
    by_ink = InkReaderThatSeesEverything()
    models = load_models(Config())
    seen = ConfirmedReader(by_ink, Spotter(models.spotter), ReadingConfig()).see(
        np.full((240, 320), 200, np.uint8), Laps(lambda: 0)
    )
    assert seen.digits == []
    assert [each.reason for each in seen.rejected] == ["not_a_digit"]


class InkReaderThatSeesEverything:
    """Takes blank paper for a 1."""

    def see(self, luma: Luma, laps: Laps) -> Seen:
        return Seen([Digit("1", 0.9, Box(10, 10, 5, 30), [], 3.0)], [])


def test_ink_needs_no_spotter(tmp_path: Path) -> None:
    missing = ModelConfig(spotter=str(tmp_path / "missing.tflite"))
    config = Config(model=missing, reading=ReadingConfig(method="ink"))
    assert new_reader(load_models(config), config).read(written("25", 90)).digits == "25"
    with pytest.raises(ModelFileError, match=r"missing\.tflite"):
        load_models(Config(model=missing))
