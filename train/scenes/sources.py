"""What scenes are drawn of, as the command line names it: the same options wherever scenes are drawn."""

from __future__ import annotations

import argparse
from pathlib import Path

from core import picture
from core.dataset import GlyphSet, merge
from core.errors import DataError
from core.frame import Luma
from train import assemble
from train.scenes.material import DIGITS

Given = tuple[GlyphSet, GlyphSet | None, tuple[Luma, ...]]
"""Digits, letters and grounds, as `Material` takes them."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options that `given` reads."""
    parser.add_argument(
        "--data", action="append", metavar="SRC", help="digits to write with (default: mnist); repeat it for more"
    )
    parser.add_argument("--letters", action="append", default=[], metavar="SRC", help="signs that are no digits")
    parser.add_argument("--grounds", type=Path, metavar="DIR", help="pictures without digits, to use as grounds")


def given(parsed: argparse.Namespace) -> Given:
    """What the options name. Raises DataError, and ImageError for a damaged picture."""
    return (
        merge(_training(source).relabelled(DIGITS) for source in parsed.data or [assemble.MNIST_SOURCE]),
        merge(_training(source) for source in parsed.letters) if parsed.letters else None,
        () if parsed.grounds is None else _pictures(parsed.grounds),
    )


def _training(source: str) -> GlyphSet:
    """The training glyphs of a source; those to test with are never drawn. Raises DataError."""
    glyphs = assemble.load(source).train
    if glyphs is None:
        raise DataError(f"{source}: has a test part only, which is not drawn from; name a source to train on")
    return glyphs


def _pictures(folder: Path) -> tuple[Luma, ...]:
    """Every picture in the folder. Raises DataError if there is none, ImageError for one that is damaged."""
    files = sorted(file for file in folder.iterdir() if picture.is_file(file)) if folder.is_dir() else []
    if not files:
        raise DataError(f"--grounds {folder}: no pictures there; expected a folder of .png or .jpg")
    return tuple(picture.load(file) for file in files)
