"""The networks, by name. Each takes glyphs float32 (N, 28, 28, 1), 0 to 255, and returns logits float32 (N, classes).

`Rescaling` sits inside, so the int8 input gets scale 1 and zero point -128 and quantising a pixel is exact. All end in
logits, as an int8 softmax saturates. The softmax that the classic ones are known with is in the loss, as good a place.

Parameters for ten classes: plain 85,454 · classic-dense 225,034 · classic-dropout 34,826.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
from keras import layers

from core.errors import UsageError
from core.glyph import GLYPH_SIZE_PX

LOGITS = "logits"
"""Name of the last layer, whose columns are the labels."""


@dataclass(frozen=True)
class Network:
    """A network and the recipe it is known with; config.yaml and the command line can change each number."""

    build: Callable[[int], keras.Model]
    """Number of classes → an untrained model."""
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    cosine: bool
    """Warm up, then let the learning rate fall as a cosine to zero; otherwise it stays."""
    augment: bool
    refit_epochs: int
    """Further epochs on all training glyphs, after the held-out ones have measured the run."""
    mild_from: float = 1.0
    """Share of the steps after which augmentation is mild."""
    not_digits: tuple[str, ...] = ()
    """Sources of glyphs that are none of the labels, to train against."""


def _input() -> tuple[keras.KerasTensor, keras.KerasTensor]:
    glyphs = keras.Input((GLYPH_SIZE_PX, GLYPH_SIZE_PX, 1), name="glyph")
    return glyphs, layers.Rescaling(1 / 255)(glyphs)


PLAIN_FILTERS = (16, 32, 48, 64, 60)


def plain(classes: int, filters: Sequence[int] = PLAIN_FILTERS) -> keras.Model:
    """Five plain 3×3 convolutions, stride 2 for pooling, a weighted average, one dense layer: fast under XNNPACK.

    Glyphs are centred, so where a stroke is says which digit it is of. A global average would lose that; here each
    filter has its own weights for the 49 places (a global depthwise convolution: Chen et al., MobileFaceNets, 2018).
    """
    glyphs, x = _input()
    #                           28×28 → 14×14 → 14×14 → 7×7 → 7×7 → 7×7
    for count, strides in zip(filters, (2, 1, 2, 1, 1), strict=True):
        x = layers.Conv2D(count, 3, strides=strides, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
    x = layers.DepthwiseConv2D(7, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    return keras.Model(glyphs, layers.Dense(classes, name=LOGITS)(layers.Flatten()(x)), name="plain")


def _classic_features(x: keras.KerasTensor) -> keras.KerasTensor:
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    return layers.Flatten()(x)


def classic_dense(classes: int) -> keras.Model:
    """Conv 32, pool, conv 64, pool, dense 128, dropout 0.2, dense: the network of most tutorials."""
    glyphs, x = _input()
    x = layers.Dense(128, activation="relu")(_classic_features(x))
    x = layers.Dropout(0.2)(x)
    return keras.Model(glyphs, layers.Dense(classes, name=LOGITS)(x), name="classic-dense")


def classic_dropout(classes: int) -> keras.Model:
    """Conv 32, pool, conv 64, pool, dropout 0.5, dense: the example of the Keras documentation (Chollet, 2015)."""
    glyphs, x = _input()
    x = layers.Dropout(0.5)(_classic_features(x))
    return keras.Model(glyphs, layers.Dense(classes, name=LOGITS)(x), name="classic-dropout")


NETWORKS: dict[str, Network] = {
    "plain": Network(
        plain,
        epochs=60,
        batch_size=128,
        learning_rate=4e-3,
        weight_decay=0.02,
        cosine=True,
        augment=True,
        refit_epochs=0,
        mild_from=0.6,
        not_digits=("drawn",),
    ),
    "classic-dense": Network(
        classic_dense,
        epochs=5,
        batch_size=32,
        learning_rate=1e-3,
        weight_decay=0.0,
        cosine=False,
        augment=False,
        refit_epochs=0,
    ),
    "classic-dropout": Network(
        classic_dropout,
        epochs=50,
        batch_size=64,
        learning_rate=1e-3,
        weight_decay=0.0,
        cosine=False,
        augment=False,
        refit_epochs=0,
    ),
}


def network(name: str) -> Network:
    """The network of this name. Raises UsageError naming those there are."""
    try:
        return NETWORKS[name]
    except KeyError:
        raise UsageError(f"there is no network {name!r}; allowed: {', '.join(NETWORKS)}") from None
