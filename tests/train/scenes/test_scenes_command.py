from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from handwriting import glyph_set

from train.scenes.__main__ import main


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("glyphs") / "digits.npz"
    glyph_set(60, seed=1).save(path)
    return str(path)


def test_a_sheet_shows_the_scenes_and_the_speed_is_told(
    digits: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sheet.png"
    status = main(["--data", digits, "--out", str(out), "--count", "8", "--size", "64x48", "--boxes"])
    printed = capsys.readouterr()
    assert (status, printed.err) == (0, "")
    assert "8 scenes of 64x48 px" in printed.out
    assert "scenes/s" in printed.out
    assert cv2.imread(str(out)).shape == (2 * (48 + 4), 6 * (64 + 4), 3)


def test_the_same_seed_draws_the_same_sheet(digits: str, tmp_path: Path) -> None:
    names = ["a.png", "b.png", "c.png"]
    for name, seed in zip(names, ["1", "1", "2"], strict=True):
        out = str(tmp_path / name)
        assert main(["--data", digits, "--out", out, "--count", "2", "--size", "48x48", "--seed", seed]) == 0
    first, again, other = ((tmp_path / name).read_bytes() for name in names)
    assert first == again
    assert first != other


def test_a_folder_of_pictures_serves_as_grounds(digits: str, tmp_path: Path) -> None:
    folder = tmp_path / "grounds"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), np.full((40, 40), 90, np.uint8))
    out = tmp_path / "sheet.png"
    arguments = ["--data", digits, "--grounds", str(folder), "--kind", "texture", "--count", "2", "--size", "48x48"]
    assert main([*arguments, "--out", str(out)]) == 0
    assert out.is_file()


@pytest.mark.parametrize(
    ("wrong", "status", "message"),
    [
        (["--count", "0"], 2, "--count is 0"),
        (["--count", "-3"], 2, "--count"),
        (["--size", "big"], 2, "--size"),
        (["--size", "8x8"], 2, "8x8"),
        (["--kind", "portrait"], 2, "portrait"),
        (["--out", "sheet.jpg"], 2, "sheet.jpg"),
        (["--grounds", "nowhere"], 1, "nowhere"),
        (["--letters", "nothing.npz"], 1, "nothing.npz"),
    ],
)
def test_a_mistake_is_one_line_and_a_status(
    digits: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: list[str], status: int, message: str
) -> None:
    assert main(["--data", digits, "--out", str(tmp_path / "sheet.png"), "--count", "1", *wrong]) == status
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert message in lines[0]


def test_drawing_loads_no_training_framework(root: Path) -> None:
    program = (
        "import sys, train.scenes.__main__; print(sorted({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
