"""Regular expressions over whole texts, matched in time that grows in step with the text, whatever the pattern.

Python's `re` tries one way after another, and for `(a+)+` each further letter doubles the ways: 40 digits would stop
the daemon for days. Here all ways are followed at once (Thompson, "Regular Expression Search Algorithm", 1968), which
leaves out only what such a search cannot do: looking ahead or behind, and repeating what a group has matched.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import NoReturn

MOST_STEPS = 1000
"""Of one pattern, repeats written out. A text of n characters costs at most n times this."""

_ONE = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\[dDwWsS]|\\[^a-zA-Z0-9]|[^\\\[(){*+?|^$]", re.DOTALL)
"""What stands for one character."""

_REPEAT = re.compile(r"(?:(?P<sign>[*+?])|\{(?P<least>\d*)(?P<open>,)?(?P<most>\d*)\})(?P<lazy>\?)?")
"""Lazy or not is the same for a whole text."""

_SIGNS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


@dataclass(frozen=True, slots=True)
class _One:
    """One character that passes the test."""

    test: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Edge:
    """The start of the text, or its end."""

    start: bool


@dataclass(frozen=True, slots=True)
class _Repeat:
    part: _Node
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class _Either:
    """One of several sequences, perhaps of one only."""

    ways: list[list[_Node]]


_Node = _One | _Edge | _Repeat | _Either


@dataclass(slots=True)
class _Step:
    """One step of the search: where it leads, and what for. Without `on` it leads there at once."""

    to: list[int]
    on: _One | _Edge | None = None


class TextPattern:
    """A regular expression in Python's notation that a whole text matches, or not."""

    def __init__(self, pattern: str) -> None:
        """Raises ValueError, in half a line, for what is no regular expression, or more than can be bounded."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Python will read otherwise one day is no pattern to keep in a file
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{error.msg} at position {error.pos}") from None
            except (OverflowError, RecursionError, Warning) as error:
                raise ValueError(str(error)) from None
        self._steps = [_Step([])]  # the first is where a match ends
        self._start = self._lay(_Parser(pattern).whole(), 0)

    def matches(self, text: str) -> bool:
        """Whether all of `text` is what the pattern says."""
        places = self._reached([self._start], True, not text)
        for position, character in enumerate(text, 1):
            ahead = [
                to
                for place in places
                if isinstance(one := self._steps[place].on, _One) and one.test.fullmatch(character)
                for to in self._steps[place].to
            ]
            places = self._reached(ahead, False, position == len(text))
        return 0 in places

    def _reached(self, places: list[int], at_start: bool, at_end: bool) -> set[int]:
        """`places` and all that can be reached from there without a further character."""
        reached: set[int] = set()
        while places:
            place = places.pop()
            if place in reached:
                continue
            reached.add(place)
            step = self._steps[place]
            if step.on is None or (isinstance(step.on, _Edge) and (at_start if step.on.start else at_end)):
                places.extend(step.to)
        return reached

    def _lay(self, node: _Node, then: int) -> int:
        """Lay the steps of `node` that lead on to the step `then`; returns the first of them."""
        if isinstance(node, _Either):
            return self._add(_Step([self._lay_all(way, then) for way in node.ways]))
        if not isinstance(node, _Repeat):
            return self._add(_Step([then], node))
        first = then
        if node.most is None:
            loop = _Step([then])
            first = self._add(loop)
            loop.to.append(self._lay(node.part, first))
        else:
            for _ in range(node.most - node.least):
                first = self._add(_Step([self._lay(node.part, first), then]))
        for _ in range(node.least):
            first = self._lay(node.part, first)
        return first

    def _lay_all(self, nodes: list[_Node], then: int) -> int:
        for node in reversed(nodes):
            then = self._lay(node, then)
        return then

    def _add(self, step: _Step) -> int:
        if len(self._steps) >= MOST_STEPS:
            raise ValueError(f"more than {MOST_STEPS} steps with its repeats written out")
        self._steps.append(step)
        return len(self._steps) - 1


class _Parser:
    """Of a pattern that `re` takes: what is no regular expression at all has been told by then."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def whole(self) -> _Either:
        found = self._either()
        if self._at < len(self._pattern):
            self._refuse()
        return found

    def _either(self) -> _Either:
        ways: list[list[_Node]] = [[]]
        while self._at < len(self._pattern) and self._pattern[self._at] != ")":
            if self._take("|"):
                ways.append([])
            else:
                ways[-1].append(self._repeated(self._atom()))
        return _Either(ways)

    def _atom(self) -> _Node:
        if self._take("^"):
            return _Edge(start=True)
        if self._take("$"):
            return _Edge(start=False)
        if self._take("(?:") or (not self._pattern.startswith("(?", self._at) and self._take("(")):
            group = self._either()
            if not self._take(")"):
                self._refuse()
            return group
        one = _ONE.match(self._pattern, self._at)
        if not one:
            self._refuse()
        self._at = one.end()
        # Only 0 to 9 are digits here, which are what is read.
        return _One(re.compile(one[0], re.ASCII))

    def _repeated(self, part: _Node) -> _Node:
        found = _REPEAT.match(self._pattern, self._at)
        if not found or found[0] == "{}":
            return part
        self._at = found.end()
        if found["sign"]:
            return _Repeat(part, *_SIGNS[found["sign"]])
        least = int(found["least"] or 0)
        most = int(found["most"]) if found["most"] else None if found["open"] else least
        return _Repeat(part, least, most)

    def _take(self, sign: str) -> bool:
        taken = self._pattern.startswith(sign, self._at)
        self._at += len(sign) * taken
        return taken

    def _refuse(self) -> NoReturn:
        rest = self._pattern[self._at :][:4]
        raise ValueError(
            f"{rest!r} at position {self._at} is not known here: characters, [...], (...), (?:...), |, *, +, ?, "
            "{m,n}, ^ and $ are, and \\ before a sign that is meant itself"
        )
