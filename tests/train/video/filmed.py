"""Small clips of each kind, filmed once for all tests."""

from __future__ import annotations

from functools import cache

from handwriting import glyph_set

from core.clip_truth import ClipTruth
from train.scenes import Material
from train.video import Clip, Order, Shot, clip

ORDER = Order((240, 320), 6.0, 10.0)


@cache
def material() -> Material:
    return Material(glyph_set(200, seed=1, writers=3), glyph_set(60, seed=2, labels="AEFHKMNPRTX"))


def small(kind: str, index: int = 0, seed: int = 5) -> Clip:
    """A clip of 320x240 px, 6 s at 10 frames a second."""
    return clip(material(), ORDER, seed, index, kind)


@cache
def filmed(kind: str, index: int = 0) -> tuple[Clip, list[Shot], ClipTruth]:
    """The clip, its shots, and the truth about it."""
    one = small(kind, index)
    shots, teller = [], one.teller()
    for shot in one.shots():
        shots.append(shot)
        teller.add(shot)
    return one, shots, teller.truth()
