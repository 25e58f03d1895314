"""Data sources → the glyphs of one run: to train on, held out by writers, and to test with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core import splits
from core.dataset import GlyphSet, hold_out, merge, sort_labels
from core.errors import DataError
from core.own_digits import Example
from core.splits import Splits
from train.download import fetch, mnist_cache
from train.others import other_signs

MNIST_SOURCE = "mnist"
"""The name that stands for the download."""

DRAWN_SOURCE = "drawn"
"""The name that stands for what is drawn, or made of the run's own digits."""

TEST_SEED = 0
"""Of the test slice: not the run's own seed, so that runs with other seeds are measured on the same glyphs."""


@dataclass(frozen=True)
class Assembled:
    """The glyphs of one run, all over the same labels."""

    training: GlyphSet
    """`kept` and `held_out` together."""
    kept: GlyphSet
    held_out: GlyphSet
    test: GlyphSet
    others: tuple[GlyphSet, ...]
    """What is none of the labels, source by source, its labels being its kinds."""
    sources: tuple[GlyphSet, ...]
    """The training glyphs again, source by source, but for `extra`."""
    extra: tuple[GlyphSet, ...]
    """Sources that are in `kept` as a whole."""
    examples: tuple[Example, ...]
    """Of people's own pictures."""
    notes: tuple[str, ...]
    """What a reader of the figures must know, in whole sentences."""


def load(source: str) -> Splits:
    """The glyphs of a source: `mnist`, downloaded if it must be, or a path. Raises DataError."""
    return splits.load(fetch(mnist_cache()) if source == MNIST_SOURCE else Path(source).expanduser())


def for_testing(source: str) -> GlyphSet:
    """The test glyphs of a source, or all of it if it has no test part. Raises DataError."""
    found = load(source)
    glyphs = found.train if found.test is None else found.test
    assert glyphs is not None, "Splits has one of the two"  # noqa: S101 — for type checkers
    return glyphs


def assemble(
    loaded: Sequence[Splits],
    labels: Sequence[str] | None,
    fraction: float,
    seed: int,
    *,
    extra: Sequence[Splits] = (),
    others: Sequence[Splits | None] = (),
) -> Assembled:
    """The glyphs of all sources in `loaded`, with the parts held out and for testing set aside.

    `labels` are kept, or all there are. About `fraction` of the training glyphs is held out; a source without a test
    part gives the same share of its glyphs for one. Of `extra` all glyphs of these labels are trained on, and of
    `others` those of no such label are trained against; None among them stands for what is drawn. Raises DataError for
    a class without glyphs, too few glyphs to split, and a source that is there twice.
    """
    chosen = _chosen_labels(loaded, labels)
    notes: list[str] = []
    sources, tests = [], []
    for source in loaded:
        training, test = _parts(source, chosen, fraction, notes)
        sources.append(training)
        tests.append(test)
    further = [_all_of(source, chosen) for source in extra]
    _check_different([*loaded, *extra], chosen)
    training, test = merge(sources), merge(tests)
    if len(test) == 0:
        raise DataError(f"{test.name}: has no glyphs of the classes {', '.join(chosen)}; add some to test with")
    kept, held_out = hold_out(training, fraction, seed)
    _check_classes(training, kept)
    notes.extend(
        f"The writers of {source.name} are unknown, so its glyphs are held out one by one: "
        "held-out figures may flatter, because the same hands were trained on."
        for source in sources
        if source.writers is None
    )
    return Assembled(
        training=merge([training, *further]),
        kept=merge([kept, *further]),
        held_out=held_out,
        test=test,
        others=other_signs(others, kept),
        sources=tuple(sources),
        extra=tuple(further),
        examples=tuple(example for source in loaded for example in source.examples if example.label in chosen),
        notes=tuple(notes),
    )


def _chosen_labels(loaded: Sequence[Splits], labels: Sequence[str] | None) -> tuple[str, ...]:
    found = sort_labels(
        source.train.labels[target]
        for source in loaded
        if source.train is not None
        for target in np.unique(source.train.targets)
    )
    chosen = found if labels is None else sort_labels(labels)
    missing = [label for label in chosen if label not in found]
    if missing:
        raise DataError(f"no glyphs of class {missing[0]!r}; the data have {', '.join(found)}, choose among them")
    if len(chosen) < 2:
        raise DataError(f"the data have the class {', '.join(chosen) or 'nothing'} only; expected two or more")
    return chosen


def _parts(source: Splits, labels: tuple[str, ...], fraction: float, notes: list[str]) -> tuple[GlyphSet, GlyphSet]:
    """(training, test) of one source."""
    if source.train is None:
        name = "a source" if source.test is None else source.test.name
        raise DataError(f"{name}: has a test part only; add train-images-idx3-ubyte and train-labels-idx1-ubyte")
    training = source.train.relabelled(labels)
    if len(training) == 0:
        raise DataError(f"{training.name}: has no glyphs of the classes {', '.join(labels)}; leave it out")
    if source.test is not None:
        return training, source.test.relabelled(labels)
    training, test = hold_out(training, fraction, TEST_SEED)
    notes.append(
        f"{training.name} has no test part, so {len(test)} of its glyphs were set aside as one"
        f"{'' if training.writers is None else ', by whole writers'}."
    )
    return training, replace(test, name=f"{training.name}, set aside")


def _all_of(source: Splits, labels: tuple[str, ...]) -> GlyphSet:
    """Every glyph of these labels. Raises DataError if there is none."""
    glyphs = merge(part for part in (source.train, source.test) if part is not None)
    chosen = glyphs.relabelled(labels)
    if len(chosen) == 0:
        raise DataError(f"{glyphs.name}: has no glyphs of the classes {', '.join(labels)}; leave it out")
    return chosen


def _check_different(sources: Sequence[Splits], labels: tuple[str, ...]) -> None:
    """The same glyphs twice would be trained on and held out, or tested with, at once."""
    names: dict[str, str] = {}
    for source in sources:
        for part in (source.train, source.test):
            chosen = None if part is None else part.relabelled(labels)
            if not chosen:
                continue
            digest = chosen.sha256()
            if digest in names:
                raise DataError(f"{chosen.name}: the same glyphs as {names[digest]}; name each source once")
            names[digest] = chosen.name


def _check_classes(training: GlyphSet, kept: GlyphSet) -> None:
    counts = np.bincount(kept.targets, minlength=len(kept.labels))
    if not counts.all():
        label = kept.labels[int(counts.argmin())]
        raise DataError(
            f"{training.name}: no glyph of class {label!r} is left to train on beside those held out and for testing; "
            "add glyphs of it, or lower --holdout-fraction"
        )
