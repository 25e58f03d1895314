"""The command line, `python -m train.video`: clips to measure with, each beside the truth about it; nothing else."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core import atomic
from core.dataset import hold_out
from core.errors import DigitReaderError, UsageError
from train.one_line_parser import OneLineParser
from train.scenes import sources
from train.scenes.fields import Shape
from train.scenes.material import Material
from train.video.clip import Clip, Order, clip
from train.video.kinds import KINDS
from train.video.shoot import Shot
from train.video.store import BYTES_A_PX, SUFFIX, save
from train.video.strip import row, tile

EXAMPLES = """\
examples:
  python -m train.video --out clips/ --data mnist/ --letters letters.npz --held-out
  python -m train.video --out look/ --clips 3 --seconds 6 --kind written
"""

HELD_OUT_SHARE, HOLD_OUT_SEED = 0.1, 0
"""As `train.spotter.run` holds digits out, so that no spotter has seen these hands."""
SHEET = "clips.png"
TILES = 8
"""Frames of each clip on the contact sheet."""
MOST_ROWS = 24
"""Clips on it: the first of each kind, or the first of the one kind that is asked for."""


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0 when all clips are written, 1 for data that cannot be used, 2 for wrong usage."""
    progress = _Progress()
    try:
        _draw(_parser().parse_args(arguments), progress)
    except DigitReaderError as error:
        progress.clear()
        sys.stdout.flush()
        print(f"error: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        progress.clear()
        print("interrupted; clips that are there are whole, go on with --first", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="python -m train.video",
        description="Draws clips of handwritten numbers that come, go and change, with the truth about each frame.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="write them there")
    parser.add_argument("--clips", type=int, default=200, metavar="N", help="how many (default: 200)")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="begin with this one (default: 0)")
    parser.add_argument("--seconds", type=float, default=10.0, metavar="S", help="of each (default: 10)")
    parser.add_argument("--size", type=_size, default=(480, 640), metavar="WxH", help="in px (default: 640x480)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed draws the same (default: 1)")
    parser.add_argument(
        "--kind", choices=KINDS, metavar="KIND", help=f"only of one kind; otherwise in turn: {', '.join(KINDS)}"
    )
    parser.add_argument(
        "--held-out", action="store_true", help="write with the hands only that trainings of spotters hold out"
    )
    sources.add_options(parser)
    return parser


def _size(text: str) -> Shape:
    """(height, width)."""
    width, height = text.lower().split("x")
    return int(height), int(width)


class _Progress:
    """On a terminal, one refreshed line."""

    def __init__(self) -> None:
        self._refreshed = sys.stderr.isatty()

    def show(self, line: str) -> None:
        if self._refreshed:
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        self.show("")


def _draw(parsed: argparse.Namespace, progress: _Progress) -> None:
    if parsed.clips < 1 or parsed.first < 0 or parsed.seed < 0:
        raise UsageError("--clips must be 1 or more, --first and --seed 0 or more")
    order = Order(parsed.size, parsed.seconds)
    folder = _made(parsed.out, order, parsed.clips)
    # One core's worth: several processes may share the work by --first.
    cv2.setNumThreads(1)
    digits, letters, grounds = sources.given(parsed)
    if parsed.held_out:
        _, digits = hold_out(digits, HELD_OUT_SHARE, HOLD_OUT_SEED)
    material = Material(digits, letters, grounds)
    rows: dict[str, NDArray[np.uint8]] = {}
    begun, frames, size, episodes = time.perf_counter(), 0, 0, 0
    for place in range(parsed.clips):
        index = parsed.first + place
        one = clip(material, order, parsed.seed, index, parsed.kind)
        video = folder / f"{index:04d}-{one.kind}{SUFFIX}"
        watcher = _Watcher(one)
        truth = save(one, video, watcher)
        frames, size, episodes = frames + len(truth.frames), size + video.stat().st_size, episodes + len(truth.episodes)
        of = video.stem if parsed.kind else one.kind
        if of not in rows and len(rows) < MOST_ROWS:
            rows[of] = row(video.stem, watcher.tiles)
        done, elapsed_s = place + 1, time.perf_counter() - begun
        left_min = elapsed_s / done * (parsed.clips - done) / 60
        progress.show(f"{done} of {parsed.clips} clips, {size / 1e6:,.0f} MB, about {left_min:.0f} min left")
    progress.clear()
    _, encoded = cv2.imencode(".png", np.concatenate(list(rows.values())))
    atomic.write(folder / SHEET, encoded.tobytes())
    elapsed_s = time.perf_counter() - begun
    print(f"{folder}: {parsed.clips} clips, {frames:,} frames, {episodes:,} episodes, {size / 1e9:.2f} GB")
    print(f"{frames / elapsed_s:.0f} frames/s in one process; look at {folder / SHEET}")


def _made(folder: Path, order: Order, clips: int) -> Path:
    """The folder, with room for the clips. Raises UsageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise UsageError(f"--out {folder}: cannot be written ({error.strerror or error})") from None
    height, width = order.shape
    needed = BYTES_A_PX * height * width * order.seconds * order.frame_rate_hz * clips
    if needed > free:
        raise UsageError(
            f"--out {folder}: {clips} clips take about {needed / 1e9:.1f} GB, {free / 1e9:.1f} are free; "
            "choose fewer, shorter or smaller ones"
        )
    print(f"to {folder}: {clips} clips, about {needed / 1e9:.1f} GB", flush=True)
    return folder


class _Watcher:
    """Keeps some frames of a clip for the contact sheet."""

    def __init__(self, watched: Clip) -> None:
        last = len(watched.story.ticks) - 1
        self._wanted = set(np.linspace(0.02 * last, 0.98 * last, TILES).round().astype(int).tolist())
        self._seen = 0
        self.tiles: list[NDArray[np.uint8]] = []

    def __call__(self, shot: Shot) -> None:
        if self._seen in self._wanted:
            self.tiles.append(tile(shot.luma, shot.truth))
        self._seen += 1


if __name__ == "__main__":
    sys.exit(main())
