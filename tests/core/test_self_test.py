"""A model proves on this machine that it computes what it computed where it was converted."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tflite_builder import dense, manifest_of

from core import model_file, self_test
from core.errors import ModelFileError
from core.interpreter import Interpreter
from core.manifest import SelfTest
from core.model_file import AnyModel, ModelFile, SpotterFile, read_spotter
from core.spotter import Spotter

WEIGHTS = np.random.default_rng(1).integers(-1, 2, (10, 784), dtype=np.int8)
GLYPHS = np.random.default_rng(2).integers(0, 2, (3, 28, 28), dtype=np.uint8)


def classifier(weights: np.ndarray = WEIGHTS) -> ModelFile:
    tflite = dense(weights, output_scale=4.0)
    manifest = manifest_of(tflite, [str(digit) for digit in range(10)])
    return ModelFile(tflite, manifest)


def with_test(model: ModelFile, test: SelfTest) -> ModelFile:
    return replace(model, manifest=msgspec.structs.replace(model.manifest, self_test=test))


def refusal_of(model: AnyModel) -> str:
    with pytest.raises(ModelFileError, match=r"^it") as refused:
        self_test.check(model, "it")
    message = str(refused.value)
    assert "\n" not in message
    return message


@pytest.fixture(scope="module")
def spotter(root: Path) -> SpotterFile:
    return read_spotter(root / "models" / "spotter.tflite")


@pytest.fixture(scope="module")
def its_test() -> SelfTest:
    return self_test.of_glyphs(Interpreter.of(classifier()), GLYPHS)


@pytest.mark.parametrize("name", ["digits.tflite", "spotter.tflite"])
def test_the_files_that_ship_pass_their_own_tests_here(root: Path, name: str) -> None:
    path = root / "models" / name
    model = model_file.unpack_any(path.read_bytes(), str(path))
    steps = self_test.check(model, str(path))
    assert steps is not None
    assert steps <= self_test.MOST_STEPS


def test_the_second_stage_that_ships_has_a_its_tests_own(spotter: SpotterFile) -> None:
    assert spotter.manifest.second is not None
    assert spotter.manifest.second.self_test is not None


def test_a_model_as_it_was_converted_differs_by_nothing(its_test: SelfTest) -> None:
    assert self_test.check(with_test(classifier(), its_test), "it") == 0


def test_the_test_outlasts_being_packed(its_test: SelfTest) -> None:
    model = with_test(classifier(), its_test)
    assert model_file.unpack_any(model_file.pack(model.tflite, model.manifest), "it") == model


def test_a_model_of_before_there_were_tests_is_told_from_one_that_passes(spotter: SpotterFile) -> None:
    assert self_test.check(classifier(), "it") is None
    stage = msgspec.structs.replace(spotter.manifest.second, self_test=None)
    manifest = msgspec.structs.replace(spotter.manifest, self_test=None, second=stage)
    assert self_test.check(replace(spotter, manifest=manifest), "it") is None


@pytest.mark.parametrize(("steps", "passes"), [(0, True), (1, True), (-1, True), (2, False), (-2, False)])
def test_answers_may_differ_by_one_step_and_no_more(its_test: SelfTest, steps: int, passes: bool) -> None:
    answers = np.frombuffer(its_test.answers, np.int8).copy()
    place = int(np.abs(answers.astype(int)).argmin())  # where a step to either side is an int8
    answers[place] += steps
    model = with_test(classifier(), msgspec.structs.replace(its_test, answers=answers.tobytes()))
    if passes:
        assert self_test.check(model, "it") == abs(steps)
    else:
        assert "1 of 30 answers differ, by up to 2 steps; allowed: 1" in refusal_of(model)


def test_the_longest_way_between_two_answers_is_no_step(its_test: SelfTest) -> None:
    answers = np.where(np.frombuffer(its_test.answers, np.int8) < 0, 127, -128).astype(np.int8)
    model = with_test(classifier(), msgspec.structs.replace(its_test, answers=answers.tobytes()))
    assert "30 of 30 answers differ" in refusal_of(model)


def test_other_weights_than_those_it_was_made_of_fail(its_test: SelfTest) -> None:
    assert "its self-test fails on this machine" in refusal_of(with_test(classifier(WEIGHTS[::-1]), its_test))


def test_a_spotter_with_another_map_than_the_one_it_gave_fails(spotter: SpotterFile) -> None:
    luma = np.random.default_rng(3).integers(0, 256, (64, 96), dtype=np.uint8)
    test = self_test.of_frame(Spotter(spotter), luma)
    whole = replace(spotter, manifest=msgspec.structs.replace(spotter.manifest, self_test=test))
    assert self_test.check(whole, "it") == 0
    assert len(test.answers) == 4 * 6 * 14
    shifted = msgspec.structs.replace(test, pixels=np.roll(luma, 9, axis=1).tobytes())
    broken = replace(spotter, manifest=msgspec.structs.replace(spotter.manifest, self_test=shifted))
    assert "answers differ" in refusal_of(broken)


def test_a_second_stage_that_answers_otherwise_is_named(spotter: SpotterFile, its_test: SelfTest) -> None:
    stage = msgspec.structs.replace(spotter.manifest.second, self_test=its_test)
    other = replace(spotter, manifest=msgspec.structs.replace(spotter.manifest, second=stage))
    assert refusal_of(other).startswith("it, its second stage: its self-test fails on this machine")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"shape": [3, 14, 56]}, "its self-test shows [3, 14, 56]; expected glyphs, [N, 28, 28]"),
        ({"shape": [84, 28]}, "its self-test shows [84, 28]; expected glyphs, [N, 28, 28]"),
        ({"answers": b""}, "its self-test has 0 answers; the network gives 30"),
        ({"answers": b"\0" * 31}, "its self-test has 31 answers; the network gives 30"),
    ],
)
def test_a_test_that_does_not_fit_the_network_is_refused(
    its_test: SelfTest, changes: dict[str, object], found: str
) -> None:
    assert found in refusal_of(with_test(classifier(), msgspec.structs.replace(its_test, **changes)))


@pytest.mark.parametrize("shape", [[1, 28, 28], [48, 32]])
def test_a_test_of_a_spotter_shows_one_frame_that_fits(spotter: SpotterFile, shape: list[int]) -> None:
    test = SelfTest(shape, bytes(int(np.prod(shape))), b"")
    other = replace(spotter, manifest=msgspec.structs.replace(spotter.manifest, self_test=test))
    assert "expected one frame, its sides multiples of 32" in refusal_of(other)


@pytest.mark.parametrize("change", [{"shape": [2, 28, 28]}, {"shape": [0]}, {"shape": [784, 4096]}, {"pixels": "?"}])
def test_pixels_of_another_shape_make_no_manifest(its_test: SelfTest, change: dict[str, object]) -> None:
    manifest = msgspec.to_builtins(with_test(classifier(), its_test).manifest)
    manifest["self_test"] |= change
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(manifest, model_file.Manifest)
