"""Patterns of whole texts, beside Python's own."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text_pattern import MOST_STEPS, TextPattern

ATOMS = st.sampled_from(["0", "1", "2", "[01]", "[^0]", "[]0-2]", r"\d", r"\D", ".", r"\.", "^", "$"])


def grown(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Larger patterns out of smaller ones."""
    repeats = st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{,2}", "{1,}", "*?", "{0}"])
    return st.one_of(
        st.tuples(parts, parts).map("".join),
        st.tuples(parts, parts).map("|".join),
        st.tuples(parts, repeats).map(lambda pair: f"({pair[0]}){pair[1]}"),
        parts.map(lambda part: f"(?:{part})"),
    )


@given(pattern=st.recursive(ATOMS, grown, max_leaves=8), text=st.text("012.", max_size=8))
def test_it_matches_what_pythons_own_matches(pattern: str, text: str) -> None:
    assert TextPattern(pattern).matches(text) == bool(re.fullmatch(pattern, text)), (pattern, text)


@pytest.mark.parametrize(
    ("pattern", "right", "wrong"),
    [
        (r"0\d{4}", ["01234"], ["1234", "012345", "0123x", ""]),
        (r"^(19|20)\d\d$", ["1999", "2047"], ["2147", "199", "20470"]),
        (r"[1-9]\d*|0", ["0", "10"], ["01", ""]),
        (r"a\[b\]|[\]x]", ["a[b]", "]", "x"], ["ab", "[x]"]),
        ("", [""], ["1"]),
    ],
)
def test_patterns_people_write_match_whole_texts(pattern: str, right: list[str], wrong: list[str]) -> None:
    matches = TextPattern(pattern).matches
    assert [text for text in right if not matches(text)] == []
    assert [text for text in wrong if matches(text)] == []


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "pattern", ["(1+)+$", "(1|1)*$", "(1*)*2", "((1?){15}){15}1", "(1|11)+(1|11)+(1|11)+x", "(.*)*x"]
)
def test_no_pattern_takes_long_even_one_that_python_would_never_finish(pattern: str) -> None:
    assert not TextPattern(pattern).matches("1" * 255 + "y")


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(1", "missing ), unterminated subpattern at position 0"),
        ("[1", "unterminated character set at position 0"),
        ("*1", "nothing to repeat at position 0"),
        ("1**", "multiple repeat at position 2"),
        ("[[1]", "nested set"),
        ("1{99999999999}", "repetition number is too large"),
        ("(?=1)2", "'(?=1' at position 0 is not known here"),
        ("(1)\\1", "'\\\\1' at position 3 is not known here"),
        ("\\b1", "'\\\\b1' at position 0 is not known here"),
        ("1++", "'+' at position 2 is not known here"),
        ("1{x}", "'{x}' at position 1 is not known here"),
        ("1{}", "'{}' at position 1 is not known here"),
        ("(?i)a", "'(?i)' at position 0 is not known here"),
        ("1{2000}", f"more than {MOST_STEPS} steps"),
        ("(((1{0,60}){60}){60}){60}", f"more than {MOST_STEPS} steps"),
        ("((((){60000}){60000}){60000}){60000}", f"more than {MOST_STEPS} steps"),
    ],
)
def test_what_is_no_pattern_or_cannot_be_bounded_is_refused_with_its_place(pattern: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        TextPattern(pattern)


def test_groups_may_be_nested_as_deep_as_a_pattern_of_config_can_nest_them() -> None:
    assert TextPattern("(" * 99 + "1" + ")*" * 99).matches("111")


@given(st.text(st.sampled_from("01ab()[]{}|*+?^$\\.,-:=!<"), max_size=20), st.text("01", max_size=5))
def test_any_text_is_a_pattern_or_a_value_error(pattern: str, text: str) -> None:
    try:
        known = TextPattern(pattern)
    except ValueError as error:
        assert str(error)
        assert "\n" not in str(error)
    else:
        assert known.matches(text) == bool(re.fullmatch(pattern, text)), (pattern, text)
