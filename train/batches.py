"""The batches of one epoch: drawn, mixed with what is none of the labels, augmented, ahead of the step that takes them.

Every random number is drawn from (seed, epoch, step): a batch is the same wherever a run goes on.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import numpy as np
from keras import ops

from core.dataset import GlyphSet
from train.augment import Strength, augment

OTHERS_SHARE = 1 / 3
"""A batch has this many glyphs that are none of the labels for each that is one."""

AHEAD = 4
"""Batches made before they are asked for: augmentation and training then share the cores without waiting."""


@dataclass(frozen=True)
class Batch:
    """What one step is given."""

    x: np.ndarray
    """float32 (N, 28, 28, 1), 0 to 255."""
    y: np.ndarray
    """int64 (N,): index of the label; the number of labels for none of them."""
    spoilt: np.ndarray
    """bool (N,): whether the glyph is of a label and went through the photometry."""


def as_input(pixels: np.ndarray) -> np.ndarray:
    """float32 (N, 28, 28, 1), 0 to 255: what the networks take, from uint8 (N, 28, 28)."""
    return pixels[..., np.newaxis].astype(np.float32)


def steps_of(glyphs: GlyphSet, batch_size: int) -> int:
    """Steps an epoch. The last glyphs that do not fill a batch wait for another epoch's order."""
    return len(glyphs) // min(batch_size, len(glyphs))


def batches(
    glyphs: GlyphSet,
    others: Sequence[GlyphSet],
    *,
    batch_size: int,
    seed: int,
    epoch: int,
    strength_at: Callable[[int], Strength | None],
) -> Generator[Batch, None, None]:
    """The batches of epoch `epoch`, counted from 0. Close it if you leave before the end, or its thread stays.

    `strength_at` says how far to change the glyphs of a step; None leaves them as they are.
    """
    batch_size = min(batch_size, len(glyphs))
    steps = steps_of(glyphs, batch_size)
    order = np.random.default_rng([seed, epoch]).permutation(len(glyphs))
    by_kind = [[source.pixels[source.targets == kind] for kind in np.unique(source.targets)] for source in others]

    def make(step: int) -> Batch:
        rng = np.random.default_rng([seed, epoch, step])
        chosen = order[step * batch_size : (step + 1) * batch_size]
        pixels, targets = glyphs.pixels[chosen], glyphs.targets[chosen]
        if others:
            drawn = [_one_of(by_kind, rng) for _ in range(max(1, round(batch_size * OTHERS_SHARE)))]
            # Augmentation treats glyphs by their place, so the two are shuffled together.
            mixed = rng.permutation(len(chosen) + len(drawn))
            pixels = np.concatenate([pixels, np.stack(drawn)])[mixed]
            targets = np.concatenate([targets, np.full(len(drawn), len(glyphs.labels))])[mixed]
        x = as_input(pixels)
        strength = strength_at(step)
        if strength is not None:
            x = ops.convert_to_numpy(augment(x, rng, strength))
        photographed = 0 if strength is None else strength.photographed(len(x))
        return Batch(x, targets, (np.arange(len(x)) < photographed) & (targets < len(glyphs.labels)))

    return _ahead(make, steps)


def _one_of(by_kind: list[list[np.ndarray]], rng: np.random.Generator) -> np.ndarray:
    """A glyph of any kind of any source: each source as often as the others, and each of its kinds."""
    kinds = by_kind[rng.integers(len(by_kind))]
    pixels = kinds[rng.integers(len(kinds))]
    return pixels[rng.integers(len(pixels))]


def _ahead(make: Callable[[int], Batch], count: int) -> Generator[Batch, None, None]:
    """`make(0)` to `make(count - 1)`, made by another thread before they are asked for; its errors are raised here."""
    made: queue.Queue[Batch | BaseException] = queue.Queue(AHEAD)
    stopped = threading.Event()

    def work() -> None:
        try:
            for step in range(count):
                if stopped.is_set():
                    return
                made.put(make(step))
        except BaseException as error:  # it is raised where the batch is waited for
            made.put(error)

    worker = threading.Thread(target=work, name="batches", daemon=True)
    worker.start()
    try:
        for _ in range(count):
            batch = made.get()
            if isinstance(batch, BaseException):
                raise batch
            yield batch
    finally:
        stopped.set()
        while worker.is_alive():  # it may wait for room
            try:
                made.get(timeout=0.05)
            except queue.Empty:
                continue
        worker.join()
