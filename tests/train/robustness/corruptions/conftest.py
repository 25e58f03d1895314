"""What is corrupted."""

from __future__ import annotations

import numpy as np
import pytest
from handwriting import glyph_set
from pages import COUNT


@pytest.fixture(scope="session")
def digits() -> np.ndarray:
    """uint8 (60, 28, 28), read-only: whoever writes to it fails."""
    pixels = glyph_set(COUNT, seed=6).pixels
    pixels.flags.writeable = False
    return pixels
