"""What is accepted, what is refused and why, and when a rule gives way."""

import math
import tracemalloc
from typing import Any

import pytest

from core.reading_rules import Agreement, Rules
from edge.accept import Acceptance, Accepted, GaveWay, Outcome, Refused, Unchanged

S = 1_000_000_000
"""Nanoseconds."""


def offered(rules: Rules, *texts: str, accepted: str = "") -> list[Outcome]:
    """What becomes of `texts`, one a second, each quite sure."""
    acceptance = Acceptance(rules, accepted)
    return [acceptance.offer(text, 0.99, second * S) for second, text in enumerate(texts)]


def kept(rules: Rules, *texts: str, accepted: str = "") -> list[str]:
    """What is accepted after each of `texts`, one a second."""
    acceptance = Acceptance(rules, accepted)
    found = []
    for second, text in enumerate(texts):
        acceptance.offer(text, 0.99, second * S)
        found.append(acceptance.accepted)
    return found


def test_without_rules_every_reading_is_accepted_once() -> None:
    assert offered(Rules(), "0042", "0042", "7") == [Accepted("0042", ""), Unchanged("0042"), Accepted("7", "0042")]


@pytest.mark.parametrize(
    ("given", "text", "rule", "reason"),
    [
        ({"length": 5}, "0123", "length", "4 characters; allowed: 5"),
        ({"length": [5, 7]}, "12345678", "length", "8 characters; allowed: 5 to 7"),
        ({}, "", "length", "0 characters; allowed: up to 256"),
        ({}, "1" * 257, "length", "257 characters; allowed: up to 256"),
        ({"pattern": r"0\d{3}"}, "10123", "pattern", r"does not match 0\d{3}"),
        ({"checksum": "ean"}, "4006381333932", "checksum", "is no number with the check digits of ean"),
        ({"least": 1}, "0", "least", "0; allowed: from 1"),
        ({"least": 0.5, "decimals": 3}, "00499", "least", "0.499; allowed: from 0.5"),
        ({"most": 400, "decimals": 2}, "44444", "most", "444.44; allowed: up to 400"),
        ({"most": 0.1, "decimals": 1}, "2", "most", "0.2; allowed: up to 0.1"),
        ({"most": 5}, "4a", "most", "is no number; allowed: digits alone"),
        ({"only_rising": True}, "²", "only_rising", "is no number; allowed: digits alone"),
        ({"min_confidence": 0.995}, "1", "min_confidence", "confidence 0.99; allowed: from 0.995"),
        ({"agreement": Agreement(1, 3)}, "1", "agreement", "read in 0 of the last 3 frames; allowed: from 1"),
    ],
)
def test_a_reading_that_breaks_a_rule_by_itself_is_refused_with_the_reason(
    given: dict[str, Any], text: str, rule: str, reason: str
) -> None:
    assert offered(Rules(**given), text) == [Refused(text[:256], reason, rule, again=False)]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"length": 5}, "00000"),
        ({"length": [5, 7]}, "1234567"),
        ({"pattern": r"0\d{3}"}, "0123"),
        ({"checksum": "luhn"}, "79927398713"),
        ({"least": 0.1, "decimals": 1}, "1"),
        ({"most": 0.3, "decimals": 1}, "0003"),
        ({"most": 444.44, "decimals": 2}, "44444"),
        ({"min_confidence": 0.99}, "1"),
        ({}, "1" * 256),
        ({"least": 0}, "9" * 200),
    ],
)
def test_a_reading_just_within_a_rule_is_accepted_as_it_was_written(given: dict[str, Any], text: str) -> None:
    assert offered(Rules(**given), text) == [Accepted(text, "")]


def test_a_black_frame_that_reads_as_444_44_is_never_accepted_however_long_it_is_black() -> None:
    rules = Rules(most=400, decimals=2, largest_step=1, only_rising=True, max_rejections=3)
    assert set(kept(rules, *["44444"] * 50, accepted="01234")) == {"01234"}


def test_a_reading_of_unknown_confidence_is_not_sure() -> None:
    outcome = Acceptance(Rules(min_confidence=0.1)).offer("1", math.nan, 0)
    assert isinstance(outcome, Refused)


def test_what_is_refused_stays_raw_until_a_reading_is_not() -> None:
    acceptance = Acceptance(Rules(length=4), "0042")
    refused = acceptance.offer("42", 0.9, 0)
    assert (acceptance.accepted, acceptance.refused) == ("0042", refused)
    acceptance.offer("0042", 0.9, 1)
    assert acceptance.refused is None


def test_the_same_refusal_again_says_so() -> None:
    outcomes = offered(Rules(length=4, most=5000), "42", "42", "43", "6000", "6000", "0001", "42")
    assert [isinstance(outcome, Refused) and outcome.again for outcome in outcomes] == [
        False, True, False, False, True, False, False,
    ]  # fmt: skip


def test_a_reading_counts_when_enough_of_the_last_frames_agree() -> None:
    acceptance = Acceptance(Rules(agreement=Agreement(frames=2, of=3)))
    told = []
    for frame, seen in enumerate(["7", None, "7", None, None, "7", "1", "7"]):
        acceptance.vote(seen)
        told.append(type(acceptance.offer("7", 0.9, frame)).__name__)
    assert told == ["Refused", "Refused", "Accepted", *["Unchanged"] * 5]
    assert acceptance.offer("1", 0.9, 8) == Refused(
        "1", "read in 1 of the last 3 frames; allowed: from 2", "agreement", again=False
    )


def test_digits_caught_half_way_are_not_accepted_while_frames_disagree() -> None:
    acceptance = Acceptance(Rules(agreement=Agreement(frames=3, of=4)), "0118")
    frames = ["0118", "0129", "0119", "0129", "0119", "0119", "0119"]
    found = []
    for frame, text in enumerate(frames):
        acceptance.vote(text)
        acceptance.offer(text, 0.9, frame * S)
        found.append(acceptance.accepted)
    assert found == ["0118"] * 5 + ["0119"] * 2


def test_what_rises_only_is_refused_when_it_falls() -> None:
    outcomes = offered(Rules(only_rising=True, decimals=3), "0012355", "0012340", "0012356")
    assert outcomes[1:] == [
        Refused("0012340", "12.340 after 12.355; allowed: no less", "only_rising", again=False),
        Accepted("0012356", "0012355"),
    ]


def test_a_step_is_measured_in_units_of_the_meter_and_exactly() -> None:
    rules = Rules(largest_step=0.1, decimals=1)
    assert kept(rules, "2", "3", "5", "2") == ["2", "3", "3", "2"]
    assert offered(rules, "2", "5")[1] == Refused(
        "5", "0.5 after 0.2; allowed: a step of 0.1", "largest_step", again=False
    )


@pytest.mark.parametrize(
    ("before", "text", "wraps"),
    [
        ("9999", "0000", True),
        ("9998", "0003", True),
        ("9", "0", True),
        ("9431", "0430", True),
        ("9431", "0431", False),  # its first digit misread
        ("9", "1", False),
        ("99", "08", True),
        ("99", "09", False),
        ("9999", "0", False),  # three digits not found
        ("9999", "00000", False),
        ("5000", "4999", False),
    ],
)
def test_a_counter_wraps_from_its_last_values_to_its_first(before: str, text: str, wraps: bool) -> None:
    assert kept(Rules(only_rising=True), text, accepted=before) == [text if wraps else before]


def test_a_counter_wraps_by_no_more_than_its_largest_step() -> None:
    rules = Rules(only_rising=True, largest_step=5)
    assert kept(rules, "0003", accepted="9998") == ["0003"]
    assert kept(rules, "0004", accepted="9998") == ["9998"]


def test_what_does_not_only_rise_does_not_wrap() -> None:
    assert kept(Rules(largest_step=5), "0000", accepted="9999") == ["9999"]


def test_a_wrong_reading_is_given_up_once_enough_right_ones_were_refused() -> None:
    rules = Rules(only_rising=True, largest_step=2, max_rejections=3)
    outcomes = offered(rules, "0121", "0121", "0122", "0122", "0123", accepted="0190")
    assert [type(outcome) for outcome in outcomes] == [Refused, Refused, Refused, GaveWay, Accepted]
    assert outcomes[3] == GaveWay("0122", "0190", "only_rising", 3)


def test_a_rule_does_not_give_way_to_readings_that_contradict_one_another() -> None:
    rules = Rules(only_rising=True, largest_step=2, max_rejections=3)
    assert set(kept(rules, *["0121", "0127", "0111"] * 20, accepted="0190")) == {"0190"}


def test_a_reading_that_is_as_accepted_ends_what_was_counted_against_it() -> None:
    rules = Rules(only_rising=True, max_rejections=3)
    assert set(kept(rules, *["0121", "0121", "0121", "0190"] * 5, accepted="0190")) == {"0190"}


def test_frames_of_one_second_count_once() -> None:
    acceptance = Acceptance(Rules(only_rising=True, max_rejections=3), "0190")
    for frame in range(15 * 3):
        assert isinstance(acceptance.offer("0121", 0.9, frame * S // 15), Refused)
    assert acceptance.offer("0121", 0.9, 3 * S) == GaveWay("0121", "0190", "only_rising", 3)


def test_where_time_goes_backwards_refusals_are_counted_anew() -> None:
    acceptance = Acceptance(Rules(only_rising=True, max_rejections=2), "0190")
    for at_ns in (100 * S, 101 * S, 10 * S, 11 * S, 0, S):
        assert isinstance(acceptance.offer("0121", 0.9, at_ns), Refused)
    assert acceptance.offer("0121", 0.9, 2 * S) == GaveWay("0121", "0190", "only_rising", 2)


def test_a_rule_without_an_end_to_its_patience_never_gives_way() -> None:
    rules = Rules(only_rising=True, max_rejections=None)
    assert set(kept(rules, *["0121"] * 500, accepted="0190")) == {"0190"}


def test_what_was_accepted_before_a_restart_is_compared_with_and_not_told_again() -> None:
    acceptance = Acceptance(Rules(only_rising=True), "0042")
    assert acceptance.accepted == "0042"
    assert acceptance.offer("0042", 0.9, 0) == Unchanged("0042")
    assert isinstance(acceptance.offer("0041", 0.9, 1), Refused)


@pytest.mark.parametrize("left", ["42", "", "many", "9" * 300])
def test_what_was_accepted_under_other_rules_is_forgotten(left: str) -> None:
    acceptance = Acceptance(Rules(length=4, only_rising=True), left)
    assert acceptance.accepted == ""
    assert acceptance.offer("0007", 0.9, 0) == Accepted("0007", "")


def test_readings_that_progress_are_consistent_with_the_one_before_each_not_with_the_first() -> None:
    rules = Rules(largest_step=2, max_rejections=3)
    assert offered(rules, "0121", "0123", "0125", "0127", accepted="0190")[3] == GaveWay(
        "0127", "0190", "largest_step", 3
    )
    assert isinstance(offered(rules, "0121", "0123", "0125", "0121", accepted="0190")[3], Refused)


def test_however_long_readings_are_little_of_them_is_kept() -> None:
    acceptance = Acceptance(Rules(agreement=Agreement(1, 100)), "42")
    tracemalloc.start()
    for frame in range(100):
        text = str(frame) * 100_000
        acceptance.vote(text)
        acceptance.offer(text, 0.9, frame * S)
    del text
    kept_bytes = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept_bytes < 50_000
    assert acceptance.accepted == "42"
