"""How things move: matrices that change with time, always the same for the same generator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
"""(3, 3): from one plane to another."""
Course = Callable[[float], Matrix]
"""Where something is at a time in seconds."""

TREMOR_HZ = (4.0, 12.0)
"""Of hands (Elble and Randall, 1978: physiological tremor has its energy at 8 to 12 Hz, of arms lower)."""
DRIFT_HZ = (0.08, 3.0)
"""Sway of somebody who stands and holds a camera: the slower, the further."""


def placed(x: float = 0.0, y: float = 0.0, turn: float = 0.0, scale: float = 1.0) -> Matrix:
    """Turned by `turn` radians and scaled about the origin, then shifted."""
    cos, sin = np.cos(turn) * scale, np.sin(turn) * scale
    return np.array([[cos, -sin, x], [sin, cos, y], [0, 0, 1]], np.float64)


def still(matrix: Matrix) -> Course:
    """Nothing moves."""
    return lambda _: matrix


@dataclass(frozen=True)
class Keys:
    """Places (x, y, turn) at times, and the way of an arm between them: of least jerk (Flash and Hogan, 1985)."""

    times_s: Sequence[float]
    """Ascending."""
    places: NDArray[np.float64]
    """float64 (times, 3)."""

    def at(self, time_s: float) -> NDArray[np.float64]:
        """float64 (3,)."""
        after = int(np.searchsorted(self.times_s, time_s, side="right"))
        if after == 0:
            return self.places[0]
        if after == len(self.times_s):
            return self.places[-1]
        begun, ends = self.times_s[after - 1], self.times_s[after]
        share = (time_s - begun) / (ends - begun)
        share = share**3 * (10 - 15 * share + 6 * share**2)
        return self.places[after - 1] + (self.places[after] - self.places[after - 1]) * share

    def __call__(self, time_s: float) -> Matrix:
        return placed(*self.at(time_s))


def hand_held(strength_px: float, rng: np.random.Generator) -> Course:
    """A camera in somebody's hands: sway whose amplitude falls with its frequency, and tremor, in shift, turn and
    distance. `strength_px` is the deviation of the shift from sway."""
    drift = np.geomspace(*DRIFT_HZ, 14) * np.exp(rng.normal(0, 0.1, 14))
    tremor = rng.uniform(*TREMOR_HZ, 6)
    rates = np.concatenate([drift, tremor]) * 2 * np.pi
    weights = np.concatenate([1 / drift, np.zeros(6)])
    weights *= np.sqrt(2) / np.linalg.norm(weights)
    weights[14:] = 0.06 * np.sqrt(2 / 6)
    # Of one turn in radians about as much as of one shift: the lever is a frame's width.
    sizes = strength_px * np.array([1.0, 1.0, 1 / 900, 1 / 900])
    amplitudes = sizes[:, np.newaxis] * weights * np.exp(rng.normal(0, 0.3, (4, 20)))
    phases = rng.uniform(0, 2 * np.pi, (4, 20))

    def course(time_s: float) -> Matrix:
        x, y, turn, nearer = (amplitudes * np.sin(rates * time_s + phases)).sum(axis=1)
        return placed(x, y, turn, float(np.exp(nearer)))

    return course


def bumped(at_s: float, to: Matrix, rng: np.random.Generator) -> Course:
    """A camera on a stand that is knocked at a time, swings, and stays as `to`, a small change of place."""
    rate, damping = 2 * np.pi * rng.uniform(4, 7), rng.uniform(6, 10)
    identity = np.eye(3)

    def course(time_s: float) -> Matrix:
        since_s = max(0.0, time_s - at_s)
        share = 1 - np.exp(-damping * since_s) * np.cos(rate * since_s)
        return identity + (to - identity) * share

    return course


def panned(reach_px: float, rng: np.random.Generator) -> Course:
    """A camera that is swung to and fro, with a rest at each end."""
    rate = 2 * np.pi * rng.uniform(0.35, 0.6)
    turn, phase = rng.uniform(-0.25, 0.25), rng.uniform(0, 2 * np.pi)
    way = reach_px * np.array([np.cos(turn), np.sin(turn)])

    def course(time_s: float) -> Matrix:
        swing = np.tanh(3 * np.sin(rate * time_s + phase)) / np.tanh(3)
        return placed(way[0] * swing, way[1] * swing)

    return course


def both(first: Course, then: Course) -> Course:
    """One motion on top of another."""
    return lambda time_s: then(time_s) @ first(time_s)
