from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from blink import build_small
from handwriting import glyph_set
from test_keras_file import without_labels

from core.errors import TrainingError
from train import keras_file
from train.fit import predict_logits
from train.network import network
from train.transfer import start_from

PIXELS = glyph_set(8, seed=5).pixels


@pytest.fixture
def known(tmp_path: Path) -> tuple[Path, keras.Model]:
    """A model on disk that reads 0, 1 and 7."""
    keras.utils.set_random_seed(11)
    model = build_small(3)
    keras_file.save(model, ("0", "1", "7"), tmp_path / "known.keras")
    return tmp_path / "known.keras", model


def test_the_same_labels_give_the_same_logits(known: tuple[Path, keras.Model]) -> None:
    path, model = known
    new = build_small(3)
    assert start_from(path, new, ("0", "1", "7")) == ("0", "1", "7")
    assert np.array_equal(predict_logits(new, PIXELS), predict_logits(model, PIXELS))


def test_columns_go_over_by_label_and_new_ones_start_fresh(known: tuple[Path, keras.Model]) -> None:
    path, model = known
    new = build_small(4)
    fresh_column = new.get_weights()[-2][:, 1].copy()
    assert start_from(path, new, ("7", "A", "0", "B")) == ("7", "0")
    before, after = predict_logits(model, PIXELS), predict_logits(new, PIXELS)
    np.testing.assert_allclose(after[:, [0, 2]], before[:, [2, 0]], rtol=1e-5, atol=1e-5)
    assert np.array_equal(new.get_weights()[-2][:, 1], fresh_column)


def test_a_subset_of_the_labels_drops_the_others(known: tuple[Path, keras.Model]) -> None:
    path, model = known
    new = build_small(2)
    assert start_from(path, new, ("1", "7")) == ("1", "7")
    np.testing.assert_allclose(predict_logits(new, PIXELS), predict_logits(model, PIXELS)[:, 1:], rtol=1e-5, atol=1e-5)


def test_as_many_outputs_without_labels_are_taken_for_the_labels_asked_for(known: tuple[Path, keras.Model]) -> None:
    path, _ = known
    without_labels(path)
    assert start_from(path, build_small(3), ("a", "b", "c")) == ("a", "b", "c")


def test_another_number_of_outputs_without_labels_is_told(known: tuple[Path, keras.Model]) -> None:
    path, _ = known
    without_labels(path)
    with pytest.raises(TrainingError, match=r"3 outputs and no labels inside; the data have 2 \(0, 1\).* by --labels"):
        start_from(path, build_small(2), ("0", "1"))


def test_another_network_is_told(known: tuple[Path, keras.Model]) -> None:
    path, _ = known
    with pytest.raises(TrainingError, match=r"is 'small' with .* parameters.*'plain' with .* by --network"):
        start_from(path, network("plain").build(3), ("0", "1", "7"))


def test_what_is_no_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_text("hello")
    with pytest.raises(TrainingError, match="cannot be loaded as a Keras model"):
        start_from(tmp_path / "model.keras", build_small(2), ("0", "1"))
