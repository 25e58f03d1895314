"""Plain shapes: spirals, stars and arrows, rings and dots, splashes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.glyph import Ink
from train.robustness.unseen.drawing import (
    REACH_PX,
    arc,
    blank_page,
    draw_disc,
    draw_line,
    fill,
    grid,
    outlined_or_filled,
    rotation,
)


def spiral(rng: np.random.Generator) -> Ink:
    """At least two and a half turns: fewer could be a 6, a 9 or an unclosed 0. Round or square."""
    turns = rng.uniform(2.5, 3.4)
    angles = np.linspace(0, 2 * np.pi * turns, 200)
    path = np.column_stack([np.cos(angles), np.sin(angles)])
    if rng.random() < 0.3:
        path /= np.abs(path).max(axis=1, keepdims=True)
    path *= np.linspace(0.05, 1, len(angles))[:, None] ** rng.uniform(0.8, 1.2)
    path = path @ rotation(rng.uniform(0, 2 * np.pi)) * [rng.choice([-1, 1]), 1]
    page = blank_page()
    draw_line(page, path / np.abs(path).max(), REACH_PX / turns * rng.uniform(0.2, 0.45))
    return page


def star_or_arrow(rng: np.random.Generator) -> Ink:
    """Of three sorts of star and two of arrow."""
    return (_star, _pentagram, _asterisk, _line_arrow, _block_arrow)[rng.integers(5)](rng)


def _star(rng: np.random.Generator) -> Ink:
    """Five to eight tips: the outline of four is a hollow diamond, near a 0."""
    tips = int(rng.integers(5, 9))
    angles = np.pi * np.arange(2 * tips) / tips + rng.uniform(0, 2 * np.pi)
    radii = np.where(np.arange(2 * tips) % 2 == 0, 1, rng.uniform(0.3, 0.5))
    return outlined_or_filled(radii[:, None] * np.column_stack([np.cos(angles), np.sin(angles)]), rng)


def _pentagram(rng: np.random.Generator) -> Ink:
    """A five-pointed star in one stroke."""
    angles = 4 * np.pi / 5 * np.arange(5) - np.pi / 2
    page = blank_page()
    draw_line(page, np.column_stack([np.cos(angles), np.sin(angles)]), rng.uniform(3, 8), closed=True)
    return page


def _asterisk(rng: np.random.Generator) -> Ink:
    page, rays, pen_px = blank_page(), int(rng.integers(5, 10)), rng.uniform(3, 10)
    for angle in 2 * np.pi * np.arange(rays) / rays + rng.uniform(0, 2 * np.pi):
        draw_line(page, np.array([[0, 0], [np.cos(angle), np.sin(angle)]]), pen_px)
    return page


def _arrow_direction(rng: np.random.Generator) -> NDArray[np.float64]:
    """A rotation of what points right: down to the right or anywhere to the left.

    Upright arrows may be taken for a 1, and one up to the right for a 7.
    """
    return rotation(np.deg2rad(rng.uniform(-15, 50) if rng.random() < 0.5 else rng.uniform(130, 225)))


def _line_arrow(rng: np.random.Generator) -> Ink:
    barb = rng.uniform(0.4, 0.7)
    head = np.array([[1 - barb, -barb * 0.8], [1, 0], [1 - barb, barb * 0.8]])
    direction, page, pen_px = _arrow_direction(rng).T, blank_page(), rng.uniform(5, 13)
    draw_line(page, np.array([[-1, 0], [1, 0]]) @ direction, pen_px)
    draw_line(page, head @ direction, pen_px)
    if rng.random() < 0.3:
        draw_line(page, -head @ direction, pen_px)
    return page


def _block_arrow(rng: np.random.Generator) -> Ink:
    shaft, neck = rng.uniform(0.15, 0.35), rng.uniform(-0.1, 0.3)
    upper = np.array([[-1, -shaft], [neck, -shaft], [neck, -rng.uniform(0.6, 0.9)], [1, 0]])
    return outlined_or_filled(np.concatenate([upper, upper[-2::-1] * [1, -1]]) @ _arrow_direction(rng).T, rng)


def rings_or_dots(rng: np.random.Generator) -> Ink:
    """Several of them: a single ring is a 0."""
    return (_dots, _dotted_curves, _concentric_rings, _cluster_of_rings)[rng.integers(4)](rng)


def _dots(rng: np.random.Generator) -> Ink:
    """Dots in rows and columns, two of each or more."""
    columns, rows = (int(n) for n in rng.integers(2, 6, 2))
    page, radius = blank_page(), rng.uniform(0.35, 0.7) / max(columns, rows)
    for centre in grid(columns, rows):
        draw_disc(page, centre, radius)
    return page


def _dotted_curves(rng: np.random.Generator) -> Ink:
    """One to three dotted lines, bent and side by side, lying rather than standing: a standing one could be a 1."""
    lines, dots = int(rng.integers(1, 4)), int(rng.integers(5, 9))
    x = np.linspace(-1, 1, dots)
    wave = rng.uniform(0.2, 0.35) * np.sin(rng.uniform(2, 5) * x + rng.uniform(0, 2 * np.pi))
    page, radius, lean = blank_page(), rng.uniform(0.5, 0.8) / dots, rotation(np.deg2rad(rng.uniform(-35, 35)))
    for offset in 0.45 * (np.arange(lines) - (lines - 1) / 2):
        for centre in np.column_stack([x, wave + offset]) @ lean.T:
            draw_disc(page, centre, radius)
    return page


def _concentric_rings(rng: np.random.Generator) -> Ink:
    """Two to four rings; the paper between them is wider than the pen, so that they do not merge into a thick 0."""
    rings = int(rng.integers(2, 5))
    page, gap, centre = blank_page(), 1 / rings, rng.uniform(-0.04, 0.04, 2)
    pen_px = max(2, REACH_PX * gap * rng.uniform(0.15, 0.4))
    for radius in gap * np.arange(1, rings + 1):
        draw_line(page, arc(centre, radius), pen_px, closed=True)
    if rng.random() < 0.3:
        draw_disc(page, centre, 0.4 * gap)
    return page


def _cluster_of_rings(rng: np.random.Generator) -> Ink:
    """Three or four rings in a row, or two rows of three, that touch or overlap: rows of two could be an 8."""
    page, pen_px = blank_page(), rng.uniform(3, 6)
    rows = int(rng.integers(1, 3))
    centres = grid(int(rng.integers(3, 5)) if rows == 1 else 3, rows)
    spacing = centres[1, 0] - centres[0, 0]
    centres[:, 0] += np.where(centres[:, 1] > 0, rng.uniform(-0.5, 0.5) * spacing, 0)
    for centre in centres:
        draw_line(page, arc(centre, spacing * rng.uniform(0.4, 0.6)), pen_px, closed=True)
    return page


def splash(rng: np.random.Generator) -> Ink:
    """A solid blot with five arms or more, some running down, and drops about it.

    Fewer arms could make it a thick 1, 4 or 7.
    """
    page, angles = blank_page(), np.linspace(0, 2 * np.pi, 120, endpoint=False)
    arms = int(rng.integers(5, 10))
    radii = rng.uniform(0.45, 0.6) * np.ones_like(angles)
    for wave in range(2, 6):
        radii += rng.uniform(0, 0.06) * np.cos(wave * angles + rng.uniform(0, 2 * np.pi))
    starts = 2 * np.pi * (np.arange(arms) + rng.uniform(-0.25, 0.25, arms)) / arms + rng.uniform(0, 2 * np.pi)
    for start in starts:
        apart = np.angle(np.exp(1j * (angles - start)))
        radii += rng.uniform(0.15, 0.4) * np.exp(-((apart / rng.uniform(0.1, 0.22)) ** 2))
    fill(page, np.minimum(radii, 1)[:, None] * np.column_stack([np.cos(angles), np.sin(angles)]))
    for _ in range(rng.integers(0, 4)):
        x, length = rng.uniform(-0.35, 0.35), rng.uniform(0.5, 1)
        draw_line(page, np.array([[x, 0], [x, length]]), rng.uniform(4, 9))
        draw_disc(page, np.array([x, length]), rng.uniform(0.06, 0.12))
    for _ in range(rng.integers(1, 7)):
        angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(0.7, 1)
        draw_disc(page, away * np.array([np.cos(angle), np.sin(angle)]), rng.uniform(0.04, 0.12))
    return page
