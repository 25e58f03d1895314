from __future__ import annotations

import numpy as np

from train.scenes import Material
from train.spotter import network
from train.spotter.measure import exam, spots_of


def test_a_network_is_asked_for_the_spots_of_every_scene(material: Material) -> None:
    scenes = exam(material, (64, 64), 18)
    assert np.array_equal(scenes.luma, exam(material, (64, 64), 18).luma)
    model = network.build(widths=(8, 8, 8, 8, 8))
    assert [len(found) for found in spots_of(model, scenes)] == [0] * 18
    assert sum(len(found) for found in spots_of(model, scenes, threshold=0.0)) > 18
