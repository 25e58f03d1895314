"""What was chosen is there, whole, whatever happens to the program, the disk and the power."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_files import CLASSIFIER, ROOT, SPOTTER, classifier, unpacked

from core.errors import ModelFileError
from edge.model_store import FILE_NAME, LOCK_NAME, MOST_BEFORE, SHIPS, Choice, ModelStore

AT = "2026-01-31T12:00:00Z"

SHIPPED = CLASSIFIER.read_bytes()
OTHERS = [classifier(temperature=1 + number / 8) for number in range(MOST_BEFORE + 3)]


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "state" / "models")


def use(store: ModelStore, content: bytes, name: str = "it.tflite", at: str = AT) -> Choice:
    return store.use(content, unpacked(content), name, at)


def names(store: ModelStore) -> list[str]:
    """Of the files beside the lock."""
    return sorted(entry.name for entry in store.folder.iterdir() if entry.name != LOCK_NAME)


def test_nothing_is_chosen_where_nothing_is(store: ModelStore) -> None:
    assert (store.choices(), store.put_back_last()) == ([], None)
    assert not store.folder.exists()


def test_what_was_chosen_is_read_as_it_was_then(store: ModelStore, tmp_path: Path) -> None:
    source = tmp_path / "mine.tflite"
    source.write_bytes(OTHERS[0])
    choice = use(store, source.read_bytes(), source.name)
    source.write_bytes(b"something else by now")
    assert store.choices() == [choice]
    assert choice.classifier is not None
    assert (choice.at, choice.classifier.name, choice.spotter) == (AT, "mine.tflite", None)
    assert store.read(choice.classifier) == unpacked(OTHERS[0])


def test_the_two_kinds_are_chosen_each_for_itself(store: ModelStore) -> None:
    first = use(store, OTHERS[0])
    second = use(store, SPOTTER.read_bytes(), "spot.tflite")
    assert second.classifier == first.classifier
    assert second.spotter is not None
    assert store.read(second.spotter) == unpacked(SPOTTER.read_bytes())
    assert store.choices() == [second, first]


def test_rolling_back_undoes_choice_by_choice_until_what_ships_is_left(store: ModelStore) -> None:
    first, second = use(store, OTHERS[0]), use(store, OTHERS[1])
    assert store.roll_back() == (second, first)
    assert store.roll_back() == (first, SHIPS)
    with pytest.raises(ModelFileError, match=r"/models: nothing to roll back to; the models that ship are in use\. "):
        store.roll_back()
    assert names(store) == [FILE_NAME]


def test_so_many_choices_before_are_kept_and_no_file_of_any_other(store: ModelStore) -> None:
    made = [use(store, content) for content in OTHERS]
    kept = made[::-1][: MOST_BEFORE + 1]
    assert store.choices() == kept
    assert names(store) == sorted([FILE_NAME, *(store.path(choice.classifier).name for choice in kept)])


def test_what_is_chosen_again_is_written_again_if_it_was_damaged(store: ModelStore) -> None:
    chosen = use(store, OTHERS[0]).classifier
    assert chosen is not None
    store.path(chosen).write_bytes(OTHERS[0][:-1])
    with pytest.raises(ModelFileError, match=r"is not as it was when it\.tflite was chosen; choose it again"):
        store.read(chosen)
    use(store, OTHERS[0])
    assert store.read(chosen) == unpacked(OTHERS[0])


@pytest.mark.parametrize("place", [0, 20_000, -300, -1])
def test_one_flipped_bit_anywhere_is_found(store: ModelStore, place: int) -> None:
    chosen = use(store, OTHERS[0]).classifier
    assert chosen is not None
    damaged = bytearray(OTHERS[0])
    damaged[place] ^= 1
    store.path(chosen).write_bytes(damaged)
    with pytest.raises(ModelFileError, match="is not as it was"):
        store.read(chosen)


def test_a_failing_choice_is_put_back_unless_another_was_made_since(store: ModelStore) -> None:
    first, second = use(store, OTHERS[0]), use(store, OTHERS[1])
    store.put_back(first, "of before", AT)
    assert (store.choices(), store.put_back_last()) == ([second, first], None)
    store.put_back(second, "RuntimeError: it", AT)
    back = store.put_back_last()
    assert back is not None
    assert (store.choices(), back.choice, back.why) == ([first], second, "RuntimeError: it")
    use(store, OTHERS[2])
    assert store.put_back_last() == back


def test_what_a_killed_program_left_is_swept_out_and_nothing_else(store: ModelStore) -> None:
    use(store, OTHERS[0])
    (store.folder / "notes.txt").write_text("of a person", encoding="utf-8")
    for name in (f".{'ab' * 32}.tflite.x1y2", f"{'cd' * 32}.tflite", f".{FILE_NAME}.partial"):
        (store.folder / name).touch()
    chosen = use(store, OTHERS[1]).classifier
    assert chosen is not None
    assert len(names(store)) == 4
    assert {"notes.txt", store.path(chosen).name} < set(names(store))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "is damaged (Input data was truncated)"),
        ("{}", "is damaged (Object missing required field `format`)"),
        ('{"format": "cake", "version": 1}', "is cake of version 1; expected chosen models of 1"),
        ('{"format": "chosen models", "version": 2}', "is chosen models of version 2; expected chosen models of 1"),
        ("[" * 50_000, "is damaged ("),
        (
            '{"format": "chosen models", "version": 1, "choices": [{"classifier": {"sha256": "../x", "name": "a"}}]}',
            "is damaged (Expected `str` matching regex",
        ),
    ],
)
def test_a_damaged_list_of_choices_says_how_to_begin_anew(store: ModelStore, content: str, found: str) -> None:
    use(store, OTHERS[0])
    (store.folder / FILE_NAME).write_text(content, encoding="utf-8")
    for asked in (store.choices, store.roll_back):
        with pytest.raises(ModelFileError) as refused:
            asked()
        assert found in str(refused.value)
        assert "choose again with `digit-reader model use FILE`" in str(refused.value)
    choice = use(store, OTHERS[1])
    assert store.choices() == [choice]


@given(st.integers(0, 400), st.integers(0, 255))
def test_any_damage_to_the_list_is_told_or_names_only_files_of_the_folder(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    store = ModelStore(tmp_path_factory.getbasetemp() / "damaged")
    if not store.folder.exists():
        use(store, OTHERS[0])
        shutil.copy(store.folder / FILE_NAME, store.folder / "whole")
    content = bytearray((store.folder / "whole").read_bytes())
    content[place % len(content)] = value
    (store.folder / FILE_NAME).write_bytes(content)
    try:
        choices = store.choices()
    except ModelFileError as error:
        assert str(error).count("\n") == 0
        return
    for choice in choices:
        assert choice.classifier is None or store.path(choice.classifier).parent == store.folder


KILLED_AT_ANY_MOMENT = """
import os, random, signal, sys, time
from pathlib import Path
from model_files import CLASSIFIER, classifier, unpacked
from edge.model_store import ModelStore

store, rounds = ModelStore(Path(sys.argv[1])), int(sys.argv[2])
files = [(content, unpacked(content)) for content in (classifier(temperature=2.0), classifier(temperature=3.0))]
whole = [model for _, model in files]
store.use(*files[0], "a", "t")
dice = random.Random(1)
moments = set()
for _ in range(rounds):
    child = os.fork()
    if child == 0:
        while True:
            for file in files:
                store.use(*file, "b", "t")
    time.sleep(dice.uniform(0, 0.03))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    chosen = store.choices()[0].classifier
    assert store.read(chosen) in whole
    moments.add(tuple(sorted(entry.name[-12:] for entry in store.folder.iterdir())))
store.use(*files[1], "c", "t")
assert store.read(store.choices()[0].classifier) == whole[1]
left = {path.name for path in store.folder.iterdir()}
print(len(moments), *sorted(name for name in left if name.startswith(".")))
"""
"""Chooses all the time, and is killed: what is chosen then can be read, and is one of the two."""


def test_a_kill_at_any_moment_leaves_a_choice_that_can_be_read(store: ModelStore) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_AT_ANY_MOMENT, str(store.folder), "60"],
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'edge'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (killed.returncode, killed.stderr) == (0, "")
    states, *hidden = killed.stdout.split()
    assert int(states) > 1, "it was never killed in the middle of anything"
    assert hidden == [LOCK_NAME]


def test_two_programs_that_choose_at_once_lose_no_choice(store: ModelStore) -> None:
    program = (
        "import sys; from pathlib import Path; from model_files import classifier, unpacked\n"
        "from edge.model_store import ModelStore\n"
        "file = classifier(temperature=float(sys.argv[2])); model = unpacked(file)\n"
        "for number in range(3): ModelStore(Path(sys.argv[1])).use(file, model, f'{sys.argv[2]}-{number}', 't')"
    )
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'edge'}"}
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(store.folder), number], env=environment)
        for number in ("2", "3")
    ]
    assert [each.wait(120) for each in running] == [0, 0]
    chosen = [choice.classifier.name for choice in store.choices() if choice.classifier]
    assert sorted(chosen) == ["2-0", "2-1", "2-2", "3-0", "3-1", "3-2"]


USE = """
import sys
from pathlib import Path
from model_files import SPOTTER, unpacked
from core.errors import ModelFileError
from edge.model_store import ModelStore
content = SPOTTER.read_bytes()
try:
    ModelStore(Path(sys.argv[1])).use(content, unpacked(content), "it", "t")
except ModelFileError as error:
    print(error)
"""


def used_on(mount: str, folder: Path) -> str:
    """What is said when a spotter is chosen in a folder of a file system that `mount` makes."""
    folder.mkdir()
    ran = subprocess.run(
        [
            "unshare",
            "-rm",
            "sh",
            "-c",
            f'{mount} && exec "$@"',
            "sh",
            sys.executable,
            "-c",
            USE,
            str(folder / "models"),
        ],
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'edge'}", "IT": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in ran.stderr or "mount" in ran.stderr:
        pytest.skip(f"needs user namespaces ({ran.stderr.strip()})")
    assert ran.stderr == ""
    return ran.stdout


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare of util-linux")
@pytest.mark.parametrize(
    ("mount", "found"),
    [
        ('mount -t tmpfs -o size=200k none "$IT"', "cannot be written (No space left on device)"),
        ('mount -t tmpfs -o ro none "$IT"', "cannot be written (Read-only file system)"),
    ],
)
def test_a_full_or_read_only_disk_is_told_in_one_line(tmp_path: Path, mount: str, found: str) -> None:
    said = used_on(mount, tmp_path / "state")
    assert (found in said, said.count("\n")) == (True, 1), said


def test_a_disk_that_is_full_leaves_what_was_chosen(store: ModelStore, tmp_path: Path) -> None:
    before = use(store, OTHERS[0])
    files = names(store)
    program = f"import resource, signal\nresource.setrlimit(resource.RLIMIT_FSIZE, (150_000, -1))\n{USE}"
    ran = subprocess.run(
        [sys.executable, "-B", "-c", program, str(store.folder)],
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'edge'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "cannot be written (File too large)" in ran.stdout
    assert (store.choices(), names(store)) == ([before], files)


def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("", encoding="utf-8")
    store = ModelStore(tmp_path / "models")
    assert store.choices() == []
    with pytest.raises(ModelFileError, match=r"/models: cannot be written \(.*\); what was in use still is\."):
        use(store, OTHERS[0])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes folders for others")
def test_what_root_chooses_first_is_the_service_s_to_change(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, 12345, 12345)
    use(ModelStore(state / "models"), OTHERS[0])
    assert (state / "models").stat().st_uid == 12345
    for path in (state / "models").iterdir():
        assert path.stat().st_mode & 0o444 == 0o444


def test_the_list_is_json_that_a_person_can_read(store: ModelStore) -> None:
    use(store, OTHERS[0], "mine.tflite")
    told = json.loads((store.folder / FILE_NAME).read_text(encoding="utf-8"))
    assert told["choices"][0]["classifier"]["name"] == "mine.tflite"
