"""`digit-reader bench`: how long each stage takes here, on a page of digits that the program draws itself."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass

import cv2
import msgspec
import numpy as np

from core.config import Config
from core.frame import Luma
from core.runtime import runtime
from edge.methods import Models, new_reader

WARM_UP_RUNS = 10


class Timing(msgspec.Struct, frozen=True):
    """Of one stage, in milliseconds."""

    median: float
    p99: float


class Bench(msgspec.Struct, frozen=True):
    """What was measured, and on what."""

    model: str
    runtime: str
    machine: str
    threads: int
    width_px: int
    height_px: int
    digits: int
    """On the page."""
    runs: int
    ms: dict[str, Timing]
    """A frame: find, classify, read, total."""
    us_a_glyph: Timing
    """Microseconds of `classify` for each glyph."""


@dataclass(frozen=True)
class Page:
    """What is timed."""

    luma: Luma
    digits: int


def draw_page(width_px: int, height_px: int, digits: int) -> Page:
    """A page of pen-drawn digits with the grain and uneven light of a camera; the same every time."""
    rng = np.random.default_rng(1)
    page = np.full((height_px, width_px), 255, np.uint8)
    columns = max(1, round((digits * width_px / height_px) ** 0.5))
    rows = -(-digits // columns)
    cell_x, cell_y = width_px / columns, height_px / rows
    scale = min(cell_x / 32, cell_y / 38)
    for index in range(digits):
        row, column = divmod(index, columns)
        corner = round(column * cell_x + 0.2 * cell_x), round(row * cell_y + 0.8 * cell_y)
        thickness = max(1, round(2 * scale))
        cv2.putText(page, str(index % 10), corner, cv2.FONT_HERSHEY_SIMPLEX, scale, 40, thickness, cv2.LINE_AA)
    light = np.linspace(0.6, 1.0, width_px, dtype=np.float32)
    grain = rng.normal(0, 3, page.shape).astype(np.float32)
    return Page(np.clip(page * light + grain, 0, 255).astype(np.uint8), digits)


def bench(models: Models, config: Config, page: Page, runs: int) -> Bench:
    """Time `runs` frames, after a warm-up."""
    reader = new_reader(models, config)
    times: dict[str, list[float]] = {}
    glyphs = 1
    for run in range(WARM_UP_RUNS + runs):
        answer = reader.read(page.luma, time.perf_counter_ns)
        if run < WARM_UP_RUNS:
            continue
        glyphs = max(1, len(answer.digits) + sum(bool(rejected.text) for rejected in answer.rejected))
        for stage, ms in answer.ms.items():
            times.setdefault(stage, []).append(ms)
    height_px, width_px = page.luma.shape
    return Bench(
        models.name,
        runtime()[1],
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, OpenCV {cv2.__version__}",
        config.model.threads,
        width_px,
        height_px,
        page.digits,
        runs,
        {stage: _timing(values, 1.0) for stage, values in times.items()},
        _timing(times["classify"], 1000 / glyphs),
    )


def _timing(values: list[float], factor: float) -> Timing:
    median, p99 = (round(float(value) * factor, 3) for value in np.percentile(values, [50, 99]))
    return Timing(median, p99)


def table(measured: Bench) -> str:
    """The figures as people read them."""
    lines = [
        f"{measured.model} on {measured.runtime}, {measured.threads} thread(s); {measured.machine}",
        f"{measured.width_px}×{measured.height_px} with {measured.digits} digits, {measured.runs} runs",
        f"{'stage':12}{'median':>10}{'p99':>10}",
    ]
    lines += [f"{stage:12}{timing.median:7.2f} ms{timing.p99:7.2f} ms" for stage, timing in measured.ms.items()]
    lines.append(f"{'a glyph':12}{measured.us_a_glyph.median:7.1f} µs{measured.us_a_glyph.p99:7.1f} µs")
    return "\n".join(lines)
