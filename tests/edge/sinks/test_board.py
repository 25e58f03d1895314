"""What holds now, put together from what was told."""

from core.frame import Box
from edge.events import (
    AnyEvent,
    QualityChanged,
    ReadingAppeared,
    ReadingChanged,
    ReadingCleared,
    ReadingRefused,
    RuleGaveWay,
    SourceChanged,
)
from edge.sinks.board import MOST_IN_SIGHT, Board, Place
from edge.sinks.envelope import Envelope, of_event

BOX = Box(1, 2, 3, 4)


def board(*events: AnyEvent, regions: tuple[str, ...] = ()) -> Board:
    made = Board(regions)
    for event in events:
        made.take(of_event(event))
    return made


def appeared(text: str, region: str = "", confidence: float = 0.9) -> ReadingAppeared:
    return ReadingAppeared("id", 1, text, confidence, BOX, 1, region)


def cleared(text: str, region: str = "") -> ReadingCleared:
    return ReadingCleared("id", 1, text, BOX, region)


def test_nothing_is_known_before_anything_was_told() -> None:
    assert board().places == {"": Place()}
    assert board(regions=("water", "gas")).places == {"water": Place(), "gas": Place()}
    assert board().problem == ""


def test_the_number_told_last_is_the_reading_and_the_one_before_when_it_is_gone() -> None:
    told = [appeared("12"), appeared("34", confidence=0.5)]
    assert board(*told).places[""] == Place("34", 0.5)
    assert board(*told, cleared("34")).places[""] == Place("12", 0.9)
    assert board(*told, cleared("12")).places[""] == Place("34", 0.5)
    assert board(*told, cleared("12"), cleared("34")).places[""] == Place("", None)


def test_a_number_that_changed_is_not_there_twice() -> None:
    changed = ReadingChanged("id", 1, "13", "12", 0.8, BOX, 1)
    assert board(appeared("12"), changed, cleared("13")).places[""] == Place("", None)


def test_what_a_region_accepted_stands_though_it_is_out_of_sight() -> None:
    told = board(appeared("0042", "water"), appeared("7", "gas"), cleared("0042", "water"), regions=("water", "gas"))
    assert told.places == {"water": Place("0042", 0.9), "gas": Place("7", 0.9)}


def test_a_refusal_is_a_problem_until_something_is_accepted() -> None:
    refused = ReadingRefused("id", 1, "9042", 0.9, BOX, "largest_step", "9000 more than before", "water")
    assert board(refused, regions=("water",)).problem == "water: 9000 more than before"
    assert board(refused, appeared("0043", "water"), regions=("water",)).problem == ""
    gave_way = RuleGaveWay("id", 1, "9042", "0042", 0.9, BOX, "largest_step", 60, "water")
    after = board(refused, gave_way, regions=("water",))
    assert (after.problem, after.places["water"]) == ("", Place("9042", 0.9))


def test_a_bad_picture_is_a_problem_until_it_is_good() -> None:
    dark = QualityChanged("id", 1, "too_dark", "too dark: 3 of 14", "good")
    assert board(dark).problem == "too dark: 3 of 14"
    assert board(dark, QualityChanged("id", 2, "out_of_focus", "", "too_dark")).problem == "quality: out_of_focus"
    assert board(dark, QualityChanged("id", 2, "good", "", "too_dark")).problem == ""


def test_a_hand_that_moves_is_no_problem() -> None:
    assert board(QualityChanged("id", 1, "moving", "something moves", "good")).problem == ""


def test_a_source_that_is_lost_is_a_problem_of_its_own() -> None:
    made = board(QualityChanged("id", 1, "too_dark", "too dark", "good"))
    for state, expected in (("lost", "too dark; unplugged"), ("running", "too dark")):
        made.take(of_event(SourceChanged("id", 1, state, "camera 0", "running", "unplugged")))
        assert made.problem == expected


def test_events_of_kinds_to_come_change_nothing() -> None:
    made = board(appeared("1"))
    made.take(Envelope("id", 1, b'{"event":"moon_rose","text":"2"}'))
    assert (made.places[""], made.problem) == (Place("1", 0.9), "")


def test_however_many_numbers_come_and_are_never_cleared_memory_is_bounded() -> None:
    made = board(*(appeared(str(number)) for number in range(10 * MOST_IN_SIGHT)))
    assert len(made._in_sight) == MOST_IN_SIGHT
