"""What transmission does: compression that loses."""

from __future__ import annotations

import cv2
import numpy as np

from core.glyph import GLYPH_SIZE_PX
from train.robustness.corruptions.draws import Range, WholeRange, drawn, drawn_whole
from train.robustness.corruptions.glyphs import Glyphs, each, grey

JPEG_QUALITY: WholeRange = (15, 6)
"""libjpeg's, 1 to 100."""
JPEG_ENLARGEMENT: WholeRange = (1, 2)
"""How much larger than the glyph the photo showed it: whole factors."""
JPEG_CONTRAST: Range = (0.60, 0.30)
"""Share of full contrast between ink and paper in the photo: stretching it later stretches what JPEG did to it."""
JPEG_PAPER_LEVEL = 200.0
"""Luma of paper in the photo, 0 to 255: not clipped, so neither are the artefacts on it."""
JPEG_BLOCK_PX = 8


def jpeg(pixels: Glyphs, rng: np.random.Generator) -> Glyphs:
    """A flat photo compressed hard, its grid of blocks anywhere on the glyph; then its contrast is stretched."""
    qualities = drawn_whole(JPEG_QUALITY, pixels, rng)
    factors = drawn_whole(JPEG_ENLARGEMENT, pixels, rng)
    contrasts = drawn(JPEG_CONTRAST, pixels, rng).ravel()
    offsets = rng.integers(0, JPEG_BLOCK_PX, (len(pixels), 2))

    def compressed(glyph: Glyphs, quality: int, factor: int, contrast: float, offset: list[int]) -> Glyphs:
        side, (top, left) = factor * GLYPH_SIZE_PX, offset
        frame = slice(top, top + side), slice(left, left + side)
        photo = np.full((side + JPEG_BLOCK_PX, side + JPEG_BLOCK_PX), JPEG_PAPER_LEVEL, np.float32)
        photo[frame] -= contrast * cv2.resize(glyph, (side, side), interpolation=cv2.INTER_LINEAR)
        _, encoded = cv2.imencode(".jpg", grey(photo), (cv2.IMWRITE_JPEG_QUALITY, quality))
        decoded = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)[frame].astype(np.float32)
        seen = cv2.resize(decoded, (GLYPH_SIZE_PX, GLYPH_SIZE_PX), interpolation=cv2.INTER_AREA)
        return grey((JPEG_PAPER_LEVEL - seen) / contrast)

    return each(compressed, pixels, qualities.tolist(), factors.tolist(), contrasts.tolist(), offsets.tolist())
