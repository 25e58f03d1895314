from __future__ import annotations

import threading

import numpy as np
import pytest
from handwriting import glyph_set
from patterns import correlations, patterns

from core.dataset import GlyphSet
from train import batches as module
from train.augment import FULL, MILD, Strength
from train.batches import AHEAD, Batch, batches, steps_of

SLIGHT = Strength(geometry=0.3, far_share=0.0, photometry_share=0.0)


def numbered(count: int, first: int = 1, kinds: int = 2) -> GlyphSet:
    """Glyphs that tell their number: all pixels of glyph n have the value `first` + n. Its target is n % kinds."""
    pixels = np.empty((count, 28, 28), np.uint8)
    pixels[:] = (first + np.arange(count))[:, np.newaxis, np.newaxis]
    return GlyphSet("numbered", pixels, np.arange(count) % kinds, tuple(str(kind) for kind in range(kinds)))


def numbers(batch: Batch) -> np.ndarray:
    """The values that `numbered` gave the glyphs of a batch that was not augmented."""
    assert np.array_equal(batch.x.min(axis=(1, 2, 3)), batch.x.max(axis=(1, 2, 3)))
    return batch.x[:, 0, 0, 0].astype(int)


def drawn(glyphs: GlyphSet, *others: GlyphSet, epoch: int = 0, seed: int = 1, **changed: object) -> list[Batch]:
    """The batches of one epoch, of 20 glyphs each, not augmented unless asked for."""
    how = {"batch_size": 20, "strength_at": lambda _: None} | changed
    return list(batches(glyphs, others, seed=seed, epoch=epoch, **how))


def same(left: list[Batch], right: list[Batch]) -> bool:
    """To the bit."""
    return all(np.array_equal(a.x, b.x) and np.array_equal(a.y, b.y) for a, b in zip(left, right, strict=True))


GLYPHS = glyph_set(90, seed=1, labels="017")
OTHERS = glyph_set(30, seed=2, labels="XK")


def test_an_epoch_shows_each_glyph_at_most_once_with_its_own_target() -> None:
    glyphs = numbered(90)
    found = drawn(glyphs)
    assert [batch.x.shape for batch in found] == [(20, 28, 28, 1)] * 4
    seen = np.concatenate([numbers(batch) for batch in found]) - 1
    assert len(set(seen.tolist())) == 80
    assert np.array_equal(glyphs.targets[seen], np.concatenate([batch.y for batch in found]))


def test_glyphs_that_wait_in_one_epoch_are_shown_in_others() -> None:
    seen = {number for epoch in range(8) for batch in drawn(numbered(50), epoch=epoch) for number in numbers(batch)}
    assert seen == set(range(1, 51))


def test_all_glyphs_in_one_batch_if_there_are_fewer() -> None:
    (batch,) = drawn(numbered(12), batch_size=500)
    assert sorted(numbers(batch)) == list(range(1, 13))
    assert steps_of(numbered(12), 500) == 1


@pytest.mark.parametrize("strength", [None, FULL])
def test_seed_epoch_and_step_decide_a_batch(strength: Strength | None) -> None:
    def of(seed: int, epoch: int) -> list[Batch]:
        return drawn(GLYPHS, OTHERS, seed=seed, epoch=epoch, strength_at=lambda _: strength)

    first = of(1, 0)
    assert same(first, of(1, 0))
    assert not same(first, of(1, 1))
    assert not same(first, of(2, 0))
    assert not same(first[:2], first[2:])


def test_what_is_none_of_the_labels_comes_in_the_stated_share_and_has_their_number_for_target() -> None:
    glyphs, others = numbered(80, kinds=4), numbered(100, first=101)
    for batch in drawn(glyphs, others):
        foreign = numbers(batch) > 100
        assert (len(batch.y), int(foreign.sum())) == (27, round(20 * module.OTHERS_SHARE))
        assert set(batch.y[foreign].tolist()) == {len(glyphs.labels)}
        assert np.array_equal(batch.y[~foreign], glyphs.targets[numbers(batch)[~foreign] - 1])


def test_spoilt_are_the_first_glyphs_of_a_label_as_many_as_have_photometry() -> None:
    photographed = FULL.photographed(27)
    for batch in drawn(numbered(80, kinds=4), numbered(100, first=101), strength_at=lambda _: FULL):
        assert np.array_equal(batch.spoilt, (np.arange(27) < photographed) & (batch.y < 4))
        assert 0 < batch.spoilt.sum() < photographed
    assert not any(batch.spoilt.any() for batch in drawn(GLYPHS, OTHERS))


def test_a_batch_of_one_has_something_that_is_no_label_too() -> None:
    for batch in drawn(numbered(5), numbered(3, first=101), batch_size=1):
        assert sorted(batch.y == 2) == [False, True]


def test_what_is_none_of_the_labels_may_stand_anywhere_in_a_batch() -> None:
    """Augmentation treats glyphs by their place."""
    places = {
        int(place)
        for epoch in range(20)
        for batch in drawn(numbered(80), numbered(100, first=101), epoch=epoch)
        for place in np.flatnonzero(batch.y == 2)
    }
    assert places == set(range(27))


def test_each_source_and_each_of_its_kinds_is_drawn_as_often_however_many_glyphs_it_has() -> None:
    large, small = numbered(100, first=101, kinds=2), numbered(2, first=201, kinds=2)
    large = large.take(np.flatnonzero((large.targets == 0) | (np.arange(100) == 1)))  # one glyph of its second kind
    found = np.concatenate(
        [numbers(b)[b.y == 2] for e in range(40) for b in drawn(numbered(80), large, small, epoch=e)]
    )
    shares = [np.mean(found > 200), np.mean(found == 102), np.mean(found == 201), np.mean(found == 202)]
    np.testing.assert_allclose(shares, [1 / 2, 1 / 4, 1 / 4, 1 / 4], atol=0.06)


def test_how_far_to_change_the_glyphs_is_asked_for_each_step() -> None:
    asked: list[int] = []

    def strength_at(step: int) -> Strength | None:
        asked.append(step)
        return [None, SLIGHT, MILD, FULL][step]

    plain, slight, mild, full = drawn(GLYPHS, strength_at=strength_at)
    assert asked == [0, 1, 2, 3]
    untouched = drawn(GLYPHS)
    assert same([plain], untouched[:1])
    assert not np.array_equal(full.x, untouched[3].x)
    assert not np.array_equal(mild.x, untouched[2].x)
    assert all(np.array_equal(b.y, u.y) for b, u in zip((slight, mild, full), untouched[1:], strict=True))


def test_targets_fit_the_glyphs_after_augmentation() -> None:
    """Six shapes, two of which are none of the labels: the shape that is seen tells the target."""
    shapes = patterns(6, most_alike=0.4)
    glyphs = GlyphSet("shapes", shapes[np.arange(80) % 4], np.arange(80) % 4, tuple("abcd"))
    others = GlyphSet("more shapes", shapes[4:], np.arange(2), tuple("ef"))
    for epoch, strength in enumerate([SLIGHT, SLIGHT, None]):
        for batch in drawn(glyphs, others, epoch=epoch, strength_at=lambda _, strength=strength: strength):
            seen = correlations(batch.x, shapes).argmax(axis=1)
            assert np.array_equal(np.minimum(seen, 4), batch.y)


class BrokenError(Exception):
    """Something went wrong while a batch was made."""


def making_threads() -> int:
    return sum(thread.name == "batches" for thread in threading.enumerate())


def test_an_error_in_the_thread_that_makes_batches_is_raised_to_the_caller() -> None:
    def strength_at(step: int) -> Strength | None:
        if step == 2:
            raise BrokenError
        return None

    running = batches(numbered(80), (), batch_size=20, seed=1, epoch=0, strength_at=strength_at)
    assert [len(next(running).y) for _ in range(2)] == [20, 20]
    with pytest.raises(BrokenError):
        next(running)
    assert making_threads() == 0


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_batches_that_are_abandoned_leave_no_thread_behind(taken: int) -> None:
    running = batches(numbered(200), (), batch_size=2, seed=1, epoch=0, strength_at=lambda _: None)
    for _ in range(taken):
        next(running)
    assert making_threads() == min(taken, 1)
    running.close()
    assert making_threads() == 0


def test_batches_are_made_ahead_but_not_without_end() -> None:
    made: list[int] = []
    enough = threading.Event()

    def strength_at(step: int) -> None:
        made.append(step)
        if len(made) == AHEAD + 1:
            enough.set()

    running = batches(numbered(200), (), batch_size=2, seed=1, epoch=0, strength_at=strength_at)
    next(running)
    assert enough.wait(10)
    # One was taken, AHEAD are waiting, and one more may be on its way.
    assert len(made) <= AHEAD + 2
    running.close()
