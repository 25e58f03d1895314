"""What a spotter's file must be for the network in it to run: its manifest is checked against the network."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ModelFileError
from core.manifest import Quantisation, Resize
from core.model_file import SpotterFile, read_spotter
from core.spotter import Spotter


@pytest.fixture(scope="module")
def file(root: Path) -> SpotterFile:
    return read_spotter(root / "models" / "spotter.tflite")


def refusal_of(file: SpotterFile, **changes: object) -> str:
    with pytest.raises(ModelFileError, match=r"^it: ") as refused:
        Spotter(replace(file, manifest=msgspec.structs.replace(file.manifest, **changes)), place="it")
    return str(refused.value)


def test_the_file_that_ships_is_one(file: SpotterFile) -> None:
    assert Spotter(file).manifest == file.manifest


@settings(deadline=None, max_examples=50)
@given(st.data(), st.sampled_from([1, 2, 4, 8]))
def test_nothing_of_the_network_is_written_over_but_the_sizes(
    file: SpotterFile, data: st.DataObject, stride_px: int
) -> None:
    sizes = file.manifest.resizes
    others = st.integers(8, len(file.tflite) - 8).filter(lambda offset: offset not in {size.offset for size in sizes})
    refusal = refusal_of(file, resizes=[*sizes, Resize(data.draw(others), stride_px)])
    assert "where the network has none" in refusal


@pytest.mark.parametrize("offset", [2**63, 10**30])
def test_a_size_far_beyond_the_end_is_refused(file: SpotterFile, offset: int) -> None:
    assert f"a size at byte {offset}, beyond its end" in refusal_of(file, resizes=[Resize(offset, 4)])


@pytest.mark.parametrize("stride_px", [1, 3, 2**40])
def test_a_size_with_the_stride_of_another_map_is_refused(file: SpotterFile, stride_px: int) -> None:
    first, *others = file.manifest.resizes
    assert "where the network has none" in refusal_of(file, resizes=[*others, Resize(first.offset, stride_px)])


@pytest.mark.parametrize(
    "other",
    [
        lambda outputs: outputs[::-1],
        lambda outputs: [Quantisation(1e-300, 0), *outputs[1:]],
        lambda outputs: [Quantisation(outputs[0].scale, 10**30), *outputs[1:]],
    ],
)
def test_outputs_other_than_those_of_the_network_are_refused(
    file: SpotterFile, other: Callable[[list[Quantisation]], list[Quantisation]]
) -> None:
    assert "its manifest has other outputs than the network" in refusal_of(file, outputs=other(file.manifest.outputs))


def test_without_a_label_for_each_digit_it_is_refused(file: SpotterFile) -> None:
    assert "has 9 labels; expected 10" in refusal_of(file, labels=list("012345678"))
