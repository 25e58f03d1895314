"""Which package may import which: train | convert | edge → core, never sideways, never back, and no TensorFlow at the
edge."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

STAGES = {"core", "train", "convert", "edge"}
MAY_IMPORT = {"core": {"core"}, "train": {"train", "core"}, "convert": {"convert", "core"}, "edge": {"edge", "core"}}

HOST_ONLY = ["tensorflow", "keras", "matplotlib"]


def imported(path: Path) -> set[str]:
    """Top-level names of everything a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_a_stage_imports_only_itself_and_core(root: Path, stage: str) -> None:
    files = sorted((root / stage).rglob("*.py"))
    assert files
    strangers = {
        str(path.relative_to(root)): sorted(imported(path) & STAGES - MAY_IMPORT[stage])
        for path in files
        if imported(path) & STAGES - MAY_IMPORT[stage]
    }
    assert strangers == {}


@pytest.mark.parametrize("stage", ["core", "edge"])
def test_what_runs_at_the_edge_names_no_host_only_package(root: Path, stage: str) -> None:
    found = {path.name for path in (root / stage).rglob("*.py") if imported(path) & set(HOST_ONLY)}
    assert found == set()


def test_every_edge_module_loads_with_tensorflow_made_unimportable(root: Path) -> None:
    modules = [
        ".".join(path.relative_to(root).with_suffix("").parts)
        for stage in ("core", "edge")
        for path in sorted((root / stage).rglob("*.py"))
        if path.name not in {"__init__.py", "__main__.py"}
    ]
    program = (
        "import sys, importlib\n"
        f"for name in {HOST_ONLY!r}: sys.modules[name] = None\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print(len(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False)
    assert loaded.returncode == 0, loaded.stderr
    assert len(modules) > 20
