from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from commands import Start, ended, free_address, needs
from handwriting import glyph_set, write_idx

from core.errors import UsageError
from core.run_folder import read_record
from train import distribution
from train.distribution import Workers, workers_of


def test_without_options_and_variables_there_are_no_workers() -> None:
    assert workers_of(None, None, None, {}, "jax") is None
    assert workers_of("10.0.0.1:7777", 1, 0, {}, "tensorflow") is None


def test_options_count_before_the_variables_of_keras() -> None:
    environment = {
        "KERAS_DISTRIBUTION_JOB_ADDRESSES": "10.0.0.1:7777,10.0.0.2:7777",
        "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
        "KERAS_DISTRIBUTION_PROCESS_ID": "1",
    }
    assert workers_of(None, None, None, environment, "jax") == Workers("10.0.0.1:7777", 2, 1)
    assert workers_of("[::1]:80", None, 0, environment, "jax") == Workers("[::1]:80", 2, 0)
    assert Workers("[::1]:80", 2, 0).address == ("::1", 80)


@pytest.mark.parametrize(
    ("coordinator", "count", "index", "backend", "message"),
    [
        (None, 2, 0, "jax", "--coordinator, --workers, --worker-index go together; missing: --coordinator"),
        (
            "a:1",
            None,
            None,
            "jax",
            "--coordinator, --workers, --worker-index go together; missing: --workers, --worker",
        ),
        ("a", 2, 0, "jax", "--coordinator is 'a'; allowed: HOST:PORT of worker 0, for example 10.0.0.1:7777"),
        ("a:99999", 2, 0, "jax", "--coordinator is 'a:99999'; allowed: HOST:PORT of worker 0, for example"),
        ("a:1", 0, 0, "jax", "--workers is 0; allowed: a whole number from 1 to 4096"),
        ("a:1", 1.5, 0, "jax", "--workers is 1.5; allowed: a whole number from 1 to 4096"),
        ("a:1", 2, 2, "jax", "--worker-index is 2; allowed: a whole number from 0 to 1"),
        ("a:1", 2, -1, "jax", "--worker-index is -1; allowed: a whole number from 0 to 1"),
        ("a:1", 2, 0, "torch", "2 workers need the backend jax, this is torch; add --backend jax"),
    ],
)
def test_workers_that_cannot_be_are_refused_in_one_line(
    coordinator: str | None, count: object, index: object, backend: str, message: str
) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(message)}"):
        workers_of(coordinator, count, index, {}, backend)


def test_one_process_has_the_whole_batch_and_leads() -> None:
    x, y = np.arange(7), np.arange(7)
    assert (distribution.place(), distribution.devices(), distribution.leads()) == ((0, 1), 1, True)
    assert all(np.array_equal(own, x) for own in distribution.share(x, y))


FIT = """
import os, sys
from pathlib import Path
import numpy as np
from train import backend, distribution
backend.load("jax")
index, count, address = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
distribution.begin(distribution.Workers(address, count, index) if count > 1 else None)
import keras
from blink import build_small
from handwriting import glyph_set
from train.fit import fit, predict_logits
from train.recipe import Recipe
keras.utils.set_random_seed(1)
model = build_small(3)
glyphs = glyph_set(96, seed=1, labels="017")
recipe = Recipe(3, 12, 0.002, 0.01, cosine=True, augment=True, seed=1)
history = fit(model, glyphs, recipe, Path(f"{count}-{index}.checkpoint.npz"), glyphs)
np.savez(f"{count}-{index}.npz", *model.get_weights(), losses=[epoch.loss for epoch in history],
         validation=[epoch.validation_loss for epoch in history], devices=distribution.devices())
distribution.leave(0)
"""


def fitted(start: Start, place: Path, count: int) -> list[dict[str, np.ndarray]]:
    """What each of `count` workers, which train together, ends with."""
    address = free_address()
    workers = [start(place, "-c", FIT, str(index), str(count), address) for index in range(count)]
    assert [ended(worker)[::2] for worker in workers] == [(0, "")] * count
    return [dict(np.load(place / f"{count}-{index}.npz")) for index in range(count)]


@pytest.mark.slow
def test_two_workers_end_with_the_same_weights_and_learn_as_one_does(start: Start, tmp_path: Path) -> None:
    needs("jax")
    alone = fitted(start, tmp_path, 1)[0]
    first, second = fitted(start, tmp_path, 2)
    assert (alone["devices"], first["devices"], second["devices"]) == (1, 2, 2)
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert sorted(path.name for path in tmp_path.glob("*.checkpoint.npz")) == [
        "1-0.checkpoint.npz",
        "2-0.checkpoint.npz",
    ]
    # To the order of additions, batch normalisation's statistics included.
    for name in first.keys() - {"devices"}:
        np.testing.assert_allclose(first[name], alone[name], rtol=1e-4, atol=1e-5)


CONFIG = """\
train:
  {{backend: jax, data: [digits], not_digits: [], epochs: {epochs}, refit_epochs: 1, batch_size: {batch_size},
    augment: false, holdout_fraction: 0.2}}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A working directory with `digits`, an IDX folder."""
    needs("jax")
    write_idx(tmp_path / "digits", "train", glyph_set(90, seed=1, writers=9))
    write_idx(tmp_path / "digits", "test", glyph_set(30, seed=2, writers=3))
    return tmp_path


def started(
    start: Start, place: Path, address: str, index: int, epochs: int, batch_size: int = 16
) -> subprocess.Popen[str]:
    """Worker `index` of two; worker 1 writes to a folder of its own, if it writes."""
    (place / f"{index}.yaml").write_text(CONFIG.format(epochs=epochs, batch_size=batch_size))
    options = ["--workers", "2", "--worker-index", str(index), "--coordinator", address]
    return start(place, "-m", "train", "--config", f"{index}.yaml", "--out", f"out-{index}", *options)


@pytest.mark.slow
def test_a_run_whose_worker_was_killed_goes_on_and_only_worker_0_writes(start: Start, place: Path) -> None:
    address = free_address()
    first, second = (started(start, place, address, index, epochs=400) for index in (0, 1))
    checkpoint = place / "out-0" / "plain-1" / "holdout.checkpoint.npz"
    while not checkpoint.exists():
        assert first.poll() is None, first.communicate()
        time.sleep(0.1)
    second.kill()
    status, _, err = ended(first)
    second.communicate()
    assert (status, err.count("\n")) == (1, 1)
    assert "error: worker 0: another of the 2 workers is gone, its own output says why; " in err

    with np.load(checkpoint) as saved:
        done = len(json.loads(str(saved["history"])))
    address = free_address()
    first, second = (started(start, place, address, index, epochs=400) for index in (0, 1))
    while True:
        line = first.stdout.readline()
        assert line, first.communicate()
        if "epoch" in line:
            break
    assert re.search(rf"epoch +{done + 1} of 400", line)
    first.kill()
    second.kill()
    first.communicate()
    second.communicate()
    assert not (place / "out-1").exists()


@pytest.mark.slow
def test_a_whole_run_of_two_workers_says_so_in_its_record(start: Start, place: Path) -> None:
    address = free_address()
    first, second = (started(start, place, address, index, epochs=1) for index in (0, 1))
    status, out, err = ended(first)
    assert (status, err) == (0, "")
    assert out.endswith("next: python -m convert out-0/plain-1\n")
    line = "worker 1 of 2: training with worker 0, which tells the progress and writes\n"
    assert ended(second) == (0, line, "")
    assert not (place / "out-1").exists()
    record = read_record(place / "out-0" / "plain-1")
    assert "Trained on 2 devices at once, by 2 workers; they add in another order than one does." in record.notes


@pytest.mark.slow
def test_workers_that_were_given_other_settings_do_not_train(start: Start, place: Path) -> None:
    address = free_address()
    first = started(start, place, address, 0, epochs=1)
    second = started(start, place, address, 1, epochs=1, batch_size=8)
    status, _, err = ended(second)
    assert (status, err) == (
        1,
        "error: worker 1: its batch_size is 8, worker 0 has 16; give all workers the same settings and glyphs\n",
    )
    status, _, err = ended(first)
    assert (status, err.count("\n")) == (1, 1)
    assert "another of the 2 workers is gone" in err
