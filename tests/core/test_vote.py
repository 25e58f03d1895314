"""Two networks on one place."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.spots import Spots
from core.vote import Alone, Vote, decide, decide_alone

VOTE = Vote(classifier=0.5, weights=[2.0, 0.2, 0.2, 1.0, 1.0, 0.5], company=[1.0, 1.5, -1.0], min_evidence=0.0)
BOX = (0.0, 0.0, 20.0, 30.0)


def spot(**scores: float) -> Spots:
    """One place, by the score of each digit: d3=0.8."""
    row = np.full((1, 10), 0.001, np.float32)
    for name, score in scores.items():
        row[0, int(name[1])] = score
    return Spots(np.array([BOX], np.float32), row)


def logits(**values: float) -> np.ndarray:
    """What the classifier says of one glyph: d3=9."""
    row = np.full((1, 10), -6.0, np.float32)
    for name, value in values.items():
        row[0, int(name[1])] = value
    return row


def test_where_both_agree_they_are_surer_than_where_they_do_not() -> None:
    agreed = decide(spot(d3=0.6), logits(d3=9), VOTE)
    torn = decide(spot(d3=0.6), logits(d8=9), VOTE)
    assert agreed.labels.tolist() == [3]
    assert agreed.confidences[0] > torn.confidences[0]


def test_a_sure_classifier_overrules_a_spotter_in_doubt_but_not_a_sure_one() -> None:
    assert decide(spot(d3=0.4, d8=0.35), logits(d8=9), VOTE).labels.tolist() == [8]
    assert decide(spot(d3=0.99, d8=0.01), logits(d8=1, d3=0.5), VOTE).labels.tolist() == [3]


def test_evidence_against_any_digit_lowers_the_odds() -> None:
    sure, doubted = decide(spot(d3=0.6), logits(d3=4), VOTE), decide(spot(d3=0.6), logits(), VOTE)
    assert sure.log_odds[0] > doubted.log_odds[0]


def in_a_row(*places: tuple[float, float, float], score: float = 0.5) -> Spots:
    """Likely ones, each 10 px wide, by x, y and height."""
    boxes = np.array([(x, y, 10, height) for x, y, height in places], np.float32)
    scores = np.full((len(places), 10), 0.001, np.float32)
    scores[:, 1] = score
    return Spots(boxes, scores)


def odds(spots: Spots) -> list[float]:
    return decide(spots, np.repeat(logits(d1=3), len(spots), axis=0), VOTE).log_odds.tolist()


def test_a_neighbour_of_its_height_on_its_line_makes_a_digit_likelier() -> None:
    alone = odds(in_a_row((0, 0, 30)))[0]
    beside = odds(in_a_row((0, 0, 30), (20, 3, 32)))[0]
    far_off = odds(in_a_row((0, 0, 30), (200, 100, 32)))[0]
    smaller = odds(in_a_row((0, 0, 30), (20, 3, 15)))[0]
    assert beside > alone
    assert far_off == smaller == alone


def test_the_likelier_the_neighbour_the_more_it_helps() -> None:
    sure, unsure = (
        Spots(spots.boxes, np.array([spots.scores[0], faint.scores[1]]))
        for spots, faint in (
            (in_a_row((0, 0, 30), (20, 0, 30)), in_a_row((0, 0, 30), (20, 0, 30), score=score)) for score in (0.9, 0.2)
        )
    )
    assert odds(sure)[0] > odds(unsure)[0]


def test_what_is_hardly_any_digit_is_no_company() -> None:
    spots = in_a_row((0, 0, 30), (20, 0, 30), (40, 0, 30))
    said = np.stack([logits(d1=3)[0], logits()[0], logits()[0]])
    faint = Spots(spots.boxes, np.array([spots.scores[0], spots.scores[1] * 0.01, spots.scores[2] * 0.01]))
    assert decide(faint, said, VOTE).log_odds[0] == odds(in_a_row((0, 0, 30)))[0]


@given(
    arrays(np.float32, (3, 10), elements=st.floats(0, 1, width=32)),
    arrays(np.float32, (3, 10), elements=st.floats(-50, 50, width=32)),
)
def test_whatever_they_say_probabilities_sum_to_one_and_odds_are_finite(scores: np.ndarray, said: np.ndarray) -> None:
    spots = Spots(np.tile(np.array(BOX, np.float32), (3, 1)), scores)
    for verdict in (decide(spots, said, VOTE), decide_alone(spots, Alone(1.5, 0.2, 0.0))):
        assert verdict.probabilities.sum(axis=1) == pytest.approx(np.ones(3))
        assert np.isfinite(verdict.log_odds).all()
        assert ((verdict.confidences >= 0) & (verdict.confidences <= 1)).all()
        assert (verdict.labels == verdict.probabilities.argmax(axis=1)).all()


@pytest.mark.filterwarnings("error")
def test_weights_at_their_limits_give_finite_odds() -> None:
    for weights in ([1e6, -1e6] * 3, [-1e6] * 6, [1e6] * 6):
        fitted = {"classifier": 1e6, "weights": weights, "company": weights[:3], "min_evidence": 0.0}
        vote = msgspec.convert(fitted, Vote)
        verdict = decide(spot(d3=0.9), logits(d8=50), vote)
        assert np.isfinite(verdict.log_odds).all()
        assert verdict.probabilities.sum() == pytest.approx(1)
    for slope in (-1e6, 1e6):
        alone = msgspec.convert({"slope": slope, "intercept": -slope, "min_evidence": 0.0}, Alone)
        assert ((confidences := decide_alone(spot(d3=0.9), alone).confidences) >= 0).all()
        assert (confidences <= 1).all()


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (Vote, {"weights": [1e308] * 6}),
        (Vote, {"weights": [0.0] * 5}),
        (Vote, {"company": [0.0] * 4}),
        (Vote, {"classifier": -0.1}),
        (Alone, {"slope": -1e7}),
        (Alone, {"intercept": 1e7}),
    ],
)
def test_weights_that_no_fit_gives_are_refused(kind: type, changes: dict[str, object]) -> None:
    good = {"slope": 1.0, "intercept": 0.0, "min_evidence": 0.0}
    good |= {"classifier": 0.5, "weights": [1.0] * 6, "company": [1.0] * 3}
    msgspec.convert(good, kind)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(good | changes, kind)


def test_alone_the_spotters_own_log_odds_are_put_right() -> None:
    verdict = decide_alone(spot(d3=0.5), Alone(slope=2.0, intercept=1.0, min_evidence=0.0))
    assert verdict.log_odds == pytest.approx([1.0], abs=1e-5)
    assert verdict.confidences == pytest.approx([1 / (1 + np.exp(-1.0))], abs=1e-5)
