"""Whether a view is sharp, compared with what the same camera showed before.

A page without edges has nothing to be sharp, and neither has the shadow that lies on it; a camera with fixed focus is
always a little soft. So a view is out of focus only if what was sharp in it is still there and is soft now, and only
for a while: blur that stays is how this camera sees.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.motion import CELL_PX, View

STRONG_EDGE = 40
"""Grey levels between the darkest and lightest pixel of a cell for its edges to be judged."""

FADED_EDGE = 20
"""The same where there was a strong edge before: blur takes contrast from thin strokes."""

LEAST_CELLS = 4
"""With such edges; in fewer, a smudge would speak for the view."""

SHARP_SHARE = 0.7
"""Of the view's sharpness: cells with more are looked at again."""

SOFT_SHARE = 0.5
SOFT_BELOW = 0.35
"""Out of focus is what has less than this share of the best before, and is less than SOFT_BELOW. Of 45 drawn pages half
have 0.9 and more (5th to 95th percentile: 0.38 to 1.8), blurred by 2 px 0.43, by 2.5 px 0.36, by 3 px 0.31, by 4 px
0.24, and noise of 8 grey levels takes a fifth of that. The reader finds 76 %, 63 %, 49 % and 24 % of their digits."""

ANOTHER_BLUR = 1.4
"""A factor between two sharpnesses: a lens that moves on, not one that stays."""


class Edges(NamedTuple):
    """What edges there are in each cell of a view; float32 (rows, columns) both."""

    span: NDArray[np.float32]
    """Grey levels between darkest and lightest, in the coarser picture."""
    share: NDArray[np.float32]
    """The steepest step between neighbours in the finer picture, without noise, as a share of `span`: about 1 for sharp
    edges, and less the more pixels they are spread over."""

    def sharpness(self, cells: NDArray[np.bool_]) -> float | None:
        """Of the sharpest tenth of `cells`; None if they are too few."""
        found = np.sort(self.share[cells])
        return float(found[len(found) * 9 // 10]) if len(found) >= LEAST_CELLS else None


def edges(seen: View) -> Edges | None:
    """Those in a view; None if it is too small for any to show."""
    fine, coarse = seen.fine, seen.coarse
    rows, columns = coarse.shape[0] // CELL_PX, coarse.shape[1] // CELL_PX
    if fine is coarse or rows * columns < LEAST_CELLS:
        return None
    coarse = coarse[: rows * CELL_PX, : columns * CELL_PX]
    span = _most(coarse, CELL_PX) + _most(cv2.bitwise_not(coarse), CELL_PX) - 255
    step = _steps(fine[: rows * 2 * CELL_PX, : columns * 2 * CELL_PX])
    # Where nothing is to be seen, the largest step is noise; but not on a page that is full.
    noise = min(float(np.sort(step, axis=None)[step.size // 10]), STRONG_EDGE * 0.4)
    return Edges(span, np.maximum(step - noise, 0) / np.maximum(span, 1))


def _steps(fine: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 (rows, columns): the largest difference between neighbours in each cell."""
    step = np.zeros_like(fine)
    step[:, :-1] = cv2.absdiff(fine[:, 1:], fine[:, :-1])
    np.maximum(step[:-1], cv2.absdiff(fine[1:], fine[:-1]), out=step[:-1])
    return _most(step, 2 * CELL_PX)


def _most(values: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """float32 (rows, columns): the largest in each square."""
    rows, columns = values.shape[0] // side, values.shape[1] // side
    by_row = values.reshape(rows, side, columns * side).max(axis=1)
    return by_row.reshape(rows, columns, side).max(axis=2).astype(np.float32)


class Missing(NamedTuple):
    """What a view that is out of focus lacks."""

    sharpness: float
    needed: float


class Focus:
    """Remembers how sharp a view can be, and where."""

    def __init__(self, gives_way_after_ns: int) -> None:
        self._gives_way_after_ns = gives_way_after_ns
        self._best = 0.0
        self._sharp: NDArray[np.bool_] | None = None
        """Cells that were."""
        self._since: tuple[int, float] | None = None
        """Since when it has been out of focus, and how sharp it was."""

    def missing(self, seen: Edges | None, now_ns: int) -> Missing | None:
        """What the view lacks at `now_ns`; None if it is sharp, or nothing is known of how sharp it could be."""
        if seen is None:
            return None
        strong, faded = seen.span >= STRONG_EDGE, False
        if self._sharp is not None:
            still = self._sharp & (seen.span >= FADED_EDGE)
            faded = 2 * int(np.count_nonzero(still)) < int(np.count_nonzero(self._sharp))
            strong |= still
        found, needed = seen.sharpness(strong), min(SOFT_SHARE * self._best, SOFT_BELOW)
        # What was sharp has gone. From a view that was soft already it rather has blurred further.
        if faded and self._since is None:
            self.another_view()
        elif (found is None or found < needed) and self._waits(found or 0.0, faded or found is None, now_ns):
            return Missing(found or 0.0, needed)
        if found is None:
            self._since = None
            return None
        self._best = found if faded or found < needed else max(self._best, found)
        self._sharp, self._since = strong & (seen.share >= SHARP_SHARE * found), None
        return None

    def _waits(self, found: float, gone: bool, now_ns: int) -> bool:
        """Whether blur is not yet given way to. Nothing begins with what has `gone`, nor counts as another blur."""
        if self._since is None:
            if gone:
                return False
            self._since = now_ns, found
        elif not gone and not 1 / ANOTHER_BLUR < found / max(self._since[1], 1e-6) < ANOTHER_BLUR:
            self._since = now_ns, found
        return now_ns - self._since[0] < self._gives_way_after_ns

    def another_view(self) -> None:
        """What was sharp before is no measure any more."""
        self._best, self._sharp, self._since = 0.0, None, None
