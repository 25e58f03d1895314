"""Camera scenes of handwritten digits, drawn with the truth about them, to train a spotter on.

`scene` draws one, `stream` batches of them without end. Nothing is kept on disk: scene i of a seed is always the same.
Glyphs are all that is taken from data; paper, pens, light and camera are made up, and fitted to no photo.
"""

from train.scenes.compose import EMPTY_SHARE, KINDS, WITH_DIGITS, WITHOUT_DIGITS, scene
from train.scenes.material import Hand, Material
from train.scenes.stream import Batch, Order, batch, stream
from train.scenes.truth import Digit, Number, Scene, Truth

__all__ = [
    "EMPTY_SHARE",
    "KINDS",
    "WITHOUT_DIGITS",
    "WITH_DIGITS",
    "Batch",
    "Digit",
    "Hand",
    "Material",
    "Number",
    "Order",
    "Scene",
    "Truth",
    "batch",
    "scene",
    "stream",
]
