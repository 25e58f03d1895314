"""A network that learns drawn digits in seconds, and the limits it keeps."""

import contextlib
import io
import warnings

import keras
import tensorflow as tf
from drawn_glyphs import DIGITS
from keras import layers

from core.config import ConvertConfig

LIMITS = ConvertConfig(calibration_glyphs=100, max_disagreement=0.01, min_accuracy=0.97)


def scaled():
    """(input, output) of the beginning that all the networks here have."""
    glyph = keras.Input((28, 28, 1), name="glyph")
    return glyph, layers.Rescaling(1 / 255)(glyph)


def small_network():
    keras.utils.set_random_seed(1)
    glyph, x = scaled()
    for filters in (8, 16):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
    return keras.Model(glyph, layers.Dense(len(DIGITS), name="logits")(layers.Flatten()(x)), name="small")


def fit(network, glyphs, epochs):
    network.compile(keras.optimizers.Adam(3e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    network.fit(glyphs.pixels[..., None].astype("float32"), glyphs.targets, batch_size=50, epochs=epochs, verbose=0)


def save(network, path):
    with warnings.catch_warnings():
        # Keras 3.15 stores arrays in a way that NumPy 2 has a new one for.
        warnings.filterwarnings("ignore", "__array__ implementation doesn't accept a copy keyword", DeprecationWarning)
        network.save(path)


def as_float_tflite(network):
    """The .tflite of `network`, not quantised at all."""
    with contextlib.redirect_stdout(io.StringIO()):
        return tf.lite.TFLiteConverter.from_keras_model(network).convert()
