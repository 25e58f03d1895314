"""Record the arguments of what we call of picamera2, from its source, which can be read where it cannot be imported.

pip download --no-deps --no-binary :all: picamera2 && tar xf picamera2-*.tar.gz
python tools/record_picamera2.py picamera2-*/ tests/edge/picamera2-0.3.38.json
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

FILES = {"Picamera2": "picamera2.py", "MappedArray": "request.py", "CompletedRequest": "request.py"}
CALLED = {
    "__init__",
    "capture_request",
    "close",
    "configure",
    "create_video_configuration",
    "get_metadata",
    "release",
    "set_controls",
    "start",
    "stream_configuration",
}
"""What the fake has as well, which a test compares."""


def main(source: Path, to: Path) -> None:
    """Write {class: {method: [argument, ...]}}."""
    found = {name: methods(source / "picamera2" / file, name) for name, file in FILES.items()}
    to.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def methods(path: Path, name: str) -> dict[str, list[str]]:
    """The arguments of what we call of a class; of a method that is written several times, the last counts."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    (wanted,) = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == name)
    return {
        node.name: [argument.arg for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs][1:]]
        for node in wanted.body
        if isinstance(node, ast.FunctionDef) and node.name in CALLED
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
