"""One frame through everything, with the model that ships."""

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sightings import LABELS, number

from core.config import Config, ReadingConfig
from core.frame import Frame, Luma
from core.reading_rules import Region, Rules
from edge.events import ReadingAppeared
from edge.methods import load_models, new_reader
from edge.pipeline import Pipeline
from edge.read import Answer
from edge.reader import Reader, Seen


def a_reader(reading: ReadingConfig | None = None) -> Reader:
    return new_reader(load_models(Config()), Config(reading=reading or ReadingConfig()))


@pytest.fixture(scope="module")
def reader() -> Reader:
    return a_reader()


def page(text: str) -> Luma:
    luma = np.full((240, 640), 225, np.uint8)
    cv2.putText(luma, text, (40, 170), cv2.FONT_HERSHEY_SIMPLEX, 4.5, 40, 12, cv2.LINE_AA)
    return luma


def test_a_page_is_read_with_boxes_confidences_and_times(reader: Reader) -> None:
    answer = reader.read(page("2047"))
    (reading,) = answer.readings
    assert (answer.digits, reading.text) == ("2047", "2047")
    assert [digit.text for digit in reading.digits] == list("2047")
    assert all(abs(sum(digit.probabilities) - 1) < 0.01 for digit in reading.digits)
    assert set(answer.ms) == {"find", "classify", "read", "total"}


def test_a_threshold_of_one_rejects_everything_as_unsure() -> None:
    doubtful = a_reader(ReadingConfig(method="ink", min_confidence=1.0))
    luma = cv2.GaussianBlur(page("2047"), (0, 0), 6)
    answer = doubtful.read(luma)
    assert answer.digits == ""
    assert {rejected.reason for rejected in answer.rejected} == {"unsure"}
    assert all(0 < rejected.confidence <= 1 for rejected in answer.rejected)


def cut_off(luma: Luma) -> Luma:
    """The right part of a page, from the middle of its first digit."""
    ink = np.flatnonzero((luma < 128).any(axis=0))
    return luma[:, ink[0] + 45 :]


def test_ink_that_the_edge_cuts_off_is_called_clipped_if_it_is_in_doubt(reader: Reader) -> None:
    doubtful = a_reader(ReadingConfig(method="ink", min_confidence=1.0))
    luma = cv2.GaussianBlur(cut_off(page("82")), (0, 0), 6)
    rejected = sorted(doubtful.read(luma).rejected, key=lambda each: each.box.x)
    assert [each.reason for each in rejected] == ["clipped", "unsure"]
    assert "2" in reader.read(luma).digits


def test_all_ink_at_the_edge_is_rejected_if_the_config_says_so() -> None:
    strict = a_reader(ReadingConfig(method="ink", reject_clipped=True))
    answer = strict.read(cut_off(page("82")))
    assert (answer.digits, [rejected.reason for rejected in answer.rejected]) == ("2", ["clipped"])
    assert strict.read(page("82")).digits == "82"


def test_blur_rejects_by_itself_if_the_config_says_how_much() -> None:
    strict = a_reader(ReadingConfig(method="ink", min_sharpness=0.5))
    assert strict.read(page("2047")).digits == "2047"
    blurred = strict.read(cv2.GaussianBlur(page("2047"), (0, 0), 6))
    assert (blurred.digits, {rejected.reason for rejected in blurred.rejected}) == ("", {"blurred"})


def test_rules_that_look_at_one_reading_hold_for_a_picture_too() -> None:
    answer = a_reader(ReadingConfig(rules=Rules(length=3, only_rising=True))).read(page("2047"))
    (refused,) = answer.refused
    assert (answer.digits, answer.readings) == ("", [])
    assert (refused.text, refused.rule, refused.reason) == ("2047", "length", "4 characters; allowed: 3")


def test_rules_of_a_region_hold_for_it_alone() -> None:
    halves = [
        Region("left", 0, 0, 0.5, 1, rules=Rules(most=5)),
        Region("right", 0.5, 0, 0.5, 1),
    ]
    answer = a_reader(ReadingConfig(regions=halves)).read(page("20 47"))
    assert [reading.text for reading in answer.readings] == ["47"]
    assert [(refused.region, refused.text, refused.rule) for refused in answer.refused] == [("left", "20", "most")]


class SeesWhereItIs:
    """A reader's part of `Pipeline`: 42, wherever the page is now."""

    labels = LABELS

    def __init__(self) -> None:
        self.x = 0

    def see(self, _: Luma) -> Seen:
        return Seen(number("42", 100 + self.x, 100, probability=0.99), [])


def test_what_was_read_is_still_the_same_after_the_picture_moved_too_fast_to_be_read() -> None:
    wide = np.random.default_rng(3).integers(0, 255, (60, 120), np.uint8)
    wide = cv2.GaussianBlur(cv2.resize(wide, (960, 480), interpolation=cv2.INTER_CUBIC), (0, 0), 3)
    reader = SeesWhereItIs()
    pipeline = Pipeline(reader, ReadingConfig(), "test")  # type: ignore[arg-type]
    told = []
    for frame in range(60):
        reader.x = 24 * min(max(frame - 20, 0), 10)
        luma = np.ascontiguousarray(wide[:, 300 - reader.x : 940 - reader.x])
        told += pipeline.step(Frame(luma, frame, frame * 33_333_333))
    assert [type(event) for event in told] == [ReadingAppeared]
    assert [reading.box.x for reading in pipeline.readings] == [340]


def test_the_time_taken_is_what_the_clock_says(reader: Reader) -> None:
    ticks = iter([0, 2_000_000, 5_000_000, 9_000_000])
    answer = reader.read(page("1"), clock=lambda: next(ticks))
    assert answer.ms == {"find": 2.0, "classify": 3.0, "read": 4.0, "total": 9.0}


def test_an_answer_survives_the_way_through_json(reader: Reader) -> None:
    answer = reader.read(page("36"))
    assert msgspec.json.decode(msgspec.json.encode(answer), type=Answer) == answer


def test_the_same_frames_give_the_same_events_to_the_bit(reader: Reader) -> None:
    def replay() -> list[bytes]:
        pipeline = Pipeline(reader, ReadingConfig(), "test")
        frames = [Frame(page("17" if index < 8 else ""), index, index * 10**8) for index in range(20)]
        return [msgspec.json.encode(event) for frame in frames for event in pipeline.step(frame)]

    assert len(replay()) == 2
    assert replay() == replay()


def test_frames_may_change_their_size_in_mid_stream(reader: Reader) -> None:
    pipeline = Pipeline(reader, ReadingConfig(stable_after_s=0.0), "test")
    sizes = [(640, 240)] * 4 + [(333, 125)] * 4 + [(640, 240)] * 4
    events = [
        event
        for index, size in enumerate(sizes)
        for event in pipeline.step(Frame(cv2.resize(page("8"), size), index, index * 10**8))
    ]
    assert [event.text for event in events if isinstance(event, ReadingAppeared)] == ["8"] * 3
    assert [reading.text for reading in pipeline.readings] == ["8"]


@settings(max_examples=40, deadline=None)
@given(luma=hnp.arrays(np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 60))))
def test_any_frame_gives_an_answer(reader: Reader, luma: Luma) -> None:
    answer = reader.read(luma)
    assert answer.digits == "".join(reading.text for reading in answer.readings)
