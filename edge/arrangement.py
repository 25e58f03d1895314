"""Which digits are one number, slow to change its mind: gaps as wide as those between numbers come out either way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Members = tuple[int, ...]
"""The ids of a number's digits, in reading order."""


class Arrangement:
    """Keeps numbers as they were told until their digits have long been grouped otherwise."""

    def __init__(self, after_s: float) -> None:
        self._after_ns = round(after_s * 1e9)
        self._since_ns: dict[frozenset[Members], int] = {}
        """Other numbers that the digits of told ones have made of late, and since when."""

    @property
    def wavers(self) -> bool:
        """Whether some digits were grouped otherwise the last time."""
        return bool(self._since_ns)

    def kept(
        self, groups: Sequence[Members], told: Iterable[Members], others: Iterable[Members], now_ns: int
    ) -> list[Members]:
        """`groups`, but for digits that made numbers that were `told`, or `others`: as long as they are the same ones,
        these go on until they have been grouped otherwise for so long."""
        stood = set(told)
        waiting, self._since_ns = self._since_ns, {}
        arranged: list[Members] = []
        for old, new in _components([*stood, *others], groups):
            if stood.isdisjoint(old) or set(old) == set(new) or _all(old) != _all(new):
                arranged += new
                continue
            since_ns = min(waiting.get(frozenset(new), now_ns), now_ns)
            if now_ns - since_ns >= self._after_ns:
                arranged += new
            else:
                self._since_ns[frozenset(new)] = since_ns
                arranged += old
        return arranged


def _components(before: Iterable[Members], groups: Sequence[Members]) -> list[tuple[list[Members], list[Members]]]:
    """(numbers before, numbers now) that have digits in common with each other and with no others, in the order of the
    first of `groups` in each."""
    name_of: dict[int, int] = {}
    for name, members in enumerate([*before, *groups]):
        met = {name_of[member] for member in members if member in name_of}
        for member, known in list(name_of.items()) if len(met) > 1 else []:
            if known in met:
                name_of[member] = name
        name_of |= dict.fromkeys(members, met.pop() if len(met) == 1 else name)
    parts: dict[int, tuple[list[Members], list[Members]]] = {name_of[members[0]]: ([], []) for members in groups}
    for is_new, numbers in enumerate((before, groups)):
        for members in numbers:
            if name_of[members[0]] in parts:
                parts[name_of[members[0]]][is_new].append(members)
    return list(parts.values())


def _all(numbers: Iterable[Members]) -> set[int]:
    return {member for members in numbers for member in members}
