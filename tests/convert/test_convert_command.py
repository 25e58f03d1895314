"""`python -m convert`, as people call it: what it prints, what it writes, what it leaves alone."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import keras
import msgspec
import numpy as np
import pytest
from small_network import as_float_tflite, save, small_network

from convert import sources
from convert.__main__ import main
from convert.calibrate import representative
from convert.quantize import quantize
from core import model_file, run_folder
from core.dataset import GlyphSet
from core.interpreter import Interpreter


@pytest.fixture
def lone_run(run, tmp_path):
    """The run without its holdout.keras, as one without refitting leaves it: half the work."""
    folder = tmp_path / "lone"
    shutil.copytree(run, folder)
    (folder / run_folder.HOLDOUT_MODEL).unlink()
    return folder


@pytest.fixture
def output(tmp_path):
    return tmp_path / "models" / "digits.tflite"


@pytest.fixture
def convert(output, config_file, capsys):
    """Runs the command in this process, to `output`: (exit status, what it printed)."""

    def convert_to_output(*arguments):
        given = [*map(str, arguments), "--output", str(output), "--config", str(config_file)]
        return main(given), capsys.readouterr()

    return convert_to_output


@pytest.fixture
def evaluate(capsys):
    """The JSON object that --evaluate prints."""

    def evaluate_on(path, test_glyphs):
        assert main(["--evaluate", str(path), "--data", str(test_glyphs), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return evaluate_on


def refusal(status, printed):
    """(exit status, message) of what was refused, in one line and nothing else."""
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    return status, printed.err


def test_the_command_writes_the_file_tells_about_it_and_leaves_nothing_else(run, conversion, output, config_file, root):
    temporary = config_file.parent / "temporary"
    temporary.mkdir()
    ran = subprocess.run(
        [sys.executable, "-m", "convert", str(run), "--output", str(output), "--config", str(config_file)],
        cwd=root,
        env=os.environ | {"TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert output.read_bytes() == conversion.content
    assert [list(temporary.iterdir()), list(output.parent.iterdir())] == [[], [output]]
    lines = ran.stdout.splitlines()
    assert lines[0].startswith(f"{output}: {len(conversion.content):,} bytes, of which the model ")
    assert lines[0].endswith(f"; {conversion.parameters:,} parameters")
    told = {line.strip().split("  ")[0] for line in lines[1:]}
    assert {"operators", "int8", "float", "agreement", "calibration", "temperature", "time a glyph"} <= told
    assert {"not_a_digit", "unsure", "blurred", "rejected"} <= told


def test_json_is_one_object_with_everything_in_it(lone_run, output, convert):
    status, printed = convert(lone_run, "--json")
    told, written = json.loads(printed.out), model_file.read(output)
    assert (status, printed.err) == (0, "")
    assert told["bytes"] == output.stat().st_size
    assert told["manifest"] == msgspec.to_builtins(written.manifest)
    assert told["int8"]["accuracy"] == pytest.approx(written.manifest.metrics["accuracy_int8"].value, abs=1e-6)
    assert told["rejected"] == pytest.approx(written.manifest.metrics["rejected"].value, abs=1e-6)
    assert told["rejected"] == pytest.approx(told["blurred"] + told["not_a_digit"] + told["unsure"])
    assert told["glyph_time"]["median_us"] > 0
    assert told["operators"]["CONV_2D"] == 2


def test_a_refused_model_leaves_the_old_file_as_it_was(lone_run, output, converted, convert):
    output.parent.mkdir()
    shutil.copy(converted, output)
    save(small_network(), lone_run / run_folder.MODEL)
    status, message = refusal(*convert(lone_run))
    assert (status, "allowed: at least 97.00% (convert.min_accuracy)" in message) == (1, True)
    assert list(output.parent.iterdir()) == [output]
    assert output.read_bytes() == converted.read_bytes()


def test_other_test_glyphs_replace_those_of_the_run(lone_run, glyphs, output, convert):
    other = lone_run / "other.npz"
    glyphs.test.take(np.arange(100), "a hundred others").save(other)
    status, printed = convert(lone_run, "--data", other, "--json")
    assert (status, json.loads(printed.out)["int8"]["count"]) == (0, 100)
    assert {figure.data for figure in model_file.read(output).manifest.metrics.values()} == {"a hundred others"}


@pytest.fixture
def own_model(trained, glyphs, tmp_path):
    """(model, glyphs): a .keras without its run, as anyone may have one."""
    model, own_glyphs = tmp_path / "mine.keras", tmp_path / "mine.npz"
    save(trained, model)
    glyphs.test.save(own_glyphs)
    return model, own_glyphs


def test_a_model_of_ones_own_converts_with_glyphs_of_ones_own(own_model, trained, output, convert):
    model, own_glyphs = own_model
    status, _ = convert(model, "--data", own_glyphs)
    manifest = model_file.read(output).manifest
    assert (status, manifest.labels) == (0, list("0123456789"))
    assert manifest.provenance.parameters == trained.count_params()
    assert (manifest.provenance.seed, manifest.provenance.git_commit) == (None, "unknown")


def test_the_labels_inside_a_keras_file_order_its_outputs(own_model):
    model, own_glyphs = own_model
    with zipfile.ZipFile(model, "a") as archive:
        archive.writestr(run_folder.LABELS_ENTRY, json.dumps(list("9876543210")))
    source = sources.find(model, own_glyphs, 50)
    for part in (source.calibration, source.held_out, source.test):
        assert (source.labels, part.labels) == (tuple("9876543210"),) * 2


def test_a_model_of_ones_own_is_tested_on_none_of_its_calibration_glyphs(own_model):
    source = sources.find(*own_model, 100)
    calibration, test = ({glyph.tobytes() for glyph in part.pixels} for part in (source.calibration, source.test))
    assert (len(source.calibration), len(source.test)) == (100, 400)
    assert calibration & test == set()


def test_the_keras_file_of_a_run_stands_for_the_run(run):
    of_folder, of_file = (sources.find(path, None, 100) for path in (run, run / run_folder.MODEL))
    assert (of_folder.model, of_folder.held_out_model) == (of_file.model, of_file.held_out_model)
    assert of_folder.provenance == of_file.provenance


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], (2, "name the folder of a run or a .keras file to convert")),
        (["{tmp}/nowhere"], (2, "/nowhere: not there; expected the folder of a run")),
        (["{tmp}"], (1, "no run.json there, so no run of `python -m train`")),
        (["{tmp}/lone.keras"], (2, "/lone.keras: no run.json beside it, so name glyphs to calibrate and test it with")),
        (["{tmp}/lone.keras", "--data", "{tmp}/none"], (1, "/none: not there")),
        (["{run}", "--evaluate", "{tmp}/d.tflite"], (2, "--evaluate measures one file; it does not go with a network")),
        (["--evaluate", "{tmp}/d.tflite", "--output", "{tmp}/e"], (2, "it does not go with --output")),
        (["--evaluate", "{tmp}/d.tflite"], (2, "--evaluate needs labelled glyphs; name them with --data")),
        (["--evaluate", "{tmp}/d.tflite", "--data", "{run}/test.npz"], (1, "/d.tflite: no such file")),
        (["{run}", "--config", "{tmp}/none.yaml"], (78, "/none.yaml: no such file")),
    ],
)
def test_what_cannot_be_is_said_in_one_line(arguments, expected, run, tmp_path, capsys):
    (tmp_path / "lone.keras").touch()
    status, message = refusal(
        main([argument.format(tmp=tmp_path, run=run) for argument in arguments]), capsys.readouterr()
    )
    assert (status, expected[1] in message) == (expected[0], True), message


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("model.keras", (2, "has no model.keras, so training has not ended; start it again and it goes on")),
        ("test.npz", (2, "has no test.npz; name glyphs to test the model with, by --data")),
        ("calibration.npz", (1, "calibration.npz: no such file")),
        ("holdout.npz", (1, "holdout.npz: no such file")),
        ("run.json", (1, "no run.json there, so no run of `python -m train`")),
    ],
)
def test_a_part_of_the_run_that_is_missing_is_named(missing, expected, lone_run, convert):
    (lone_run / missing).unlink()
    status, message = refusal(*convert(lone_run))
    assert (status, expected[1] in message) == (expected[0], True), message


def test_a_damaged_record_is_named(lone_run, convert):
    (lone_run / run_folder.RECORD).write_text("{")
    assert "run.json: damaged" in refusal(*convert(lone_run))[1]


def test_evaluating_the_file_gives_the_figures_of_its_conversion(converted, conversion, run, evaluate):
    told = evaluate(converted, run / run_folder.TEST)
    assert told["int8"] == conversion.int8_read.figures()
    assert told["int8_uncalibrated"] == conversion.uncalibrated.figures()
    assert {name: told[name] for name in conversion.rejects.figures()} == conversion.rejects.figures()
    assert (told["assumed"], told["left_out"]) == ("", 0)
    assert [entry["count"] for entry in told["classes"]] == [80] * 10


def test_evaluating_prints_every_class(converted, run, capsys):
    assert main(["--evaluate", str(converted), "--data", str(run / run_folder.TEST)]) == 0
    told = capsys.readouterr().out
    rows = [line.split() for line in told.splitlines() if line.endswith("%")][-10:]
    assert [row[:2] for row in rows] == [[str(digit), "80"] for digit in range(10)]
    assert "  confused      " in told
    assert "µs (median of 800 one by one, " in told


def test_the_worst_confusions_come_first(converted, glyphs, tmp_path, evaluate):
    # Fours and a few sevens that claim to be nines.
    claimed = glyphs.test.targets.copy()
    claimed[np.flatnonzero(claimed == 4)[:60]] = 9
    claimed[np.flatnonzero(claimed == 7)[:20]] = 9
    path = tmp_path / "claimed.npz"
    GlyphSet("claimed", glyphs.test.pixels, claimed, glyphs.test.labels).save(path)
    worst = evaluate(converted, path)["confusions"][:2]
    assert [(pair["truth"], pair["read"]) for pair in worst] == [("9", "4"), ("9", "7")]
    assert [pair["count"] for pair in worst] == pytest.approx([60, 20], abs=2)


def test_a_bare_tflite_is_evaluated_with_what_had_to_be_assumed(converted, run, conversion, evaluate):
    bare = converted.parent / "bare.tflite"
    bare.write_bytes(model_file.read(converted).tflite)
    told = evaluate(bare, run / run_folder.TEST)
    assert told["assumed"] == "no manifest inside: taken for labels 0 to 9, temperature 1"
    assert told["int8"] == conversion.uncalibrated.figures()
    assert told["rejected"] is None


def test_a_file_of_before_there_were_other_thresholds_is_evaluated_by_the_one_it_has(
    converted, run, evaluate, capsys, tmp_path
):
    model = model_file.read(converted)
    earlier = msgspec.structs.replace(model.manifest, min_confidence=0.9, min_evidence=None, min_sharpness=None)
    path = tmp_path / "earlier.tflite"
    path.write_bytes(model_file.pack(model.tflite, earlier))
    told = evaluate(path, run / run_folder.TEST)
    assert (told["not_a_digit"], told["blurred"]) == (0, 0)
    assert told["rejected"] == told["unsure"] > 0
    assert main(["--evaluate", str(path), "--data", str(run / run_folder.TEST)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  not_a_digit   never: the model has no threshold for it" in lines
    assert "  unsure        below confidence 0.9" in lines


def test_a_bare_tflite_that_ends_in_a_softmax_keeps_its_probabilities(trained, glyphs, tmp_path, evaluate):
    network = keras.Model(trained.input, keras.layers.Softmax()(trained.output))
    tflite = quantize(network, representative(glyphs.train.pixels[:50]), "softmax")
    bare, test = tmp_path / "softmax.tflite", tmp_path / "test.npz"
    bare.write_bytes(tflite)
    glyphs.test.save(test)
    told = evaluate(bare, test)
    overconfidence = Interpreter(tflite).classify(glyphs.test.pixels).max(axis=1).mean() - told["int8"]["accuracy"]
    assert "and its softmax's probabilities as they are" in told["assumed"]
    assert told["int8"]["calibration_error"] == pytest.approx(abs(overconfidence), abs=0.02)


def test_a_damaged_file_is_not_taken_for_a_bare_one(converted, run, tmp_path, capsys):
    damaged = tmp_path / "damaged.tflite"
    content = bytearray(converted.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    status = main(["--evaluate", str(damaged), "--data", str(run / run_folder.TEST)])
    assert "does not match the sha256" in refusal(status, capsys.readouterr())[1]


def test_labels_that_the_model_does_not_have_are_counted_and_left_out(converted, glyphs, tmp_path, evaluate):
    path = tmp_path / "foreign.npz"
    GlyphSet("with a letter", glyphs.test.pixels, glyphs.test.targets, (*"012345678", "g")).save(path)
    told = evaluate(converted, path)
    assert (told["left_out"], told["int8"]["count"]) == (80, 720)


def test_glyphs_of_other_labels_only_are_refused(converted, glyphs, tmp_path, capsys):
    path = tmp_path / "foreign.npz"
    GlyphSet("letters", glyphs.test.pixels, glyphs.test.targets, tuple("abcdefghij")).save(path)
    status = main(["--evaluate", str(converted), "--data", str(path)])
    message = refusal(status, capsys.readouterr())[1]
    assert "letters: has no glyph of the model's labels 0, 1, 2" in message


def test_a_float_tflite_is_refused_with_its_input_named(trained, run, tmp_path, capsys):
    path = tmp_path / "float.tflite"
    path.write_bytes(as_float_tflite(trained))
    status = main(["--evaluate", str(path), "--data", str(run / run_folder.TEST)])
    message = refusal(status, capsys.readouterr())[1]
    assert "its input is float32 (1, 28, 28, 1); expected int8 (1, 28, 28, 1)" in message


def test_evaluating_needs_no_tensorflow(converted, run):
    program = (
        "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None\n"
        "from convert.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, "--evaluate", str(converted), "--data", str(run / run_folder.TEST)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.shared_data
def test_a_file_is_evaluated_on_the_folder_of_mnist(converted, shared_data, evaluate):
    told = evaluate(converted, shared_data / "mnist")
    assert (told["test"], told["int8"]["count"]) == ("MNIST test", 10_000)
    # It learnt typefaces only; still it does better than guessing.
    assert told["int8"]["accuracy"] > 0.2
