"""Check digits: whether a number can be what was written, by the digit or two that were added for it.

Each test takes the whole number, its check digits last, and is False for what is no such number at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import cycle
from typing import Literal

Checksum = Literal["luhn", "ean", "isbn10", "mod11", "mod11_2", "mod11_10", "mod97", "verhoeff", "damm"]
"""By name; a test holds it and `TESTS` together."""


def fits(text: str, checksum: Checksum) -> bool:
    """Whether the check digits of `text` are those of its other digits."""
    known = text.isascii() and len(text) > 1 and text[:-1].isdigit() and (text[-1].isdigit() or text[-1] == "X")
    if not known or (text[-1] == "X" and checksum not in WITH_X):
        return False
    return TESTS[checksum]([10 if character == "X" else int(character) for character in text])


def _weighted(digits: list[int], weights: Iterable[int]) -> int:
    """The sum of digits times weights, both from the right."""
    return sum(digit * weight for digit, weight in zip(reversed(digits), weights, strict=False))


def _luhn(digits: list[int]) -> bool:
    # Every second one is doubled, and counts by the sum of the digits of that.
    return sum(sum(divmod(digit * (1 + place % 2), 10)) for place, digit in enumerate(reversed(digits))) % 10 == 0


def _ean(digits: list[int]) -> bool:
    return _weighted(digits, cycle((1, 3))) % 10 == 0


def _isbn10(digits: list[int]) -> bool:
    return len(digits) == 10 and _weighted(digits, range(1, 11)) % 11 == 0


def _mod11(digits: list[int]) -> bool:
    # The check digit itself counts once, those before it 2 to 7 over and over.
    return (digits[-1] + _weighted(digits[:-1], cycle(range(2, 8)))) % 11 == 0


def _mod11_2(digits: list[int]) -> bool:
    rest = 0
    for digit in digits[:-1]:
        rest = (rest + digit) * 2 % 11
    return (rest + digits[-1]) % 11 == 1


def _mod11_10(digits: list[int]) -> bool:
    rest = 10
    for digit in digits[:-1]:
        rest = ((rest + digit) % 10 or 10) * 2 % 11
    return (rest + digits[-1]) % 10 == 1


def _mod97(digits: list[int]) -> bool:
    rest = 0
    for digit in digits:
        rest = (rest * 10 + digit) % 97
    return len(digits) > 2 and rest == 1


_TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
"""Verhoeff's permutation, applied once more with each place to the left."""


def _verhoeff(digits: list[int]) -> bool:
    check = 0
    for place, digit in enumerate(reversed(digits)):
        turned = digit
        for _ in range(place % 8):  # the eighth power changes nothing
            turned = _TURN[turned]
        check = _dihedral(check, turned)
    return check == 0


def _dihedral(first: int, second: int) -> int:
    """The product in the symmetries of the pentagon: 0 to 4 are turns, 5 to 9 turns of its mirror image."""
    if first < 5:
        return (first + second) % 5 + second // 5 * 5
    return (first - second) % 5 + (5 if second < 5 else 0)


_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
"""The quasigroup of Damm's thesis (2004)."""


def _damm(digits: list[int]) -> bool:
    check = 0
    for digit in digits:
        check = _DAMM[check][digit]
    return check == 0


TESTS: dict[Checksum, Callable[[list[int]], bool]] = {
    "luhn": _luhn,
    "ean": _ean,
    "isbn10": _isbn10,
    "mod11": _mod11,
    "mod11_2": _mod11_2,
    "mod11_10": _mod11_10,
    "mod97": _mod97,
    "verhoeff": _verhoeff,
    "damm": _damm,
}

WITH_X: tuple[Checksum, ...] = ("isbn10", "mod11", "mod11_2")
"""Whose last digit may be X, for ten."""
