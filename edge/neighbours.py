"""What stands close to a number and may be a digit of it that was not read: then it is not known to be complete."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.read import Rejected

# Lengths are in heights of the taller of the two.

ELSEWHERE = 0.35
"""From middle to middle along the line: what is closer to a digit is another opinion of the same ink."""
BESIDE = 0.6
"""A gap less than this wide: about the widest within a number."""
BESIDE_NATS = 2.0
"""By which the evidence is more than of anything anywhere: digits stand in rows."""
ON_LINE = 0.5
"""Middles are off the line by less than this."""
SIZE_RATIO = 1.8
"""Digits of one number differ by less in height."""


def alone(doubtful: Sequence[Rejected], digits: NDArray[np.float64]) -> float:
    """How probable it is that nothing of what is `doubtful` belongs to the number with these boxes, (N, 4): x, y, width
    and height in px."""
    if not doubtful:
        return 1.0
    boxes = np.array([each.box for each in doubtful], np.float64)
    middles, others = boxes[:, :2] + boxes[:, 2:] / 2, digits[:, :2] + digits[:, 2:] / 2
    taller = np.maximum(boxes[:, 3, None], digits[:, 3])
    across = np.abs(middles[:, 0, None] - others[:, 0])
    down = np.abs(middles[:, 1, None] - others[:, 1])
    gap = across - (boxes[:, 2, None] + digits[:, 2]) / 2
    alike = taller < SIZE_RATIO * np.minimum(boxes[:, 3, None], digits[:, 3])
    beside = (alike & (gap < BESIDE * taller) & (down < ON_LINE * taller)).any(axis=1)
    same = ((across < ELSEWHERE * taller) & (down < ON_LINE * taller)).any(axis=1)
    evidence = np.array([each.evidence or 0.0 for each in doubtful])[beside & ~same] + BESIDE_NATS
    return float(np.prod(1 / (1 + np.exp(np.minimum(evidence, 50)))))
