"""A real network goes all the way; networks with a real fault are refused."""

import zipfile
from dataclasses import replace

import keras
import msgspec
import numpy as np
import pytest
from drawn_glyphs import DIGITS
from keras import layers, ops
from small_network import LIMITS, as_float_tflite, save, scaled, small_network

from convert import sources, verify
from convert.build import build
from convert.calibrate import BLURRED_SHARE, NOT_A_DIGIT_SHARE, UNSURE_SHARE, representative
from convert.graph import read_graph, without_names
from convert.quantize import float_logits, load, quantize
from convert.rejects import reasons
from core import model_file, run_folder
from core.dataset import load_glyph_set
from core.errors import ConversionRefused, ModelFileError
from core.interpreter import Interpreter
from core.manifest import Quantisation
from core.reject import RejectRule, sharpness


def test_every_operator_of_the_network_is_int8(conversion):
    assert {"CONV_2D": 2, "FULLY_CONNECTED": 1}.items() <= conversion.operators.items()
    graph = read_graph(model_file.unpack(conversion.content, "").tflite)
    assert graph.floats == ()
    assert (graph.input.kind, graph.input.quantisation) == ("INT8", Quantisation(1.0, -128))
    assert [port.kind for port in graph.outputs] == ["INT8"]


def test_the_file_is_smaller_without_the_names_of_its_tensors_and_says_the_same(trained, glyphs):
    named = quantize(trained, representative(glyphs.train.pixels[:200]), "here")
    bare = without_names(named)
    assert b"logits" in named
    assert b"logits" not in bare
    assert len(bare) < len(named) - 500
    said = [Interpreter(tflite, place="here").classify(glyphs.test.pixels) for tflite in (named, bare)]
    assert np.array_equal(*said)


def test_the_weights_of_each_filter_have_a_scale_of_their_own(conversion):
    from ai_edge_litert import schema_py_generated as schema

    graph = schema.ModelT.InitFromPackedBuf(model_file.unpack(conversion.content, "").tflite, 0).subgraphs[0]
    scales = {tuple(tensor.shape): len(tensor.quantization.scale) for tensor in graph.tensors if len(tensor.shape) == 4}
    assert (scales[8, 3, 3, 1], scales[16, 3, 3, 8]) == (8, 16)


def test_what_the_manifest_says_is_what_the_file_does(conversion, glyphs):
    model = model_file.unpack(conversion.content, "")
    logits = Interpreter.of(model).classify(glyphs.test.pixels)
    right = logits.argmax(axis=1) == glyphs.test.targets
    likelihoods = np.exp(logits / model.manifest.temperature)
    confidences = likelihoods.max(axis=1) / likelihoods.sum(axis=1)
    no_digit = np.log(np.exp(logits).sum(axis=1)) < model.manifest.min_evidence
    doubted = no_digit | (confidences < model.manifest.min_confidence)
    blurred = doubted & (sharpness(glyphs.test.pixels) < model.manifest.min_sharpness)
    metrics = model.manifest.metrics
    told = {name: metrics[name].value for name in ("accuracy_int8", "rejected", "blurred", "not_a_digit", "unsure")}
    assert told == pytest.approx(
        {
            "accuracy_int8": right.mean(),
            "rejected": doubted.mean(),
            "blurred": blurred.mean(),
            "not_a_digit": (no_digit & ~blurred).mean(),
            "unsure": (doubted & ~no_digit & ~blurred).mean(),
        },
        abs=1e-6,
    )
    assert 0 < told["rejected"] < 0.05
    assert {(figure.data, figure.count) for figure in metrics.values()} == {("drawn, for testing", 800)}


def test_the_float_figures_are_those_of_the_float_network(conversion, trained, glyphs):
    float_right = float_logits(trained, glyphs.test.pixels).argmax(axis=1) == glyphs.test.targets
    assert conversion.float_read.accuracy == pytest.approx(float_right.mean())
    assert conversion.manifest.metrics["accuracy_float"].value == pytest.approx(float_right.mean(), abs=1e-6)


def test_int8_logits_are_near_the_float_ones(conversion, trained, glyphs):
    exact = float_logits(trained, glyphs.test.pixels)
    found = Interpreter(model_file.unpack(conversion.content, "").tflite).classify(glyphs.test.pixels)
    assert np.abs(found - exact).mean() < 0.05 * exact.std()


def test_the_provenance_is_that_of_the_run(conversion, glyphs):
    provenance = conversion.manifest.provenance
    assert (provenance.network, provenance.seed, provenance.git_commit) == ("small", 1, "0123abc")
    assert provenance.trained_with == f"keras {keras.__version__}"
    assert provenance.data == [
        f"drawn: 2500 glyphs, sha256 {glyphs.train.sha256()}",
        f"drawn, held out: 500 glyphs, sha256 {glyphs.held_out.sha256()}",
    ]


def test_temperature_and_thresholds_come_from_the_network_that_has_not_seen_the_held_out_glyphs(run, conversion):
    source = sources.find(run, None, LIMITS.calibration_glyphs)
    assert source.held_out_model.name == "holdout.keras"
    without = build(replace(source, held_out_model=source.model), LIMITS)
    assert model_file.unpack(without.content, "").tflite == model_file.unpack(conversion.content, "").tflite
    for name in ("temperature", "min_evidence"):
        assert getattr(without.manifest, name) != getattr(conversion.manifest, name)


def test_no_more_held_out_glyphs_are_lost_than_may_be(run, conversion, glyphs):
    shown = representative(load_glyph_set(run / run_folder.CALIBRATION).pixels)
    seen_none = Interpreter(quantize(load(run / "holdout.keras"), shown, "holdout"))
    logits, manifest = seen_none.classify(glyphs.held_out.pixels), conversion.manifest
    right = logits.argmax(axis=1) == glyphs.held_out.targets
    rule = RejectRule.of(manifest)
    lost = reasons(rule, glyphs.held_out.pixels[right], logits[right], manifest.temperature)
    assert sum(reason != "" for reason in lost) <= (NOT_A_DIGIT_SHARE + UNSURE_SHARE) * right.sum()
    assert (sharpness(glyphs.held_out.pixels) < manifest.min_sharpness).mean() <= BLURRED_SHARE
    assert 0.2 < manifest.min_sharpness < 0.6


def test_the_input_takes_every_pixel_exactly(conversion):
    assert conversion.manifest.input == Quantisation(1.0, -128)
    assert conversion.manifest.output == Interpreter(conversion.content).output


@pytest.fixture
def refusal(run, tmp_path):
    """The message with which a network is refused in place of the run's."""

    def refusal_of(network, limits=LIMITS, labels=DIGITS):
        path = tmp_path / "faulty.keras"
        save(network, path)
        source = sources.find(run, None, LIMITS.calibration_glyphs)
        with pytest.raises(ConversionRefused) as refused:
            build(replace(source, model=path, held_out_model=path, labels=labels), limits)
        message = str(refused.value)
        assert message.startswith(f"{path}: ")
        assert "\n" not in message
        return message

    return refusal_of


def ending(x):
    return layers.Dense(len(DIGITS))(layers.Flatten()(x))


def test_an_input_of_another_scale_is_refused(refusal):
    # Clipping comes first and needs the same scale on both sides, so 0 to 100 is all the input spans.
    glyph = keras.Input((28, 28, 1))
    message = refusal(keras.Model(glyph, ending(ops.clip(glyph, 0, 100))))
    assert "its input has scale 0.392157 and zero point -128; expected scale 1 and zero point -128" in message


def test_calibration_that_does_not_span_all_pixels_is_refused(trained, glyphs):
    tflite = quantize(trained, glyphs.test.pixels[:20] // 2, "m.keras")
    with pytest.raises(ConversionRefused, match=r"^m\.keras: its input has scale 0\.498039 and zero point -128"):
        verify.check_graph(read_graph(tflite), "m.keras")


def test_an_operator_that_stays_in_floating_point_is_refused(refusal):
    glyph, x = scaled()
    message = refusal(keras.Model(glyph, ending(ops.sin(x))))
    assert "2 tensors are still floating point (tfl.dequantize, " in message


def test_a_model_that_is_float_altogether_is_refused(trained):
    tflite = as_float_tflite(trained)
    with pytest.raises(ConversionRefused, match=r"tensors are still floating point \(.* and \d+ more\)"):
        verify.check_graph(read_graph(tflite), "m.keras")


def test_an_operator_that_tflite_does_not_have_is_refused_by_its_name(refusal):
    glyph, x = scaled()
    assert "cannot be converted (TFLite has no Erf); replace the layer" in refusal(
        keras.Model(glyph, ending(ops.erf(x)))
    )


def test_a_network_that_learnt_nothing_is_refused(refusal):
    assert "of 800 test glyphs right in int8" in refusal(small_network())


def test_an_int8_form_that_disagrees_with_the_float_one_is_refused(refusal, trained):
    # One logit far below all others stretches the output's scale until the others fall together.
    drowned = keras.models.clone_model(trained)
    drowned.set_weights(trained.get_weights())
    weights, bias = drowned.layers[-1].get_weights()
    weights[:, 7], bias[7] = 0, -5000
    drowned.layers[-1].set_weights([weights, bias])
    message = refusal(drowned, msgspec.structs.replace(LIMITS, min_accuracy=0))
    assert "float and int8 differ on " in message
    assert "allowed: 1.00% (convert.max_disagreement)" in message


def test_outputs_that_are_not_the_labels_are_refused(refusal, trained):
    assert "10 outputs for 3 labels (0, 1, 2); expected one each" in refusal(trained, labels=("0", "1", "2"))


def test_a_softmax_that_is_no_layer_is_refused(refusal):
    glyph, x = scaled()
    assert "ends in a softmax, which saturates in int8" in refusal(keras.Model(glyph, ops.softmax(ending(x))))


@pytest.mark.parametrize(
    ("shape", "found"),
    [((32, 32, 3), "(None, 32, 32, 3)"), ((784,), "(None, 784)"), ((28, 28, 3), "(None, 28, 28, 3)")],
)
def test_a_network_that_takes_no_glyphs_is_refused(refusal, shape, found):
    pixels = keras.Input(shape)
    assert f"the network takes {found}; expected (None, 28, 28, 1)" in refusal(keras.Model(pixels, ending(pixels)))


def test_a_network_with_two_outputs_is_refused(refusal):
    glyph, x = scaled()
    message = refusal(keras.Model(glyph, [ending(x), ending(x)]))
    assert "the network returns (None, 10) and (None, 10); expected (None, classes), logits" in message


@pytest.mark.parametrize("how", ["activation", "softmax layer", "activation layer"])
def test_the_softmax_of_the_tutorials_is_taken_off(trained, glyphs, tmp_path, how):
    logits = trained.output
    ended = {
        "softmax layer": lambda: layers.Softmax()(logits),
        "activation layer": lambda: layers.Activation("softmax")(logits),
        "activation": lambda: layers.Dense(10, activation="softmax", name="probabilities")(trained.layers[-2].output),
    }[how]()
    network = keras.Model(trained.input, ended)
    if how == "activation":
        network.layers[-1].set_weights(trained.layers[-1].get_weights())
    path = tmp_path / "tutorial.keras"
    save(network, path)
    pixels = glyphs.test.pixels[:50]
    np.testing.assert_allclose(float_logits(trained, pixels), float_logits(load(path), pixels), rtol=1e-4, atol=1e-4)


def test_a_network_without_a_channel_converts_as_well(glyphs, tmp_path):
    rows = keras.Input((28, 28))
    path = tmp_path / "rows.keras"
    save(keras.Model(rows, ending(layers.Rescaling(1 / 255)(rows))), path)
    network = load(path)
    tflite = quantize(network, representative(glyphs.train.pixels[:20]), "rows.keras")
    found, exact = Interpreter(tflite).classify(glyphs.test.pixels), float_logits(network, glyphs.test.pixels)
    assert np.abs(found - exact).mean() < 0.05 * exact.std()


def test_a_file_that_is_no_keras_model_is_refused_in_one_line(tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(b"not at all")
    with pytest.raises(ModelFileError, match=r"model\.keras: cannot be loaded as a Keras model \([^\n]*\)$"):
        load(path)


def test_a_keras_file_that_is_cut_off_is_refused(run, tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes((run / "model.keras").read_bytes()[:-3000])
    with pytest.raises(ModelFileError, match="cannot be loaded as a Keras model"):
        load(path)


def test_code_inside_a_keras_file_is_not_run(tmp_path):
    glyph, x = scaled()
    path = tmp_path / "model.keras"
    save(keras.Model(glyph, ending(layers.Lambda(lambda pixels: pixels * 2)(x))), path)
    with pytest.raises(ModelFileError, match="cannot be loaded as a Keras model"):
        load(path)


def test_the_file_is_a_zip_to_everyone_who_asks(converted):
    with zipfile.ZipFile(converted) as archive:
        assert archive.namelist() == ["labels.txt", "manifest.json"]
        assert archive.read("labels.txt").decode().split() == list(DIGITS)
