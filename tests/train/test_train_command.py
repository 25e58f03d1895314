from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from blink import SMALL
from handwriting import draw, glyph_set, write_idx

from core.config import TrainConfig
from core.run_folder import read_record
from train import __main__ as command
from train.augment import FULL, MILD
from train.network import NETWORKS
from train.plan import plan_of


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with `digits`, an IDX folder of 0, 1 and 7; `plain` is a network that trains in a blink."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(NETWORKS, "plain", SMALL)
    write_idx(tmp_path / "digits", "train", glyph_set(90, seed=1, labels="017", writers=9).relabelled("0123456789"))
    write_idx(tmp_path / "digits", "test", glyph_set(30, seed=2, labels="017", writers=3).relabelled("0123456789"))
    return tmp_path


SHORT = ["--data", "digits", "--epochs", "1", "--holdout-fraction", "0.2"]


def test_a_run_goes_from_the_data_to_the_report(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([*SHORT, "--refit-epochs", "0"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.splitlines()[:2] == ["reading digits", "train on digits train: 90 glyphs, 9 writers"]
    assert said.out.splitlines()[-1] == "next: python -m convert build/plain-1"
    assert (place / "build" / "plain-1" / "report.html").exists()
    assert read_record(place / "build" / "plain-1").settings["refit_epochs"] == 0


def test_own_pictures_are_trained_on_and_shown(place: Path) -> None:
    rng = np.random.default_rng(3)
    for label in "07":
        (place / "mine" / label).mkdir(parents=True)
        for index in range(12):
            cv2.imwrite(str(place / "mine" / label / f"{index}.png"), 255 - draw(label, rng))
    assert command.main([*SHORT, "--data", "mine", "--run", "both", "--out", "runs", "--labels", "7, 0"]) == 0
    record = read_record(place / "runs" / "both")
    assert (record.labels, [entry.name for entry in record.data]) == (["0", "7"], ["digits train", "mine"])
    sheet = cv2.imread(str(place / "runs" / "both" / "own-glyphs.png"), cv2.IMREAD_GRAYSCALE)
    assert sheet.shape[0] == 2 * 90


def test_further_glyphs_are_trained_on_and_others_against(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.others.DRAWN_COUNT", 3)
    monkeypatch.setattr("train.others.FROM_DIGITS_COUNT", 3)
    glyph_set(30, seed=3, labels="01A").save(place / "more.npz")
    glyph_set(20, seed=4, labels="XK").save(place / "letters.npz")
    against = ["--not-digits", "drawn", "--not-digits", "letters.npz"]
    assert command.main([*SHORT, "--refit-epochs", "0", "--extra", "more.npz", *against]) == 0
    record = read_record(place / "build" / "plain-1")
    assert record.labels == ["0", "1", "7"]
    assert [(entry.name, entry.count) for entry in record.data] == [("digits train", 90), ("drawn 3", 20)]
    assert [(entry.name, entry.count) for entry in record.others] == [("drawn", 9 * 3), ("drawn 4", 20)]
    said = capsys.readouterr().out.splitlines()
    assert said[:3] == ["reading digits", "reading more.npz", "reading letters.npz"]
    assert "train against drawn: 27 glyphs" in said
    assert "train against drawn 4: 20 glyphs" in said


def test_the_config_gives_what_no_flag_does(place: Path) -> None:
    (place / "mine.yaml").write_text(
        "train: {data: [digits], epochs: 2, refit_epochs: 0, seed: 5, holdout_fraction: 0.2}"
    )
    assert command.main(["--config", "mine.yaml", "--epochs", "1"]) == 0
    settings = read_record(place / "build" / "plain-5").settings
    assert (settings["epochs"], settings["refit_epochs"], settings["seed"]) == (1, 0, 5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epochs", "0"], "epochs is 0; allowed: a whole number from 1 to 10000 or null"),
        (["--epochs", "many"], "epochs is 'many'; allowed: a whole number from 1 to 10000 or null"),
        (["--epochs", "2.5"], "epochs is 2.5; allowed: a whole number from 1 to 10000 or null"),
        (["--learning-rate", "7"], "learning_rate is 7; allowed: a number above 0 to 1 or null"),
        (["--learning-rate", "nan"], "learning_rate is nan; allowed: a number above 0 to 1 or null"),
        (["--holdout-fraction", "0.9"], "holdout_fraction is 0.9; allowed: a number above 0 below 0.9"),
        (["--labels", "3"], "labels is ['3']; allowed: a list of texts with at least 2 entries or null"),
        (["--network", "big"], "network is 'big'; allowed: one of classic-dense, classic-dropout, plain"),
    ],
)
def test_a_setting_is_held_to_the_schema_of_the_config(
    place: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert command.main(arguments) == 2
    assert capsys.readouterr().err == f"error: command line: train.{message}\n"
    assert not (place / "build").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--run", "a/b"], 2, "--run is 'a/b'; allowed: a name without slashes, the folder it is in comes from --out"),
        (["--sedd", "1"], 2, "unrecognized arguments: --sedd 1; see python -m train --help"),
        (["--seed"], 2, "argument --seed: expected one argument; see python -m train --help"),
        (
            ["--config", "x.yml"],
            78,
            "x.yml: no such file; copy config.yaml of the project, every key has a default",
        ),
        (["--data", "no"], 1, "no: not there; expected a folder of IDX files or pictures per class, or an .npz"),
        ([*SHORT, "--from", "no.keras"], 1, "no.keras: no such file; `python -m train` makes one"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    place: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, message: str
) -> None:
    assert command.main(arguments) == status
    assert capsys.readouterr().err == f"error: {message}\n"
    assert not (place / "build").exists()


def test_without_a_number_the_one_the_network_is_known_with_is_taken(tmp_path: Path) -> None:
    plan = plan_of(TrainConfig(network="classic-dropout"), tmp_path, 2000)
    assert (plan.recipe.epochs, plan.recipe.batch_size, plan.recipe.augment, plan.refit_epochs) == (50, 64, False, 0)
    plan = plan_of(TrainConfig(epochs=7, refit_epochs=0, augment=False, learning_rate=0.5), tmp_path, 2000)
    assert (plan.recipe.epochs, plan.recipe.augment, plan.recipe.learning_rate) == (7, False, 0.5)
    assert (plan.refit_epochs, plan.recipe.batch_size) == (0, 128)


def test_what_to_train_against_is_the_networks_own_unless_said_otherwise(tmp_path: Path) -> None:
    def against(**settings: object) -> tuple[str, ...]:
        return plan_of(TrainConfig(**settings), tmp_path, 2000).not_digits

    assert against() == NETWORKS["plain"].not_digits == ("drawn",)
    assert against(network="classic-dense") == ()
    assert against(not_digits=[]) == ()
    assert against(network="classic-dense", not_digits=["drawn", "letters.npz"]) == ("drawn", "letters.npz")


def test_augmentation_grows_mild_when_the_network_is_known_to_and_stays_so_in_the_second_part(tmp_path: Path) -> None:
    plan = plan_of(TrainConfig(refit_epochs=6), tmp_path, 2000)
    assert plan.recipe.mild_from == NETWORKS["plain"].mild_from < 1
    assert (plan.recipe.strength_at(0), plan.recipe.strength_at(0.99)) == (FULL, MILD)
    assert {plan.refit_recipe().strength_at(progress) for progress in (0, 0.5, 0.99)} == {MILD}


def test_the_documented_config_says_what_plain_is_known_with(root: Path) -> None:
    known = NETWORKS["plain"]
    numbers = f"{known.epochs}, {known.refit_epochs}, {known.batch_size}, "
    numbers += f"{known.learning_rate:g}, "
    assert f"(plain: {numbers}{str(known.augment).lower()})" in (root / "config.yaml").read_text(encoding="utf-8")


def test_the_second_part_starts_lower_and_draws_other_numbers(tmp_path: Path) -> None:
    plan = plan_of(TrainConfig(seed=3, refit_epochs=6), tmp_path, 2000)
    refit = plan.refit_recipe()
    assert (refit.epochs, refit.learning_rate, refit.seed, refit.cosine) == (6, 0.001, 1003, True)


def test_ctrl_c_says_how_to_go_on(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("train.batches.augment", interrupted)
    assert command.main([*SHORT, "--augment"]) == 130
    said = capsys.readouterr().err
    assert said == "\ninterrupted; the same command goes on after the last epoch that was finished\n"


@pytest.mark.slow
def test_the_program_starts_quietly_from_the_shell(place: Path, root: Path) -> None:
    command_line = [sys.executable, "-m", "train", *SHORT, "--network", "classic-dense", "--seed", "4"]
    done = subprocess.run(
        command_line,
        cwd=place,
        env={"PYTHONPATH": str(root), "HOME": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "epoch  1 of 1: loss " in done.stdout
    assert read_record(place / "build" / "classic-dense-4").network == "classic-dense"


def test_help_shows_examples_and_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        command.main(["--help"])
    shown = capsys.readouterr().out
    assert left.value.code == 0
    assert [key for key in TrainConfig.__struct_fields__ if f"--{key.replace('_', '-')}" not in shown] == []
    assert "examples:" in shown
