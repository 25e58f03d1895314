"""Make or update the virtual environment: the right Python, pinned packages, apt's picamera2 where it is.

Standard library only, since it runs before anything is installed. `make` calls it; a stamp file in the environment
tells make that there is nothing to do.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 13)
ROOT = Path(__file__).resolve().parent.parent

LIBRARY_PACKAGES = {
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxcb.so.1": "libxcb1",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libstdc++.so.6": "libstdc++6",
    "libgomp.so.1": "libgomp1",
    "libatomic.so.1": "libatomic1",
}
"""Shared libraries that OpenCV or the TFLite runtime may miss → Debian's package that has them."""


class SetupError(Exception):
    """Something a person has to do first; the message says what."""


def main() -> int:
    """0 when the environment is ready, 1 with one line that says what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("venv", type=Path)
    parser.add_argument("--extra", default="", help="extra of pyproject.toml to install too")
    parsed = parser.parse_args()
    try:
        make(parsed.venv, parsed.extra)
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def make(venv: Path, extra: str) -> None:
    """Create `venv` if it is missing and install the project with `extra` into it. Raises SetupError."""
    python = venv / "bin" / "python"
    if not works(python):
        create(venv)
    print(f"installing {f'everything ({extra})' if extra else 'what the edge needs'} into {venv} ...", file=sys.stderr)
    target = f"{ROOT}[{extra}]" if extra else str(ROOT)
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", target]
    # A stale binary must not be built from source for an hour on a small board: wheels only, as far as there are any.
    command += ["--prefer-binary", "--constraint", str(constraints(python, venv))]
    if subprocess.run(command, check=False).returncode:
        raise SetupError(
            "pip could not install the packages; is there a network? Its message is above. Then run make again"
        )
    check_imports(python)
    (venv / ".edge").touch()
    if extra:
        (venv / f".{extra}").touch()


def works(python: Path) -> bool:
    """Whether the environment's Python starts: it does not after an upgrade of the system's Python, or a move."""
    if not python.exists():
        return False
    return subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def create(venv: Path) -> None:
    """A new, empty environment. Raises SetupError if Python or its venv module is missing."""
    if venv.exists():
        shutil.rmtree(venv)
    python = find_python()
    command = [python, "-m", "venv", str(venv)]
    if has_picamera2(python):
        print("found apt's picamera2: the environment sees the system's packages", file=sys.stderr)
        command.append("--system-site-packages")
    if subprocess.run(command, capture_output=True, check=False).returncode:
        shutil.rmtree(venv, ignore_errors=True)
        raise SetupError(f"{python} cannot make a virtual environment. Run: sudo apt install python3-venv")


def find_python() -> str:
    """A Python that the packages have wheels for: the one that runs this, otherwise the newest there is."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return sys.executable
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    version = ".".join(map(str, sys.version_info[:2]))
    line = "brew install python@3.13" if sys.platform == "darwin" else "sudo apt install python3.13 python3.13-venv"
    raise SetupError(f"python3 is {version}; needs 3.{OLDEST[1]} to 3.{NEWEST[1]}. Run: {line}")


def has_picamera2(python: str) -> bool:
    """Whether the system's Python has picamera2, as on Raspberry Pi OS, where it comes from apt and not from pip."""
    if Path(python) == Path(sys.executable):
        return importlib.util.find_spec("picamera2") is not None
    probe = "import importlib.util as u, sys; sys.exit(u.find_spec('picamera2') is None)"
    return subprocess.run([python, "-c", probe], check=False).returncode == 0


def constraints(python: Path, venv: Path) -> Path:
    """The pinned versions; where apt's picamera2 is used, NumPy stays apt's, which it was compiled against."""
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    probe = "import importlib.util as u, numpy; print(numpy.__version__ if u.find_spec('picamera2') else '')"
    answer = subprocess.run([str(python), "-c", probe], capture_output=True, text=True, check=False)
    version = answer.stdout.strip() if answer.returncode == 0 else ""
    if not version:
        return ROOT / "constraints.txt"
    lines = [line for line in pinned.splitlines() if not line.startswith(("numpy==", "opencv-python=="))]
    # OpenCV from 4.12 on asks for NumPy 2; pip finds the newest that goes with the one there is.
    own = venv / "constraints.txt"
    own.write_text("\n".join([*lines, f"numpy=={version}"]) + "\n", encoding="utf-8")
    return own


def check_imports(python: Path) -> None:
    """Raise SetupError, naming the line that mends it, if a package cannot load a shared library of the system."""
    probe = "import cv2, numpy, msgspec, yaml, core.interpreter"
    environment = {**os.environ, "PYTHONPATH": ""}
    answer = subprocess.run([str(python), "-c", probe], capture_output=True, text=True, check=False, env=environment)
    if answer.returncode == 0:
        return
    problem = answer.stderr.strip().splitlines()[-1]
    for library, package in LIBRARY_PACKAGES.items():
        if library in problem:
            raise SetupError(f"the system library {library} is missing. Run: sudo apt install {package}")
    raise SetupError(f"a package does not import: {problem}")


if __name__ == "__main__":
    sys.exit(main())
