from __future__ import annotations

import cv2
import numpy as np
from of_digits import ink_size

from train.robustness.unseen import made


def test_shades_are_smooth_and_fill_the_glyph() -> None:
    for pixels in made("gradients", 120, 1):
        smooth = cv2.blur(pixels, (3, 3)).astype(np.int64)
        assert np.abs(np.diff(smooth, axis=0)).mean() < 12
        assert np.abs(np.diff(smooth, axis=1)).mean() < 12
        assert ink_size(pixels) >= (20, 20)
