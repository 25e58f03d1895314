"""The command line, `python -m train`; nothing else."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from core import config, run_folder
from core.config import Config, TrainConfig
from core.dataset import GlyphSet
from core.errors import ConfigError, DigitReaderError, UsageError
from core.splits import Splits
from train import backend, distribution

EXAMPLES = """\
examples:
  python -m train                                         MNIST, downloaded once
  python -m train --data mnist/                           MNIST from a folder with its IDX files
  python -m train --data mnist --data mine/ --run both    and your own digits: mine/0/*.jpg, mine/1/*.jpg, ...
  python -m train --network classic-dense                 the network of most tutorials, 5 epochs
  python -m train --data mine/ --run mine --from build/plain-1/model.keras --epochs 5 --learning-rate 0.001
  python -m train measure models/digits.tflite            corrupted digits, other hands, and what is no digit
  python -m train compare                                 the classic networks and ours, side by side

A run that was interrupted goes on when the same command is given again. The report is in build/RUN/report.html;
`python -m convert build/RUN` makes of the run what a Raspberry Pi reads with.
"""

LEAST_CALIBRATION_GLYPHS = 2000
"""Kept in the run's folder, so that convert.calibration_glyphs can be raised without training again."""


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0 when trained, 1 for data or a run that cannot be, 2 for wrong usage, 78 for a bad config."""
    try:
        arguments = sys.argv[1:] if arguments is None else arguments
        command, rest = (arguments[0], arguments[1:]) if arguments[:1] and arguments[0] in COMMANDS else ("", arguments)
        parser, run = COMMANDS[command]
        run(parser().parse_args(rest))
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


def _train_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m train",
        description="Trains a network that reads single handwritten glyphs, into build/RUN/.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--run", metavar="NAME", help="name of the run (default: network-seed)")
    parser.add_argument("--fresh", action="store_true", help="start over; removes an earlier run of this name")
    parser.add_argument("--from", dest="start_from", type=Path, metavar="FILE", help="start from this model.keras")
    workers = parser.add_argument_group("several processes that train one model, on one host or many (backend jax)")
    workers.add_argument("--workers", type=_number, metavar="N", help="how many; all are given the same command")
    workers.add_argument("--worker-index", type=_number, metavar="I", help="but for this, 0 to N-1; worker 0 writes")
    workers.add_argument("--coordinator", metavar="HOST:PORT", help="where worker 0 listens for the others")
    _add_settings(parser)
    return parser


def _compare_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m train compare",
        description="Trains networks, each by its own recipe, converts them, and measures the int8 files side by side. "
        "Runs that are finished are taken as they are. Classic networks learn from --data alone.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--networks",
        type=_listed,
        default=["classic-dropout", "classic-dense", "plain"],
        metavar="A,B,...",
        help="which (default: classic-dropout,classic-dense,plain)",
    )
    _add_exam(parser)
    _add_settings(parser)
    return parser


def _measure_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m train measure",
        description="Measures model files on what they will meet: corrupted digits, digits of other hands, and what is "
        "no digit. Of several files, as of several seeds, it also gives mean and standard deviation.",
        allow_abbrev=False,
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a .tflite made by python -m convert")
    parser.add_argument("--data", default="mnist", metavar="SRC", help="test digits (default: mnist)")
    _add_exam(parser)
    return parser


def _add_exam(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--elsewhere", action="append", default=[], metavar="SRC", help="digits of other hands; repeat it for more"
    )
    parser.add_argument(
        "--unseen",
        action="append",
        default=[],
        metavar="SRC",
        help="glyphs that are no digits, beside those it draws; of kinds that were not trained against",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (default: /etc/digit-reader/config.yaml)")
    parser.add_argument("--out", type=Path, default=Path("build"), metavar="DIR", help="where runs go (default: build)")

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
    settings.add_argument("--backend", metavar="NAME", help="tensorflow, jax or torch (default: KERAS_BACKEND)")


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
    settings = _settings(parsed)
    section = settings.train
    name = _run_name(parsed.run or f"{section.network}-{section.seed}")
    chosen = backend.choose(section.backend, os.environ)
    workers = distribution.workers_of(parsed.coordinator, parsed.workers, parsed.worker_index, os.environ, chosen)
    backend.load(chosen)
    _run(settings, parsed.out / name, start_from=parsed.start_from, fresh=parsed.fresh, workers=workers)


def _run(
    settings: Config,
    folder: Path,
    *,
    start_from: Path | None = None,
    fresh: bool = False,
    workers: distribution.Workers | None = None,
) -> None:
    """One run in `folder`; a finished one is left as it is."""
    from train import assemble, run  # noqa: PLC0415 — mistakes are told before the backend's seconds of import
    from train.plan import plan_of  # noqa: PLC0415
    from train.progress import Display  # noqa: PLC0415

    section = settings.train
    calibration_glyphs = max(LEAST_CALIBRATION_GLYPHS, settings.convert.calibration_glyphs)
    plan = plan_of(section, folder, calibration_glyphs, start_from=start_from, fresh=fresh)
    display = Display() if workers is None or workers.index == 0 else Display.of_worker(workers.index, workers.count)

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
    distribution.begin(workers)
    with distribution.lost_worker_told():
        run.train(plan, glyphs, display)


def _compare(parsed: argparse.Namespace) -> None:
    settings = _settings(parsed)
    if settings.train.backend not in {None, "tensorflow"}:
        raise UsageError(f"compare trains on tensorflow, not {settings.train.backend}; leave out --backend")
    backend.load("tensorflow")  # which makes .tflite files of untrained networks, to time them
    from train.compare import compare, table  # noqa: PLC0415
    from train.network import network  # noqa: PLC0415

    runs = []
    for name in parsed.networks:
        alone = {} if network(name).not_digits else {"extra": [], "not_digits": []}
        own = config.override(settings, {"train": {"network": name} | alone})
        runs.append(parsed.out / f"{name}-{own.train.seed}")
        _run(own, runs[-1])
    compared = compare(runs, parsed.out / "compare", *_exam(settings.train.data[0], parsed), print)
    figures = [row.figures() for row in compared]
    _write_json(parsed.json, figures)
    print(table(figures))


def _measure(parsed: argparse.Namespace) -> None:
    backend.load("tensorflow")
    from train.robustness.measure import measure_file, table  # noqa: PLC0415

    exam = _exam(parsed.data, parsed)
    measured = [measure_file(file, *exam) for file in parsed.files]
    _write_json(parsed.json, [entry.figures() for entry in measured])
    print(table(measured))


def _exam(data: str, parsed: argparse.Namespace) -> tuple[GlyphSet, list[GlyphSet], list[GlyphSet]]:
    """(test digits, digits of other hands, what is no digit)."""
    from train import assemble  # noqa: PLC0415

    return (
        assemble.for_testing(data),
        [assemble.for_testing(source) for source in parsed.elsewhere],
        [assemble.for_testing(source) for source in parsed.unseen],
    )


def _write_json(path: Path | None, figures: object) -> None:
    if path is None:
        return
    try:
        run_folder.write_json(path, figures)
    except OSError as error:
        raise UsageError(f"--json {path}: cannot be written ({error.strerror or error})") from None


def _settings(parsed: argparse.Namespace) -> Config:
    given = {key: getattr(parsed, key) for key in TrainConfig.__struct_fields__}
    return _overridden(config.load(parsed.config), given)


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


COMMANDS: dict[str, tuple[Callable[[], argparse.ArgumentParser], Callable[[argparse.Namespace], None]]] = {
    "": (_train_parser, _train),
    "compare": (_compare_parser, _compare),
    "measure": (_measure_parser, _measure),
}
"""By the first argument: what else there is on the line, and what it does."""


if __name__ == "__main__":
    distribution.leave(main())
