"""What docs/outputs.md shows works as it stands there."""

import re
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hook import Hook
from told import appeared

from core import config
from edge.events import AnyEvent
from edge.sinks.webhook import WebhookTarget


@pytest.fixture
def document(root: Path) -> str:
    return (root / "docs" / "outputs.md").read_text(encoding="utf-8")


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", document, re.DOTALL)


def test_every_example_of_settings_is_one(document: str) -> None:
    examples = blocks(document, "yaml")
    assert len(examples) == 3
    for example in examples:
        assert config.parse(example, "docs/outputs.md") != config.Config()


def test_the_check_of_signatures_takes_what_is_ours_and_nothing_else(document: str) -> None:
    (example,) = blocks(document, "python")
    names: dict[str, object] = {}
    exec(example, names)  # noqa: S102
    is_genuine = names["is_genuine"]
    assert callable(is_genuine)
    with closing(Hook()) as hook:
        WebhookTarget(hook.address, "s3cret").deliver([appeared(1)])
    headers, body = hook.taken[0]
    assert is_genuine(headers, body, b"s3cret")
    assert not is_genuine(headers, body + b" ", b"s3cret")
    assert not is_genuine(headers, body, b"another")


def test_the_events_that_are_told_of_are_those_there_are(document: str) -> None:
    told = dict(re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", document, re.MULTILINE))
    for kind in msgspec.inspect.type_info(AnyEvent).types:  # type: ignore[union-attr]
        fields = {field.name for field in kind.fields} - {"id", "at_ns"}  # type: ignore[union-attr]
        shown = set(re.findall(r"`(\w+)`", told[kind.tag]))  # type: ignore[union-attr]
        if told[kind.tag].startswith("the same"):  # type: ignore[union-attr]
            shown |= set(re.findall(r"`(\w+)`", told["reading_appeared"]))
        assert shown == fields
