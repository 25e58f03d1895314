"""What people write on: paper of all kinds, boards, now and then wood or cloth. Reflectance, before any light falls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from train.scenes.fields import Field, chance, log_uniform, octaves, smooth, white
from train.scenes.view import View

Paper = Callable[[View, float, np.random.Generator], Field]
"""MUST return float32 (H, W) of about 0 to 1. Is told how high the writing is, in px: rules are in proportion to it."""


def plain(view: View, _: float, rng: np.random.Generator) -> Field:
    """White or greyish paper: a little mottled, a little grainy; now and then grey, as of log books, or coarse."""
    sheet = np.full(view.shape, rng.uniform(0.48, 0.72) if chance(rng, 0.15) else rng.uniform(0.7, 0.97), np.float32)
    sheet += octaves(view.shape, rng.uniform(20, 90), rng, 3) * np.float32(log_uniform(rng, 0.002, 0.025))
    sheet += white(view.shape, rng) * np.float32(log_uniform(rng, 0.002, 0.02))
    if chance(rng, 0.1):
        fibres = rng.uniform(1.2, 3), rng.uniform(1.2, 6)
        sheet += smooth(view.shape, fibres, rng) * np.float32(log_uniform(rng, 0.015, 0.06))
    return sheet


def kraft(view: View, _: float, rng: np.random.Generator) -> Field:
    """Brown paper, cardboard, recycled paper: fibres and flutes."""
    sheet = np.full(view.shape, rng.uniform(0.42, 0.7), np.float32)
    fibre = rng.uniform(1, 2.5), rng.uniform(3, 12)
    sheet += smooth(view.shape, fibre if chance(rng, 0.5) else fibre[::-1], rng) * np.float32(rng.uniform(0.01, 0.04))
    sheet += octaves(view.shape, rng.uniform(10, 60), rng, 4) * np.float32(rng.uniform(0.005, 0.03))
    if chance(rng, 0.3):
        sheet += _wave(view, rng.uniform(5, 14), rng.uniform(0, np.pi), rng) * np.float32(rng.uniform(0.01, 0.03))
    return sheet


def creased(view: View, height_px: float, rng: np.random.Generator) -> Field:
    """Paper that was folded or crumpled: facets that catch the light, and the creases between them."""
    sheet = plain(view, height_px, rng)
    x, y = view.sheet
    size = max(view.shape)
    for _ in range(int(rng.integers(2, 14))):
        angle, offset = rng.uniform(0, np.pi), rng.uniform(-0.5, 0.5) * size
        distance = np.float32(np.cos(angle)) * x + (np.float32(np.sin(angle)) * y - np.float32(offset))
        if chance(rng, 0.6):  # creases wander
            distance += smooth(view.shape, size / 3, rng) * np.float32(size * 0.04)
        reach = np.float32(log_uniform(rng, 8, 60))
        side = np.clip(distance / reach, -1, 1)
        side *= 1 - np.abs(side)  # bright on the one side of the crease, dark on the other
        sheet += side * np.float32(rng.normal(0, 0.12))
        if chance(rng, 0.5):
            sheet -= np.clip(1.2 - np.abs(distance), 0, 1) * np.float32(rng.uniform(0.02, 0.12))
    return sheet


def ruled(view: View, height_px: float, rng: np.random.Generator) -> Field:
    """Lined paper, often with a margin."""
    sheet = _under_rules(view, height_px, rng)
    pitch = height_px * rng.uniform(1.2, 2.6)
    _rule(sheet, view, 1, pitch, rng.uniform(0, pitch), rng)
    if chance(rng, 0.3):
        _line(sheet, view.sheet[0], rng.uniform(-0.45, 0.45) * view.shape[1], rng.uniform(0.8, 2.0), rng)
    return sheet


def squared(view: View, height_px: float, rng: np.random.Generator) -> Field:
    """Squared paper; on some of it each fifth line is stronger."""
    sheet = _under_rules(view, height_px, rng)
    pitch = max(6.0, height_px * (rng.uniform(0.9, 1.5) if chance(rng, 0.4) else rng.uniform(0.4, 1.0)))
    strength = rng.uniform(0.06, 0.4)
    width = max(0.5, pitch * rng.uniform(0.02, 0.08))
    for axis in (0, 1):
        offset = rng.uniform(0, pitch)
        _rule(sheet, view, axis, pitch, offset, rng, strength, width)
        if pitch < 14 and chance(rng, 0.5):
            _rule(sheet, view, axis, 5 * pitch, offset, rng, strength * 1.4, width * 1.3)
    return sheet


def dotted(view: View, height_px: float, rng: np.random.Generator) -> Field:
    """Dotted paper of notebooks."""
    sheet = _under_rules(view, height_px, rng)
    pitch = max(7.0, height_px * rng.uniform(0.5, 1.2))
    x, y = (_from_line(axis, pitch, rng.uniform(0, pitch)) for axis in view.sheet)
    radius = np.float32(max(0.7, pitch * rng.uniform(0.03, 0.07)))
    dots = np.clip(radius + 0.5 - np.sqrt(x * x + y * y), 0, 1)
    sheet -= dots * np.float32(rng.uniform(0.1, 0.5))
    return sheet


def guilloche(view: View, height_px: float, rng: np.random.Generator) -> Field:
    """The ground of cheques and tickets: bundles of fine waves, rosettes, a wash of tone."""
    sheet = np.full(view.shape, rng.uniform(0.68, 0.95), np.float32)
    sheet += smooth(view.shape, max(view.shape) / 2, rng) * np.float32(rng.uniform(0.0, 0.06))
    x, y = view.sheet
    for _ in range(int(rng.integers(1, 4))):
        period = max(3.0, height_px * log_uniform(rng, 0.08, 0.5))
        if chance(rng, 0.3):
            centre = rng.uniform(-0.6, 0.6, 2) * view.shape[::-1]
            from_x, from_y = x - np.float32(centre[0]), y - np.float32(centre[1])
            turn = np.arctan2(from_y, from_x)
            path = np.sqrt(from_x * from_x + from_y * from_y)
            petals = int(rng.integers(3, 14))
            path = path + np.sin(turn * petals) * np.float32(period * rng.uniform(0.5, 3))
        else:
            angle = rng.normal(0, 0.5) + (np.pi / 2 if chance(rng, 0.5) else 0)
            along, across = _turned(x, y, angle)
            swing, length = period * rng.uniform(0.3, 3), height_px * log_uniform(rng, 0.5, 4)
            path = across + np.sin(along * np.float32(2 * np.pi / length)) * np.float32(swing)
        waves = np.cos(path * np.float32(2 * np.pi / period))
        if chance(rng, 0.6):  # fine lines, not a swell
            waves = np.clip((waves - np.float32(rng.uniform(0.2, 0.8))) * 4, 0, 1)
        sheet -= waves * np.float32(log_uniform(rng, 0.02, 0.14))
    sheet += white(view.shape, rng) * np.float32(log_uniform(rng, 0.002, 0.015))
    return sheet


def tinted(view: View, height_px: float, rng: np.random.Generator) -> Field:
    """A form's shaded bands, as of score sheets and receipts."""
    sheet = plain(view, height_px, rng)
    axis = int(chance(rng, 0.3))
    pitch = height_px * rng.uniform(2.2, 5)
    band = _from_line(view.sheet[1 - axis], pitch, rng.uniform(0, pitch))
    sheet -= np.clip(np.float32(pitch / 4) - band, 0, 1) * np.float32(rng.uniform(0.03, 0.2))
    return sheet


def whiteboard(view: View, _: float, rng: np.random.Generator) -> Field:
    """A board with the ghosts of what was wiped off."""
    board = np.full(view.shape, rng.uniform(0.75, 0.97), np.float32)
    cells = rng.uniform(4, 10), rng.uniform(30, 90)
    wiped = smooth(view.shape, cells if chance(rng, 0.6) else cells[::-1], rng)
    board -= np.clip(wiped - 0.4, 0, 2) * np.float32(log_uniform(rng, 0.005, 0.08))
    board += octaves(view.shape, max(view.shape) / 2, rng, 2) * np.float32(rng.uniform(0.005, 0.03))
    return board


def blackboard(view: View, _: float, rng: np.random.Generator) -> Field:
    """Slate, green or black, with the smear of the sponge and old chalk."""
    board = np.full(view.shape, rng.uniform(0.06, 0.3), np.float32)
    cells = rng.uniform(3, 12), rng.uniform(25, 120)
    smear = smooth(view.shape, cells if chance(rng, 0.6) else cells[::-1], rng)
    clouds = octaves(view.shape, rng.uniform(30, 120), rng, 4)
    board += np.clip(clouds + 0.6, 0, 3) * np.float32(log_uniform(rng, 0.005, 0.08))
    board += np.clip(smear + 0.2, 0, 2) * np.float32(log_uniform(rng, 0.005, 0.07))
    board += white(view.shape, rng) * np.float32(rng.uniform(0.003, 0.02))
    return board


def dark_paper(view: View, height_px: float, rng: np.random.Generator) -> Field:
    """Black card, dark cloth, a screen with light writing; some of it with rules."""
    sheet = np.full(view.shape, rng.uniform(0.04, 0.38), np.float32)
    sheet += octaves(view.shape, rng.uniform(8, 60), rng, 3) * np.float32(log_uniform(rng, 0.002, 0.02))
    sheet += white(view.shape, rng) * np.float32(log_uniform(rng, 0.002, 0.02))
    if chance(rng, 0.3):
        pitch = max(7.0, height_px * rng.uniform(0.6, 2))
        for axis in (0, 1) if chance(rng, 0.5) else (1,):
            _rule(sheet, view, axis, pitch, rng.uniform(0, pitch), rng, -rng.uniform(0.05, 0.25))
    return sheet


def _under_rules(view: View, height_px: float, rng: np.random.Generator) -> Field:
    return creased(view, height_px, rng) if chance(rng, 0.15) else plain(view, height_px, rng)


def _turned(x: Field, y: Field, angle: float) -> tuple[Field, Field]:
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return cos * x + sin * y, cos * y - sin * x


def _wave(view: View, period_px: float, angle: float, rng: np.random.Generator) -> Field:
    across, _ = _turned(*view.sheet, angle)
    return np.sin(across * np.float32(2 * np.pi / period_px) + np.float32(rng.uniform(0, 6.28)))


def _from_line(position: Field, pitch: float, offset: float) -> Field:
    """Distance of each pixel from the next of the lines that are `pitch` apart."""
    turns = position * np.float32(1 / pitch) + np.float32(offset / pitch)
    turns -= np.rint(turns)
    return np.abs(turns, out=turns) * np.float32(pitch)


def _rule(
    sheet: Field,
    view: View,
    axis: int,
    pitch: float,
    offset: float,
    rng: np.random.Generator,
    strength: float | None = None,
    width: float | None = None,
) -> None:
    """Darken `sheet` along lines across `axis`, 0 for x and 1 for y."""
    strength = rng.uniform(0.06, 0.45) if strength is None else strength
    width = max(0.5, pitch * rng.uniform(0.01, 0.05)) if width is None else width
    distance = _from_line(view.sheet[axis], max(pitch, 3.0), offset)
    # Thinner than a pixel, a line is fainter instead.
    peak = min(1.0, width)
    line = np.clip(np.float32(max(width, 1.0) / 2 + 0.5) - distance, 0, 1)
    sheet -= line * np.float32(strength * peak)


def _line(sheet: Field, position: Field, at: float, width: float, rng: np.random.Generator) -> None:
    """Darken one line."""
    sheet -= np.clip(np.float32(width / 2 + 0.5) - np.abs(position - np.float32(at)), 0, 1) * np.float32(
        rng.uniform(0.1, 0.4)
    )


PAPERS: dict[str, Paper] = {
    "plain": plain,
    "kraft": kraft,
    "creased": creased,
    "ruled": ruled,
    "squared": squared,
    "dotted": dotted,
    "guilloche": guilloche,
    "tinted": tinted,
    "whiteboard": whiteboard,
    "blackboard": blackboard,
    "dark paper": dark_paper,
}
DARK = ("blackboard", "dark paper")
"""Written on with light pens."""
