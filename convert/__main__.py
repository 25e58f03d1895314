"""The command line, `python -m convert`; nothing else."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from core import config, model_file, spotter_run
from core.errors import DigitReaderError, UsageError
from core.manifest import SpotterManifest

EXAMPLES = """\
examples:
  python -m convert build/plain                             convert what `python -m train` left there
  python -m convert build/spotter-1                         convert what `python -m train.spotter` left there
  python -m convert my.keras --data mnist/ --output my.tflite
  python -m convert --evaluate models/digits.tflite --data mnist/
  python -m convert --self-test models/digits.tflite        give a file of before there were self-tests one
"""

DEFAULT_OUTPUT = Path("models/digits.tflite")
DEFAULT_SPOTTER_OUTPUT = Path("models/spotter.tflite")


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0 if all went well, 1 for a refused or damaged model, 2 for wrong usage, 78 for a bad config."""
    parsed = _parser().parse_args(arguments)
    try:
        if parsed.self_test is not None:
            _self_test(parsed)
        elif parsed.evaluate is None:
            _convert(parsed)
        else:
            _evaluate(parsed)
    except DigitReaderError as error:
        sys.stdout.flush()
        print(f"error: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m convert",
        description="Makes one verified int8 .tflite of a trained network, or measures one.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", nargs="?", type=Path, metavar="SOURCE", help="the folder of a run, or a .keras file")
    parser.add_argument("--evaluate", type=Path, metavar="FILE", help="measure this .tflite instead of making one")
    parser.add_argument(
        "--self-test", type=Path, metavar="FILE", help="put a self-test, made here and now, into this model file"
    )
    parser.add_argument(
        "--data", type=Path, metavar="SRC", help="a folder of IDX files or of pictures per class, or .npz"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help=f"where to put it (default: {DEFAULT_OUTPUT} or {DEFAULT_SPOTTER_OUTPUT})",
    )
    parser.add_argument(
        "--classifier", type=Path, metavar="FILE", help=f"is to vote with a spotter (default: {DEFAULT_OUTPUT})"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (default: /etc/digit-reader/config.yaml)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    return parser


def _convert(parsed: argparse.Namespace) -> None:
    from convert import sources  # noqa: PLC0415 — so that --help needs no OpenCV

    if parsed.source is None:
        raise UsageError("name the folder of a run or a .keras file to convert, or a .tflite with --evaluate")
    run = parsed.source.parent if parsed.source.name == spotter_run.MODEL else parsed.source
    if (run / spotter_run.RECORD).is_file() or (run / spotter_run.MODEL).is_file():
        _convert_spotter(parsed, run)
        return
    if parsed.classifier is not None:
        raise UsageError(f"{parsed.source}: is no run of `python -m train.spotter`; --classifier goes with one only")
    limits = config.load(parsed.config).convert
    source = sources.find(parsed.source, parsed.data, limits.calibration_glyphs)

    from convert.build import build  # noqa: PLC0415 — TensorFlow takes seconds to import; mistakes are told before

    conversion = build(source, limits)
    output = parsed.output or DEFAULT_OUTPUT
    model_file.write(output, conversion.content)
    print(_json(conversion.figures(output)) if parsed.json else conversion.text(output))


def _convert_spotter(parsed: argparse.Namespace, run: Path) -> None:
    if parsed.data is not None:
        raise UsageError("a spotter is measured on the scenes its run left; --data does not go with it")
    path = parsed.classifier or (DEFAULT_OUTPUT if DEFAULT_OUTPUT.is_file() else None)
    classifier = None if path is None else model_file.read(path)

    from convert import spotter  # noqa: PLC0415 — as above

    conversion = spotter.build(run, classifier)
    output = parsed.output or DEFAULT_SPOTTER_OUTPUT
    model_file.write(output, conversion.content, SpotterManifest)
    print(_json(conversion.figures(output)) if parsed.json else conversion.text(output))


def _evaluate(parsed: argparse.Namespace) -> None:
    from convert.evaluate import evaluate_file  # noqa: PLC0415 — as above

    for given, name in (
        (parsed.source, "a network to convert"),
        (parsed.output, "--output"),
        (parsed.classifier, "--classifier"),
    ):
        if given is not None:
            raise UsageError(f"--evaluate measures one file; it does not go with {name}")
    if parsed.data is None:
        raise UsageError(
            "--evaluate needs labelled glyphs; name them with --data, for example a folder of MNIST's IDX files"
        )
    evaluation = evaluate_file(parsed.evaluate, parsed.data)
    print(_json(evaluation.figures()) if parsed.json else evaluation.text())


def _self_test(parsed: argparse.Namespace) -> None:
    from convert import self_test  # noqa: PLC0415 — as above

    for given, name in (
        (parsed.source, "a network to convert"),
        (parsed.evaluate, "--evaluate"),
        (parsed.data, "--data"),
        (parsed.output, "--output"),
        (parsed.classifier, "--classifier"),
    ):
        if given is not None:
            raise UsageError(f"--self-test goes with one model file; it does not go with {name}")
    manifest = self_test.renew(parsed.self_test).manifest
    if parsed.json:
        print(_json({"file": str(parsed.self_test), "manifest": msgspec.to_builtins(manifest)}))
    else:
        print(f"{parsed.self_test}: {parsed.self_test.stat().st_size:,} bytes, with a self-test made on this machine")


def _json(figures: dict[str, object]) -> str:
    return msgspec.json.encode(figures).decode()


if __name__ == "__main__":
    sys.exit(main())
