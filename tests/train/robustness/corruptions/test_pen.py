from __future__ import annotations

import numpy as np
from pages import assert_within, with_ink

from train.robustness.corruptions import corrupted, pen


def widths_px(bars: np.ndarray) -> np.ndarray:
    """(N,): width of upright bars halfway up."""
    return bars[:, 14].sum(axis=1) / 255


def test_a_thin_pen_keeps_the_stated_share_of_a_stroke() -> None:
    bar = with_ink(4, 24, 12, 16)
    assert_within(widths_px(corrupted(bar, "thin_strokes", 1)) / 4, pen.THIN_SHARE, slack=0.12)


def test_a_thick_pen_adds_the_stated_width_on_both_sides() -> None:
    bar = with_ink(4, 24, 12, 15)
    assert_within((widths_px(corrupted(bar, "thick_strokes", 1)) - 3) / 2, pen.THICKENING_PX, slack=0.2)


def test_pens_change_the_ink_of_every_digit(digits: np.ndarray) -> None:
    ink = digits.sum(axis=(1, 2))
    assert (corrupted(digits, "thin_strokes", 1).sum(axis=(1, 2)) < 0.8 * ink).all()
    assert (corrupted(digits, "thick_strokes", 1).sum(axis=(1, 2)) > 1.2 * ink).all()


def test_a_skipping_pen_loses_part_of_its_path() -> None:
    skipped = corrupted(with_ink(0, 28, 0, 28), "skipping_pen", 1)
    assert_within((skipped < 128).mean(axis=(1, 2)), (0.10, 0.21), slack=0.06)


def test_a_skipping_pen_adds_no_ink(digits: np.ndarray) -> None:
    assert (corrupted(digits, "skipping_pen", 1) <= digits).all()
