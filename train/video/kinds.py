"""What can happen before a camera, and what a person would expect of a reader who watches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from core.frame import Box
from train.scenes import papers, textures
from train.scenes.distractors import DISTRACTORS
from train.scenes.fields import chance, log_uniform
from train.scenes.view import facing
from train.video import motion, sheets
from train.video.motion import Keys, placed
from train.video.stage import REACH_S, Paper, Stage
from train.video.story import ALWAYS, Bands, Layer, Subject
from train.video.wheels import counter

Kind = Callable[[Stage], None]
"""MUST put layers into the stage's story, and MUST tell the truth about each number on them."""


def tripod(stage: Stage) -> None:
    """Nothing moves; there is noise, and a lamp that is not quite steady. Each number is reported once, soon, and
    never again."""
    stage.on_stand()
    stage.all_there(stage.filling())
    _unsteady(stage)


def shaken(stage: Stage) -> None:
    """A camera in restless hands. Each number is reported once: it is the same one wherever it goes."""
    stage.story.camera = stage.held(stage.rng.uniform(3, 9))
    stage.all_there(stage.filling(margin=0.14))


def moved(stage: Stage) -> None:
    """A hand pushes the sheet to another place. What is on it stays what it is: nothing new is reported."""
    rng, (height, width) = stage.rng, stage.shape
    stage.desk()
    shift = rng.choice([-1, 1], 2) * rng.uniform(0.08, 0.14, 2) * (width, height)
    turn = rng.normal(0, 0.08, 2)
    begun = _at(stage, 0.3, 0.4)
    ended = begun + rng.uniform(0.6, 1.4)
    way = Keys([begun, ended], np.array([[*-shift, turn[0]], [*shift, turn[1]]]))
    paper = stage.lying((rng.uniform(0.55, 0.66), rng.uniform(0.55, 0.66)), way)
    stage.all_there(paper)
    stage.carries(paper, _edge(stage, paper), [(begun - 0.15, ended + 0.15)])


def swapped(stage: Stage) -> None:
    """A hand takes a sheet away and lays another. The first numbers are cleared, the second reported; none of either is
    reported in between, and no mixture of both."""
    rng, (height, width) = stage.rng, stage.shape
    stage.desk()
    gone = np.array([rng.normal(0, 0.1) * width, 1.35 * height, rng.normal(0, 0.2)])
    begun = _at(stage, 0.3, 0.4)
    taken, lays = begun + rng.uniform(0.6, 1.0), begun + rng.uniform(1.2, 1.9)
    laid = lays + rng.uniform(0.7, 1.1)
    rests = [np.array([*rng.normal(0, 0.02, 2) * width, rng.normal(0, 0.06)]) for _ in range(2)]
    size = rng.uniform(0.6, 0.82, 2)
    first = stage.lying((size[0], size[1]), Keys([begun, taken], np.stack([rests[0], gone])))
    second = stage.lying((size[0], size[1]), Keys([lays, laid], np.stack([gone, rests[1]])))
    for paper in (first, second):
        stage.all_there(paper)
    stage.carries(first, _edge(stage, first), [(begun - 0.1, taken)])
    stage.carries(second, _edge(stage, second), [(lays, laid + 0.1)])


def written(stage: Stage) -> None:
    """Somebody writes a number, stroke by stroke. It is reported once, when it is complete and stands free; what a half
    of it looks like is not. Numbers that are there already stay."""
    rng = stage.rng
    paper = stage.filling(int(rng.choice([1, 2, 3])))
    new = paper.numbers[-1]
    _take_off(stage, paper, new)
    begun = _at(stage, 0.12, 0.25)
    until = begun + min(stage.writing_s(new) * rng.uniform(0.8, 1.3), 0.45 * stage.seconds)
    stage.writes(paper, new, begun, until)
    for old in paper.numbers[:-1]:
        stage.there(paper, old, ALWAYS, ALWAYS)
    stage.there(paper, new, (until, np.inf), (begun, np.inf))


def overwritten(stage: Stage) -> None:
    """A number is rubbed out and another written in its place. The first is cleared, or changes into the second, which
    is reported when it is complete."""
    rng = stage.rng
    paper = stage.filling(int(rng.choice([1, 1, 2])))
    old = paper.numbers[0]
    _take_off(stage, paper, old)  # or the new ink would add nothing where the old one is
    new = sheets.write(paper.page, len(old.digits), rng, over=old)
    old.put(stage.surface(paper))
    rubs = _at(stage, 0.15, 0.22)
    rubbed = rubs + min(rng.uniform(1.0, 1.8), 0.18 * stage.seconds)
    begun = rubbed + 2 * REACH_S[1]
    until = begun + min(stage.writing_s(new), 0.25 * stage.seconds)
    left = stage.rubs_out(paper, old, rubs, rubbed)
    ground = _pasted(stage, paper, new.box, old.box, left)
    stage.writes(paper, new, begun, until, under=ground)
    stage.there(paper, old, (-np.inf, rubs), (-np.inf, rubbed))
    stage.there(paper, new, (until, np.inf), (begun, np.inf))
    for other in paper.numbers[1:]:
        stage.there(paper, other, ALWAYS, ALWAYS)


def covered(stage: Stage) -> None:
    """A hand comes, lies over a number for a while, and goes. The number may be cleared or kept; when it can be read
    again it is the same, and no part of it is ever reported."""
    rng = stage.rng
    paper = stage.filling()
    stage.all_there(paper)
    number = paper.numbers[0]
    begun = _at(stage, 0.3, 0.4)
    stage.passes(stage.middle_of(paper, number.box), begun, begun + rng.uniform(0.5, 2.0), 1.1 * number.box.width)


def focus(stage: Stage) -> None:
    """The lens hunts: all blurs and comes back, twice. What is blurred is not reported as something else."""
    rng, base_px = stage.rng, stage.focus_px
    stage.all_there(stage.filling())
    times, places = [0.0], [0.0]
    for share in (0.2, 0.6):
        far_px = stage.height_px * rng.uniform(0.12, 0.3)
        steps = np.cumsum(rng.uniform(0.25, 0.6, 4)) + share * stage.seconds
        times += steps.tolist()
        places += [0.0, far_px, -0.3 * far_px, 0.0]
    lens = Keys(times, np.column_stack([places, np.zeros((len(places), 2))]))
    stage.story.focus_px = lambda time_s: float(np.hypot(base_px, lens.at(time_s)[0]))


def exposure(stage: Stage) -> None:
    """Too much or too little light for some frames, to which the camera then adapts. What was read stays."""
    rng = stage.rng
    stage.all_there(stage.filling())
    begun = [share * stage.seconds for share in (rng.uniform(0.18, 0.3), rng.uniform(0.55, 0.7))]
    factors = [rng.uniform(2.2, 6) if chance(rng, 0.5) else rng.uniform(0.06, 0.3) for _ in begun]
    holds, adapts = rng.uniform(0.1, 0.5, 2), rng.uniform(0.15, 0.4, 2)

    def gain(time_s: float) -> float:
        total = 0.0
        for at_s, factor, hold_s, adapt_s in zip(begun, factors, holds, adapts, strict=True):
            if time_s >= at_s:
                total += np.log(factor) * np.exp(-max(0.0, time_s - at_s - hold_s) / adapt_s)
        return float(np.exp(total))

    stage.story.gain = gain


def blank(stage: Stage) -> None:
    """Now and then a frame or a few that are black or white. The numbers are the same before and after: neither cleared
    nor reported anew, unless it lasts."""
    rng, story = stage.rng, stage.story
    stage.all_there(stage.filling())
    for first in rng.choice(len(story.ticks), max(2, len(story.ticks) // 60), replace=False).tolist():
        level = float(rng.choice([0, 3, 16, 250, 255]))
        for place in range(first, min(first + int(rng.choice([1, 1, 2, 4])), len(story.ticks))):
            story.ticks[place] = replace(story.ticks[place], blank=level)


def flicker(stage: Stage) -> None:
    """A lamp on the mains of 50 or 60 Hz and a short exposure: dark bands wander over the frame. All stays as it is."""
    rng, story = stage.rng, stage.story
    stage.all_there(stage.filling())
    story.exposure_s = log_uniform(rng, 1 / 2000, 1 / 250)
    story.readout_s = rng.uniform(0.015, 0.03)
    story.paper_level *= 0.8  # or the bright bands would be white
    # The mains are never quite at their rate, nor the camera at its own.
    story.bands = Bands(2 * float(rng.choice([50, 60])) + rng.normal(0, 0.1), rng.uniform(0.15, 0.55))


def skewed(stage: Stage) -> None:
    """A camera that is swung to and fro: a sensor read line by line leans things over, and they smear. The numbers are
    the same at both ends, and none is reported that was only seen on the way."""
    rng, story = stage.rng, stage.story
    swing = motion.panned(stage.shape[1] * rng.uniform(0.06, 0.16), rng)
    story.camera = motion.both(swing, stage.held(0.8))
    story.readout_s = rng.uniform(0.02, 0.032)
    stage.all_there(stage.filling(margin=0.2))


def dropped(stage: Stage) -> None:
    """Frames are missing: the time of those that come leaps. A number that is there before and after has not gone."""
    story = stage.story
    stage.all_there(stage.filling())
    gone = {place for first, count in _runs(stage, 1, 18) for place in range(first, first + count)}
    story.ticks = [tick for place, tick in enumerate(story.ticks) if place not in gone]


def frozen(stage: Stage) -> None:
    """The camera gives the same picture again and again for a while. A repeated picture proves nothing: what it shows
    may stand, and nothing more follows from it."""
    story = stage.story
    stage.story.camera = stage.held(stage.rng.uniform(1.5, 4))
    paper = stage.filling(margin=0.14)
    stage.all_there(paper)
    begun = _at(stage, 0.5, 0.6)
    stage.passes(stage.middle_of(paper, paper.numbers[0].box), begun, begun + 0.6)
    for first, count in _runs(stage, 2, 30):
        for place in range(first, first + count):
            still = story.ticks[first - 1]
            story.ticks[place] = replace(story.ticks[place], scene_s=still.scene_s, repeated=True)


def wheels(stage: Stage) -> None:
    """A meter whose wheels turn now and then. A value is reported when all of them rest; what stands between two digits
    is none."""
    rng, story = stage.rng, stage.story
    height, width = (round(side * 1.4) for side in stage.shape)
    most_px = min(0.14 * stage.shape[0], 70.0)
    high = rng.uniform(max(16.0, 0.4 * most_px), max(18.0, most_px))
    where = facing((height, width))
    panel = papers.plain(where, high, rng) * np.float32(rng.choice([0.35, 0.7, 1.0]))
    middle = width // 2 + round(rng.normal(0, 0.04) * width), height // 2 + round(rng.normal(0, 0.05) * height)
    count = int(rng.integers(3, 1 + min(8, int(0.75 * stage.shape[1] / (1.2 * high)))))
    made, spans, prints = counter(stage.material, high, count, middle, stage.seconds, rng)
    box = made.box
    _framed(panel, box, high, rng)
    story.layers.append(Layer(panel, motion.still(placed(-width / 2, -height / 2)), [made]))
    stage.focus_px = min(stage.focus_px, 0.03 * high)
    story.subjects.append(Subject(1, 0, spans, box, printed=prints))


def cleared(stage: Stage) -> None:
    """A hand takes the sheet away, and the desk stays empty. Its numbers are cleared, and nothing is read in the grain
    of the desk."""
    rng, (height, width) = stage.rng, stage.shape
    stage.desk()
    begun = _at(stage, 0.4, 0.55)
    taken = begun + rng.uniform(0.6, 1.1)
    gone = np.array([rng.normal(0, 0.1) * width, 1.35 * height, rng.normal(0, 0.3)])
    rests = np.array([*rng.normal(0, 0.03, 2) * width, rng.normal(0, 0.08)])
    size = rng.uniform(0.55, 0.82, 2)
    paper = stage.lying((size[0], size[1]), Keys([begun, taken], np.stack([rests, gone])))
    stage.all_there(paper)
    stage.carries(paper, _edge(stage, paper), [(begun - 0.1, taken)])


def bumped(stage: Stage) -> None:
    """Somebody knocks against the camera: all shifts at once, swings, and stays elsewhere. The numbers are the same."""
    rng, width = stage.rng, stage.shape[1]
    shift = rng.choice([-1, 1], 2) * rng.uniform(0.03, 0.1, 2) * width
    stage.story.camera = motion.bumped(
        _at(stage, 0.35, 0.6), placed(shift[0], shift[1], rng.normal(0, 0.05), np.exp(rng.normal(0, 0.03))), rng
    )
    stage.all_there(stage.filling(margin=0.2))


def empty(stage: Stage) -> None:
    """No number from first to last: textures, words, print, bare paper, at times a hand. Nothing is ever reported."""
    rng = stage.rng
    height, width = (round(side * 1.4) for side in stage.shape)
    lies = motion.still(placed(-width / 2, -height / 2))
    shows = rng.choice(["texture", "words", "print", "doodle", "blank"])
    if shows == "texture":
        names = list(textures.TEXTURES)
        picture = textures.TEXTURES[names[rng.integers(len(names))]](facing((height, width)), rng)
        stage.story.layers.append(Layer(picture, lies))
    else:
        page = sheets.page(stage.material, (height, width), stage.height_px, Box(0, 0, width, height), rng)
        if shows != "blank":
            for _ in range(int(rng.integers(1, 5))):
                DISTRACTORS[str(shows)](page)
        stage.story.layers.append(Layer(page.canvas.reflectance, lies))
        stage.story.subjects += sheets.printed(page, 0)
    if chance(rng, 0.4):
        begun = _at(stage, 0.2, 0.6)
        stage.passes(rng.normal(0, 0.15, 2) * stage.shape[1], begun, begun + rng.uniform(0.5, 2))


KINDS: dict[str, Kind] = {
    kind.__name__: kind
    for kind in (
        tripod,
        shaken,
        moved,
        swapped,
        written,
        overwritten,
        covered,
        focus,
        exposure,
        blank,
        flicker,
        skewed,
        dropped,
        frozen,
        wheels,
        cleared,
        bumped,
        empty,
    )
}


def _at(stage: Stage, least: float, most: float) -> float:
    """A time, between two shares of the clip."""
    return float(stage.rng.uniform(least, most) * stage.seconds)


def _unsteady(stage: Stage) -> None:
    """A lamp whose light wavers by a percent or so."""
    rates, phases = stage.rng.uniform(0.3, 9, 4), stage.rng.uniform(0, 2 * np.pi, 4)
    strength = stage.rng.uniform(0.002, 0.012)
    stage.story.lamp = lambda time_s: float(1 + strength * np.sin(2 * np.pi * rates * time_s + phases).sum())


def _edge(stage: Stage, paper: Paper) -> tuple[float, float]:
    """Where a hand takes the sheet: near its lower edge, in px of it."""
    height, width = stage.surface(paper).shape
    return width * stage.rng.uniform(0.3, 0.7), height - sheets.EDGE_PX - stage.rng.uniform(2, 12)


def _take_off(stage: Stage, paper: Paper, number: sheets.Written) -> None:
    """Let the sheet be as it was before the number."""
    box = number.box
    part = stage.surface(paper)[box.y : box.bottom, box.x : box.right]
    part -= number.change


def _pasted(stage: Stage, paper: Paper, box: Box, over: Box, left: np.ndarray) -> np.ndarray:
    """float32 (H, W) of `box`: the sheet with `left` in its part `over`."""
    sheet = stage.surface(paper).copy()
    sheet[over.y : over.bottom, over.x : over.right] = left
    return sheet[box.y : box.bottom, box.x : box.right].copy()


def _runs(stage: Stage, least: int, most: int) -> list[tuple[int, int]]:
    """(first, count) of a few runs of frames that do not meet, none of them at the beginning."""
    rng, frames = stage.rng, len(stage.story.ticks)
    runs, place = [], int(rng.integers(3, max(4, frames // 8)))
    while place < frames - 1:
        count = min(round(log_uniform(rng, least, most)), frames - 1 - place)
        if count < 1:
            break
        runs.append((place, count))
        place += count + int(rng.integers(max(2, frames // 12), max(3, frames // 5)))
    return runs


def _framed(panel: np.ndarray, box: Box, high: float, rng: np.random.Generator) -> None:
    """A dark frame around the windows of a counter."""
    rim = max(3, round(high * rng.uniform(0.12, 0.3)))
    level = rng.uniform(0.03, 0.15)
    for grow, shade in ((rim, level), (max(1, rim // 3), level * 0.5)):
        panel[box.y - grow : box.bottom + grow, box.x - grow : box.right + grow] = shade
