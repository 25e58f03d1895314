"""The command line, `python -m train.scenes`: scenes to look at; nothing else."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import cv2

from core import atomic
from core.errors import UsageError
from train.command import exit_status
from train.one_line_parser import OneLineParser
from train.scenes import sources
from train.scenes.compose import EMPTY_SHARE, KINDS, scene
from train.scenes.material import Material
from train.scenes.sheet import contact_sheet

EXAMPLES = """\
examples:
  python -m train.scenes --data mnist --out sheet.png --boxes
  python -m train.scenes --data mnist/ --letters letters.npz --grounds photos/ --kind texture --out sheet.png
"""

COLUMNS = 6


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0 when the sheet is written, 1 for data that cannot be used, 2 for wrong usage."""
    return exit_status(
        lambda: _draw(_parser().parse_args(arguments)),
        "interrupted",
    )


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="python -m train.scenes",
        description="Draws the scenes that a spotter is trained on as one picture, and tells how fast that goes.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="write the sheet there, a .png")
    sources.add_options(parser)
    parser.add_argument("--seed", type=_whole, default=1, metavar="N", help="the same seed draws the same (default: 1)")
    parser.add_argument("--count", type=_whole, default=24, metavar="N", help="how many scenes (default: 24)")
    parser.add_argument("--size", type=_size, default=(256, 256), metavar="WxH", help="in px (default: 256x256)")
    parser.add_argument("--kind", choices=KINDS, metavar="KIND", help=f"only of one kind: {', '.join(KINDS)}")
    parser.add_argument("--boxes", action="store_true", help="show what is to be found, and what counts neither way")
    return parser


def _whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def _size(text: str) -> tuple[int, int]:
    """(height, width)."""
    width, height = text.lower().split("x")
    return int(height), int(width)


def _draw(parsed: argparse.Namespace) -> None:
    if parsed.count < 1:
        raise UsageError(f"--count is {parsed.count}; allowed: 1 and more")
    if parsed.out.suffix.lower() != ".png":
        raise UsageError(f"--out is {parsed.out}; expected a name that ends in .png")
    # One core's worth, which is what each process that draws for a training has.
    cv2.setNumThreads(1)
    material = Material(*sources.given(parsed))
    # With a kind, all scenes are drawn; which of them would have been empty does not matter then.
    scene(material, parsed.size, parsed.seed, 0, EMPTY_SHARE, parsed.kind)  # fonts and tables, once
    began = time.perf_counter()
    scenes = [
        scene(material, parsed.size, parsed.seed, index, EMPTY_SHARE, parsed.kind) for index in range(parsed.count)
    ]
    elapsed_s = time.perf_counter() - began
    _, encoded = cv2.imencode(".png", contact_sheet(scenes, COLUMNS, boxes=parsed.boxes))
    try:
        atomic.write(parsed.out, encoded.tobytes())
    except OSError as error:
        raise UsageError(f"--out {parsed.out}: cannot be written ({error.strerror or error})") from None
    height, width = parsed.size
    digits = sum(len(one.truth.digits) for one in scenes)
    print(f"{parsed.out}: {parsed.count} scenes of {width}x{height} px, {digits} digits")
    print(f"{parsed.count / elapsed_s:.0f} scenes/s in one process")


if __name__ == "__main__":
    sys.exit(main())
