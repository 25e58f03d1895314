from __future__ import annotations

from train.robustness.unseen.printed import LETTERS


def test_letters_shaped_like_digits_are_left_out() -> None:
    assert set(LETTERS).isdisjoint("OoQDIiJjlftZzSsBbGgqy0123456789")
