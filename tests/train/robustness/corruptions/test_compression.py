from __future__ import annotations

import numpy as np
from pages import page

from train.robustness.corruptions import corrupted


def test_jpeg_leaves_plain_paper_plain_and_errs_around_ink(digits: np.ndarray) -> None:
    assert corrupted(page(0), "jpeg", 1).max() <= 16
    compressed = corrupted(digits, "jpeg", 1)
    wrong = np.abs(compressed.astype(float) - digits).mean(axis=(1, 2))
    assert 2 < wrong.min() <= wrong.max() < 50
