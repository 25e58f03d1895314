"""Icons: faces, and things as children draw them."""

from __future__ import annotations

import numpy as np

from core.glyph import Ink
from train.robustness.unseen.drawing import arc, blank_page, draw_disc, draw_line, fill, outlined_or_filled, rectangle


def face_or_icon(rng: np.random.Generator) -> Ink:
    """One of eight."""
    return (_smiley, _heart, _house, _fir, _bare_tree, _sun, _flower, _fish)[rng.integers(8)](rng)


def _smiley(rng: np.random.Generator) -> Ink:
    page, pen_px = blank_page(), rng.uniform(3, 6)
    draw_line(page, arc((0, 0), 1), pen_px, closed=True)
    for side in (-1, 1):
        draw_disc(page, np.array([side * rng.uniform(0.3, 0.4), -0.3]), rng.uniform(0.1, 0.16))
    glad = rng.random() < 0.7
    mouth = arc((0, 0.05), rng.uniform(0.5, 0.6), 20, 160) if glad else arc((0, 0.9), 0.5, 215, 325)
    draw_line(page, mouth, pen_px)
    return page


def _heart(rng: np.random.Generator) -> Ink:
    t = np.linspace(0, 2 * np.pi, 60)
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return outlined_or_filled(np.column_stack([16 * np.sin(t) ** 3, -y - 2]) / 16, rng)


def _house(rng: np.random.Generator) -> Ink:
    page, pen_px, eaves = blank_page(), rng.uniform(3, 7), rng.uniform(-0.3, 0.1)
    draw_line(page, rectangle(-0.75, eaves, 0.75, 1), pen_px, closed=True)
    draw_line(page, np.array([[-1, eaves], [0, -1], [1, eaves]]), pen_px, closed=True)
    door = rng.uniform(-0.5, 0.2)
    fill(page, rectangle(door, 0.45, door + 0.35, 1))
    if rng.random() < 0.5:
        draw_line(page, np.array([[0.5, -0.5], [0.5, -0.9], [0.7, -0.9], [0.7, -0.3]]), pen_px)
    return page


def _fir(rng: np.random.Generator) -> Ink:
    """Two or three tiers on a trunk."""
    tiers, page = int(rng.integers(2, 4)), blank_page()
    solid, pen_px = rng.random() < 0.5, rng.uniform(3, 7)
    tier_height = 1.7 / tiers
    for tier in range(tiers):
        top, half = -1 + tier * tier_height, 0.45 + 0.5 * tier / tiers
        triangle = np.array([[0, top - 0.1 * tier], [half, top + tier_height], [-half, top + tier_height]])
        if solid:
            fill(page, triangle)
        else:
            draw_line(page, triangle, pen_px, closed=True)
    draw_line(page, np.array([[0, 0.7], [0, 1]]), 2 * pen_px)
    return page


def _bare_tree(rng: np.random.Generator) -> Ink:
    """A trunk with three or four branches to each side."""
    page, pen_px = blank_page(), rng.uniform(3, 6)
    draw_line(page, np.array([[0, 1], [rng.uniform(-0.1, 0.1), -1]]), pen_px)
    for height in np.linspace(0.45, -0.5, int(rng.integers(3, 5))):
        for side in (-1, 1):
            angle, length = rng.uniform(0.4, 0.8), rng.uniform(0.8, 1.1) * (0.75 + height / 3)
            foot = np.array([0, height + rng.uniform(-0.1, 0.1)])
            draw_line(page, np.array([foot, foot + length * np.array([side * np.cos(angle), -np.sin(angle)])]), pen_px)
    return page


def _sun(rng: np.random.Generator) -> Ink:
    page, pen_px, rays = blank_page(), rng.uniform(3, 7), int(rng.integers(8, 13))
    disc = arc((0, 0), rng.uniform(0.35, 0.5))
    draw_line(page, disc, pen_px, closed=True)
    if rng.random() < 0.5:
        fill(page, disc)
    for angle in 2 * np.pi * np.arange(rays) / rays + rng.uniform(0, 1):
        draw_line(page, np.outer([rng.uniform(0.6, 0.7), 1], [np.cos(angle), np.sin(angle)]), pen_px)
    return page


def _flower(rng: np.random.Generator) -> Ink:
    page, pen_px, petals = blank_page(), rng.uniform(3, 6), int(rng.integers(5, 8))
    for angle in 2 * np.pi * np.arange(petals) / petals + rng.uniform(0, 2 * np.pi):
        draw_line(page, arc((0.65 * np.cos(angle), 0.65 * np.sin(angle)), 1.8 / petals), pen_px, closed=True)
    draw_disc(page, np.zeros(2), 0.2)
    return page


def _fish(rng: np.random.Generator) -> Ink:
    page, pen_px, side = blank_page(), rng.uniform(3, 7), rng.choice([-1, 1])
    height = rng.uniform(0.45, 0.6)
    draw_line(page, (arc((0, 0), 1) * [0.7, height] - [0.3, 0]) * [side, 1], pen_px, closed=True)
    draw_line(page, np.array([[0.35, 0], [1, -0.5], [0.85, 0], [1, 0.5]]) * [side, 1], pen_px, closed=True)
    draw_disc(page, np.array([-0.65 * side, -0.12]), 0.09)
    return page
