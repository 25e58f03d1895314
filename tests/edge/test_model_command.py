"""`digit-reader model` as people call it, and the daemon that reads on meanwhile."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from model_files import CLASSIFIER, ROOT, SPOTTER, classifier, spotter, stubborn, unpacked

from core import model_file
from edge.__main__ import main
from edge.model_store import FILE_NAME, ModelStore

SEVEN = {
    "width": 400,
    "height": 300,
    "strokes": [{"width_px": 14, "points": [[120, 60], [280, 60], [190, 250]]}],
}

MINE = classifier(temperature=2.0)

Model = Callable[..., tuple[int, str, str]]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's state directory."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    return tmp_path / "state"


@pytest.fixture
def store(state: Path) -> ModelStore:
    return ModelStore(state / "digit-reader" / "models")


@pytest.fixture
def model(state: Path, capsys: pytest.CaptureFixture[str]) -> Model:
    """Calls `digit-reader model` in this process: its exit status, and what it printed on both."""

    def call(*arguments: object) -> tuple[int, str, str]:
        status = main(["model", *map(str, arguments)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return call


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A classifier of one's own."""
    path = tmp_path / "mine.tflite"
    path.write_bytes(MINE)
    return path


def test_info_tells_of_both_models_all_that_is_in_them(model: Model) -> None:
    status, out, err = model("info")
    assert (status, err) == (0, "")
    for path in (CLASSIFIER, SPOTTER):
        content = path.read_bytes()
        manifest = unpacked(content).manifest
        for said in (f"{len(content):,} bytes, sha256 {model_file.sha256(content)}", manifest.tflite_sha256):
            assert said in out
        assert f"{manifest.provenance.parameters:,} parameters" in out
        assert f"at commit {manifest.provenance.git_commit[:12]}" in out
        assert all(f"{name}, {each.data}, n {each.count:,}" in out for name, each in manifest.metrics.items())
    assert "glyph contract 1" in out
    assert "spot contract 1" in out
    assert "crop contract 1" in out
    assert out.count("self-test     passes: answers differ by ") == 2


def test_info_as_json_is_one_object_of_both(model: Model) -> None:
    told = json.loads(model("info", "--json")[1])
    assert set(told) == {"classifier", "spotter"}
    for kind, path in (("classifier", CLASSIFIER), ("spotter", SPOTTER)):
        content = path.read_bytes()
        one = told[kind]
        assert (one["bytes"], one["sha256"]) == (len(content), model_file.sha256(content))
        assert (one["labels"], one["self_test"], one["why"]) == (list("0123456789"), "passes", "ships with the program")
    assert [each["provenance"]["network"] for each in told["spotter"]["networks"]] == ["spotter", "second"]


def test_info_of_a_file_tells_of_that(model: Model, tmp_path: Path) -> None:
    (tmp_path / "old.tflite").write_bytes(spotter(self_test=None, second=None))
    status, out, _ = model("info", tmp_path / "old.tflite")
    assert status == 0
    assert out.startswith("spotter: old.tflite, ")
    assert out.endswith("self-test     none\n")


def test_a_self_test_that_fails_makes_info_fail(model: Model, tmp_path: Path) -> None:
    other = unpacked(spotter()).manifest.second.self_test
    (tmp_path / "odd.tflite").write_bytes(classifier(self_test=other))
    status, out, _ = model("info", tmp_path / "odd.tflite")
    assert (status, "self-test     fails: odd.tflite: its self-test fails on this machine" in out) == (1, True)


def test_a_model_is_used_listed_and_rolled_back(model: Model, mine: Path, store: ModelStore) -> None:
    status, out, err = model("use", mine)
    digest = model_file.sha256(MINE)[:12]
    assert (status, err) == (0, "")
    assert out.startswith(f"classifier: mine.tflite ({digest}) in place of digits.tflite, which ships; a daemon that ")
    _, out, _ = model("list")
    heading, used, shipped = out.splitlines()
    assert heading.split() == ["in", "use", "since", "classifier", "spotter"]
    assert used.startswith("* 20")
    assert f"mine.tflite ({digest})" in used
    assert shipped.split(maxsplit=2)[:2] == ["the", "start"]
    assert json.loads(model("info", "--json")[1])["classifier"]["name"] == "mine.tflite"
    status, out, _ = model("rollback")
    assert status == 0
    assert out.startswith(f"classifier: digits.tflite, which ships in place of mine.tflite ({digest}); ")
    assert store.choices() == []


def test_json_tells_what_was_and_what_is(model: Model, mine: Path, store: ModelStore) -> None:
    switched = json.loads(model("use", mine, "--json")[1])
    assert switched["was"]["classifier"] is None
    assert switched["now"]["classifier"] == {"sha256": model_file.sha256(MINE), "name": "mine.tflite"}
    listed = json.loads(model("list", "--json")[1])
    assert listed == {"folder": str(store.folder), "choices": [switched["now"]], "put_back": None}
    assert json.loads(model("rollback", "--json")[1]) == {"was": switched["now"], "now": switched["was"]}


def test_the_one_in_use_is_not_chosen_again(model: Model, mine: Path, store: ModelStore) -> None:
    assert model("use", CLASSIFIER)[:2] == (0, f"classifier: {CLASSIFIER} is in use already; nothing changed\n")
    assert not store.folder.exists()
    model("use", mine)
    before = (store.folder / FILE_NAME).read_bytes()
    assert "is in use already; nothing changed" in model("use", mine)[1]
    assert (store.folder / FILE_NAME).read_bytes() == before


def test_one_in_use_that_was_damaged_is_written_again(model: Model, mine: Path, store: ModelStore) -> None:
    model("use", mine)
    chosen = store.choices()[0].classifier
    assert chosen is not None
    store.path(chosen).write_bytes(b"")
    status, out, err = model("info", "--json")
    assert (status, json.loads(out)["classifier"]["name"], err.startswith("warning: ")) == (0, "digits.tflite", True)
    status, out, err = model("use", mine)
    assert (status, "in use already" in out, err.count("\n")) == (0, False, 1)
    assert store.read(chosen) == unpacked(MINE)


def test_one_without_a_self_test_is_used_with_a_warning_and_the_remedy(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "old.tflite"
    path.write_bytes(classifier(self_test=None))
    status, _, err = model("use", path)
    assert status == 0
    assert err.startswith(f"warning: {path}: has no self-test, ")
    assert err.endswith(f"`python -m convert --self-test {path}`\n")


def test_nothing_to_roll_back_to_is_an_error(model: Model, store: ModelStore) -> None:
    status, out, err = model("rollback")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"error: {store.folder}: nothing to roll back to; the models that ship are in use.")


def truncated(length: int) -> bytes:
    return SPOTTER.read_bytes()[:length]


def flipped(place: int) -> bytes:
    content = bytearray(CLASSIFIER.read_bytes())
    content[place] ^= 1
    return bytes(content)


END = CLASSIFIER.stat().st_size
MANIFEST_AT = CLASSIFIER.read_bytes().index(b"manifest.json") + 40
SECOND_AT = SPOTTER.read_bytes().index(b"second.tflite")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "no readable manifest at its end"),
        (truncated(3), "no readable manifest at its end"),
        (truncated(100_000), "no readable manifest at its end"),
        (truncated(SECOND_AT + 1000), "no readable manifest at its end"),
        (truncated(SPOTTER.stat().st_size - 1), "no readable manifest at its end"),
        (flipped(50_000), "the model does not match the sha256 in its manifest, so it is damaged; copy it again"),
        (flipped(MANIFEST_AT), "no readable manifest at its end"),
        (classifier(tflite_sha256="0" * 64), "the model does not match the sha256 in its manifest"),
        (classifier(glyph_contract=2), "made for glyph contract 2; this program has 1. Convert it again"),
        (spotter(spot_contract=9), "made for spot contract 9; this program has 1. Convert it again"),
        (classifier(labels=list("abcdefghij")), "reads a, b, c, d, e, f, g, h, i, j; allowed: 0, 1, 2"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "no readable manifest at its end"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name_and_nothing_is_written(
    model: Model, tmp_path: Path, store: ModelStore, content: bytes, found: str
) -> None:
    path = tmp_path / "bad.tflite"
    path.write_bytes(content)
    status, out, err = model("use", path)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"error: {path}: ")
    assert found in err
    assert not store.folder.exists()


def test_what_is_no_file_is_refused(model: Model, tmp_path: Path) -> None:
    assert model("use", tmp_path / "none.tflite")[::2][1].startswith(f"error: {tmp_path}/none.tflite: no such file")
    assert model("use", tmp_path)[0] == 1
    assert "has no end" in model("use", "/dev/zero")[2]


def test_where_config_names_the_model_choosing_is_wrong_usage(model: Model, mine: Path, tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("model: {path: x.tflite}\n", encoding="utf-8")
    status, _, err = model("use", mine, "--config", config)
    assert (status, err.startswith("error: model.path is x.tflite, which is read whatever is chosen;")) == (2, True)


def test_config_may_name_the_folder(model: Model, mine: Path, tmp_path: Path, store: ModelStore) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(f"model: {{folder: {tmp_path}/elsewhere}}\n", encoding="utf-8")
    assert model("use", mine, "--config", config)[0] == 0
    assert len(ModelStore(tmp_path / "elsewhere").choices()) == 1
    assert store.choices() == []


def test_the_service_manager_s_state_directory_comes_first(
    model: Model, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path}/service:{tmp_path}/other")
    assert model("use", mine)[0] == 0
    assert len(ModelStore(tmp_path / "service" / "models").choices()) == 1


class Daemon:
    """`digit-reader run` in a process and a session of its own."""

    def __init__(self, tmp_path: Path, *arguments: object, **popen: Any) -> None:
        self._log = tmp_path / "log.txt"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "edge", "run", "--port", "0", *map(str, arguments)],
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd=ROOT,
                **{"stdin": subprocess.DEVNULL, "start_new_session": True} | popen,
            )

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def wait_for(self, said: str, times: int = 1) -> None:
        deadline = time.monotonic() + 60
        while self.log.count(said) < times:
            assert time.monotonic() < deadline, self.log
            assert self.process.poll() is None, self.log
            time.sleep(0.05)

    def hang_up(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    @property
    def address(self) -> str:
        self.wait_for("page: http")
        return self.log.split("page: ")[1].split()[0]

    def read_seven(self) -> str:
        return self.read(SEVEN)

    def read(self, drawing: dict[str, object]) -> str:
        return str(httpx.post(f"{self.address}api/read", json=drawing).json()["digits"])

    def state(self) -> dict[str, Any]:
        return dict(httpx.get(f"{self.address}api/state").json())


@pytest.fixture
def daemon(tmp_path: Path, state: Path) -> Iterator[Daemon]:
    running = Daemon(tmp_path, "--source", "canvas")
    yield running
    running.process.kill()
    running.process.wait()


def test_the_daemon_takes_up_what_is_chosen_and_rolled_back_while_it_reads(
    model: Model, mine: Path, daemon: Daemon
) -> None:
    assert daemon.read_seven() == "7"
    assert daemon.state()["model_note"] == ""
    model("use", mine)
    daemon.hang_up()
    daemon.wait_for("models: mine.tflite and the spotter that ships, in place of digits.tflite and the spotter")
    assert (daemon.read_seven(), daemon.state()["model"]) == ("7", "mine.tflite")
    model("rollback")
    daemon.hang_up()
    daemon.wait_for("models: digits.tflite and the spotter that ships, in place of mine.tflite")
    assert (daemon.read_seven(), daemon.state()["model"]) == ("7", "digits.tflite")
    daemon.process.terminate()
    assert daemon.process.wait(20) == 0
    assert "Traceback" not in daemon.log


def test_models_that_cannot_read_are_put_back_while_the_daemon_reads(
    model: Model, daemon: Daemon, tmp_path: Path, store: ModelStore
) -> None:
    assert daemon.read(SEVEN | {"strokes": []}) == ""
    (tmp_path / "stubborn.tflite").write_bytes(stubborn())
    assert model("use", tmp_path / "stubborn.tflite")[0] == 0
    daemon.hang_up()
    daemon.wait_for("models: stubborn.tflite")
    for _ in range(3):
        assert daemon.read_seven() == "7"
    daemon.wait_for("cannot read (RuntimeError")
    told = daemon.state()
    assert told["model"] == "digits.tflite"
    assert told["model_note"].endswith("; digits.tflite and the spotter that ships put back")
    assert daemon.log.count("put back") == 1
    assert store.choices() == []
    assert "put back at 20" in model("list")[1]


def test_hanging_up_with_nothing_new_or_something_bad_leaves_the_daemon_as_it_was(
    model: Model, mine: Path, daemon: Daemon, store: ModelStore
) -> None:
    assert daemon.read_seven() == "7"
    daemon.hang_up()
    daemon.wait_for("models: as they were")
    model("use", mine)
    chosen = store.choices()[0].classifier
    assert chosen is not None
    store.path(chosen).write_bytes(MINE[:50_000])
    for times in (1, 2):
        daemon.hang_up()
        daemon.wait_for("models: not exchanged: ", times)
    assert (daemon.read_seven(), daemon.state()["model"]) == ("7", "digits.tflite")


def test_a_damaged_choice_does_not_keep_the_daemon_from_starting(
    model: Model, mine: Path, store: ModelStore, tmp_path: Path
) -> None:
    model("use", mine)
    chosen = store.choices()[0].classifier
    assert chosen is not None
    store.path(chosen).write_bytes(MINE[:50_000])
    daemon = Daemon(tmp_path, "--source", "canvas")
    try:
        assert daemon.read_seven() == "7"
        assert daemon.log.startswith(f"warning: {store.path(chosen)}: is not as it was when mine.tflite was chosen")
    finally:
        daemon.process.kill()
        daemon.process.wait()


@pytest.mark.skipif(shutil.which("setsid") is None, reason="needs setsid of util-linux")
def test_a_terminal_that_is_closed_ends_the_program_it_ran(tmp_path: Path, state: Path) -> None:
    parent, child = pty.openpty()
    # The terminal becomes the one of the new session as setsid --ctty makes it.
    in_session = [
        "setsid",
        "--ctty",
        "--wait",
        sys.executable,
        "-m",
        "edge",
        "run",
        "--port",
        "0",
        "--source",
        "canvas",
    ]
    # These tests may run under nohup, which what they start is not to inherit.
    command = ["env", "--default-signal=HUP", *in_session]
    log = tmp_path / "log.txt"
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, stdin=child, stdout=subprocess.DEVNULL, stderr=stderr, cwd=ROOT)
    os.close(child)
    deadline = time.monotonic() + 60
    while "page: http" not in log.read_text(encoding="utf-8"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.close(parent)
    process.wait(20)
    assert "stopping: SIGHUP" in log.read_text(encoding="utf-8").splitlines()
