"""Hands as a camera above a desk sees them: one that lies flat or reaches, one that holds a pen or an eraser.

A hand is a relief: fingers, palm and arm are rows of balls, lit from one side. Its plane has the width of a palm as its
unit; what touches the paper, the middle finger's tip or the pen's, is the origin, and the arm leaves towards +y.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from train.scenes.fields import Field, chance, octaves, smooth

SKIN, SLEEVE, TOOL, NAIL = range(4)
"""What a part of the relief is made of."""

SHADOW_SHARE = 0.38
"""Of the light, at most: a reader must be able to look through a shadow, and `train.video.shoot` tells both by it."""


@dataclass(frozen=True)
class Hand:
    """A picture of a hand with its arm."""

    picture: Field
    """float32 (H, W, 2): reflectance times cover, and cover, of which a shadow has less than half."""
    origin: tuple[float, float]
    """(x, y) in it of what touches the paper."""
    width_px: float
    """Of the palm."""


@dataclass(frozen=True)
class _Limb:
    """Balls in a row, which grow or shrink evenly from one given to the next."""

    balls: tuple[tuple[float, float, float, float], ...]
    """x, y, radius, height of the middle above the paper."""
    made_of: int = SKIN
    blend: float = 0.03
    """How far it flows into what it touches."""


ARM_TO = 8.0
"""Where the forearm ends, far out of every frame."""


def flat(width_px: float, rng: np.random.Generator) -> Hand:
    """A right or left hand with its fingers ahead."""
    spread = rng.uniform(0.6, 1.25)
    fingers = []
    for tip, knuckle, radius in (
        ((-0.40, 0.16), (-0.32, 1.00), 0.118),
        ((-0.10, 0.00), (-0.10, 0.95), 0.124),
        ((0.19, 0.10), (0.12, 0.99), 0.118),
        ((0.45, 0.40), (0.33, 1.10), 0.102),
    ):
        end = np.array([knuckle[0] + (tip[0] - knuckle[0]) * spread * 1.5, tip[1]])
        base = np.array(knuckle)
        joint = base + (end - base) * 0.48 + rng.normal(0, 0.012, 2)
        last = base + (end - base) * 0.74 + rng.normal(0, 0.008, 2)
        row = [
            (*base, radius * 1.12, 0.10),
            (*(base * 0.6 + joint * 0.4), radius * 0.97, 0.12),
            (*joint, radius * 1.04, 0.13),
            (*last, radius * 0.93, 0.09),
            (*end, radius * 0.80, 0.04),
        ]
        fingers.append(_Limb(tuple(row), blend=0.035))
        fingers.append(_nail(end, end - last, radius * 0.8))
    out = rng.uniform(0.75, 1.1)
    thumb = np.array([-0.45 - 0.36 * out, 0.98])
    limbs = [
        _Limb(((-0.27, 1.25, 0.22, 0.0), (-0.25, 1.85, 0.24, 0.0), (-0.08, 2.15, 0.27, 0.0)), blend=0.12),
        _Limb(((-0.06, 1.15, 0.22, 0.02), (-0.02, 2.1, 0.28, 0.0)), blend=0.12),
        _Limb(((0.25, 1.25, 0.20, 0.0), (0.22, 1.8, 0.24, 0.0), (0.08, 2.15, 0.27, 0.0)), blend=0.12),
        _Limb(((-0.22, 1.80, 0.22, 0.02), (-0.36 - 0.2 * out, 1.42, 0.145, 0.03), (*thumb, 0.105, 0.02)), blend=0.09),
        _nail(thumb, np.array([-0.3, -0.5]), 0.10),
        *fingers,
        *_arm((0.0, 2.15), (0.0, 2.75), rng),
    ]
    return _drawn(limbs, width_px, rng, mirrored=chance(rng, 0.5))


def writing(width_px: float, rng: np.random.Generator, *, eraser: bool = False) -> Hand:
    """A right hand that holds a pen with its tip at the origin, or an eraser."""
    lean = rng.normal(0, 0.06)
    limbs = [
        # Little and ring finger, rolled in under the palm.
        _Limb(((0.62, 0.86, 0.15, 0.0), (0.42, 0.98, 0.125, 0.0), (0.50, 1.12, 0.12, 0.0)), blend=0.03),
        _Limb(((0.58, 0.66, 0.16, 0.02), (0.34, 0.76, 0.125, 0.0), (0.40, 0.90, 0.11, 0.0)), blend=0.03),
        # The ball of the hand and its back.
        _Limb(((0.72, 0.74, 0.30, 0.02), (0.86, 1.10, 0.33, 0.02), (0.98, 1.45, 0.28, 0.02)), blend=0.12),
        _Limb(((0.86, 0.52, 0.24, 0.05), (1.05, 0.95, 0.28, 0.04), (1.05, 1.45, 0.28, 0.02)), blend=0.12),
        # Middle finger, on which the pen lies.
        _Limb(((0.70, 0.46, 0.15, 0.08), (0.40, 0.42, 0.125, 0.08), (0.20, 0.36, 0.095, 0.04)), blend=0.03),
    ]
    shaft = np.array([np.cos(0.05 + lean), np.sin(0.05 + lean)])
    if eraser:
        block = ((0.0, 0.02, 0.13, 0.02), (0.30, 0.20, 0.13, 0.05))
        limbs.append(_Limb(block, made_of=TOOL, blend=0.0))
    else:
        pen = [(*(shaft * at), radius, height) for at, radius, height in _PEN]
        limbs.append(_Limb(tuple(pen), made_of=TOOL, blend=0.0))
    index = np.array([0.20, 0.075])
    thumb = np.array([0.30, 0.29])
    limbs += [
        _Limb(((0.92, 0.34, 0.16, 0.16), (0.60, 0.02, 0.128, 0.22), (0.42, 0.0, 0.11, 0.20), (*index, 0.085, 0.15))),
        _nail(index, np.array([-1.0, 0.25]), 0.085),
        _Limb(((0.86, 0.86, 0.19, 0.12), (0.58, 0.55, 0.135, 0.17), (*thumb, 0.095, 0.15)), blend=0.05),
        _nail(thumb, np.array([-0.8, -0.6]), 0.095),
        *_arm((1.06, 1.5), (1.35, 2.1), rng),
    ]
    return _drawn(limbs, width_px, rng, mirrored=False)


_PEN = ((0.0, 0.008, 0.0), (0.06, 0.03, 0.03), (0.16, 0.05, 0.06), (0.6, 0.052, 0.26), (1.55, 0.045, 0.55))
"""Of balls along a pen: how far from the tip, radius, height."""


def _nail(tip: NDArray[np.float64], along: NDArray[np.float64], radius: float) -> _Limb:
    """The part of a fingertip that is hard and light."""
    along = along / np.hypot(*along)
    first, last = tip - along * 0.45 * radius, tip + along * 0.35 * radius
    return _Limb(((*first, 0.62 * radius, 9.0), (*last, 0.56 * radius, 9.0)), made_of=NAIL, blend=0.0)


def _arm(wrist: tuple[float, float], cuff: tuple[float, float], rng: np.random.Generator) -> list[_Limb]:
    """Wrist and forearm, bare or in a sleeve from the cuff on."""
    way = np.subtract(cuff, wrist)
    end = np.add(cuff, way / np.hypot(*way) * ARM_TO)
    limbs = [_Limb(((*wrist, 0.29, 0.0), (*cuff, 0.31, 0.0), (*end, 0.55, 0.0)), blend=0.1)]
    if chance(rng, 0.75):
        limbs.append(_Limb(((*cuff, 0.42, 0.06), (*end, 0.75, 0.06)), made_of=SLEEVE, blend=0.0))
    return limbs


def _drawn(limbs: list[_Limb], width_px: float, rng: np.random.Generator, *, mirrored: bool) -> Hand:
    """The relief of `limbs` in light and shade."""
    everything = np.array([ball for limb in limbs for ball in limb.balls])
    low = everything[:, :2].min(axis=0) - 0.6
    high = everything[:, :2].max(axis=0) + 0.6
    origin = -low * width_px
    shape = tuple(np.ceil((high - low)[::-1] * width_px).astype(int).tolist())
    height = np.full(shape, -1.0, np.float32)
    material = np.full(shape, SKIN, np.uint8)
    cover = np.zeros(shape, np.float32)
    for limb in limbs:
        _laid(limb, width_px, origin, height, material, cover)
    shaded = _shaded(height, material, width_px, rng)
    reach = 0.09 * width_px
    shadow = cv2.GaussianBlur(cover, (0, 0), reach)
    drop = rng.uniform(0.03, 0.14, 2) * width_px * (rng.choice([-1, 1]), 1)
    shift = np.array([[1, 0, drop[0]], [0, 1, drop[1]]])
    shadow = cv2.warpAffine(shadow, shift, shape[::-1]) * np.float32(rng.uniform(0.15, SHADOW_SHARE))
    picture = np.dstack([shaded * cover, cover + (1 - cover) * shadow])
    if mirrored:
        picture, origin = np.ascontiguousarray(picture[:, ::-1]), np.array([shape[1] - 1 - origin[0], origin[1]])
    return Hand(picture, (float(origin[0]), float(origin[1])), width_px)


def _laid(
    limb: _Limb,
    unit_px: float,
    origin: NDArray[np.float64],
    height: Field,
    material: NDArray[np.uint8],
    cover: Field,
) -> None:
    """Put one limb on what is there; it shows where it is higher."""
    balls = np.array(limb.balls, np.float32)
    for one, other in pairwise(balls):
        reach = max(one[2], other[2]) + 2 / unit_px
        low = np.minimum(one[:2], other[:2]) - reach
        high = np.maximum(one[:2], other[:2]) + reach
        left, top = np.maximum(np.floor(low * unit_px + origin), 0).astype(int).tolist()
        right, bottom = (
            np.minimum(np.ceil(high * unit_px + origin), (height.shape[1], height.shape[0])).astype(int).tolist()
        )
        part = slice(top, bottom), slice(left, right)
        x = (np.arange(left, right, dtype=np.float32) - np.float32(origin[0])) / np.float32(unit_px)
        y = ((np.arange(top, bottom, dtype=np.float32) - np.float32(origin[1])) / np.float32(unit_px))[:, np.newaxis]
        way = other - one
        length = float(way[0] ** 2 + way[1] ** 2)
        along = np.clip(((x - one[0]) * way[0] + (y - one[1]) * way[1]) / np.float32(max(length, 1e-9)), 0, 1)
        radius = one[2] + way[2] * along
        away = np.hypot(x - one[0] - way[0] * along, y - one[1] - way[1] * along)
        inside = np.clip((radius - away) * np.float32(unit_px) + np.float32(0.5), 0, 1)
        there = inside > 0
        if limb.made_of == NAIL:
            nail = there & (cover[part] > 0)
            material[part][nail] = NAIL
            continue
        ball = one[3] + way[3] * along + np.sqrt(np.maximum(radius * radius - away * away, 0))
        before = height[part]
        ball = np.where(there, ball, np.float32(-1))
        top_is = ball > before
        material[part][top_is & there] = limb.made_of
        if limb.blend:
            # A maximum that is round where both are equal (polynomial, as in modelling with distance fields).
            near = np.maximum(np.float32(limb.blend) - np.abs(ball - before), 0) / np.float32(limb.blend)
            ball = np.maximum(ball, before) + near * near * (there & (before > -0.5)) * np.float32(limb.blend / 4)
        height[part] = np.maximum(ball, before)
        cover[part] = np.maximum(cover[part], inside)


def _shaded(height: Field, material: NDArray[np.uint8], unit_px: float, rng: np.random.Generator) -> Field:
    """float32 (H, W): reflectance as a lamp from above, to one side, shows it."""
    shape = height.shape
    relief = cv2.GaussianBlur(np.maximum(height, -0.05), (0, 0), max(0.8, 0.012 * unit_px)) * np.float32(unit_px)
    relief += smooth(shape, max(2.0, 0.03 * unit_px), rng) * np.float32(0.0018 * unit_px)
    slope_x, slope_y = cv2.Sobel(relief, cv2.CV_32F, 1, 0, ksize=3), cv2.Sobel(relief, cv2.CV_32F, 0, 1, ksize=3)
    slope_x, slope_y = slope_x * np.float32(1 / 8), slope_y * np.float32(1 / 8)
    turn, lift = rng.uniform(np.pi, 2 * np.pi), rng.uniform(0.8, 1.1)
    lamp = np.array([np.cos(turn) * np.cos(lift), np.sin(turn) * np.cos(lift), np.sin(lift)], np.float32)
    light = (lamp[2] - slope_x * lamp[0] - slope_y * lamp[1]) / np.sqrt(1 + slope_x**2 + slope_y**2)
    # What lies lower than its surroundings gets less light: the creases between fingers.
    hollow = np.clip((cv2.blur(relief, (2 * int(0.05 * unit_px) + 3,) * 2) - relief) / np.float32(0.1 * unit_px), 0, 1)
    share = np.clip(np.float32(0.42) + np.float32(0.62) * light - np.float32(0.5) * hollow, 0.08, 1.3)
    tone = np.float32(rng.uniform(0.18, 0.68))
    skin = tone * (1 + octaves(shape, 0.25 * unit_px, rng, 3) * np.float32(0.04))
    levels = {SLEEVE: rng.uniform(0.05, 0.7), TOOL: rng.choice([0.06, 0.15, 0.5, 0.85])}
    surface = skin
    for made_of, level in levels.items():
        cloth = np.float32(level) * (1 + smooth(shape, 2.0, rng) * np.float32(0.06))
        surface = np.where(material == made_of, cloth, surface)
    surface = np.where(material == NAIL, skin * np.float32(1.12) + np.float32(0.05), surface)
    return np.clip(surface * share, 0.01, 1.0).astype(np.float32)
