"""What everybody outside gets."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from told import T0_MS, appeared

from core.frame import Box
from edge.__main__ import main
from edge.events import QualityChanged, ReadingAppeared, event_id
from edge.sinks.envelope import of_body, of_event


def test_the_body_is_the_event_with_the_time_of_day_before_all_else() -> None:
    body = json.loads(appeared(7).body)
    assert next(iter(body)) == "time"
    assert body["time"] == "2026-09-21T14:13:20.007Z"
    assert (body["event"], body["text"], body["box"]) == ("reading_appeared", "0007", [10, 20, 30, 40])
    assert body["id"] == event_id("test", 7)


@given(st.text(), st.text(), st.integers(0, 4_000_000_000_000))
def test_an_envelope_is_what_it_was_after_its_body_was_stored(text: str, region: str, time_ms: int) -> None:
    for event in (
        ReadingAppeared(event_id(text, 1), 2, text, 0.5, Box(1, 2, 3, 4), 5, region),
        QualityChanged(event_id(text, 2), 3, text, region, "good"),
    ):
        envelope = of_event(event, time_ms)
        assert of_body(envelope.body) == envelope
        assert b"\n" not in envelope.body


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"id":"a"}', b'{"time":"2026-09-21T14:13:20","id":"a"}', b"\xff"]
)
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 — msgspec's, of several kinds
        of_body(body)


def test_ids_of_a_stream_are_unlike_those_of_others_and_sort_in_its_order() -> None:
    ids = [event_id("camera 0/a", number) for number in (1, 2, 9, 10, 1000, 2**40)]
    assert ids == sorted(ids)
    assert ids == [event_id("camera 0/a", number) for number in (1, 2, 9, 10, 1000, 2**40)]
    assert not set(ids) & {event_id("camera 0/b", number) for number in (1, 2, 9, 10, 1000, 2**40)}
    assert {identity[14] for identity in ids} == {"8"}


def test_an_event_is_stamped_when_it_is_told_unless_a_time_is_given() -> None:
    event = QualityChanged("id", 1, "too_dark", "", "good")
    assert of_event(event).time_ms > T0_MS
    assert of_event(event, 5).time_ms == 5


def test_the_schema_has_every_kind_of_event_with_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    body = json.loads(appeared(7).body)
    appears = schema["$defs"]["ReadingAppeared"]
    assert list(appears["properties"])[:2] == ["time", "event"]
    assert set(appears["properties"]) == set(body)
    assert appears["properties"]["event"] == {"enum": ["reading_appeared"]}
    assert len(schema["anyOf"]) >= 6
