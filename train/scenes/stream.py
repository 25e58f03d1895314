"""Scenes without end, in batches; drawn in this process or in others."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import TrainingError, UsageError
from train.scenes.compose import EMPTY_SHARE, LEAST_SIDE_PX, scene
from train.scenes.fields import Shape
from train.scenes.material import Material
from train.scenes.truth import Truth

AHEAD = 3
"""Batches each worker has in hand or done: enough to ride out a slow one, little enough to hold in memory."""


@dataclass(frozen=True)
class Batch:
    """Some scenes."""

    luma: NDArray[np.uint8]
    """uint8 (N, H, W)."""
    truths: tuple[Truth, ...]


@dataclass(frozen=True)
class Order:
    """What to draw."""

    shape: Shape
    """(height, width) in px."""
    batch_size: int
    seed: int
    empty_share: float = EMPTY_SHARE
    """Share of scenes without digits; 1 for nothing else."""

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise UsageError(f"a batch of {self.batch_size} scenes; allowed: 1 and more")
        if not 0 <= self.empty_share <= 1:
            raise UsageError(f"the share of empty scenes is {self.empty_share:g}; allowed: 0 to 1")
        if min(self.shape) < LEAST_SIDE_PX:
            raise UsageError(
                f"scenes of {self.shape[1]}x{self.shape[0]} px; allowed: {LEAST_SIDE_PX} px a side and more"
            )


def batch(material: Material, order: Order, number: int) -> Batch:
    """Batch `number`: scenes `number * batch_size` and following of the seed."""
    first = number * order.batch_size
    scenes = [
        scene(material, order.shape, order.seed, first + place, order.empty_share) for place in range(order.batch_size)
    ]
    return Batch(np.stack([one.luma for one in scenes]), tuple(one.truth for one in scenes))


def stream(material: Material, order: Order, *, workers: int = 0, first: int = 0) -> Iterator[Batch]:
    """Batches `first`, `first` + 1, ... without end; whatever `workers` is, the same ones in the same order.

    `workers` processes draw, none for this one. They are started anew ("spawn"), so the program's main file must be
    importable, and end when the generator is closed. Raises TrainingError if one of them dies.
    """
    if workers < 0:
        raise UsageError(f"{workers} workers; allowed: 0 and more")
    if workers == 0:
        number = first
        while True:
            yield batch(material, order, number)
            number += 1
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(material, order))
    try:
        waiting: deque[Future[Batch]] = deque(pool.submit(_batch, first + place) for place in range(AHEAD * workers))
        number = first + len(waiting)
        while True:
            yield waiting.popleft().result()
            waiting.append(pool.submit(_batch, number))
            number += 1
    except BrokenProcessPool:
        raise TrainingError(
            "a process that draws scenes died; it may have run out of memory, try fewer workers"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_work: tuple[Material, Order] | None = None
"""Of a worker: sent once, not with each batch."""


def _begin(material: Material, order: Order) -> None:
    global _work  # noqa: PLW0603 — how an executor's initializer hands over
    # The processes are the parallelism; OpenCV's threads in each would only get into one another's way.
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _work = material, order


def _end_with_parent() -> None:
    """Whoever draws for a program that was killed draws for nobody, and would wait for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "workers are started by multiprocessing"  # noqa: S101 — for type checkers
    parent.join()
    os._exit(1)


def _batch(number: int) -> Batch:
    assert _work is not None  # noqa: S101 — for type checkers
    return batch(*_work, number)
