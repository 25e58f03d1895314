"""Check digits, by numbers that their standards and their publishers give as examples."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.checksum import TESTS, WITH_X, Checksum, fits

PUBLISHED: list[tuple[Checksum, str]] = [
    ("luhn", "79927398713"),
    ("luhn", "4111111111111111"),
    ("ean", "4006381333931"),
    ("ean", "73513537"),
    ("ean", "036000291452"),
    ("ean", "9780306406157"),
    ("isbn10", "0306406152"),
    ("isbn10", "080442957X"),
    ("mod11", "12345678903"),
    ("mod11_2", "0000000218250097"),
    ("mod11_2", "000000021694233X"),
    ("mod11_10", "07945"),
    ("mod11_10", "86095742719"),
    ("mod97", "3214282912345698765432161182"),
    ("verhoeff", "2363"),
    ("verhoeff", "123451"),
    ("damm", "5724"),
]


@pytest.mark.parametrize(("checksum", "text"), PUBLISHED)
def test_published_numbers_fit_and_no_other_last_digit_does(checksum: Checksum, text: str) -> None:
    last = 2 if checksum == "mod97" else 1
    others = [f"{number:0{last}}" for number in range(10**last)] + ["X"] * (checksum in WITH_X)
    assert [ending for ending in others if fits(text[:-last] + ending, checksum)] == [text[-last:]]


@pytest.mark.parametrize(("checksum", "text"), PUBLISHED)
def test_one_misread_digit_never_fits(checksum: Checksum, text: str) -> None:
    misread = [
        text[:place] + digit + text[place + 1 :]
        for place, right in enumerate(text)
        for digit in "0123456789"
        if digit != right
    ]
    assert [other for other in misread if fits(other, checksum)] == []


def test_verhoeff_and_damm_see_every_two_digits_that_changed_places() -> None:
    swapped = [number for number in range(100) if number // 10 != number % 10]
    for checksum in ("verhoeff", "damm"):
        for number in swapped:
            check = next(digit for digit in "0123456789" if fits(f"{number:02}{digit}", checksum))
            assert not fits(f"{number:02}"[::-1] + check, checksum)


@pytest.mark.parametrize("checksum", list(TESTS))
@pytest.mark.parametrize("text", ["", "0", "X", "12a4", "1 2", "१२३", "²²", "1X2", "XX", "-123", "a" * 300])
def test_what_is_no_number_never_fits(checksum: Checksum, text: str) -> None:
    assert not fits(text, checksum)


def test_every_checksum_that_has_a_name_has_its_test_and_its_example() -> None:
    assert list(TESTS) == list(get_args(Checksum))
    assert {checksum for checksum, _ in PUBLISHED} == set(TESTS)


@given(st.text("0123456789X", max_size=256), st.sampled_from(list(TESTS)))
def test_any_text_is_told_to_fit_or_not(text: str, checksum: Checksum) -> None:
    assert fits(text, checksum) in {True, False}
