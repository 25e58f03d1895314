"""config.yaml and its schema."""

import json
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core import config
from core.config import Config
from core.errors import ConfigError
from edge.__main__ import main


def problem(text: str) -> str:
    """The message `text` is refused with."""
    with pytest.raises(ConfigError) as refused:
        config.parse(text, "config.yaml")
    return str(refused.value)


def test_the_documented_file_and_the_schema_have_the_same_keys_and_defaults(root: Path) -> None:
    documented = yaml.safe_load((root / "config.yaml").read_text(encoding="utf-8"))
    assert documented == msgspec.to_builtins(Config())


def test_every_key_of_the_documented_file_has_a_comment_above_it(root: Path) -> None:
    lines = (root / "config.yaml").read_text(encoding="utf-8").splitlines()
    bare = [
        line.strip()
        for before, line in pairwise(lines)
        if line.startswith("  ") and not line.strip().startswith("#") and not before.strip().startswith("#")
    ]
    assert bare == []


def test_every_key_is_described_in_the_json_schema() -> None:
    schema = config.schema()
    sections = [entry for name, entry in schema["$defs"].items() if name != "Config"]
    assert len(sections) == 15
    silent = [key for section in sections for key, entry in section["properties"].items() if "description" not in entry]
    assert silent == []


def test_an_empty_file_or_section_gives_the_defaults() -> None:
    assert config.parse("", "x") == Config()
    assert config.parse("camera:\n  # source: 0\n", "x") == Config()


def test_numbers_are_read_as_people_write_them() -> None:
    assert config.parse("train: {learning_rate: 1e-3}", "x").train.learning_rate == 0.001
    assert config.parse("camera: {source: 2}", "x").camera.source == 2


def test_the_thresholds_of_the_reject_take_numbers_or_null_for_the_models_own() -> None:
    moved = config.parse(
        "reading: {min_confidence: 0.5, min_evidence: -2, min_sharpness: 0.3, reject_clipped: on}", "x"
    )
    reading = moved.reading
    assert (reading.min_confidence, reading.min_evidence, reading.min_sharpness) == (0.5, -2.0, 0.3)
    assert reading.reject_clipped
    kept = config.parse("reading: {min_confidence: null, min_evidence: null, min_sharpness: null}", "x")
    assert kept == Config()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "camera: {frame_rate_hz: 500}",
            "config.yaml: camera.frame_rate_hz is 500; allowed: a whole number from 1 to 120",
        ),
        ("page: {port: 80.5}", "config.yaml: page.port is 80.5; allowed: a whole number from 0 to 65535"),
        ("page: {enabled: maybe}", "config.yaml: page.enabled is 'maybe'; allowed: true or false"),
        (
            "reading: {polarity: grey}",
            "config.yaml: reading.polarity is 'grey'; allowed: one of auto, dark_on_light, light_on_dark",
        ),
        ("reading: {min_confidence: 2}",
         "config.yaml: reading.min_confidence is 2; allowed: a number from 0 to 1 or null"),
        ("reading: {min_evidence: high}",
         "config.yaml: reading.min_evidence is 'high'; allowed: a number from -100 to 100 or null"),
        ("reading: {min_sharpness: 1.5}",
         "config.yaml: reading.min_sharpness is 1.5; allowed: a number from 0 to 1 or null"),
        ("reading: {region: {x: 1.0}}", "config.yaml: reading.region.x is 1.0; allowed: a number from 0 below 1"),
        ("reading: {region: {w: 0.5}}", "config.yaml: reading.region.w is no known key; allowed: x, y, width, height"),
        ("reading: {rotation: 45}", "config.yaml: reading.rotation is 45; allowed: one of 0, 90, 180, 270"),
        ("reading: {reject_clipped: 1}", "config.yaml: reading.reject_clipped is 1; allowed: true or false"),
        ("train: {holdout_fraction: 0}",
         "config.yaml: train.holdout_fraction is 0; allowed: a number above 0 below 0.9"),
        ("train: {data: []}", "config.yaml: train.data is []; allowed: a list of texts, not empty"),
        ("train: {extra: 3}", "config.yaml: train.extra is 3; allowed: a list of texts"),
        ("train: {not_digits: letters.npz}",
         "config.yaml: train.not_digits is 'letters.npz'; allowed: a list of texts or null"),
        ("train: {labels: [A]}",
         "config.yaml: train.labels is ['A']; allowed: a list of texts with at least 2 entries or null"),
        ("camera: fast", "config.yaml: camera is 'fast'; allowed: a mapping with the keys source, width_px, height_px, "
         "frame_rate_hz, mirror, exposure, white_balance, stall_after_s, replay_speed, replay_loop, picture_for_s"),
        ("camera: {exposure: dim}", "config.yaml: camera.exposure is 'dim'; allowed: a number above 0 to 1000 or "
         "one of auto, locked"),
        ("camera: {white_balance: 500}", "config.yaml: camera.white_balance is 500; allowed: a whole number from 1000 "
         "to 20000 or one of auto, locked"),
        ("camera: {source: []}", "config.yaml: camera.source is []; allowed: a whole number from 0 to 63 or text, "
         "not empty or a list, not empty, each a whole number from 0 to 63 or text, not empty"),
        ("page: {port: 1, port: 2}", "config.yaml: line 1, column 17: the key port is given twice; keep one"),
        ("page: {prot: 1}", "config.yaml: page.prot is no known key; allowed: enabled, host, port. Did you mean port?"),
        ("mqtt: {version: 4}", "config.yaml: mqtt.version is 4; allowed: one of 5, 3.1.1"),
        ("mqtt: {topic: 'a/#'}", "config.yaml: mqtt.topic is 'a/#'; allowed: words with / between them, "
         "without + and #, as home/meter"),
        ("mqtt: {key_path: k}", "config.yaml: mqtt.key_path and certificate_path go together; set both or none"),
        ("webhook: {url: ftp://example.org}", "config.yaml: webhook.url does not begin with http:// or https:// "
         "and a host; allowed: an address such as https://example.org/hook"),
        ("webhook: {url: 'https://me:secret@example.org'}", "config.yaml: webhook.url holds a user; let who is told "
         "check the signature (webhook.secret_path) instead"),
        ("webhook: {url: 'http://example.org:99999/'}", "config.yaml: webhook.url is no address; "
         "allowed: an address such as https://example.org/hook"),
        ("webhook: {max_spool_mb: 1}", "config.yaml: webhook.max_spool_mb is 1; allowed: a number from 2 to 10000"),
        ("- 1", "config.yaml: the top level is [1]; allowed: a mapping of the sections camera, reading, model, page, "
         "stdout, history, mqtt, webhook, metrics, train, convert"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_place_value_and_what_is_allowed(text: str, expected: str) -> None:
    assert problem(text) == expected


def test_a_syntax_error_names_line_and_column() -> None:
    assert problem("camera:\n  source: [\n").startswith("config.yaml: line 3, column 1: ")


@given(st.text(max_size=200))
def test_any_text_is_a_config_or_one_line_of_explanation(text: str) -> None:
    try:
        config.parse(text, "config.yaml")
    except ConfigError as error:
        assert len(str(error).splitlines()) == 1


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["camera", "page", "train", "port", "source", "data", "labels", "x", "epochs"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_yaml_is_a_config_or_one_line_of_explanation(content: object) -> None:
    try:
        config.parse(yaml.safe_dump(content), "config.yaml")
    except ConfigError as error:
        assert len(str(error).splitlines()) == 1
        assert str(error).startswith("config.yaml: ")


def test_the_command_line_validates_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("page: {port: 8081}\n", encoding="utf-8")
    assert main(["config", "validate", str(path)]) == 0
    path.write_text("page: {port: -1}\n", encoding="utf-8")
    assert main(["config", "validate", str(path)]) == 78
    assert capsys.readouterr().err == f"error: {path}: page.port is -1; allowed: a whole number from 0 to 65535\n"
    assert main(["config", "validate", str(tmp_path / "none.yaml")]) == 78


def test_the_command_line_prints_a_json_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "schema"]) == 0
    assert json.loads(capsys.readouterr().out) == config.schema()
