"""What travels with a model inside its file: what it takes and gives, its thresholds, its figures, where it is from."""

from __future__ import annotations

import math
from typing import Annotated

import msgspec

from core.vote import Alone, Vote


class Quantisation(msgspec.Struct, frozen=True):
    """Of the input or an output tensor: real = scale · (int8 - zero_point)."""

    scale: Annotated[float, msgspec.Meta(gt=0)]
    zero_point: int


class Measured(msgspec.Struct, frozen=True):
    """One measured figure and where it comes from."""

    value: float
    data: str
    """Which glyphs or scenes."""
    count: int
    """How many of them."""


class Provenance(msgspec.Struct, frozen=True):
    """Where the model comes from."""

    network: str
    parameters: int
    seed: int | None
    """None if nobody knows, as for a model not trained here."""
    data: list[str]
    """Name, count and sha256 of each training set."""
    git_commit: str
    trained_with: str
    """Versions of TensorFlow and Keras."""


class SelfTest(msgspec.Struct, frozen=True):
    """What a network was shown when it was converted, and what it said: so it is to answer on every machine."""

    shape: Annotated[list[Annotated[int, msgspec.Meta(ge=1, le=1024)]], msgspec.Meta(min_length=2, max_length=3)]
    """Of `pixels`: glyphs or crops, (N, 28, 28), or one frame, (height, width)."""
    pixels: bytes
    """uint8, as the network was shown them."""
    answers: bytes
    """int8, as it gave them (`core.self_test`)."""

    def __post_init__(self) -> None:
        if math.prod(self.shape) != len(self.pixels):
            raise ValueError(f"{len(self.pixels)} pixels of a self-test are not of shape {self.shape}")


class _Any(msgspec.Struct, frozen=True, kw_only=True):
    """What every manifest has."""

    labels: Annotated[list[str], msgspec.Meta(min_length=2)]
    tflite_bytes: int
    """Length of the model itself, which is the beginning of the file."""
    tflite_sha256: str
    """Of those bytes."""
    input: Quantisation
    metrics: dict[str, Measured]
    provenance: Provenance
    self_test: SelfTest | None = None
    """None, as in files of before there was one: then nothing shows that a machine computes as it should."""

    def __post_init__(self) -> None:
        if len(set(self.labels)) != len(self.labels) or not all(label.strip() for label in self.labels):
            raise ValueError("labels must differ from each other and not be blank")
        if any(len(label.splitlines()) != 1 for label in self.labels):
            raise ValueError("a label must be one line")


class Manifest(_Any, frozen=True, kw_only=True):
    """Of a classifier of glyphs."""

    glyph_contract: int
    output: Quantisation
    temperature: Annotated[float, msgspec.Meta(gt=0)]
    """Logits are divided by this before softmax (Guo et al., 2017), fitted on the int8 model and held-out writers."""
    min_confidence: Annotated[float, msgspec.Meta(ge=0, le=1)]
    """A prediction less confident than this is rejected as unsure; config.yaml can move it."""
    min_evidence: float | None = None
    """A glyph with less evidence of being any label at all, in logits (`core.evaluation.evidence`), is rejected as
    not_a_digit; config.yaml can move it. None, in files of before it was measured, rejects nothing."""
    min_sharpness: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    """A rejected glyph less sharp than this (`core.reject.sharpness`) is called blurred. None calls nothing so."""


class Resize(msgspec.Struct, frozen=True):
    """A constant of the network that depends on the size of the frame: two int32, height and width of a map."""

    offset: Annotated[int, msgspec.Meta(ge=8)]
    """Where in the .tflite it is, in bytes."""
    stride_px: Annotated[int, msgspec.Meta(ge=1)]
    """Of the map: it has the frame's sides over this."""


class SecondStage(msgspec.Struct, frozen=True, kw_only=True):
    """Of the network in a spotter's file that looks again at each place, as a crop."""

    crop_contract: int
    tflite_bytes: int
    tflite_sha256: str
    """Of second.tflite in the zip."""
    vote: Vote
    """For what the two say together, fitted on the int8 models and scenes of held-out digits."""
    provenance: Provenance
    self_test: SelfTest | None = None
    """As above, of this network."""


class SpotterManifest(_Any, frozen=True, kw_only=True):
    """Of a spotter, whose three outputs are the maps that `core.spots.decode` takes, in its order."""

    spot_contract: int
    outputs: Annotated[list[Quantisation], msgspec.Meta(min_length=3, max_length=3)]
    resizes: list[Resize]
    alone: Alone
    """For what the spotter says by itself, fitted on the int8 model and scenes of held-out digits."""
    vote: Vote | None = None
    """For what it says together with a classifier of glyphs, fitted likewise. None if it was made without one."""
    second: SecondStage | None = None
    """None, as in files of before there was one, if the spotter is alone in its file."""
