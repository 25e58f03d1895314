"""Glyphs anybody can make: digits in OpenCV's typefaces, turned, sheared, thickened, then normalised as all ink is."""

import cv2
import numpy as np

from core.dataset import GlyphSet
from core.glyph import normalise

DIGITS = tuple("0123456789")
TYPEFACES = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX)


def draw(label, rng):
    """uint8 (28, 28): the glyph of one digit."""
    canvas = np.zeros((80, 80), np.uint8)
    typeface, thickness = TYPEFACES[rng.integers(len(TYPEFACES))], int(rng.integers(2, 7))
    cv2.putText(canvas, label, (24, 58), typeface, 1.6, 255, thickness, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((40, 40), rng.uniform(-12, 12), rng.uniform(0.8, 1.2))
    turn[0, 1] += rng.uniform(-0.2, 0.2)
    turn[:, 2] += 40 - turn[:, :2] @ (40, 40)
    return normalise(cv2.warpAffine(canvas, turn, (80, 80)))


def draw_set(name, count, seed, labels=DIGITS):
    """`count` glyphs, the labels in turn."""
    rng = np.random.default_rng(seed)
    targets = np.arange(count) % len(labels)
    return GlyphSet(name, np.stack([draw(labels[target], rng) for target in targets]), targets, labels)
