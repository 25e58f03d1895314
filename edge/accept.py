"""Which of the readings that count are accepted: for one region, or one number. No clock, no input or output.

A reading that breaks a rule is refused and stays what it is, raw; what was accepted before stands. But that may have
been the wrong one, and every right reading after it be refused: so the rules that compare with it, `only_rising` and
`largest_step`, give way. The others hold whatever was read before, and never do: a black frame that reads as 44444
does so for as long as it is black.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from core.reading_rules import MOST_CHARACTERS, Rules
from edge.rule_checks import Breach, RuleChecks

SEPARATE_NS = 1_000_000_000
"""Refusals closer together than this are of one sight: fifteen frames of a misread digit are not fifteen witnesses."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """It is accepted, and was not before."""

    text: str
    before: str
    """What was accepted until now; empty if nothing was."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """It is what is accepted already."""

    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It is not accepted; what was accepted before stands."""

    text: str
    """As it was read; of more than MOST_CHARACTERS, the first ones."""
    reason: str
    """For a person: what was read, and what is allowed."""
    rule: str
    """The key of `reading.rules` that is broken."""
    again: bool
    """Whether the last reading was the same and refused by the same rule, so that it has been told."""


@dataclass(frozen=True, slots=True)
class GaveWay:
    """It is accepted against a rule, which has refused too many consistent readings."""

    text: str
    before: str
    rule: str
    """`only_rising` or `largest_step`."""
    refusals: int
    """That were counted before."""


Outcome = Accepted | Unchanged | Refused | GaveWay


@dataclass(slots=True)
class _Run:
    """Refused readings that would have been accepted one after the other, had the first of them been."""

    text: str
    """The last of them."""
    refusals: int
    counted_ns: int
    """When the last one was counted."""


class Acceptance:
    """Accepts the readings of one region by its rules."""

    def __init__(self, rules: Rules, accepted: str = "") -> None:
        """`accepted` is what was accepted before a restart, if anything; what breaks a rule by itself is forgotten."""
        self._checks = RuleChecks(rules)
        self._agreement = rules.agreement
        self._most_refusals = rules.max_rejections
        self._votes: deque[str | None] = deque(maxlen=rules.agreement.of if rules.agreement else 0)
        self._accepted = "" if self._checks.of_text(accepted) else accepted
        self._refused: Refused | None = None
        self._run: _Run | None = None

    @property
    def accepted(self) -> str:
        """What is accepted now, leading zeros included; empty if nothing is yet."""
        return self._accepted

    @property
    def refused(self) -> Refused | None:
        """What was read last, if it was refused."""
        return self._refused

    def vote(self, text: str | None) -> None:
        """Take in what one frame read, or None where it read nothing: for the rule `agreement`, before `offer`."""
        self._votes.append(text if text is None or len(text) <= MOST_CHARACTERS else None)

    def offer(self, text: str, confidence: float, at_ns: int) -> Outcome:
        """What becomes of a reading that counts, 0 to 1 sure, in the frame of `at_ns`; as often as it is seen.

        Time is needed only to tell refusals apart; where it goes backwards, they are counted from one again.
        """
        if text and text == self._accepted:
            self._refused = self._run = None
            return Unchanged(text)
        breach = self._checks.of_text(text) or self._checks.of_confidence(confidence) or self._of_votes(text)
        if breach:
            return self._refuse(text, breach)
        before = self._accepted
        breach = self._checks.of_step(before, text) if before else None
        if not breach:
            self._take(text)
            return Accepted(text, before)
        refusals = self._run.refusals if self._run else 0
        if self._counts(text, at_ns) and self._most_refusals is not None and refusals >= self._most_refusals:
            self._take(text)
            return GaveWay(text, before, breach.rule, refusals)
        return self._refuse(text, breach)

    def _of_votes(self, text: str) -> Breach | None:
        wanted = self._agreement
        if not wanted or (votes := self._votes.count(text)) >= wanted.frames:
            return None
        return Breach("agreement", f"read in {votes} of the last {wanted.of} frames; allowed: from {wanted.frames}")

    def _counts(self, text: str, at_ns: int) -> bool:
        """Whether this refusal is one more of a run that goes on; it is taken into the run, or starts one."""
        run = self._run
        if not run or at_ns < run.counted_ns or self._checks.of_step(run.text, text):
            self._run = _Run(text, 1, at_ns)
            return False
        run.text = text
        if at_ns - run.counted_ns < SEPARATE_NS:
            return False
        run.refusals, run.counted_ns = run.refusals + 1, at_ns
        return True

    def _take(self, text: str) -> None:
        self._accepted = text
        self._refused = self._run = None

    def _refuse(self, text: str, breach: Breach) -> Refused:
        text = text[:MOST_CHARACTERS]
        last = self._refused
        again = last is not None and (last.text, last.rule) == (text, breach.rule)
        self._refused = Refused(text, breach.reason, breach.rule, again)
        return self._refused
