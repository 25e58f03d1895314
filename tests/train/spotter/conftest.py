"""What the spotter's scenes are drawn of."""

from __future__ import annotations

import pytest
from handwriting import glyph_set

from train.scenes import Material


@pytest.fixture(scope="session")
def material() -> Material:
    return Material(glyph_set(200, seed=1, writers=3), glyph_set(60, seed=2, labels="AEFHKMNPRTX"))
