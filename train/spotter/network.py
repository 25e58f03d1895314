"""The spotter's network: luma float32 (N, H, W, 1), 0 to 255 → maps of digits, sizes and offsets at a quarter of that.

Plain 3×3 convolutions, stride 2 for pooling, widths in multiples of 8, and bilinear enlargement: XNNPACK takes
it all, int8. Five halvings, then back up to a quarter with what was seen there on the way down (Lin et al., "Feature
Pyramid Networks", 2017). A cell of the coarsest map sees 175×175 px, more than the largest digit.

286,070 parameters, about 318 kB as int8. A frame of 320×240 px, which is padded to 320×256, takes 149.5 million
multiply-accumulates: 1.3 ms on one thread of a busy x86-64 host (median of 30).
"""

from __future__ import annotations

import math

import keras
from keras import layers

from core.errors import UsageError
from core.spots import CLASSES, MULTIPLE_PX
from train.scenes.fields import Shape

DIGITS, SIZES, OFFSETS = "digits", "sizes", "offsets"
"""The outputs, in this order: logits (N, H / 4, W / 4, 10), and what `core.spots.decode` takes of sizes and offsets,
(N, H / 4, W / 4, 2) each. They are tensors of their own, as their ranges differ: int8 gives each its own scale."""

PRIOR = 0.01
"""What a network that has learnt nothing says of each cell and digit: nearly all of them are background, which would
otherwise drown the first steps (Lin et al., "Focal Loss for Dense Object Detection", 2017)."""

WIDTHS = (8, 32, 48, 64, 96)
"""Filters at 1/2, 1/4, 1/8, 1/16 and 1/32 of the frame."""


def build(shape: Shape | None = None, widths: tuple[int, int, int, int, int] = WIDTHS) -> keras.Model:
    """An untrained spotter for frames of `shape`, (height, width) in px, or for any; its weights fit all shapes.

    Raises UsageError for a shape that cannot be halved five times.
    """
    if shape is not None:
        _check(shape)
    luma = keras.Input((*(shape or (None, None)), 1), name="luma")
    half, quarter, eighth, sixteenth, deepest = widths
    x = layers.Rescaling(1 / 255)(luma)
    x = _convolved(x, half, strides=2)
    at_4 = _convolved(x, quarter, strides=2)
    at_8 = _convolved(_convolved(at_4, eighth, strides=2), eighth)
    at_16 = _convolved(_convolved(at_8, sixteenth, strides=2), sixteenth)
    at_32 = _convolved(_convolved(at_16, deepest, strides=2), deepest)
    # Narrowed before it is enlarged: the same to a 1×1 convolution, and a quarter of the work.
    x = layers.Add()([at_16, _enlarged(at_32, sixteenth)])
    x = _convolved(_narrowed(x, eighth), eighth)
    x = layers.Add()([at_8, _enlarged(x, eighth)])
    x = layers.Add()([at_4, _enlarged(x, quarter)])
    x = _convolved(x, quarter)
    prior = keras.initializers.Constant(-math.log((1 - PRIOR) / PRIOR))
    outputs = [
        layers.Conv2D(CLASSES, 1, bias_initializer=prior, name=DIGITS)(x),
        layers.Conv2D(2, 1, name=SIZES)(x),
        layers.Conv2D(2, 1, name=OFFSETS)(x),
    ]
    return keras.Model(luma, outputs, name="spotter")


def of_shape(model: keras.Model, shape: Shape) -> keras.Model:
    """`model`, with the same weights, for frames of one shape, (height, width) in px, as training and .tflite need it.

    `model` must not be compiled. Raises UsageError for a shape that cannot be halved five times.
    """
    _check(shape)
    luma = keras.Input((*shape, 1), name="luma")
    return keras.models.clone_model(model, input_tensors=luma, clone_function=lambda layer: layer)


def _check(shape: Shape) -> None:
    if min(shape) < MULTIPLE_PX or any(side % MULTIPLE_PX for side in shape):
        raise UsageError(f"frames of {shape[1]}x{shape[0]} px; allowed: sides in multiples of {MULTIPLE_PX}")


def _convolved(x: keras.KerasTensor, filters: int, strides: int = 1) -> keras.KerasTensor:
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def _narrowed(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    return layers.BatchNormalization()(layers.Conv2D(filters, 1, use_bias=False)(x))


def _enlarged(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    return layers.UpSampling2D(2, interpolation="bilinear")(_narrowed(x, filters))
