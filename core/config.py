"""The one schema of config.yaml, and its strict loader.

config.yaml at the top of the project documents every key with its default; a test holds the two together. Every
problem is a `ConfigError` of one line: file, key path, what was found, what is allowed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml
from msgspec import Meta

from core import bounded
from core.errors import ConfigError
from core.explain import explain
from core.outputs import HistoryConfig, MetricsConfig, MqttConfig, StdoutConfig, WebhookConfig
from core.reading_rules import Regions, Rules, check_names

SYSTEM_CONFIG = Path("/etc/digit-reader/config.yaml")
"""Read when no --config is given and it exists; otherwise the defaults below hold."""

LARGEST_FILE_BYTES = 2**20
"""The one of the project, with every key and its reason, is a fiftieth of it."""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping of known keys."""


CameraIndex = Annotated[int, Meta(ge=0, le=63)]
CameraName = Annotated[str, Meta(min_length=1)]


class CameraConfig(Section, frozen=True):
    """Where frames come from."""

    source: Annotated[
        CameraIndex | CameraName | Annotated[list[CameraIndex | CameraName], Meta(min_length=1)],
        Meta(description="auto, canvas, a camera, a stream or files; of several the first that works is taken"),
    ] = "auto"
    width_px: Annotated[int, Meta(ge=64, le=8192, description="requested from the camera")] = 640
    height_px: Annotated[int, Meta(ge=64, le=8192, description="requested from the camera")] = 480
    frame_rate_hz: Annotated[
        int, Meta(ge=1, le=120, description="requested from the camera; also of replayed pictures")
    ] = 15
    mirror: Annotated[bool, Meta(description="exchange left and right")] = False
    exposure: Annotated[
        Annotated[float, Meta(gt=0, le=1000)] | Literal["auto", "locked"],
        Meta(description="milliseconds, auto, or locked at what auto has found after 2 s"),
    ] = "auto"
    white_balance: Annotated[
        Annotated[int, Meta(ge=1000, le=20000)] | Literal["auto", "locked"],
        Meta(description="kelvin, auto, or locked at what auto has found after 2 s"),
    ] = "auto"
    stall_after_s: Annotated[
        float, Meta(ge=0.2, le=600, description="a camera that gives no picture for so long is opened again")
    ] = 5.0
    replay_speed: Annotated[float, Meta(ge=0, le=100, description="1 is real time, 0 is as fast as it goes")] = 1.0
    replay_loop: Annotated[bool, Meta(description="start recordings over at their end")] = False
    picture_for_s: Annotated[float, Meta(gt=0, le=3600, description="how long a replayed picture is held")] = 1.0


class RegionConfig(Section, frozen=True):
    """A part of the frame, in shares of its width and height, so that it stays what it is at another resolution."""

    x: Annotated[float, Meta(ge=0, lt=1, description="left edge")] = 0.0
    y: Annotated[float, Meta(ge=0, lt=1, description="top edge")] = 0.0
    width: Annotated[float, Meta(gt=0, le=1, description="ends with the frame")] = 1.0
    height: Annotated[float, Meta(gt=0, le=1, description="ends with the frame")] = 1.0


class ReadingConfig(Section, frozen=True):
    """How digits are found, and when a reading counts."""

    method: Annotated[
        Literal["auto", "ink", "spotter", "both", "confirmed"],
        Meta(description="what finds digits, and what reads them"),
    ] = "auto"
    region: Annotated[RegionConfig, Meta(description="read only this part of the frame")] = msgspec.field(
        default_factory=RegionConfig
    )
    rotation: Annotated[
        Literal[0, 90, 180, 270], Meta(description="degrees clockwise that turn the writing upright")
    ] = 0
    polarity: Annotated[
        Literal["auto", "dark_on_light", "light_on_dark"], Meta(description="what is darker, ink or paper")
    ] = "auto"
    max_side_px: Annotated[
        int,
        Meta(
            ge=160,
            le=4096,
            description="larger frames are shrunk to this for the search",
        ),
    ] = 1024
    min_height_px: Annotated[
        int, Meta(ge=4, le=1000, description="what is lower is no digit; of ink, in the shrunk frame")
    ] = 8
    min_confidence: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None, Meta(description="less sure is rejected; null takes the model's own")
    ] = None
    min_evidence: Annotated[
        Annotated[float, Meta(ge=-100, le=100)] | None,
        Meta(description="log-odds that it is a digit at all; less is rejected; null takes the model's own"),
    ] = None
    min_sharpness: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(description="more blurred is rejected; null takes the model's own, and only names the reason by it"),
    ] = None
    reject_clipped: Annotated[bool, Meta(description="reject all ink that touches the edge of the picture")] = False
    stable_after_s: Annotated[float, Meta(ge=0, le=60, description="a number seen this long is a reading")] = 0.3
    stable_confidence: Annotated[
        float, Meta(ge=0, le=1, description="numbers less sure, of all their digits together, are not reported")
    ] = 0.8
    cleared_after_s: Annotated[float, Meta(ge=0, le=60, description="a reading unseen this long is gone")] = 0.5
    rules: Annotated[Rules, Meta(description="which readings are accepted")] = msgspec.field(default_factory=Rules)
    regions: Regions = msgspec.field(default_factory=list)
    state_path: Annotated[
        Annotated[str, Meta(min_length=1)] | None,
        Meta(description="file in which what is accepted in regions outlasts a restart; null takes the usual place"),
    ] = None

    def __post_init__(self) -> None:
        check_names(self.regions)


class ModelConfig(Section, frozen=True):
    """What reads."""

    path: Annotated[
        Annotated[str, Meta(min_length=1)] | None,
        Meta(description="a .tflite made by convert; null takes the one that ships"),
    ] = None
    spotter: Annotated[
        Annotated[str, Meta(min_length=1)] | None,
        Meta(description="a .tflite made by convert of a spotter; null takes the one that ships"),
    ] = None
    folder: Annotated[
        Annotated[str, Meta(min_length=1)] | None,
        Meta(description="where `digit-reader model use` keeps what it chose; null takes the usual place"),
    ] = None
    threads: Annotated[int, Meta(ge=1, le=16, description="of the interpreter")] = 1


class PageConfig(Section, frozen=True):
    """The page in the browser."""

    enabled: Annotated[bool, Meta(description="serve the page")] = True
    host: Annotated[str, Meta(min_length=1, description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="0 takes a free one")] = 8080


Backend = Literal["tensorflow", "jax", "torch"]
"""What Keras computes with."""


class TrainConfig(Section, frozen=True):
    """How `train` makes model.keras. null takes what the network is known with."""

    data: Annotated[
        list[str], Meta(min_length=1, description="mnist, or paths of IDX folders, picture folders, .npz")
    ] = msgspec.field(default_factory=lambda: ["mnist"])
    extra: Annotated[
        list[str], Meta(description="paths of further glyphs, all to train on: none is held out or tested with")
    ] = msgspec.field(default_factory=list)
    not_digits: Annotated[
        list[str] | None, Meta(description="what is none of the labels: drawn, or paths; null takes the network's own")
    ] = None
    labels: Annotated[
        Annotated[list[str], Meta(min_length=2)] | None, Meta(description="keep only these; null keeps all there are")
    ] = None
    network: Annotated[Literal["plain", "classic-dense", "classic-dropout"], Meta(description="by name")] = "plain"
    epochs: Annotated[Annotated[int, Meta(ge=1, le=10000)] | None, Meta(description="with glyphs held out")] = None
    refit_epochs: Annotated[
        Annotated[int, Meta(ge=0, le=10000)] | None, Meta(description="further ones on all glyphs")
    ] = None
    batch_size: Annotated[Annotated[int, Meta(ge=1, le=65536)] | None, Meta(description="glyphs a step")] = None
    learning_rate: Annotated[Annotated[float, Meta(gt=0, le=1)] | None, Meta(description="at its highest")] = None
    augment: Annotated[bool | None, Meta(description="vary the glyphs")] = None
    holdout_fraction: Annotated[float, Meta(gt=0, lt=0.9, description="of the glyphs, by whole writers")] = 0.05
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="same seed, same model")] = 1
    backend: Annotated[
        Backend | None, Meta(description="what Keras computes with; null takes KERAS_BACKEND, otherwise tensorflow")
    ] = None


class ConvertConfig(Section, frozen=True):
    """What `convert` demands of a model before it replaces the one that ships."""

    calibration_glyphs: Annotated[int, Meta(ge=10, le=60000, description="shown to the quantiser")] = 1000
    max_disagreement: Annotated[
        float, Meta(ge=0, le=1, description="share of test glyphs float and int8 may differ on")
    ] = 0.003
    min_accuracy: Annotated[float, Meta(ge=0, le=1, description="of the int8 model on the test glyphs")] = 0.99


class Config(Section, frozen=True):
    """All of config.yaml."""

    camera: CameraConfig = msgspec.field(default_factory=CameraConfig)
    reading: ReadingConfig = msgspec.field(default_factory=ReadingConfig)
    model: ModelConfig = msgspec.field(default_factory=ModelConfig)
    page: PageConfig = msgspec.field(default_factory=PageConfig)
    stdout: StdoutConfig = msgspec.field(default_factory=StdoutConfig)
    history: HistoryConfig = msgspec.field(default_factory=HistoryConfig)
    mqtt: MqttConfig = msgspec.field(default_factory=MqttConfig)
    webhook: WebhookConfig = msgspec.field(default_factory=WebhookConfig)
    metrics: MetricsConfig = msgspec.field(default_factory=MetricsConfig)
    train: TrainConfig = msgspec.field(default_factory=TrainConfig)
    convert: ConvertConfig = msgspec.field(default_factory=ConvertConfig)


def load(path: Path | None = None) -> Config:
    """The config in `path`; without one, in /etc/digit-reader/config.yaml if it is there, else the defaults.

    Raises ConfigError, one line, for a file that cannot be read or does not follow the schema.
    """
    if path is None:
        if not SYSTEM_CONFIG.exists():
            return Config()
        path = SYSTEM_CONFIG
    try:
        text = bounded.read(path, LARGEST_FILE_BYTES).decode()
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; copy config.yaml of the project, every key has a default") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except bounded.TooLarge as error:
        raise ConfigError(f"{path}: {error}, so it is no config file; config.yaml of the project shows one") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: cannot be read ({error})") from None
    return parse(text, str(path))


def parse(text: str, place: str) -> Config:
    """The config in `text`; `place` names it in errors. Raises ConfigError."""
    try:
        content = yaml.load(text, _Loader)  # noqa: S506 — a SafeLoader underneath
    except yaml.YAMLError as error:
        raise ConfigError(f"{place}: {_yaml_problem(error)}") from None
    except (RecursionError, ValueError) as error:
        raise ConfigError(f"{place}: not usable YAML ({error or 'nested too deeply'})") from None
    if content is None:
        return Config()
    if isinstance(content, dict):
        # A section whose keys are all commented out is null in YAML: its defaults.
        content = {key: {} if value is None else value for key, value in content.items()}
    return _checked(content, place)


def _checked(content: object, place: str) -> Config:
    try:
        return msgspec.convert(content, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{place}: {explain(error, content, Config)}") from None


def override(settings: Config, changes: dict[str, dict[str, Any]]) -> Config:
    """`settings` with the given keys of the given sections changed, checked as a file would be. Raises ConfigError."""
    content = msgspec.to_builtins(settings)
    for section, keys in changes.items():
        content[section] |= keys
    return _checked(content, "command line")


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of config.yaml, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Config)}


class _Loader(yaml.SafeLoader):
    """YAML as people expect it: a key given twice is an error, and 1e-3 is a number as in YAML 1.2."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key} is given twice; keep one", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+(?:\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)


def _yaml_problem(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = " ".join(str(getattr(error, "problem", None) or error).split())
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else problem
