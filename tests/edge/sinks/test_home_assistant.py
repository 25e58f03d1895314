"""What Home Assistant is told there is."""

import json

from edge.sinks.home_assistant import discovery, identifier


def found(*regions: str) -> dict[str, dict[str, object]]:
    return {topic: json.loads(payload) for topic, payload in discovery("ha", "house/meter", "Meter", regions, "1.2.3")}


def test_one_place_has_a_reading_a_confidence_and_a_problem() -> None:
    told = found("")
    device = identifier("house/meter")
    assert list(told) == [
        f"ha/sensor/{device}/reading/config",
        f"ha/sensor/{device}/confidence/config",
        f"ha/binary_sensor/{device}/problem/config",
    ]
    reading, confidence, problem = told.values()
    assert reading["state_topic"] == "house/meter/reading"
    assert confidence["state_topic"] == "house/meter/confidence"
    assert (problem["state_topic"], problem["device_class"]) == ("house/meter/problem", "problem")
    assert {each["availability_topic"] for each in told.values()} == {"house/meter/available"}
    assert reading["device"] == problem["device"]
    assert reading["device"]["sw_version"] == "1.2.3"  # type: ignore[index]


def test_every_region_has_entities_of_its_own() -> None:
    told = found("water", "größe", "gr_ße")
    assert len({each["unique_id"] for each in told.values()}) == len(told) == 7
    assert [each["state_topic"] for each in told.values() if str(each["name"]).endswith(" reading")] == [
        "house/meter/water/reading",
        "house/meter/größe/reading",
        "house/meter/gr_ße/reading",
    ]


def test_topics_and_ids_have_only_letters_that_home_assistant_takes() -> None:
    for topic, settings in zip(found("größe"), found("größe").values(), strict=True):
        assert all(part.replace("_", "").replace("-", "").isascii() for part in topic.split("/"))
        assert str(settings["unique_id"]).replace("_", "").isalnum()


def test_identifiers_of_different_names_differ() -> None:
    assert identifier("water") == "water"
    assert len({identifier(name) for name in ("a/b", "a_b", "a b", "ä_b", "a-b")}) == 5
