"""Digits by their ink: every connected piece of it becomes a glyph, and the classifier reads or rejects each.

Ink that reads as no digit may be several that touch, or a part of one: pieces are cut up (`edge.split`) and put
together (`edge.merge`) where the classifier likes that clearly better.

For drawings and clean paper. It takes no network but the classifier, and follows the ink to the pixel; it cannot tell
the pattern of a cheque, or print, from handwriting.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.config import ReadingConfig
from core.frame import Luma
from core.ink import Piece
from edge import company, merge
from edge.classify import Classifier, Prediction
from edge.company import Member
from edge.find import Found, find, glyphs
from edge.read import Digit, Rejected
from edge.reader import Laps, Seen
from edge.split import cut

WIDE = 1.15
"""Of a piece that is read as a digit, as a share of its height: wider, it may still be two."""

NARROWEST_CUT = 0.45
"""Of a piece that is cut, as a share of its height."""

MOST_CUT = 20
"""Pieces a frame: it bounds the work on texture and on handwriting."""

MOST_UNLIKE = 2.5
"""Pieces that are cut are at most this many times higher or lower than what is read already."""

CLEARLY = 1.0
"""In nats: two pieces that both read as digits are one only if that is likelier by this."""


NOTHING = -3.0
"""Log-probability that a piece that reads as no digit is none: its parts must be likelier together."""


@dataclass(frozen=True, slots=True)
class _Guess:
    """A piece, and what it is taken for."""

    piece: Piece
    prediction: Prediction

    @property
    def score(self) -> float:
        """Log-probability that it is the digit it is taken for; -inf for a reject."""
        if self.prediction.reject:
            return -math.inf
        # Evidence is the log-odds that it is a digit at all.
        return math.log(self.prediction.confidence) - float(np.logaddexp(0.0, -self.prediction.evidence))

    @property
    def member(self) -> Member:
        """What tells whether it goes with the other digits."""
        of = self.prediction
        return Member(of.label, self.piece.box, self.piece.contrast, of.confidence, of.evidence)


class InkReader:
    """Finds ink, and has it classified."""

    def __init__(self, classifier: Classifier, config: ReadingConfig) -> None:
        self._classifier = classifier
        self._config = config

    @property
    def labels(self) -> Sequence[str]:
        """What can be read, in the order of every `probabilities`."""
        return self._classifier.labels

    def see(self, luma: Luma, laps: Laps) -> Seen:
        """The digits in `luma`, uint8 (H, W), and the ink that is none."""
        found = find(luma, self._config.polarity, self._config.max_side_px, self._config.min_height_px)
        pairs = merge.candidates([piece.box for piece in found.pieces])
        unions = [found.pieces[first].joined(found.pieces[second]) for first, second in pairs]
        union_pixels = glyphs(unions)
        laps.end("find")
        guesses = self._guesses([*found.pieces, *unions], np.concatenate([found.pixels, union_pixels]), found)
        laps.end("classify")
        guesses = _merged(guesses, pairs, len(found.pieces))
        guesses = self._split(guesses, found, laps)
        return _seen(_in_company(guesses), found)

    def _guesses(self, pieces: list[Piece], pixels: NDArray[np.uint8], found: Found) -> list[_Guess]:
        clipped = found.touches_edge([piece.box for piece in pieces])
        return [_Guess(*each) for each in zip(pieces, self._classifier.classify(pixels, clipped), strict=True)]

    def _split(self, guesses: list[_Guess], found: Found, laps: Laps) -> list[_Guess]:
        """`guesses`, with what reads better in parts replaced by its parts."""
        places = _to_cut(guesses)
        cuttings = {place: cut(guesses[place].piece) for place in places}
        segments = [segment.piece for cutting in cuttings.values() for segment in cutting.segments]
        if not segments:
            return guesses
        pixels = glyphs(segments)
        laps.end("find")
        parts = self._guesses(segments, pixels, found)
        laps.end("classify")
        done: list[_Guess] = []
        for place, guess in enumerate(guesses):
            cutting = cuttings.get(place)
            if cutting is None:
                done.append(guess)
                continue
            own, parts = parts[: len(cutting.segments)], parts[len(cutting.segments) :]
            score, way = cutting.best([part.score for part in own])
            done += [own[index] for index in way] if score > max(guess.score, NOTHING) else [guess]
        return done


def _to_cut(guesses: list[_Guess]) -> list[int]:
    """Index of the guesses that may be several digits, MOST_CUT at most, as high as what is read already."""
    places = [place for place, guess in enumerate(guesses) if _may_be_several(guess)]
    read = [guess.piece.box.height for guess in guesses if not guess.prediction.reject]
    if read:
        usual_px = float(np.median(read))
        off = {place: abs(math.log(guesses[place].piece.box.height / usual_px)) for place in places}
        places = sorted((place for place in places if off[place] <= math.log(MOST_UNLIKE)), key=off.__getitem__)
    return sorted(places[:MOST_CUT])


def _may_be_several(guess: _Guess) -> bool:
    box = guess.piece.box
    return box.width > (NARROWEST_CUT if guess.prediction.reject else WIDE) * box.height


def _merged(guesses: list[_Guess], pairs: list[tuple[int, int]], pieces: int) -> list[_Guess]:
    """The guesses of all pieces, with pairs replaced by what they are together where that is clearly better."""
    gone: set[int] = set()
    unions: list[_Guess] = []
    for (first, second), union in zip(pairs, guesses[pieces:], strict=True):
        if first in gone or second in gone or union.prediction.reject:
            continue
        scores = guesses[first].score, guesses[second].score
        apart = max(scores) if math.isinf(min(scores)) else sum(scores) + CLEARLY
        if union.score > apart:
            gone |= {first, second}
            unions.append(union)
    return [guess for place, guess in enumerate(guesses[:pieces]) if place not in gone] + unions


def _in_company(guesses: list[_Guess]) -> list[_Guess]:
    """`guesses`, those rejected that do not go with the others."""
    digits = [place for place, guess in enumerate(guesses) if not guess.prediction.reject]
    reasons = company.reasons([guesses[place].member for place in digits])
    judged = list(guesses)
    for place, reason in zip(digits, reasons, strict=True):
        if reason:
            judged[place] = replace(guesses[place], prediction=replace(guesses[place].prediction, reject=reason))
    return judged


def _seen(guesses: list[_Guess], found: Found) -> Seen:
    digits: list[Digit] = []
    rejected = [Rejected(reason, box, "", 0.0, [], None) for reason, box in found.left_out]
    for guess in guesses:
        prediction, box = guess.prediction, found.in_frame(guess.piece.box)
        probabilities = [round(value, 4) for value in prediction.probabilities.tolist()]
        confidence, evidence = round(prediction.confidence, 4), round(prediction.evidence, 3)
        if prediction.reject:
            rejected.append(Rejected(prediction.reject, box, prediction.label, confidence, probabilities, evidence))
        else:
            digits.append(Digit(prediction.label, confidence, box, probabilities, evidence))
    return Seen(digits, rejected)
