"""What docs/rules.md says of its three examples is what they do."""

import re
from pathlib import Path

import msgspec
import pytest
import yaml

from core.reading_rules import Region, Rules
from edge.accept import SEPARATE_NS, Acceptance, GaveWay, Refused


@pytest.fixture
def water(root: Path) -> Acceptance:
    region = msgspec.convert(example(root, 0)["regions"], list[Region])[0]
    assert region.rules
    return Acceptance(region.rules, "00123456")


def example(root: Path, number: int) -> dict[str, object]:
    """The keys of `reading` in one of the examples."""
    found = re.findall(r"```yaml\n(.*?)```", (root / "docs" / "rules.md").read_text(encoding="utf-8"), re.DOTALL)
    keys: dict[str, object] = yaml.safe_load(found[number])["reading"]
    return keys


def seen(acceptance: Acceptance, *texts: str, confidence: float = 0.95) -> list[str]:
    """By which rule each of `texts`, one a second in every frame of it, is refused; otherwise what is accepted then."""
    found = []
    for second, text in enumerate(texts):
        for _ in range(15):
            acceptance.vote(text)
        outcome = acceptance.offer(text, confidence, second * SEPARATE_NS)
        found.append(outcome.rule if isinstance(outcome, Refused) else acceptance.accepted)
    return found


def test_the_water_meter(water: Acceptance) -> None:
    assert seen(water, "123456", "00123446", "00723456", "00123500") == [
        "length", "only_rising", "largest_step", "00123500",
    ]  # fmt: skip
    outcomes = []
    for text in ("00123510", "00123510", "00123590", "00123510", "00123590", "00123510", "00123510", "00123510"):
        water.vote(text)
        outcomes.append(water.offer(text, 0.95, 0))
    assert [outcome.rule for outcome in outcomes if isinstance(outcome, Refused)] == ["agreement"] * 7
    assert water.accepted == "00123510"


def test_the_water_meter_after_a_long_time_off(water: Acceptance) -> None:
    assert seen(water, *["00200000"] * 61) == ["largest_step"] * 60 + ["00200000"]


def test_the_score_sheet(root: Path) -> None:
    acceptance = Acceptance(msgspec.convert(example(root, 1)["rules"], Rules))
    assert seen(acceptance, "250", "007", "801", "0", "1234") == ["250", "pattern", "most", "0", "length"]
    assert seen(acceptance, "17", confidence=0.6) == ["min_confidence"]


def test_the_counter(root: Path) -> None:
    acceptance = Acceptance(msgspec.convert(example(root, 2)["rules"], Rules), "9999")
    assert seen(acceptance, "0000", "0002", "0001", "0002") == ["0000", "0002", "only_rising", "0002"]
    assert seen(acceptance, "0700", "0701") == ["largest_step", "largest_step"]
    acceptance = Acceptance(msgspec.convert(example(root, 2)["rules"], Rules), "0500")
    outcomes = [acceptance.offer("0000", 0.9, second * SEPARATE_NS) for second in range(11)]
    assert [isinstance(outcome, Refused) for outcome in outcomes] == [True] * 10 + [False]
    assert outcomes[10] == GaveWay("0000", "0500", "only_rising", 10)
