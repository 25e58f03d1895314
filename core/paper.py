"""Frame to ink: how much light is missing against bare paper, whatever the light.

The paper's brightness is estimated everywhere by a morphological closing on a coarse copy of the frame: it removes
whatever is narrower than a stroke can be and keeps shadows, which are wider. Ink is how much less light than that
paper a pixel returns, so a stroke weighs the same in the shadow as in the light.

Light ink on dark paper (chalk) is the same thing on the inverted frame, but that what the light is compared with is
the chalk's: a blackboard returns next to none, in the light as in the shadow.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Luma
from core.glyph import Ink

Polarity = Literal["auto", "dark_on_light", "light_on_dark"]

COARSE_SIDE_PX = 160
"""The paper is estimated on a copy this large: 640×480 shrunk four times."""

POLARITY_SIDE_PX = 80
"""Whether ink is darker or lighter than paper shows on a copy this small."""

AROUND_SHARE = 1 / 3
"""How far the surroundings of a place reach, as a share of the frame's longer side. With less, a digit that a marker
draws large over the frame is its own surroundings; with more, so are shadows and reflections."""

DARKEST_PAPER = np.uint8(32)
"""Of 255. In less light than this a pixel's own noise would look like ink."""

WIDEST_STROKE_SHARE = 1 / 7
"""Of the frame's longer side: anything wider is no stroke but a shadow, a hand or a table edge."""

CHALK_SHARE = 1 / 4
"""How far the light of chalk is looked for, as a share of the frame's longer side."""

CROP_STROKE_SHARE = 1 / 5
"""The same of a frame smaller than a page's coarse copy: a crop around a number, which the number fills."""


def ink_map(luma: Luma, polarity: Polarity = "auto") -> tuple[Ink, float]:
    """(ink, noise): uint8 (H, W), the light missing against the paper, 0 to 255; and the standard deviation of bare
    paper.

    `luma` is uint8 (H, W).
    """
    height, width = luma.shape
    shrink = min(1.0, COARSE_SIDE_PX / max(height, width))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    coarse = cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
    light = polarity == "light_on_dark" or (polarity == "auto" and _is_light_on_dark(coarse))
    if light:
        luma, coarse = cv2.bitwise_not(luma), cv2.bitwise_not(coarse)
    paper = cv2.resize(_paper(coarse), (width, height), interpolation=cv2.INTER_LINEAR)
    brightest = cv2.resize(_chalk(coarse), (width, height), interpolation=cv2.INTER_LINEAR) if light else paper
    # NumPy where a scalar takes part: OpenCV takes a scalar for an array if the picture is 1×1 or 4×1.
    ink = cv2.divide(cv2.subtract(paper, luma), np.maximum(brightest, DARKEST_PAPER), scale=255)
    return ink, _noise_sigma(luma, brightest)


def _widest_stroke_px(longest: int, share: float) -> int:
    """Odd, at least 5."""
    return max(5, 2 * round(longest * share / 2) + 1)


def _is_light_on_dark(coarse: Luma) -> bool:
    """Whether what stands out from its surroundings is lighter than they are.

    By the share of light, not the light: a reflection on a desk has more of it than any pen takes from paper.
    """
    shrink = min(1.0, POLARITY_SIDE_PX / max(coarse.shape))
    size = max(1, round(coarse.shape[1] * shrink)), max(1, round(coarse.shape[0] * shrink))
    coarse = cv2.resize(coarse, size, interpolation=cv2.INTER_AREA)
    around = cv2.medianBlur(coarse, _widest_stroke_px(max(coarse.shape), AROUND_SHARE))
    most = np.maximum(np.maximum(coarse, around), DARKEST_PAPER).astype(np.float32)
    lighter = cv2.subtract(coarse, around).astype(np.float32) / most
    darker = cv2.subtract(around, coarse).astype(np.float32) / most
    return float(cv2.norm(lighter)) > float(cv2.norm(darker))


def _paper(coarse: Luma) -> Luma:
    """The brightness the paper would have without the ink."""
    crop = max(coarse.shape) < COARSE_SIDE_PX
    side = _widest_stroke_px(max(coarse.shape), CROP_STROKE_SHARE if crop else WIDEST_STROKE_SHARE)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))
    # A light blur first, or the closing would follow the brightest grain.
    smooth = cv2.GaussianBlur(coarse, (3, 3), 0)
    closed = cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE)
    # At a hard shadow's edge, rather too dark on its light side than too light on its dark side: that would look like
    # ink.
    darkened = cv2.erode(closed, np.ones((5, 5), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return cv2.blur(darkened, (3, 3), borderType=cv2.BORDER_REPLICATE)


def _chalk(inverted: Luma) -> Luma:
    """The light that the lightest ink nearby returns, of a frame that was inverted."""
    side = _widest_stroke_px(max(inverted.shape), CHALK_SHARE)
    smooth = cv2.GaussianBlur(inverted, (3, 3), 0)
    darkest = cv2.erode(smooth, np.ones((side, side), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return cv2.bitwise_not(cv2.blur(darkest, (5, 5), borderType=cv2.BORDER_REPLICATE))


def _noise_sigma(luma: Luma, brightest: Luma) -> float:
    """The grain of the paper: the median absolute difference of neighbours, which edges hardly move (Donoho, 1994)."""
    step = 1 + max(luma.shape) // 256
    rows = luma[::step]
    if rows.shape[1] < 2:
        return 0.0
    difference = cv2.absdiff(rows[:, 1:], rows[:, :-1])
    brightness = max(float(DARKEST_PAPER), float(cv2.mean(brightest)[0]))
    return _median(difference) / 0.6745 / np.sqrt(2) * 255 / brightness


def _median(values: NDArray[np.uint8]) -> float:
    """Interpolated within its histogram bin, so that it moves smoothly though pixels are whole numbers."""
    counts = cv2.calcHist([values], [0], None, [256], [0, 256]).ravel()
    cumulative = np.cumsum(counts)
    half = cumulative[-1] / 2
    bin_index = int(np.searchsorted(cumulative, half))
    before = cumulative[bin_index - 1] if bin_index else 0.0
    inside = counts[bin_index]
    return max(0.0, bin_index - 0.5 + float((half - before) / inside))
