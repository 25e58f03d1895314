"""Which of the rules of `core/reading_rules.py` a reading breaks, by itself or after another one."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from core.checksum import fits
from core.reading_rules import MOST_CHARACTERS, Rules
from core.text_pattern import TextPattern


class Breach(NamedTuple):
    """A rule that is broken."""

    rule: str
    """Its key in `reading.rules`."""
    reason: str
    """For a person: what was read, and what is allowed."""


class RuleChecks:
    """The rules of one region, ready to check with."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._pattern = None if rules.pattern is None else TextPattern(rules.pattern)
        self._least, self._most = self._units(rules.least), self._units(rules.most)
        self._largest_step = self._units(rules.largest_step)

    def of_text(self, text: str) -> Breach | None:
        """What is wrong with `text` itself, whatever was read before."""
        rules = self._rules
        least, most = rules.length if isinstance(rules.length, list) else (rules.length or 1, rules.length)
        if not least <= len(text) <= (most or MOST_CHARACTERS):
            allowed = (
                f"up to {MOST_CHARACTERS}" if most is None else str(least) if least == most else f"{least} to {most}"
            )
            return Breach("length", f"{len(text)} characters; allowed: {allowed}")
        if self._pattern and not self._pattern.matches(text):
            return Breach("pattern", f"does not match {rules.pattern}")
        if rules.checksum and not fits(text, rules.checksum):
            return Breach("checksum", f"is no number with the check digits of {rules.checksum}")
        return self._of_value(text)

    def of_confidence(self, confidence: float) -> Breach | None:
        """Whether it was read too unsurely; NaN is."""
        asked = self._rules.min_confidence
        if asked is None or confidence >= asked:
            return None
        return Breach("min_confidence", f"confidence {confidence:.6g}; allowed: from {asked:.6g}")

    def of_step(self, before: str, text: str) -> Breach | None:
        """What is wrong with `text` after the reading `before`; both have passed `of_text`."""
        only_rising, largest_step = self._rules.only_rising, self._largest_step
        if not only_rising and largest_step is None:
            return None
        step = int(text) - int(before)
        if only_rising and step < 0:
            if not self._wraps(before, text):
                return Breach("only_rising", f"{self._shown(text)} after {self._shown(before)}; allowed: no less")
            step += 10 ** len(text)
        if largest_step is not None and abs(step) > largest_step:
            return Breach(
                "largest_step",
                f"{self._shown(text)} after {self._shown(before)}; allowed: a step of {self._rules.largest_step:.15g}",
            )
        return None

    def _of_value(self, text: str) -> Breach | None:
        rules = self._rules
        wanted = {
            "least": rules.least is not None,
            "most": rules.most is not None,
            "only_rising": rules.only_rising,
            "largest_step": rules.largest_step is not None,
        }
        for rule, given in wanted.items():
            if given and not (text.isascii() and text.isdigit()):
                return Breach(rule, "is no number; allowed: digits alone")
        if self._least is not None and int(text) < self._least:
            return Breach("least", f"{self._shown(text)}; allowed: from {rules.least:.15g}")
        if self._most is not None and int(text) > self._most:
            return Breach("most", f"{self._shown(text)}; allowed: up to {rules.most:.15g}")
        return None

    def _wraps(self, before: str, text: str) -> bool:
        """Whether a counter went from its last values to its first: 9998 to 0003.

        Its digits are as many as before, and it has not gone on beyond the first tenth: a first digit that is misread,
        9431 as 0431, is just that tenth ahead.
        """
        ahead = int(text) - int(before) + 10 ** len(text)
        return len(text) == len(before) and ahead <= max(1, 10 ** (len(text) - 1) - 1)

    def _units(self, value: float | None) -> Fraction | None:
        """`value` in units of the last digit, exactly as it was written: 0.1 is no tenth in binary."""
        return None if value is None else Fraction(repr(value)) * 10**self._rules.decimals

    def _shown(self, text: str) -> str:
        """The number with its point: 00012345 with 3 decimals is 12.345."""
        decimals = self._rules.decimals
        digits = str(int(text)).zfill(decimals + 1)
        return f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
