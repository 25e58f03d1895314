"""What nobody writes on, but every camera sees: wood, cloth, walls, leaves, gravel, things on a desk.

A spotter that has met paper only takes half of all that for digits, so it is shown plenty, at every scale.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from train.scenes.fields import Field, chance, log_uniform, octaves, smooth, white
from train.scenes.view import View

Texture = Callable[[View, np.random.Generator], Field]
"""MUST return float32 (H, W) of about 0 to 1."""


def clouds(view: View, rng: np.random.Generator) -> Field:
    """Noise of several octaves, at times cut at a level: plaster, stone, stains, marble."""
    field = octaves(view.shape, log_uniform(rng, 4, 120), rng, int(rng.integers(2, 7)), rng.uniform(0.4, 0.9))
    match rng.integers(4):
        case 0:
            field = np.tanh(field * np.float32(log_uniform(rng, 1, 8)))
        case 1:  # veins
            field = 1 - 2 * np.clip(np.abs(field) * np.float32(log_uniform(rng, 1.5, 8)), 0, 1)
        case _:
            pass
    return _toned(field, rng)


def cells(view: View, rng: np.random.Generator) -> Field:
    """Pebbles, cracked earth, leather, terrazzo, mosaic (cells of Voronoi, after Worley, 1996)."""
    height, width = view.shape
    pitch = log_uniform(rng, 6, 70)
    count = int(np.clip(height * width / pitch**2, 4, 3000))
    seeds = np.full(view.shape, 255, np.uint8)
    seeds[rng.integers(0, height, count), rng.integers(0, width, count)] = 0
    distance, owner = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    level = rng.normal(0, 0.5, count + 2).astype(np.float32)[owner]
    form = distance / np.float32(pitch)
    field = level * np.float32(rng.uniform(0, 1)) - form * np.float32(rng.uniform(-1.5, 2.5))
    if chance(rng, 0.5):  # joints
        edge = cv2.morphologyEx(level, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 1e-4
        joint = cv2.GaussianBlur(edge.astype(np.float32), (0, 0), rng.uniform(0.5, 1.5))
        field += joint * np.float32(rng.normal(0, 1.2))
    field += octaves(view.shape, pitch, rng, 3) * np.float32(rng.uniform(0, 0.4))
    return _toned(field, rng)


def gratings(view: View, rng: np.random.Generator) -> Field:
    """Blinds, ribs, stripes, gauze, a screen's moiré: waves, one to three at once."""
    field = np.zeros(view.shape, np.float32)
    for _ in range(int(rng.integers(1, 4))):
        across, _ = _turned(view, rng.uniform(0, np.pi))
        period = log_uniform(rng, 3, 60)
        across = across * np.float32(2 * np.pi / period)
        if chance(rng, 0.5):
            across += smooth(view.shape, max(view.shape) / rng.uniform(2, 8), rng) * np.float32(rng.uniform(0, 2.5))
        wave = np.sin(across)
        field += np.tanh(wave * np.float32(log_uniform(rng, 0.5, 8))) * np.float32(rng.uniform(0.3, 1))
    return _toned(field, rng)


def bricks(view: View, rng: np.random.Generator) -> Field:
    """Brickwork, tiles, parquet, keys of a keyboard: a grid of boxes, its rows at times shifted."""
    x, y = _turned(view, rng.normal(0, 0.2))
    box_height = log_uniform(rng, 10, 90)
    box_width = box_height * rng.uniform(0.8, 3.2)
    row = np.floor(y / np.float32(box_height))
    shift = rng.choice([0.0, 0.5, 0.33])
    column_at = x / np.float32(box_width) + row * np.float32(shift)
    column = np.floor(column_at)
    inside_x = np.minimum(column_at - column, column + 1 - column_at) * np.float32(box_width)
    inside_y = y / np.float32(box_height) - row
    inside_y = np.minimum(inside_y, 1 - inside_y) * np.float32(box_height)
    joint = np.float32(box_height * rng.uniform(0.02, 0.12))
    face = np.clip((np.minimum(inside_x, inside_y) - joint) / np.float32(rng.uniform(1, 4)), 0, 1)
    levels = rng.normal(0, 0.35, 257).astype(np.float32)
    own = levels[(row * 37 + column * 101).astype(np.int64) % 257]
    field = face * (np.float32(rng.normal(1, 0.6)) + own)
    field += octaves(view.shape, rng.uniform(4, 40), rng, 4) * np.float32(rng.uniform(0, 0.3))
    return _toned(field, rng)


def checkers(view: View, rng: np.random.Generator) -> Field:
    """Checks, tartans and other woven patterns."""
    x, y = _turned(view, rng.uniform(0, np.pi))
    field = np.zeros(view.shape, np.float32)
    for _ in range(int(rng.integers(1, 3))):
        period = log_uniform(rng, 6, 70)
        sharp = np.float32(log_uniform(rng, 2, 30))
        across, down = (np.tanh(np.sin(axis * np.float32(2 * np.pi / period)) * sharp) for axis in (x, y))
        field += across * down if chance(rng, 0.4) else across + down
    field += _weave(view, rng) * np.float32(rng.uniform(0, 0.6))
    return _toned(field, rng)


def cloth(view: View, rng: np.random.Generator) -> Field:
    """A weave in folds."""
    field = _weave(view, rng) * np.float32(rng.uniform(0.1, 0.6))
    fold = rng.uniform(20, 70), rng.uniform(40, 200)
    field += smooth(view.shape, fold if chance(rng, 0.5) else fold[::-1], rng) * np.float32(rng.uniform(0.2, 1))
    field += white(view.shape, rng) * np.float32(rng.uniform(0.02, 0.3))
    return _toned(field, rng)


def wood(view: View, rng: np.random.Generator) -> Field:
    """Boards with their grain, knots and joints."""
    x, y = _turned(view, rng.choice([0, np.pi / 2]) + rng.normal(0, 0.1))
    period = log_uniform(rng, 4, 30)
    bend = octaves(view.shape, rng.uniform(60, 200), rng, 3) * np.float32(rng.uniform(3, 25))
    for _ in range(int(rng.integers(0, 3))):  # knots
        at = rng.uniform(-0.5, 0.5, 2) * view.shape[::-1]
        reach = rng.uniform(8, 40)
        from_x, from_y = (x - np.float32(at[0])) / 3, y - np.float32(at[1])
        bend += np.exp(-(from_x * from_x + from_y * from_y) / np.float32(reach**2)) * np.float32(reach * 2)
    rings = np.sin((y + bend) * np.float32(2 * np.pi / period))
    field = rings * np.float32(rng.uniform(0.1, 0.8))
    field += smooth(view.shape, (rng.uniform(1, 2), rng.uniform(15, 60)), rng) * np.float32(rng.uniform(0.1, 0.6))
    if chance(rng, 0.5):
        board = y / np.float32(rng.uniform(40, 160))
        field -= (np.abs(board - np.rint(board)) < 0.012).astype(np.float32) * np.float32(rng.uniform(0.5, 2))
    return _toned(field, rng, 0.25)


def leaves(view: View, rng: np.random.Generator) -> Field:
    """Foliage, gravel, chips, confetti: many shapes one over another, each with a light and a shaded side."""
    height, width = view.shape
    field = _eight_bit(_toned(octaves(view.shape, 40, rng, 3), rng))
    size = log_uniform(rng, 4, 40)
    slimness = rng.uniform(0.15, 1)
    level, spread = rng.uniform(0.2, 0.8), rng.uniform(0.05, 0.3)
    for _ in range(int(np.clip(1.5 * height * width / size**2, 20, 500))):
        at = int(rng.integers(0, width)), int(rng.integers(0, height))
        long = max(2, round(size * rng.uniform(0.5, 1.3)))
        axes = long, max(1, round(long * slimness * rng.uniform(0.7, 1.3)))
        turn, grey = rng.uniform(0, 180), float(rng.normal(level, spread)) * 255
        cv2.ellipse(field, at, axes, turn, 0, 360, grey, -1, cv2.LINE_AA)
        cv2.ellipse(field, at, axes, turn, 20, 160, grey * rng.uniform(0.5, 1.3), 1, cv2.LINE_AA)
    return field * np.float32(1 / 255)


def threads(view: View, rng: np.random.Generator) -> Field:
    """Grass, hair, cables, wire, scratches, twigs: lines that run every way."""
    height, width = view.shape
    field = _eight_bit(_toned(octaves(view.shape, log_uniform(rng, 10, 100), rng, 3), rng))
    mean_turn, spread = rng.uniform(0, np.pi), log_uniform(rng, 0.1, 3)
    bend, length = log_uniform(rng, 0.02, 0.5), log_uniform(rng, 6, 30)
    thickness, level = int(rng.choice([1, 1, 2, 3, 5])), rng.uniform(0, 1)
    count = int(log_uniform(rng, 20, 160))
    headings = rng.normal(mean_turn, spread, (count, 1)) + np.cumsum(rng.normal(0, bend, (count, 12)), axis=1)
    steps = np.stack([np.cos(headings), np.sin(headings)], axis=-1) * length
    paths = np.cumsum(steps, axis=1) + rng.uniform(-0.2, 1.2, (count, 1, 2)) * (width, height)
    for path in np.round(paths * 16).astype(np.int32):
        cv2.polylines(field, [path], False, 255 * float(rng.normal(level, 0.15)), thickness, cv2.LINE_AA, 4)
    return field * np.float32(1 / 255)


def things(view: View, rng: np.random.Generator) -> Field:
    """A desk with things on it: slabs, cylinders, discs, their edges and shadows."""
    height, width = view.shape
    field = _toned(octaves(view.shape, log_uniform(rng, 20, 150), rng, 3), rng, rng.uniform(0.02, 0.15))
    for _ in range(int(rng.integers(2, 9))):
        # Nothing slim and short: lying alone on a plain desk, it would be a 1.
        length = log_uniform(rng, 0.1, 0.9)
        size = np.array([length, length * (rng.uniform(0.4, 1) if length < 0.6 else rng.uniform(0.1, 1))])
        size *= max(height, width)
        at = rng.uniform(-0.1, 1.1, 2) * (width, height)
        grey, slope = rng.uniform(0.05, 0.95), rng.normal(0, 0.25)
        turn = np.deg2rad(rng.uniform(0, 180))
        mask = np.zeros(view.shape, np.uint8)
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * size / 2
        corners = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + at
        if chance(rng, 0.6):
            cv2.fillPoly(mask, [np.round(corners * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        else:
            axes = tuple(np.maximum(1, np.round(size / 2)).astype(int).tolist())
            centre = tuple(np.round(at).astype(int).tolist())
            cv2.ellipse(mask, centre, axes, float(np.rad2deg(turn)), 0, 360, 255, -1, cv2.LINE_AA)
        if chance(rng, 0.6):
            shift = np.array([[1, 0, rng.normal(0, 5)], [0, 1, rng.uniform(0, 7)]])
            shadow = cv2.blur(cv2.warpAffine(mask, shift, (width, height)), (9, 9))
            field *= 1 - shadow * np.float32(rng.uniform(0.1, 0.6) / 255)
        x, y = view.sheet
        across = np.float32(np.cos(turn)) * x + np.float32(np.sin(turn)) * y
        shade = np.float32(grey) + across * np.float32(slope / max(height, width))
        if chance(rng, 0.3):
            shade = shade + _toned(octaves(view.shape, log_uniform(rng, 5, 50), rng, 3), rng, 0.08) - np.float32(0.5)
        field += (shade - field) * (mask * np.float32(1 / 255))
    return field


def ornament(view: View, rng: np.random.Generator) -> Field:
    """Wallpaper, carpets, lace, wickerwork: a motif of curved strokes, mirrored and repeated."""
    side = int(log_uniform(rng, 10, 60))
    motif = np.full((side, side), 128, np.uint8)
    for _ in range(int(rng.integers(2, 7))):
        path = np.cumsum(rng.normal(0, side / 3, (4, 2)), axis=0) + side / 2
        time = np.linspace(0, 1, 10)[:, np.newaxis]
        a, b, c, d = path
        curve = (1 - time) ** 3 * a + 3 * (1 - time) ** 2 * time * b + 3 * (1 - time) * time**2 * c + time**3 * d
        thickness = max(1, round(side * rng.uniform(0.02, 0.2)))
        level = int(rng.integers(256))
        if chance(rng, 0.75):
            cv2.polylines(motif, [np.round(curve * 16).astype(np.int32)], False, level, thickness, cv2.LINE_AA, 4)
        else:
            cv2.fillPoly(motif, [np.round(curve * 16).astype(np.int32)], level, cv2.LINE_AA, 4)
    if chance(rng, 0.7):
        motif = np.hstack([motif, motif[:, ::-1]])
    if chance(rng, 0.5):
        motif = np.vstack([motif, motif[::-1]])
    tile = np.tile(motif, (max(1, 256 // motif.shape[0]), max(1, 256 // motif.shape[1]))).astype(np.float32)
    turn, zoom = rng.uniform(0, 2 * np.pi), rng.uniform(0.8, 1.5)
    cos, sin = np.cos(turn) / zoom, np.sin(turn) / zoom
    x, y = view.sheet
    field = cv2.remap(
        tile,
        np.mod(np.float32(cos) * x - np.float32(sin) * y, np.float32(tile.shape[1] - 1)),
        np.mod(np.float32(sin) * x + np.float32(cos) * y, np.float32(tile.shape[0] - 1)),
        cv2.INTER_LINEAR,
    )
    return _toned(field, rng)


def bent(view: View, rng: np.random.Generator) -> Field:
    """Any texture on something that is not flat: folds, bark, water, crumpled prints."""
    flat = _any(view, rng)
    reach, cell = np.float32(log_uniform(rng, 2, 25)), log_uniform(rng, 12, 120)
    height, width = view.shape
    x = np.arange(width, dtype=np.float32) + smooth(view.shape, cell, rng) * reach
    y = np.arange(height, dtype=np.float32)[:, np.newaxis] + smooth(view.shape, cell, rng) * reach
    return cv2.remap(flat, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def mixed(view: View, rng: np.random.Generator) -> Field:
    """One texture that shows through another: dirt on tiles, shadows of leaves, patterned fur."""
    product = _any(view, rng) * _any(view, rng)
    return _toned(product, rng)


def blurred(view: View, rng: np.random.Generator) -> Field:
    """A room out of focus: any texture through a lens that looks elsewhere."""
    sharp = _any(view, rng)
    reach = int(rng.integers(2, 9)) * 2 + 1
    return cv2.blur(cv2.blur(sharp, (reach, reach)), (reach, reach))


def _any(view: View, rng: np.random.Generator) -> Field:
    names = [name for name in TEXTURES if name not in OF_OTHERS]
    return TEXTURES[names[rng.integers(len(names))]](view, rng)


def _turned(view: View, angle: float) -> tuple[Field, Field]:
    x, y = view.sheet
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return cos * x + sin * y, cos * y - sin * x


def _weave(view: View, rng: np.random.Generator) -> Field:
    x, y = _turned(view, rng.uniform(0, np.pi))
    period = log_uniform(rng, 2.5, 9)
    twist = np.float32(2 * np.pi / period)
    return np.sin(x * twist) * np.sin((y + x * np.float32(rng.choice([0.0, 0.5, 1.0]))) * twist)


def _eight_bit(field: Field) -> NDArray[np.uint8]:
    """`field` as OpenCV needs it to draw smooth edges."""
    return cv2.convertScaleAbs(field, alpha=255)


def _toned(field: Field, rng: np.random.Generator, contrast: float | None = None) -> Field:
    """`field` around some grey, with a contrast from faint to full."""
    contrast = log_uniform(rng, 0.03, 0.35) if contrast is None else contrast
    mean, deviation = cv2.meanStdDev(field)
    scale = contrast / max(float(deviation[0, 0]), 1e-6)
    toned = field * np.float32(scale)
    toned += np.float32(rng.uniform(0.15, 0.85) - float(mean[0, 0]) * scale)
    return np.clip(toned, 0, 1, out=toned)


TEXTURES: dict[str, Texture] = {
    "clouds": clouds,
    "cells": cells,
    "gratings": gratings,
    "bricks": bricks,
    "checkers": checkers,
    "cloth": cloth,
    "wood": wood,
    "leaves": leaves,
    "threads": threads,
    "things": things,
    "ornament": ornament,
    "bent": bent,
    "mixed": mixed,
    "blurred": blurred,
}

OF_OTHERS = ("bent", "mixed", "blurred")
"""Made of other textures."""
