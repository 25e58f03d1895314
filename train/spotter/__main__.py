"""The command line, `python -m train.spotter`; nothing else. It imports Keras late: its workers start here as well."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from core import spotter_run
from core.errors import UsageError
from core.spots import MULTIPLE_PX
from train import backend
from train.command import exit_status
from train.one_line_parser import OneLineParser
from train.scenes import sources

if TYPE_CHECKING:
    from train.spotter.fit import Progress

EXAMPLES = """\
examples:
  python -m train.spotter --data mnist --letters letters.npz --workers 4
  python -m train.spotter --data mnist --data mine/ --run wide --size 256 --size 320x256 --size 192 --steps 40000

A run that was interrupted goes on when the same command is given again.
"""


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0 when trained, 1 for data or a run that cannot be, 2 for wrong usage."""
    return exit_status(
        lambda: _train(_parser().parse_args(arguments)),
        "interrupted; the same command goes on after the last line above",
    )


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="python -m train.spotter",
        description="Trains the network that finds and reads handwritten digits in a whole frame, into build/RUN/.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sources.add_options(parser)
    parser.add_argument("--run", metavar="NAME", help="name of the run (default: spotter-seed)")
    parser.add_argument("--out", type=Path, default=Path("build"), metavar="DIR", help="where runs go (default: build)")
    parser.add_argument("--fresh", action="store_true", help="start over; removes an earlier run of this name")
    parser.add_argument("--steps", type=int, default=12_000, metavar="N", help="batches (default: 12000)")
    parser.add_argument("--batch-size", type=int, default=16, metavar="N", help="scenes a step (default: 16)")
    parser.add_argument(
        "--size",
        action="append",
        type=_size,
        metavar="WxH",
        help=f"of scenes, in px, multiples of {MULTIPLE_PX} (default: 256); repeat it for several in turn",
    )
    parser.add_argument(
        "--learning-rate", type=float, default=2e-3, metavar="X", help="at its highest (default: 0.002)"
    )
    parser.add_argument("--check-every", type=int, default=500, metavar="N", help="steps until measured (default: 500)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed draws the same (default: 1)")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes that draw scenes, for each size (default: 1)"
    )
    return parser


def _size(text: str) -> tuple[int, int]:
    """(height, width) of WxH, or of one number for both."""
    width, _, height = text.lower().partition("x")
    shape = int(height or width), int(width)
    if min(shape) < MULTIPLE_PX or any(side % MULTIPLE_PX for side in shape):
        raise argparse.ArgumentTypeError(f"{text}: allowed are multiples of {MULTIPLE_PX}, as 256 or 320x256")
    return shape


def _train(parsed: argparse.Namespace) -> None:
    name = parsed.run or f"spotter-{parsed.seed}"
    if name in {"", ".", ".."} or Path(name).name != name:
        raise UsageError(f"--run is {name!r}; allowed: a name without slashes, the folder it is in comes from --out")
    if parsed.workers < 0:
        raise UsageError(f"--workers is {parsed.workers}; allowed: 0 and more")
    backend.load(backend.choose(None, os.environ))
    from train.spotter import run  # noqa: PLC0415 — mistakes are told before the backend's seconds of import
    from train.spotter.fit import Recipe  # noqa: PLC0415

    recipe = Recipe(
        steps=parsed.steps,
        batch_size=parsed.batch_size,
        shapes=tuple(parsed.size or [(256, 256)]),
        seed=parsed.seed,
        learning_rate=parsed.learning_rate,
        check_every_steps=parsed.check_every,
    )
    drawn_of = run.Sources(*sources.given(parsed))
    line = _Line()
    run.train(
        drawn_of,
        recipe,
        parsed.out / name,
        workers=parsed.workers,
        fresh=parsed.fresh,
        say=line.say,
        on_progress=line.on_progress,
    )
    line.say(f"{parsed.out / name / spotter_run.MODEL}: done")


class _Line:
    """Lines that stay, and on a terminal one that is refreshed."""

    def __init__(self) -> None:
        self._refreshed = sys.stderr.isatty()

    def say(self, line: str) -> None:
        if self._refreshed:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        print(line, flush=True)

    def on_progress(self, progress: Progress) -> None:
        from train.progress import duration  # noqa: PLC0415 — it imports Keras

        if self._refreshed:
            left = duration(progress.seconds_left)
            line = f"step {progress.step:,} of {progress.steps:,}: loss {progress.loss:.3f}, about {left} left"
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
