"""Glyphs that are no digits, of kinds kept aside to MEASURE rejection: nothing is ever trained or fitted on them.

Rejecting what one was trained to reject proves little, so what measures it must be of other kinds than what trained it
(outlier exposure: Hendrycks, Mazeika and Dietterich, 2019). These kinds and their code therefore have nothing in common
with the distractors of training, and must stay apart from them.

Most are drawn larger, by a pen of random width and in a random slant and scale, and normalised as the edge does it.
Care is taken that none is a digit after all: letters shaped like one are left out, and so are a ring (0), an upright
stroke (1), a hook to the left at the top (7), two rings on top of each other (8), a ring on a stem (9).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.errors import UsageError
from train.robustness.unseen import from_digits, icons, printed, shades, shapes, textures
from train.robustness.unseen.glyphs import Glyphs, drawn, raw

KINDS: dict[str, Callable[[int, np.random.Generator], Glyphs]] = {
    "printed_letters": drawn(printed.letter),
    "printed_words": drawn(printed.word),
    "spirals": drawn(shapes.spiral),
    "stars_and_arrows": drawn(shapes.star_or_arrow),
    "rings_and_dots": drawn(shapes.rings_or_dots),
    "hatching": drawn(textures.hatching),
    "checkered": drawn(textures.checkered),
    "gradients": raw(shades.gradient),
    "faces_and_icons": drawn(icons.face_or_icon),
    "splashes": drawn(shapes.splash),
    "wood_grain": drawn(textures.wood_grain),
}
"""Makers by kind: how many, and the source of chance → that many glyphs."""

FROM_DIGITS: dict[str, Callable[[Glyphs, np.random.Generator], Glyphs]] = {
    "three_digits": from_digits.three_digits,
    "quarter_digits": from_digits.quarter_digits,
    "overwritten": from_digits.overwritten,
}
"""Makers by kind: real digits, and the source of chance → glyphs of parts or several of them; fewer than there were."""


def made(kind: str, count: int, seed: int) -> Glyphs:
    """uint8 (count, 28, 28): glyphs of one of `KINDS`, the same for the same seed; fewer are the first of more.

    Raises UsageError for a kind that is not there.
    """
    if kind not in KINDS:
        raise UsageError(f"unseen kind {kind!r} is not one that can be drawn; allowed: {', '.join(KINDS)}")
    return KINDS[kind](count, np.random.default_rng(seed))
