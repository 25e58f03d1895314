"""How a sheet lies before the camera: from points on it to pixels of the frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from train.scenes.fields import Field, Shape, chance

Points = NDArray[np.float64]
"""float64 (N, 2): x and y."""

TILT_DEG = 3.0
"""Deviation of how a hand holds a camera askew."""
TURNED_SHARE, TURNED_DEG = 0.22, 18.0
DIAGONAL_SHARE, DIAGONAL_DEG = 0.05, 45.0
"""Further than this a 6 may be a 9."""
FORESHORTENING = 0.16
"""Deviation of how much larger the near side of a sheet is than its far side, over a whole frame."""

LEAST_DEPTH = 0.02
"""Of 1 in the middle of the frame: a sheet that is tilted so far cannot be written on there."""


@dataclass(frozen=True)
class View:
    """A flat sheet in the frame. Its unit is about a pixel in the middle of the frame, where it has its origin."""

    shape: Shape
    matrix: NDArray[np.float64]
    """(3, 3): sheet to frame."""

    @cached_property
    def sheet(self) -> tuple[Field, Field]:
        """(x, y) on the sheet of every pixel of the frame."""
        back = np.linalg.inv(self.matrix)
        back = (back / back[2, 2]).astype(np.float32)
        height, width = self.shape
        across = np.arange(width, dtype=np.float32)[np.newaxis]
        down = np.arange(height, dtype=np.float32)[:, np.newaxis]
        depth = (back[2, 0] * across + 1) + back[2, 1] * down
        np.reciprocal(depth, out=depth)
        x = (back[0, 0] * across + back[0, 2]) + back[0, 1] * down
        y = (back[1, 0] * across + back[1, 2]) + back[1, 1] * down
        x *= depth
        y *= depth
        return x, y

    def project(self, points: Points) -> Points:
        """(N, 2) in the frame of (N, 2) on the sheet; what is at the horizon or beyond it, far outside."""
        homogeneous = points @ self.matrix[:, :2].T + self.matrix[:, 2]
        return homogeneous[:, :2] / np.maximum(homogeneous[:, 2:], LEAST_DEPTH)

    def affine_at(self, point: Points) -> NDArray[np.float64]:
        """(2, 3): sheet to frame as it is near `point`, (2,)."""
        x, y, depth = self.matrix @ np.array([point[0], point[1], 1.0])
        there = np.array([x, y]) / depth
        slope = (self.matrix[:2, :2] - np.outer(there, self.matrix[2, :2])) / depth
        return np.column_stack([slope, there - slope @ point])


def facing(shape: Shape) -> View:
    """A sheet seen straight on."""
    height, width = shape
    return View(shape, np.array([[1, 0, width / 2], [0, 1, height / 2], [0, 0, 1]], np.float64))


def askew(shape: Shape, rng: np.random.Generator) -> View:
    """A sheet as a hand-held camera sees it: a little turned and tilted, now and then much."""
    height, width = shape
    turn = rng.normal(0, TILT_DEG)
    if chance(rng, DIAGONAL_SHARE):
        turn = rng.uniform(-DIAGONAL_DEG, DIAGONAL_DEG)
    elif chance(rng, TURNED_SHARE):
        turn = rng.uniform(-TURNED_DEG, TURNED_DEG)
    cos, sin = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    stretch = np.exp(rng.normal(0, 0.06))
    turned = np.array([[cos * stretch, -sin, 0], [sin * stretch, cos, 0], [0, 0, 1]])
    turned[2, :2] = np.clip(rng.normal(0, FORESHORTENING, 2), -0.4, 0.4) / max(height, width)
    return View(shape, facing(shape).matrix @ turned)
