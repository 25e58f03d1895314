"""The command line, `python -m train`; nothing else."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

from core import config, stderr
from core.config import Config, TrainConfig
from core.errors import ConfigError, DigitReaderError, UsageError
from core.splits import Splits

EXAMPLES = """\
examples:
  python -m train                                         MNIST, downloaded once; about half an hour on 2 cores
  python -m train --data mnist/                           MNIST from a folder with its IDX files
  python -m train --data mnist --data mine/ --run both    and your own digits: mine/0/*.jpg, mine/1/*.jpg, ...
  python -m train --network classic-dense                 the network of most tutorials, 5 epochs
  python -m train --data mine/ --run mine --from build/plain-1/model.keras --epochs 5 --learning-rate 0.001

A run that was interrupted goes on when the same command is given again. The report is in build/RUN/report.html;
`python -m convert build/RUN` makes of the run what a Raspberry Pi reads with.
"""

LEAST_CALIBRATION_GLYPHS = 2000
"""Kept in the run's folder, so that convert.calibration_glyphs can be raised without training again."""


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0 when trained, 1 for data or a run that cannot be, 2 for wrong usage, 78 for a bad config."""
    try:
        _train(_parser().parse_args(arguments))
    except DigitReaderError as error:
        sys.stdout.flush()
        print(f"error: {error}", file=sys.stderr)
        return error.exit_status
    except BrokenPipeError:
        # Whoever read our output has gone; writing more at exit would only complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted; the same command goes on after the last epoch that was finished", file=sys.stderr)
        return 130
    return 0


class _Parser(argparse.ArgumentParser):
    """One line for a mistake, as everywhere else."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see python -m train --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m train",
        description="Trains a network that reads single handwritten glyphs, into build/RUN/.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (default: /etc/digit-reader/config.yaml)")
    parser.add_argument("--run", metavar="NAME", help="name of the run (default: network-seed)")
    parser.add_argument("--out", type=Path, default=Path("build"), metavar="DIR", help="where runs go (default: build)")
    parser.add_argument("--fresh", action="store_true", help="start over; removes an earlier run of this name")
    parser.add_argument("--from", dest="start_from", type=Path, metavar="FILE", help="start from this model.keras")

    settings = parser.add_argument_group("settings, each instead of the one under train: in the config file")
    settings.add_argument(
        "--data",
        action="append",
        metavar="SRC",
        help="mnist (downloaded), a folder of IDX files, a folder with a folder of pictures for each class, "
        "or an .npz with x and y; repeat it to mix",
    )
    settings.add_argument(
        "--extra", action="append", metavar="SRC", help="further glyphs, all to train on; repeat it for more"
    )
    settings.add_argument(
        "--not-digits",
        action="append",
        metavar="SRC",
        help="what is none of the classes: drawn, or as --data; repeat it for more",
    )
    settings.add_argument("--labels", type=_listed, metavar="A,B,...", help="keep only these classes")
    settings.add_argument("--holdout-fraction", type=_number, metavar="X", help="share of glyphs to measure on")
    settings.add_argument("--network", metavar="NAME", help="plain, classic-dense or classic-dropout")
    settings.add_argument("--epochs", type=_number, metavar="N", help="with the held-out glyphs kept aside")
    settings.add_argument("--refit-epochs", type=_number, metavar="N", help="further ones, on all glyphs")
    settings.add_argument("--batch-size", type=_number, metavar="N", help="glyphs a step")
    settings.add_argument("--learning-rate", type=_number, metavar="X", help="at its highest")
    settings.add_argument("--augment", action=argparse.BooleanOptionalAction, help="vary the glyphs, or do not")
    settings.add_argument("--seed", type=_number, metavar="N", help="the same seed gives the same model")
    return parser


def _number(text: str) -> int | float | str:
    """A number if it is one. What is allowed, the schema says."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _train(parsed: argparse.Namespace) -> None:
    given = {key: getattr(parsed, key) for key in TrainConfig.__struct_fields__}
    settings = _overridden(config.load(parsed.config), given)
    section = settings.train
    name = _run_name(parsed.run or f"{section.network}-{section.seed}")
    calibration_glyphs = max(LEAST_CALIBRATION_GLYPHS, settings.convert.calibration_glyphs)

    _import_tensorflow()
    from train import assemble, run  # noqa: PLC0415 — mistakes are told before TensorFlow's seconds of import
    from train.plan import plan_of  # noqa: PLC0415
    from train.progress import Display  # noqa: PLC0415

    plan = plan_of(section, parsed.out / name, calibration_glyphs, start_from=parsed.start_from, fresh=parsed.fresh)
    display = Display()

    def load(source: str) -> Splits:
        display.say(f"reading {source}")
        return assemble.load(source)

    glyphs = assemble.assemble(
        [load(source) for source in section.data],
        section.labels,
        section.holdout_fraction,
        section.seed,
        extra=[load(source) for source in section.extra],
        others=[None if source == assemble.DRAWN_SOURCE else load(source) for source in plan.not_digits],
    )
    run.train(plan, glyphs, display)


def _overridden(settings: Config, given: dict[str, object]) -> Config:
    """`settings` with what was given on the command line, held to the same schema. Raises UsageError."""
    try:
        return config.override(settings, {"train": {key: value for key, value in given.items() if value is not None}})
    except ConfigError as error:
        raise UsageError(str(error)) from None


def _run_name(name: str) -> str:
    if name in {"", ".", ".."} or Path(name).name != name:
        raise UsageError(f"--run is {name!r}; allowed: a name without slashes, the folder it is in comes from --out")
    return name


def _import_tensorflow() -> None:
    """Import it without what it says of graphics cards that are not there."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    with stderr.dropping(lambda line: b"absl::InitializeLog" in line or b"cudart_stub" in line):
        import tensorflow  # noqa: F401, PLC0415


if __name__ == "__main__":
    sys.exit(main())
