"""Glyphs that are none of a run's labels, to train against: outlier exposure (Hendrycks, Mazeika and Dietterich, 2019).

Each source is a `GlyphSet` whose labels are its kinds. Some are drawn or made of the run's own digits, some come from
sets of letters and other signs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.dataset import GlyphSet, merge
from core.errors import DataError
from core.splits import Splits
from train import distractors

DRAWN_COUNT = 6000
FROM_DIGITS_COUNT = 12000
"""Glyphs of each kind; augmentation makes many of each."""

DRAWN_SEED = 0xD0
"""Not the run's own seed: what is drawn is the same for all runs, as a set on disk would be."""

DIGITS = frozenset("0123456789")


def other_signs(sources: Sequence[Splits | None], digits: GlyphSet) -> tuple[GlyphSet, ...]:
    """Of each of `sources` the glyphs whose class is none of the labels of `digits`.

    None among them stands for what is drawn, in part from `digits`. Raises DataError for a source without such glyphs.
    """
    return tuple(drawn(digits) if source is None else _none_of(source, digits.labels) for source in sources)


def drawn(digits: GlyphSet) -> GlyphSet:
    """Glyphs of every kind in `train.distractors`; those made of digits only if `digits` are no more than that."""
    rng = np.random.default_rng(DRAWN_SEED)
    made = {kind: distractors.drawn(kind, DRAWN_COUNT, rng) for kind in distractors.DRAWN}
    if set(digits.labels) <= DIGITS:
        values = np.array([int(label) for label in digits.labels])[digits.targets]
        for kind in distractors.FROM_DIGITS:
            made[kind] = distractors.from_digits(kind, FROM_DIGITS_COUNT, digits.pixels, values, rng)
    counts = [len(pixels) for pixels in made.values()]
    return GlyphSet("drawn", np.concatenate(list(made.values())), np.repeat(np.arange(len(made)), counts), tuple(made))


def _none_of(source: Splits, labels: tuple[str, ...]) -> GlyphSet:
    glyphs = merge(part for part in (source.train, source.test) if part is not None)
    others = glyphs.relabelled([label for label in glyphs.labels if label not in labels])
    if len(others) == 0:
        raise DataError(
            f"{glyphs.name}: has only the labels {', '.join(glyphs.labels)}, which are trained on themselves; "
            "train.not_digits takes glyphs of other labels"
        )
    return others
