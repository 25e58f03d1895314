"""What is told of a model file: what it is, what it reads, where it is from, how it did, and whether it runs here."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from core import model_file, self_test
from core.crops import CONTRACT_VERSION as CROP_CONTRACT
from core.errors import ModelFileError
from core.glyph import CONTRACT_VERSION as GLYPH_CONTRACT
from core.manifest import Measured, Provenance
from core.model_file import AnyModel, ModelFile
from core.spots import CONTRACT_VERSION as SPOT_CONTRACT
from edge.model_store import Kind, kind_of

PASSES, FAILS, NONE = "passes", "fails", "none"


class NetworkInfo(msgspec.Struct, frozen=True):
    """One network in a file."""

    contract: str
    """Name and version of the contract it was made for, which is this program's."""
    bytes: int
    sha256: str
    """Of its .tflite."""
    provenance: Provenance


class ModelInfo(msgspec.Struct, frozen=True):
    """A model file. This type is also the JSON of `digit-reader model info --json`."""

    kind: Kind
    name: str
    path: str
    why: str
    """It is in use, or told of."""
    bytes: int
    sha256: str
    """Of the whole file."""
    labels: list[str]
    networks: list[NetworkInfo]
    """The second stage of a spotter comes after it."""
    metrics: dict[str, Measured]
    self_test: str
    """PASSES, FAILS or NONE."""
    self_test_said: str
    """By how many steps it differs here, or why it fails; empty if there is none."""


def describe(content: bytes, model: AnyModel, name: str, path: str, why: str) -> ModelInfo:
    """All of the model file `content`, which is `model`."""
    verdict, said = _tested(model, name)
    return ModelInfo(
        kind=kind_of(model),
        name=name,
        path=path,
        why=why,
        bytes=len(content),
        sha256=model_file.sha256(content),
        labels=list(model.manifest.labels),
        networks=list(_networks(model)),
        metrics=model.manifest.metrics,
        self_test=verdict,
        self_test_said=said,
    )


def text(info: ModelInfo) -> str:
    """The same for people."""
    lines = [
        f"{info.kind}: {info.name}, {info.why}",
        f"  file          {info.path}",
        f"                {info.bytes:,} bytes, sha256 {info.sha256}",
        f"  reads         {' '.join(info.labels)}",
    ]
    for network in info.networks:
        of = network.provenance
        lines += [
            f"  network       {of.network}, {of.parameters:,} parameters, int8, for {network.contract}",
            f"                {network.bytes:,} bytes, sha256 {network.sha256}",
            f"  trained       at commit {of.git_commit[:12]}, seed {'unknown' if of.seed is None else of.seed}, with "
            f"{of.trained_with}",
            *(f"                on {data}" for data in of.data),
        ]
    for number, (metric, measured) in enumerate(info.metrics.items()):
        figure = f"{measured.value:<9g} {metric}, {measured.data}, n {measured.count:,}"
        lines.append(f"  {'' if number else 'figures':13} {figure}")
    lines.append(f"  self-test     {info.self_test}{info.self_test_said and f': {info.self_test_said}'}")
    return "\n".join(lines)


def _networks(model: AnyModel) -> Iterator[NetworkInfo]:
    manifest = model.manifest
    contract = f"glyph contract {GLYPH_CONTRACT}" if isinstance(model, ModelFile) else f"spot contract {SPOT_CONTRACT}"
    yield NetworkInfo(contract, manifest.tflite_bytes, manifest.tflite_sha256, manifest.provenance)
    second = None if isinstance(model, ModelFile) else model.manifest.second
    if second is not None:
        contract = f"crop contract {CROP_CONTRACT}"
        yield NetworkInfo(contract, second.tflite_bytes, second.tflite_sha256, second.provenance)


def _tested(model: AnyModel, name: str) -> tuple[str, str]:
    try:
        steps = self_test.check(model, name)
    except ModelFileError as error:
        return FAILS, str(error)
    return (NONE, "") if steps is None else (PASSES, f"answers differ by {steps} steps at most")
