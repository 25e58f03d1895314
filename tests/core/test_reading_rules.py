"""The rules a config file can give, and what it is told when they cannot be meant so."""

import json
import re
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core.explain import explain
from core.reading_rules import MOST_REGIONS, Region, Regions, Rules, Section, check_names


class Reading(Section, frozen=True):
    """A section with rules and regions, as the schema has one."""

    rules: Rules = Rules()
    regions: Regions = msgspec.field(default_factory=list)

    def __post_init__(self) -> None:
        check_names(self.regions)


def read(text: str) -> Reading:
    """What the YAML `text` says."""
    return msgspec.convert(yaml.safe_load(text), Reading)


def problem(text: str) -> str:
    """What is told of the YAML `text`, which is refused."""
    content = yaml.safe_load(text)
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(content, Reading)
    return explain(refused.value, content, Reading)


def test_no_rule_holds_unless_it_is_given() -> None:
    rules = read("{}").rules
    assert {key for key, value in msgspec.to_builtins(rules).items() if value} == {"max_rejections"}


def test_every_rule_can_be_given() -> None:
    rules = read(
        """
        rules:
          length: [5, 7]
          pattern: '0\\d+'
          checksum: luhn
          decimals: 2
          least: 0
          most: 999.99
          min_confidence: 0.9
          agreement: {frames: 3, of: 5}
          only_rising: true
          largest_step: 0.5
          max_rejections: null
        """
    ).rules
    assert rules.length == [5, 7]
    assert rules.agreement
    assert (rules.agreement.frames, rules.agreement.of) == (3, 5)
    assert (rules.least, rules.most, rules.max_rejections) == (0.0, 999.99, None)


def test_a_region_has_rules_of_its_own_or_those_of_all() -> None:
    regions = read("regions: [{name: water, x: 0.1, rules: {length: 8}}, {name: gas_2, rotation: 180}]").regions
    assert [region.rules and region.rules.length for region in regions] == [8, None]
    assert (regions[0].x, regions[0].width, regions[1].rotation) == (0.1, 1.0, 180)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rules: {lenght: 5}", "rules.lenght is no known key; allowed: length, pattern, .*. Did you mean length?"),
        (
            "rules: {length: 0}",
            "rules.length is 0; allowed: a whole number from 1 to 256 or a list with 2 entries, "
            "each a whole number from 1 to 256 or null",
        ),
        ("rules: {length: [5]}", "rules.length is [5]; allowed: a whole number from 1 to 256 or a list with 2 .*"),
        ("rules: {length: [5, many]}", "rules.length[1] is 'many'; allowed: a whole number from 1 to 256"),
        ("rules: {length: [7, 5]}", "rules.length is [7, 5]; allowed: the least, then the most. Turn them round"),
        ("rules: {length: '5'}", "rules.length is '5'; allowed: a whole number .*"),
        (
            "rules: {pattern: '(1'}",
            "rules.pattern is '(1'; allowed: a regular expression, but missing ), unterminated .* at position 0",
        ),
        (
            "rules: {pattern: '1(?=2)'}",
            "rules.pattern is '1(?=2)'; allowed: a regular expression, but '(?=2' at position 1 is not known here: .*",
        ),
        ("rules: {pattern: ''}", "rules.pattern is ''; allowed: text of up to 200 characters, not empty or null"),
        ("rules: {min_confidence: 90}", "rules.min_confidence is 90; allowed: a number from 0 to 1 or null"),
        ("rules: {least: .nan}", "rules.least is nan; allowed: a number from -1e+15 to 1e+15 or null"),
        ("rules: {most: .inf}", "rules.most is inf; allowed: a number from -1e+15 to 1e+15 or null"),
        ("rules: {largest_step: 0}", "rules.largest_step is 0; allowed: a number above 0 to 1e+15 or null"),
        ("rules: {least: 5, most: 4}", "rules.least is 5; allowed: up to `most`, which is 4"),
        ("rules: {checksum: crc}", "rules.checksum is 'crc'; allowed: one of damm, ean, .* or null"),
        ("rules: {agreement: {frames: 3}}", "rules.agreement.of is missing; allowed: a whole number from 1 to 100"),
        (
            "rules: {agreement: {frames: 5, of: 3}}",
            "rules.agreement.frames is 5; allowed: up to `of`, which is 3. Turn them round",
        ),
        ("rules: {agreement: 3}", "rules.agreement is 3; allowed: a mapping with the keys frames, of"),
        ("rules: {only_rising: 1}", "rules.only_rising is 1; allowed: true or false"),
        ("rules: [length]", "rules is ['length']; allowed: a mapping with the keys length, .*"),
        ("regions: {name: a}", "regions is a mapping; allowed: a list with up to 32 entries, each a mapping .*"),
        ("regions: [{x: 0.5}]", "regions[0].name is missing; allowed: text of up to 64 characters, not empty"),
        ("regions: [{name: a}, {name: b, x: 1}]", "regions[1].x is 1; allowed: a number from 0 below 1"),
        ("regions: [{name: a, rotation: 45}]", "regions[0].rotation is 45; allowed: one of 0, 90, 180, 270"),
        (
            "regions: [{name: 'water meter'}]",
            "regions[0].name is 'water meter'; allowed: letters, digits, - and _. Try water_meter",
        ),
        ('regions: [{name: "a\\n"}]', "regions[0].name is 'a\\n'; allowed: letters, digits, - and _. Try a"),
        (
            "regions: [{name: a}, {name: b}, {name: a}]",
            "regions have the name a 2 times; allowed: once. Name each by what it shows",
        ),
        (
            "regions: [{name: a, rules: {pattern: '['}}]",
            "regions[0].rules.pattern is '['; allowed: a regular expression, but unterminated .*",
        ),
        ("regions: [{name: a, rules: {most: x}}]", "regions[0].rules.most is 'x'; allowed: a number .*"),
        ("regions: [7]", "regions[0] is 7; allowed: a mapping with the keys name, x, .*"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_its_place_what_was_found_and_what_is_allowed(
    text: str, expected: str
) -> None:
    told = problem(text)
    assert re.fullmatch(re.escape(expected).replace(r"\.\*", ".*"), told), told


def test_there_is_a_most_of_regions() -> None:
    many = ", ".join(f"{{name: r{number}}}" for number in range(MOST_REGIONS + 1))
    assert problem(f"regions: [{many}]").endswith(
        "each a mapping with the keys name, x, y, width, height, rotation, rules"
    )


def test_every_key_is_described_in_the_json_schema() -> None:
    sections = json.loads(json.dumps(msgspec.json.schema_components([Rules, Region])[1]))
    assert set(sections) == {"Agreement", "Region", "Rules"}
    silent = [
        key for one in sections.values() for key, entry in one["properties"].items() if "description" not in entry
    ]
    assert silent == []


CONTENT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [*Rules.__struct_fields__, *Region.__struct_fields__, "rules", "regions", "frames", "of", "?"]
            ),
            inside,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(CONTENT)
def test_any_content_gives_rules_or_one_line(content: object) -> None:
    try:
        msgspec.convert(content, Reading)
    except msgspec.ValidationError as error:
        told = explain(error, content, Reading)
        assert "; allowed: " in told
        assert "\n" not in told
        assert len(told) < 1500


def test_every_example_in_the_docs_is_a_config_that_can_be_used(root: Path) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", (root / "docs" / "rules.md").read_text(encoding="utf-8"), re.DOTALL)
    found = [msgspec.convert(yaml.safe_load(example)["reading"], Reading) for example in examples]
    assert [(reading.rules != Rules()) + len(reading.regions) for reading in found] == [1, 1, 1]
