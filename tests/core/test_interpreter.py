"""The interpreter's arithmetic, worked out by hand on one dense layer, and all it refuses."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tflite_builder import FLOAT32, dense

from core import model_file, runtime
from core.errors import ModelFileError
from core.interpreter import LARGEST_BATCH, Interpreter
from core.manifest import Manifest, Provenance, Quantisation
from core.model_file import ModelFile

CLASSES = 4


def weights_reading_single_pixels():
    """Class k has the value of pixel k: weight 1 there, 0 elsewhere."""
    weights = np.zeros((CLASSES, 784), np.int8)
    weights[np.arange(CLASSES), np.arange(CLASSES)] = 1
    return weights


@pytest.fixture(scope="module")
def pixel_reader():
    # Scale 1 and zero point -128 hold 0 to 255, so each logit is the pixel itself.
    return Interpreter(dense(weights_reading_single_pixels(), output_zero_point=-128))


def test_every_pixel_value_goes_in_and_comes_out_exactly(pixel_reader):
    values = np.arange(256, dtype=np.uint8)
    pixels = np.zeros((256, 28, 28), np.uint8)
    pixels[:, 0, :CLASSES] = values[:, np.newaxis]
    logits = pixel_reader.classify(pixels)
    assert logits.dtype == np.float32
    np.testing.assert_array_equal(np.repeat(values[:, np.newaxis], CLASSES, axis=1), logits)


def test_logits_are_dequantised_with_the_scale_and_zero_point_of_the_output():
    runs = Interpreter(dense(weights_reading_single_pixels(), output_scale=4.0, output_zero_point=-100))
    pixels = np.zeros((1, 28, 28), np.uint8)
    pixels[0, 0, :CLASSES] = 0, 4, 80, 200
    assert runs.output == Quantisation(4.0, -100)
    assert runs.classify(pixels).tolist() == [[0, 4, 80, 200]]


@settings(deadline=None, max_examples=40)
@given(counts=st.lists(st.integers(0, 3 * LARGEST_BATCH), min_size=1, max_size=4), seed=st.integers(0, 2**32 - 1))
def test_each_glyph_has_its_logits_whatever_batches_came_before(pixel_reader, counts, seed):
    rng = np.random.default_rng(seed)
    for count in counts:
        pixels = rng.integers(0, 256, (count, 28, 28), np.uint8)
        np.testing.assert_array_equal(pixels.reshape(count, 784)[:, :CLASSES], pixel_reader.classify(pixels))


def test_the_callers_pixels_stay_as_they_are(pixel_reader):
    pixels = np.full((2, 28, 28), 7, np.uint8)
    pixels.flags.writeable = False
    pixel_reader.classify(pixels)
    assert (pixels == 7).all()


def test_a_cut_out_of_a_larger_array_is_read_like_a_copy_of_it(pixel_reader):
    pixels = np.random.default_rng(1).integers(0, 256, (6, 40, 40), np.uint8)[::2, 5:33, 7:35]
    np.testing.assert_array_equal(pixel_reader.classify(pixels.copy()), pixel_reader.classify(pixels))


def test_earlier_logits_stay_when_more_glyphs_are_read(pixel_reader):
    first = pixel_reader.classify(np.full((1, 28, 28), 9, np.uint8))
    pixel_reader.classify(np.zeros((1, 28, 28), np.uint8))
    assert first.tolist() == [[9] * CLASSES]


@pytest.mark.parametrize("shape", [(1, 28, 28, 1), (1, 28, 28)])
def test_the_channel_may_be_missing(shape):
    runs = Interpreter(dense(weights_reading_single_pixels(), input_shape=shape, output_zero_point=-128))
    assert runs.classify(np.full((5, 28, 28), 3, np.uint8)).tolist() == [[3] * CLASSES] * 5


def test_a_model_for_one_glyph_at_a_time_gets_one_at_a_time():
    runs = Interpreter(dense(weights_reading_single_pixels(), any_batch=False, output_zero_point=-128))
    pixels = np.random.default_rng(2).integers(0, 256, (5, 28, 28), np.uint8)
    np.testing.assert_array_equal(pixels.reshape(5, 784)[:, :CLASSES], runs.classify(pixels))


def test_bytes_after_the_model_change_nothing():
    tflite = dense(weights_reading_single_pixels(), output_zero_point=-128)
    pixels = np.random.default_rng(3).integers(0, 256, (3, 28, 28), np.uint8)
    np.testing.assert_array_equal(
        Interpreter(tflite).classify(pixels), Interpreter(tflite + b"PK\x03\x04 and more").classify(pixels)
    )


@pytest.mark.parametrize(
    ("faults", "found"),
    [
        ({"kind": FLOAT32}, "m.tflite: its input is float32 (1, 28, 28, 1); expected int8 (1, 28, 28, 1)"),
        ({"input_shape": (1, 784)}, "m.tflite: its input is int8 (1, 784); expected int8 (1, 28, 28, 1)"),
        (
            {"input_shape": (2, 28, 28, 1), "any_batch": False},
            "m.tflite: its input is int8 (2, 28, 28, 1); expected int8 (1, 28, 28, 1)",
        ),
        ({"input_scale": 1 / 255}, "m.tflite: its input has scale 0.00392157 and zero point -128; expected 1 and -128"),
        ({"input_zero_point": 0}, "m.tflite: its input has scale 1 and zero point 0; expected 1 and -128"),
        ({"outputs": 2}, "m.tflite: has 2 outputs; a classifier of glyphs has one"),
    ],
)
def test_a_model_that_is_no_classifier_of_glyphs_is_refused(faults, found):
    with pytest.raises(ModelFileError) as refusal:
        Interpreter(dense(weights_reading_single_pixels(), **faults), place="m.tflite")
    assert found in str(refusal.value)


@settings(deadline=None)
@given(content=st.binary(max_size=400))
def test_garbage_is_refused_and_does_not_crash(content):
    with pytest.raises(ModelFileError):
        Interpreter(content)


def test_garbage_behind_the_identifier_is_refused_in_one_line():
    with pytest.raises(ModelFileError) as refusal:
        Interpreter(b"\x1c\x00\x00\x00TFL3" + bytes(range(256)) * 4, place="m.tflite")
    assert str(refusal.value).startswith("m.tflite: ")
    assert "\n" not in str(refusal.value)


def manifest_of(tflite, labels):
    return Manifest(
        glyph_contract=1,
        labels=labels,
        tflite_bytes=len(tflite),
        tflite_sha256=model_file.sha256(tflite),
        input=Quantisation(1.0, -128),
        output=Quantisation(1.0, 0),
        temperature=1.0,
        min_confidence=0.5,
        metrics={},
        provenance=Provenance("dense", 1, 1, [], "", ""),
    )


def test_a_model_file_needs_a_label_for_each_output():
    tflite = dense(weights_reading_single_pixels())
    assert Interpreter.of(ModelFile(tflite, manifest_of(tflite, list("abcd")))).classes == CLASSES
    with pytest.raises(ModelFileError, match=r"^m\.tflite: 3 labels for 4 outputs$"):
        Interpreter.of(ModelFile(tflite, manifest_of(tflite, list("abc"))), place="m.tflite")


def test_the_runtime_is_named_with_its_version(pixel_reader):
    name, version = pixel_reader.runtime.split(" ")
    assert name in {distribution for distribution, _ in runtime.RUNTIMES}
    assert version[0].isdigit()


LOADS_A_MODEL = """
import sys
import numpy as np
{before}
from core.interpreter import Interpreter
tflite = open(sys.argv[1], "rb").read()
print(Interpreter(tflite).runtime, Interpreter(tflite).classify(np.zeros((1, 28, 28), np.uint8)).tolist())
assert "tensorflow" not in sys.modules
"""


@pytest.fixture
def load_in_a_fresh_process(tmp_path):
    def load(before=""):
        path = tmp_path / "dense.tflite"
        path.write_bytes(dense(weights_reading_single_pixels()))
        return subprocess.run(
            [sys.executable, "-c", LOADS_A_MODEL.format(before=before), str(path)],
            capture_output=True,
            text=True,
            check=False,
        )

    return load


def test_loading_a_model_prints_nothing_and_leaves_tensorflow_alone(load_in_a_fresh_process):
    loaded = load_in_a_fresh_process()
    assert (loaded.returncode, loaded.stderr) == (0, "")
    assert loaded.stdout.endswith(" [[0.0, 0.0, 0.0, 0.0]]\n")


def test_without_any_runtime_the_message_says_what_to_install(load_in_a_fresh_process):
    missing = "sys.modules['ai_edge_litert'] = sys.modules['tflite_runtime'] = None"
    assert "no TFLite runtime is installed; install ai-edge-litert" in load_in_a_fresh_process(missing).stderr


def test_tflite_runtime_serves_where_ai_edge_litert_is_missing(load_in_a_fresh_process, tmp_path):
    # Only 32-bit Raspberry Pi OS has the real one; its API is the same, so here it is ai-edge-litert under that name.
    package = tmp_path / "tflite_runtime"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "interpreter.py").write_text("from ai_edge_litert.interpreter import Interpreter\n")
    described = tmp_path / "tflite_runtime-2.14.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: tflite-runtime\nVersion: 2.14.0\n")
    before = f"""
sys.path.insert(0, {str(tmp_path)!r})
import tflite_runtime.interpreter
sys.modules["ai_edge_litert.interpreter"] = None
"""
    loaded = load_in_a_fresh_process(before)
    assert (loaded.stderr, loaded.stdout) == ("", "tflite-runtime 2.14.0 [[0.0, 0.0, 0.0, 0.0]]\n")
