"""The command line, `digit-reader`; nothing else."""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from core import config
from core.config import Config
from core.errors import ConfigError, DigitReaderError, UsageError

if TYPE_CHECKING:
    from edge.methods import Models  # which takes OpenCV along

EXAMPLES = """\
examples:
  digit-reader run                                  the first camera there is, otherwise the drawing canvas
  digit-reader run --source canvas                  draw on the page
  digit-reader run --source meter.mp4               replay a video, a picture or a folder
  digit-reader cameras                              which cameras there are, and what to call them
  digit-reader read photo.jpg --annotate seen/      read a photo, and see what was read
  digit-reader read --json photos/ | jq .digits     read a folder
  digit-reader score photos/                        how well a labelled folder is read (photos/labels.csv)
  digit-reader model use new.tflite                 check a model, and read with it from now on
  digit-reader score --video clips/                 how well numbers are followed in labelled videos
"""

QUIET = {"OPENCV_FFMPEG_LOGLEVEL": "-8", "OPENCV_LOG_LEVEL": "SILENT"}
"""What OpenCV and FFmpeg say of files that cannot be decoded, without their names, is said by ours, with them. It must
be set before OpenCV is imported; who sets another level in the environment gets it."""


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0 if all went well, 1 if something could not be read, 2 for wrong usage, 78 for a bad config."""
    parsed = _parser().parse_args(arguments)
    for name, level in QUIET.items():
        os.environ.setdefault(name, level)
    if sys.stdout is None:
        if parsed.command is not _run:  # a service need not print, all else would be for nothing
            _complain("error: standard output is closed, and the answer goes there; open it, or send it to a file")
            return 1
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 — as long as the program
    if isinstance(sys.stdout, io.TextIOWrapper):  # a notebook's is not
        sys.stdout.reconfigure(errors="replace")
    try:
        return _flushed(parsed.command(parsed))
    except DigitReaderError as error:
        _complain(f"error: {error}")
        return error.exit_status
    except BrokenPipeError:
        _discard_output()
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EIO}:
            raise
        _discard_output()
        print(f"error: standard output cannot be written ({error.strerror})", file=sys.stderr)
        return 1


def _flushed(status: int) -> int:
    """`status`, with all output on its way: what cannot be written is found out here and not at exit."""
    sys.stdout.flush()
    return status


def _discard_output() -> None:
    """Whoever reads our output is gone or full; what is still buffered would only complain at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(message: str) -> None:
    if sys.stdout is not None:
        sys.stdout.flush()
    if sys.stderr is not None:  # `print` takes standard output otherwise
        print(message, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="digit-reader",
        description="Reads handwritten digits from a camera, a canvas or files.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"digit-reader {_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, metavar="FILE", help="settings (default: /etc/digit-reader/config.yaml)")
    common.add_argument("--model", metavar="FILE", help="a .tflite made by convert (default: the one that ships)")

    run = commands.add_parser("run", parents=[common], help="read continuously, and serve the page")
    run.add_argument(
        "--source", metavar="SOURCE", help="auto, canvas, a camera, a stream's address, or files to replay"
    )
    run.add_argument("--port", type=int, metavar="N", help="of the page; 0 takes a free one")
    run.set_defaults(command=_run)

    read = commands.add_parser("read", parents=[common], help="read pictures, folders and videos")
    read.add_argument("paths", nargs="+", metavar="PATH", help="a picture, a folder, a video, or - for standard input")
    read.add_argument("--json", action="store_true", help="one JSON line a file")
    read.add_argument("--annotate", type=Path, metavar="DIR", help="write each picture (not video) with boxes to DIR")
    read.set_defaults(command=_read)

    score = commands.add_parser("score", parents=[common], help="measure on labelled pictures or videos")
    scored = score.add_mutually_exclusive_group(required=True)
    scored.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="pictures, with labels.csv (file, digits)")
    scored.add_argument("--video", type=Path, metavar="PATH", help="a video with its .json beside it, or a folder")
    score.add_argument(
        "--every", type=_count, metavar="N", help="with --video: read one frame in N by itself as well (default: 1)"
    )
    score.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    score.add_argument(
        "--compare",
        type=Path,
        metavar="FILE",
        help="set it beside an earlier run that --json wrote to FILE; rows that got worse leave the exit status at 0",
    )
    score.set_defaults(command=_score)

    bench = commands.add_parser("bench", parents=[common], help="time each stage on this machine")
    bench.add_argument("--runs", type=_count, default=200, metavar="N", help="frames timed (default: 200)")
    bench.add_argument("--size", type=_size, default=(640, 480), metavar="WxH", help="of the frame (default: 640x480)")
    bench.add_argument("--digits", type=_count, default=10, metavar="N", help="on the page (default: 10)")
    bench.set_defaults(command=_bench)

    history = commands.add_parser("history", help="what the daemon has told").add_subparsers(
        required=True, metavar="ACTION"
    )
    export = history.add_parser("export", help="print every event that is kept (history.enabled)")
    export.add_argument("--config", type=Path, metavar="FILE", help="settings (default: /etc/digit-reader/config.yaml)")
    export.add_argument("--csv", action="store_true", required=True, help="as a table, one event a line")
    export.set_defaults(command=_history_export)

    _add_model_actions(commands)

    cameras = commands.add_parser("cameras", help="list the cameras of this machine")
    cameras.add_argument("--json", action="store_true", help="one JSON line a camera")
    cameras.set_defaults(command=_cameras)

    events = commands.add_parser("events", help="what the daemon tells").add_subparsers(required=True, metavar="ACTION")
    events.add_parser("schema", help="print the JSON Schema of events").set_defaults(command=_events_schema)

    configs = commands.add_parser("config", help="check settings").add_subparsers(required=True, metavar="ACTION")
    validate = configs.add_parser("validate", help="check a config file")
    validate.add_argument("file", type=Path, metavar="FILE")
    validate.set_defaults(command=_config_validate)
    configs.add_parser("schema", help="print the JSON Schema of config.yaml").set_defaults(command=_config_schema)
    return parser


def _add_model_actions(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    models = commands.add_parser("model", help="say what reads, and choose it")
    models.set_defaults(command=_model)
    actions = models.add_subparsers(required=True, metavar="ACTION", dest="action")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, metavar="FILE", help="settings (default: /etc/digit-reader/config.yaml)")
    common.add_argument("--json", action="store_true", help="one JSON object instead of text")
    info = actions.add_parser("info", parents=[common], help="what the models in use are, or the one in FILE")
    info.add_argument("file", nargs="?", type=Path, metavar="FILE")
    actions.add_parser("list", parents=[common], help="what was chosen, and what before")
    use = actions.add_parser("use", parents=[common], help="check FILE, and read with it from now on")
    use.add_argument("file", type=Path, metavar="FILE", help="a classifier or a spotter made by convert")
    actions.add_parser("rollback", parents=[common], help="undo the last choice")


def _run(parsed: argparse.Namespace) -> int:
    from edge.chosen_models import store_of  # noqa: PLC0415
    from edge.service import serve  # noqa: PLC0415 — only `run` pays for the web server's import

    settings = _settings(parsed)
    serve(settings, _models(settings), store_of(settings))
    return 0


def _read(parsed: argparse.Namespace) -> int:
    from edge.methods import new_reader  # noqa: PLC0415 — so that `config` needs no OpenCV
    from edge.read_files import FileReader, expand  # noqa: PLC0415

    settings = _settings(parsed)
    reader = FileReader(new_reader(_models(settings), settings), settings, parsed.annotate)
    failed = False

    def warn(message: str) -> None:
        nonlocal failed
        failed = True
        _complain(f"error: {message}")

    names = list(expand(parsed.paths, warn))
    for name in names:
        try:
            answer = reader.read(name)
        except DigitReaderError as error:
            warn(str(error))
            continue
        for refused in answer.refused:
            _complain(f"{name}: {refused.text} refused by reading.rules.{refused.rule}: {refused.reason}")
        if parsed.json:
            print(msgspec.json.encode(answer).decode(), flush=True)
        else:
            numbers = " ".join(reading.text for reading in answer.readings) or "(nothing)"
            print(numbers if len(names) == 1 else f"{name}: {numbers}", flush=True)
    return 1 if failed else 0


def _score(parsed: argparse.Namespace) -> int:
    if parsed.video is not None:
        return _score_video(parsed)
    if parsed.every is not None:
        raise UsageError("--every goes with --video; pictures are all read by themselves")
    from core.picture import load  # noqa: PLC0415
    from edge import score, score_compare  # noqa: PLC0415
    from edge.methods import new_reader  # noqa: PLC0415

    settings = _settings(parsed)
    labels = score.read_labels(parsed.folder)
    before = score_compare.load(parsed.compare, parsed.folder, labels) if parsed.compare else None
    reader = new_reader(_models(settings), settings)
    unreadable: list[str] = []
    rows = score.score(parsed.folder, labels, lambda path: reader.read(load(path)).digits, unreadable.append)
    for message in unreadable:
        _complain(f"error: {message}; counted as nothing read")
    if before is not None:
        comparison = score_compare.compare(before, rows, labels)
        print(msgspec.json.encode(comparison).decode() if parsed.json else score_compare.table(comparison))
    else:
        print(msgspec.json.encode(score.with_total(rows)).decode() if parsed.json else score.table(rows))
    return 1 if unreadable else 0


def _score_video(parsed: argparse.Namespace) -> int:
    from edge import score_video, video_compare, video_table  # noqa: PLC0415

    settings = _settings(parsed)
    every = parsed.every or 1
    before = video_compare.load(parsed.compare, every) if parsed.compare else None
    failed = False

    def warn(message: str) -> None:
        nonlocal failed
        failed = True
        _complain(f"error: {message}")

    scorer = score_video.VideoScorer(_models(settings), settings, every)
    rows = score_video.score_videos(parsed.video, scorer, warn, score_video.Progress())
    if before is not None:
        comparison = video_compare.compare(before, rows)
        print(msgspec.json.encode(comparison).decode() if parsed.json else video_compare.table(comparison))
    else:
        print(msgspec.json.encode(rows).decode() if parsed.json else video_table.table(rows))
    return 1 if failed else 0


def _bench(parsed: argparse.Namespace) -> int:
    from edge.bench import bench, draw_page, table  # noqa: PLC0415

    settings = _settings(parsed)
    width_px, height_px = parsed.size
    page = draw_page(width_px, height_px, parsed.digits)
    measured = bench(_models(settings), settings, page, parsed.runs)
    print(msgspec.json.encode(measured).decode())
    print(table(measured))
    return 0


def _history_export(parsed: argparse.Namespace) -> int:
    from edge.directories import state_directory  # noqa: PLC0415
    from edge.sinks.history import FILE_NAME  # noqa: PLC0415
    from edge.sinks.history_csv import export_csv  # noqa: PLC0415

    path = config.load(parsed.config).history.path
    export_csv(Path(path) if path else state_directory(os.environ) / FILE_NAME, sys.stdout)
    return 0


def _model(parsed: argparse.Namespace) -> int:
    from edge import model_command  # noqa: PLC0415

    settings = config.load(parsed.config)
    if parsed.action == "info":
        return model_command.info(settings, parsed.file, parsed.json, _complain)
    if parsed.action == "list":
        return model_command.list_choices(settings, parsed.json)
    if parsed.action == "use":
        return model_command.use(settings, parsed.file, parsed.json, _complain)
    return model_command.roll_back(settings, parsed.json, _complain)


def _cameras(parsed: argparse.Namespace) -> int:
    from edge.cameras import cameras, table  # noqa: PLC0415

    listed = cameras()
    if parsed.json:
        for camera in listed:
            print(msgspec.json.encode(camera).decode())
    else:
        print(table(listed))
    return 0 if listed else 1


def _events_schema(_: argparse.Namespace) -> int:
    from edge.sinks.envelope import schema  # noqa: PLC0415

    print(msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode())
    return 0


def _config_validate(parsed: argparse.Namespace) -> int:
    config.load(parsed.file)
    print(f"{parsed.file}: valid")
    return 0


def _config_schema(_: argparse.Namespace) -> int:
    print(msgspec.json.format(msgspec.json.encode(config.schema()), indent=2).decode())
    return 0


def _models(settings: Config) -> Models:
    """What is read with. What was chosen and cannot be used is told, and does not stop the program."""
    from edge.chosen_models import load, store_of  # noqa: PLC0415

    return load(settings, store_of(settings), lambda message: _complain(f"warning: {message}"))


def _settings(parsed: argparse.Namespace) -> Config:
    """The config file with the flags over it."""
    settings = config.load(parsed.config)
    overrides: dict[str, dict[str, object]] = {}
    if parsed.model is not None:
        overrides["model"] = {"path": parsed.model}
    if getattr(parsed, "source", None) is not None:
        overrides["camera"] = {"source": parsed.source}
    if getattr(parsed, "port", None) is not None:
        overrides["page"] = {"port": parsed.port}
    try:
        return config.override(settings, overrides)
    except ConfigError as error:
        raise UsageError(str(error)) from None


def _count(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 100_000:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 100000")


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if width.isdecimal() and height.isdecimal() and 16 <= int(width) <= 8192 and 16 <= int(height) <= 8192:
        return int(width), int(height)
    raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 640x480, each side 16 to 8192")


def _version() -> str:
    try:
        return version("digit-reader")
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
