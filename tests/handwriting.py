"""Digits drawn by a made-up hand: enough like real ones to train on, and free of any data set."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import cv2
import numpy as np

from core.dataset import GlyphSet
from core.glyph import normalise
from core.idx import FILES, IMAGES_MAGIC, LABELS_MAGIC, WRITERS_FILE

FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
)


def draw(text: str, rng: np.random.Generator, side_px: int = 96) -> np.ndarray:
    """uint8 (side_px, side_px): one character, ink 255 on paper 0, in another hand each time."""
    scale, thickness = side_px / 32, max(1, round(side_px / 96 * rng.uniform(4, 9)))
    font = FONTS[rng.integers(len(FONTS))]
    (width, height), _ = cv2.getTextSize(text, font, scale, thickness)
    page = np.zeros((side_px, side_px), np.uint8)
    corner = (side_px - width) // 2, (side_px + height) // 2
    cv2.putText(page, text, corner, font, scale, 255, thickness, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((side_px / 2, side_px / 2), rng.uniform(-12, 12), rng.uniform(0.95, 1.2))
    turn[0, 1] += rng.uniform(-0.2, 0.2)
    return cv2.warpAffine(page, turn, (side_px, side_px), flags=cv2.INTER_AREA)


def glyph_set(count: int, seed: int, labels: str = "0123456789", writers: int | None = None) -> GlyphSet:
    """`count` drawn glyphs over `labels` in turn; of `writers` people, if that is given."""
    rng = np.random.default_rng(seed)
    targets = np.arange(count) % len(labels)
    pixels = np.stack([normalise(draw(labels[target], rng)) for target in targets])
    owners = None if writers is None else rng.integers(0, writers, count)
    return GlyphSet(f"drawn {seed}", pixels, targets, tuple(labels), owners)


def write_idx(folder: Path, split: str, glyphs: GlyphSet, packed: bool = False) -> None:
    """Write one split as MNIST has it; also writers.npz, if they are known."""
    folder.mkdir(parents=True, exist_ok=True)
    count = len(glyphs)
    contents = (
        struct.pack(">4I", IMAGES_MAGIC, count, 28, 28) + glyphs.pixels.tobytes(),
        struct.pack(">2I", LABELS_MAGIC, count) + glyphs.targets.astype(np.uint8).tobytes(),
    )
    for name, content in zip(FILES[split], contents, strict=True):
        (folder / f"{name}{'.gz' if packed else ''}").write_bytes(gzip.compress(content) if packed else content)
    if glyphs.writers is not None:
        path = folder / WRITERS_FILE
        known = dict(np.load(path)) if path.exists() else {}
        np.savez(path, **(known | {split: glyphs.writers}))
