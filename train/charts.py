"""The report's charts as inline SVG, without colours: report.css gives each class one for light and one for dark."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from core.evaluation import CalibrationBin

WIDTH, HEIGHT = 520, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 22, 14, 40
"""Margins of the plotting area."""

MOST_TICKS = 6
HIGHEST_ACCURACY = 0.99999
"""All right is infinitely far up on a scale of errors; it is drawn here."""
LOWEST_LOSS = 1e-5


@dataclass(frozen=True)
class Series:
    """A line of a chart."""

    name: str
    css_class: str
    points: Sequence[tuple[float, float]]
    """(epoch, value)."""


@dataclass(frozen=True)
class Scale:
    """How values are laid out along an axis, and where its ticks are."""

    height: Callable[[float], float]
    """Monotonic: value → any number."""
    ticks: Sequence[float]
    words: Callable[[float], str]


def accuracy_scale(lowest: float) -> Scale:
    """Accuracy by the logarithm of the errors: from 99 % to 99.9 % is as far as from 90 % to 99 %."""
    steps = [1 - errors * 10.0**-power for power in range(5) for errors in (1, 0.5, 0.2)]
    return Scale(
        height=lambda value: -math.log10(1 - min(value, HIGHEST_ACCURACY)),
        ticks=[step for step in steps if step >= lowest],
        words=lambda value: f"{value * 100:.6g} %",
    )


def loss_scale(lowest: float) -> Scale:
    """Loss by its logarithm."""
    steps = [factor * 10.0**power for power in range(1, -6, -1) for factor in (5, 2, 1)]
    return Scale(
        height=lambda value: math.log10(max(value, LOWEST_LOSS)),
        ticks=[step for step in steps if step >= lowest],
        words=lambda value: f"{value:g}",
    )


def line_chart(title: str, scale: Scale, series: Sequence[Series], refit_from: int | None) -> str:
    """Lines over epochs; the ground is shaded from the epoch `refit_from` on, where all glyphs are trained on."""
    points = [point for line in series for point in line.points]
    last = max(2, *(epoch for epoch, _ in points))
    heights = [scale.height(value) for _, value in points]
    low, high = min(heights), max(heights)
    margin = max(0.05 * (high - low), 0.02)
    low, high = low - margin, high + margin

    def x(epoch: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (epoch - 1) / (last - 1)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (scale.height(value) - low) / (high - low)

    shapes = []
    if refit_from is not None:
        # Half an epoch before its first, so that a refit of one epoch shows too.
        left = x(max(1, refit_from - 0.5))
        shapes.append(
            f'<rect class="refit" x="{left:.1f}" y="{TOP}" width="{WIDTH - RIGHT - left:.1f}" '
            f'height="{HEIGHT - TOP - BOTTOM}"/>'
        )
        shapes.append(_text(left + 5, TOP + 14, "on all glyphs", "note"))
    shapes += [
        _line(LEFT, y(tick), WIDTH - RIGHT, y(tick), "grid")
        + _text(LEFT - 8, y(tick) + 4, scale.words(tick), "tick end")
        for tick in _thinned([tick for tick in scale.ticks if low <= scale.height(tick) <= high])
    ]
    shapes += [_text(x(epoch), HEIGHT - BOTTOM + 18, str(epoch), "tick middle") for epoch in _whole_ticks(int(last))]
    shapes.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, "epoch", "axis middle"))
    for line in series:
        drawn = " ".join(f"{x(epoch):.1f},{y(value):.1f}" for epoch, value in line.points)
        dots = "".join(
            f'<circle class="{line.css_class}" cx="{x(epoch):.1f}" cy="{y(value):.1f}" r="2.5">'
            f"<title>{escape(line.name)}, epoch {epoch:g}: {scale.words(value)}</title></circle>"
            for epoch, value in line.points
        )
        shapes.append(f'<polyline class="line {line.css_class}" points="{drawn}"/>{dots}')
    return _svg(WIDTH, HEIGHT, title, shapes)


def confusion_chart(labels: Sequence[str], confusion: NDArray[np.int64]) -> str:
    """The confusion matrix: how often each class was right on the diagonal, in another colour what it was taken for."""
    count = len(labels)
    cell = min(46.0, max(13.0, 640 / count))
    margin, top = 64, 64
    totals = confusion.sum(axis=1)
    errors = confusion - np.diag(np.diag(confusion))
    most = max(1, int(errors.max()))
    shapes = [
        _text(margin + count * cell / 2, 16, "read as", "axis middle"),
        f'<text class="axis middle" transform="translate(14 {top + count * cell / 2:.1f}) rotate(-90)">is</text>',
    ]
    for index, label in enumerate(labels):
        middle = (index + 0.5) * cell
        shapes.append(_text(margin - 8, top + middle + 4, _short(label), "tick end"))
        shapes.append(_text(margin + middle, top - 10, _short(label), "tick middle"))
    for row, column in np.ndindex(count, count):
        times = int(confusion[row, column])
        place = f'x="{margin + column * cell:.1f}" y="{top + row * cell:.1f}" width="{cell:.1f}" height="{cell:.1f}"'
        css_class = "right" if row == column else "wrong"
        # The square root: a single confusion among hundreds must still show.
        share = (times / totals[row] if totals[row] else 0.0) if row == column else math.sqrt(times / most)
        words = f"{labels[row]} read as {labels[column]}: {times} of {totals[row]}"
        shapes.append(
            f'<g><title>{escape(words)}</title><rect class="cell" {place}/>'
            f'<rect class="{css_class}" {place} fill-opacity="{0.12 + 0.6 * share if times else 0:.3f}"/>'
        )
        if times and cell >= 22:
            middle_x, middle_y = margin + (column + 0.5) * cell, top + (row + 0.5) * cell + 4
            shapes.append(_text(middle_x, middle_y, str(times), f"middle {css_class}-count"))
        shapes.append("</g>")
    side = count * cell
    return _svg(round(margin + side + 8), round(top + side + 8), "Confusion matrix", shapes)


def calibration_chart(bins: Sequence[CalibrationBin]) -> str:
    """Accuracy over confidence, which should lie on the diagonal; below, how many predictions each bin holds."""
    height, bars = 420, 70
    plot_bottom = height - BOTTOM - bars - 16
    total = max(1, sum(entry.count for entry in bins))

    def x(share: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * share

    def y(share: float) -> float:
        return plot_bottom - (plot_bottom - TOP) * share

    shapes = []
    for tick in (0, 0.25, 0.5, 0.75, 1):
        shapes.append(_line(LEFT, y(tick), WIDTH - RIGHT, y(tick), "grid"))
        shapes.append(_text(LEFT - 8, y(tick) + 4, f"{tick:.0%}", "tick end"))
        shapes.append(_text(x(tick), height - BOTTOM + 18, f"{tick:.0%}", "tick middle"))
    shapes.append(_line(x(0), y(0), x(1), y(1), "ideal"))
    for entry in bins:
        left, width = x(entry.low) + 1, x(entry.high) - x(entry.low) - 2
        # A logarithm, or the last bin would hide the others.
        filled = math.log1p(entry.count) / math.log1p(total) * bars
        words = f"confidence {entry.low:.0%} to {entry.high:.0%}: {entry.count} glyphs"
        if entry.accuracy is not None and entry.confidence is not None:
            words += f", {entry.accuracy:.1%} right at {entry.confidence:.1%} confidence"
            shapes.append(
                f'<g><title>{words}</title><rect class="train-fill" x="{left:.1f}" y="{y(entry.accuracy):.1f}" '
                f'width="{width:.1f}" height="{plot_bottom - y(entry.accuracy):.1f}"/>'
                f'<circle class="held-out" cx="{x(entry.confidence):.1f}" cy="{y(entry.accuracy):.1f}" r="4"/></g>'
            )
        shapes.append(
            f'<g><title>{words}</title><rect class="bar" x="{left:.1f}" y="{height - BOTTOM - filled:.1f}" '
            f'width="{width:.1f}" height="{filled:.1f}"/></g>'
        )
    shapes.append(_text(LEFT - 8, height - BOTTOM - bars / 2 + 4, "glyphs", "tick end"))
    shapes.append(_text((LEFT + WIDTH - RIGHT) / 2, height - 6, "confidence", "axis middle"))
    middle = (TOP + plot_bottom) / 2
    shapes.append(f'<text class="axis middle" transform="translate(14 {middle:.1f}) rotate(-90)">read right</text>')
    return _svg(WIDTH, height, "Calibration", shapes)


def _svg(width: float, height: float, title: str, shapes: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" style="max-width: {width}px" role="img" aria-label="{escape(title)}">'
        f"{''.join(shapes)}</svg>"
    )


def _text(x: float, y: float, words: str, css_class: str) -> str:
    return f'<text class="{css_class}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, css_class: str) -> str:
    return f'<line class="{css_class}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _short(label: str) -> str:
    return label if len(label) <= 6 else f"{label[:5]}…"


def _thinned(ticks: Sequence[float]) -> Sequence[float]:
    """At most MOST_TICKS of them, evenly picked."""
    return ticks[:: math.ceil(len(ticks) / MOST_TICKS)] if ticks else ticks


def _whole_ticks(last: int) -> Iterator[int]:
    """1 and then multiples of a round number, up to `last`."""
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if last / step <= 10)
    yield from sorted({1, *range(step, last + 1, step)} - ({2} if step == 2 else set()))
