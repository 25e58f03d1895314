"""The command line, `python -m train.second`; nothing else. It imports Keras late: its workers start here as well."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from core import second_run
from core.errors import UsageError
from train import backend
from train.command import exit_status
from train.one_line_parser import OneLineParser
from train.scenes import sources

EXAMPLES = """\
examples:
  python -m train.second build/spotter-1 --data mnist --letters letters.npz --workers 2

Name the same --data, --letters and --grounds as for the spotter. A run that was interrupted goes on when the same
command is given again.
"""


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0 when trained, 1 for data or a run that cannot be, 2 for wrong usage."""
    return exit_status(
        lambda: _train(_parser().parse_args(arguments)),
        "interrupted; the same command goes on after the last line above",
    )


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="python -m train.second",
        description="Trains the second stage of a spotter: a small network that looks again at each place it finds.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "run", type=Path, metavar="RUN", help="the folder of a finished run of `python -m train.spotter`"
    )
    sources.add_options(parser)
    parser.add_argument(
        "--scenes", type=int, default=10_000, metavar="N", help="to look at, 31 kB each (default: 10000)"
    )
    parser.add_argument("--epochs", type=int, default=8, metavar="N", help="over what was found there (default: 8)")
    parser.add_argument("--batch-size", type=int, default=128, metavar="N", help="crops a step (default: 128)")
    parser.add_argument(
        "--learning-rate", type=float, default=3e-3, metavar="X", help="at its highest (default: 0.003)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed draws the same (default: 1)")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes that draw scenes (default: 1)")
    parser.add_argument("--fresh", action="store_true", help="start over; removes an earlier second stage of the run")
    return parser


def _train(parsed: argparse.Namespace) -> None:
    if parsed.workers < 0:
        raise UsageError(f"--workers is {parsed.workers}; allowed: 0 and more")
    if not parsed.run.is_dir():
        raise UsageError(f"{parsed.run}: not there; expected the folder of a run of `python -m train.spotter`")
    backend.load(backend.choose(None, os.environ))
    from train.progress import Display  # noqa: PLC0415 — mistakes are told before the backend's seconds of import
    from train.second import run  # noqa: PLC0415
    from train.spotter.run import Sources  # noqa: PLC0415

    settings = run.Settings(parsed.scenes, parsed.epochs, parsed.seed, parsed.batch_size, parsed.learning_rate)
    display = Display()

    def on_scene(number: int) -> None:
        if sys.stderr.isatty() and number % 10 == 0:
            print(f"\r\x1b[Kscene {number:,} of {settings.scenes:,}", end="", file=sys.stderr, flush=True)

    record = run.train(
        parsed.run,
        Sources(*sources.given(parsed)),
        settings,
        workers=parsed.workers,
        fresh=parsed.fresh,
        display=display,
        on_scene=on_scene,
    )
    figures = record.figures
    display.say(f"held out: {figures['accuracy']:.2%} of {figures['count']:,.0f} crops told right, none of a digit too")
    display.say(f"{parsed.run / second_run.MODEL}: done; next: python -m convert {parsed.run}")


if __name__ == "__main__":
    sys.exit(main())
