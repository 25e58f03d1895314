"""Making the environment: what it finds out about the machine, and what it tells the person in front of it."""

import importlib.util
import os
import stat
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


@pytest.fixture(scope="module")
def make_venv() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "tools" / "make_venv.py"
    spec = importlib.util.spec_from_file_location("make_venv", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def program(path: Path, script: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_the_python_that_runs_is_taken_if_there_are_wheels_for_it(make_venv: ModuleType) -> None:
    assert make_venv.find_python() == sys.executable


def test_a_python_too_new_is_passed_over_for_the_newest_that_will_do(
    make_venv: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(make_venv.sys, "version_info", (3, 15, 0))
    for name in ("python3.11", "python3.12", "python3.15"):
        program(tmp_path / name, "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert make_venv.find_python() == str(tmp_path / "python3.12")


def test_without_a_python_that_will_do_the_line_that_installs_one_is_named(
    make_venv: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(make_venv.sys, "version_info", (3, 9, 2))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(make_venv.SetupError, match=r"python3 is 3\.9; needs 3\.11 to 3\.13\. Run: sudo apt install"):
        make_venv.find_python()


def test_a_python_without_venv_names_the_package_and_leaves_nothing_behind(
    make_venv: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = program(tmp_path / "bin" / "python3", "exit 1")
    monkeypatch.setattr(make_venv, "find_python", lambda: str(broken))
    with pytest.raises(make_venv.SetupError, match="Run: sudo apt install python3-venv"):
        make_venv.create(tmp_path / "venv")
    assert not (tmp_path / "venv").exists()


def test_an_environment_that_was_moved_or_half_made_is_made_again(make_venv: ModuleType, tmp_path: Path) -> None:
    assert make_venv.works(Path(sys.executable))
    assert not make_venv.works(tmp_path / "venv" / "bin" / "python")
    assert not make_venv.works(program(tmp_path / "python", "exit 1"))


@pytest.mark.parametrize(("library", "package"), [("libGL.so.1", "libgl1"), ("libgthread-2.0.so.0", "libglib2.0-0")])
def test_a_missing_system_library_is_named_with_the_line_that_installs_it(
    make_venv: ModuleType, tmp_path: Path, library: str, package: str
) -> None:
    message = f"ImportError: {library}: cannot open shared object file: No such file or directory"
    python = program(tmp_path / "python", f"echo '{message}' >&2; exit 1")
    with pytest.raises(make_venv.SetupError, match=f"{library} is missing. Run: sudo apt install {package}$"):
        make_venv.check_imports(python)


def test_packages_that_import_are_no_problem(
    make_venv: ModuleType, monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    monkeypatch.chdir(root)
    make_venv.check_imports(Path(sys.executable))


def test_beside_picamera2_numpy_stays_the_one_it_was_compiled_against(
    make_venv: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    python = Path(sys.executable)
    assert make_venv.constraints(python, tmp_path) == make_venv.ROOT / "constraints.txt"
    (tmp_path / "picamera2.py").touch()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]))
    pinned = make_venv.constraints(python, tmp_path).read_text(encoding="utf-8").splitlines()
    assert pinned[-1] == f"numpy=={np.__version__}"
    assert not any(line.startswith(("numpy==", "opencv-python==")) for line in pinned[:-1])


def test_every_package_is_pinned_from_the_public_index(root: Path) -> None:
    lines = [
        line for line in (root / "constraints.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    ]
    assert len(lines) > 50
    assert [line for line in lines if "==" not in line or "://" in line] == []
