"""How long a glyph takes."""

from __future__ import annotations

import platform
import statistics
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.interpreter import Interpreter

WARM_UP = 20
MOST = 1000
"""Glyphs timed; the median of so many is steady to a few per cent."""


@dataclass(frozen=True)
class GlyphTime:
    """The time of one glyph alone, through the interpreter and back, on this machine."""

    median_us: float
    count: int
    runtime: str
    machine: str

    def __str__(self) -> str:
        return f"{self.median_us:.0f} µs (median of {self.count:,} one by one, {self.runtime}, {self.machine})"


def time_a_glyph(interpreter: Interpreter, pixels: NDArray[np.uint8]) -> GlyphTime:
    """The median over the first glyphs of uint8 (N, 28, 28), N at least 1, one by one."""
    glyphs = [pixels[index : index + 1] for index in range(min(MOST, len(pixels)))]
    for glyph in glyphs[:WARM_UP]:
        interpreter.classify(glyph)
    taken_ns = []
    for glyph in glyphs:
        started_ns = time.perf_counter_ns()
        interpreter.classify(glyph)
        taken_ns.append(time.perf_counter_ns() - started_ns)
    return GlyphTime(statistics.median(taken_ns) / 1000, len(glyphs), interpreter.runtime, platform.machine())
