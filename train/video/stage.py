"""What the kinds of clips are put together from: sheets, numbers that come and go, hands, cameras."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import UsageError
from core.frame import Box
from train.scenes import camera
from train.scenes.camera import Quality
from train.scenes.fields import Field, Shape, chance, log_uniform, smooth
from train.scenes.material import Material
from train.scenes.page import Page
from train.video import hand, motion, sheets, strokes
from train.video.hand import Hand
from train.video.motion import Course, Keys, Matrix, placed
from train.video.sheets import Written
from train.video.shoot import projected
from train.video.story import ALWAYS, LIGHT_SCALE, Laid, Layer, Span, Story, Subject, Tick

DIGIT_COUNTS = (0.12, 0.15, 0.18, 0.2, 0.13, 0.1, 0.06, 0.06)
"""Share of the numbers with 1, 2, ... digits."""
NUMBER_COUNTS = (0.45, 0.25, 0.18, 0.12)
"""Share of the sheets with 1, 2, ... numbers."""
DIGIT_PX = (16.0, 80.0)
"""Height of digits in a frame 480 px high."""
SPARE = 1.4
"""Sides of a sheet that fills the frame, in those of the frame."""
REACH_S = (0.4, 0.7)
"""That a hand takes to come or go."""
STROKES_PER_S = 3.2
"""Ways of a digit's height that a pen goes in a second, when somebody writes with care."""


@dataclass(frozen=True)
class Paper:
    """A sheet that lies in the story."""

    layer: int
    page: Page
    numbers: tuple[Written, ...]
    lies: Course


class Stage:
    """A story while it is thought out."""

    def __init__(self, material: Material, shape: Shape, ticks: list[Tick], rng: np.random.Generator) -> None:
        self.material, self.shape, self.rng = material, shape, rng
        self.seconds = ticks[-1].scene_s
        least, most = (size * shape[0] / 480 for size in DIGIT_PX)
        self.height_px = log_uniform(rng, max(least, sheets.LEAST_HEIGHT_PX), max(most, sheets.LEAST_HEIGHT_PX + 1))
        focus_px = Quality(self.height_px).most_blur_px * rng.uniform(0.25, 0.6)
        self.focus_px = float(min(focus_px, 1.3))
        noise = log_uniform(rng, 0.5, 2.5 if self.height_px < 24 else 4)
        self.story = Story(
            shape=shape,
            light=self._light(),
            ticks=ticks,
            base=self._base(),
            camera=self.held(rng.uniform(0.4, 2.0)) if chance(rng, 0.5) else motion.still(np.eye(3)),
            focus_px=lambda _: self.focus_px,
            exposure_s=log_uniform(rng, 1 / 400, 1 / 60),
            readout_s=rng.uniform(0.008, 0.028),
            noise=(noise, noise * rng.uniform(0.5, 1.5)),
            quality=int(rng.integers(55, 96)) if chance(rng, 0.75) else None,
            paper_level=rng.uniform(165, 235),
        )

    # --- light and camera ---------------------------------------------------------------------------------------------

    def _light(self) -> Field:
        small = [2 * round(side * LIGHT_SCALE) for side in self.shape]
        light = np.ones((small[0], small[1]), np.float32)
        camera.lit(light, self.rng)
        return np.clip(light, 0.15, 1.6)

    def _base(self) -> Matrix:
        rng, (height, width) = self.rng, self.shape
        turned = placed(0, 0, np.deg2rad(rng.normal(0, 3)), np.exp(rng.normal(0, 0.03)))
        turned[2, :2] = np.clip(rng.normal(0, 0.1, 2), -0.25, 0.25) / max(height, width)
        return placed(width / 2, height / 2) @ turned

    def held(self, strength_px: float) -> Course:
        """A camera in hands; px of a frame 640 wide."""
        return motion.hand_held(strength_px * self.shape[1] / 640, self.rng)

    def on_stand(self) -> None:
        """Let nothing move the camera."""
        self.story.camera = motion.still(np.eye(3))

    # --- sheets -------------------------------------------------------------------------------------------------------

    def filling(self, numbers: int | None = None, margin: float = 0.1) -> Paper:
        """A sheet that goes beyond the frame on all sides; its numbers are `margin` of the frame away from the edge."""
        height, width = (round(side * SPARE) for side in self.shape)
        tall, wide = (round(side * (1 - 2 * margin)) for side in self.shape)
        area = Box((width - wide) // 2, (height - tall) // 2, wide, tall)
        page, written = self._page((height, width), area, numbers)
        self.story.layers.append(Layer(page.canvas.reflectance, motion.still(placed(-width / 2, -height / 2))))
        return self._known(page, written, motion.still(placed(-width / 2, -height / 2)))

    def desk(self) -> None:
        """Something for sheets to lie on."""
        height, width = (round(side * SPARE) for side in self.shape)
        picture = sheets.desk((height, width), self.rng)
        self.story.layers.append(Layer(picture, motion.still(placed(-width / 2, -height / 2))))

    def lying(self, size: tuple[float, float], lies: Course, numbers: int | None = None) -> Paper:
        """A sheet of (height, width), as shares of the frame's, whose middle is where `lies` says."""
        height, width = (round(side * share) + 2 * sheets.EDGE_PX for side, share in zip(self.shape, size, strict=True))
        inset = sheets.EDGE_PX + 8
        area = Box(inset, inset, width - 2 * inset, height - 2 * inset)
        page, written = self._page((height, width), area, numbers)
        page.canvas.reflectance = sheets.cut_out(page.canvas.reflectance, self.rng)
        middle = placed(-width / 2, -height / 2)

        def where(time_s: float) -> Matrix:
            return lies(time_s) @ middle

        self.story.layers.append(Layer(page.canvas.reflectance, where))
        return self._known(page, written, where)

    def _page(self, shape: Shape, area: Box, numbers: int | None) -> tuple[Page, list[Written]]:
        rng = self.rng
        page = sheets.page(self.material, shape, self.height_px, area, rng)
        count = 1 + int(rng.choice(4, p=NUMBER_COUNTS)) if numbers is None else numbers
        written = []
        for place in range(count):
            try:
                written.append(sheets.write(page, self.digits(), rng))
            except UsageError:
                if place == 0:
                    raise
        sheets.beside(page, rng)
        for one in written:
            one.put(page.canvas.reflectance)
        return page, written

    def digits(self, most: int = 8) -> int:
        """How many digits a number has."""
        return min(most, 1 + int(self.rng.choice(8, p=DIGIT_COUNTS)))

    def _known(self, page: Page, written: list[Written], lies: Course) -> Paper:
        layer = len(self.story.layers) - 1
        self.story.subjects += sheets.printed(page, layer)
        return Paper(layer, page, tuple(written), lies)

    # --- numbers ------------------------------------------------------------------------------------------------------

    def there(self, paper: Paper, written: Written, whole_s: tuple[float, float], there_s: tuple[float, float]) -> None:
        """Tell the truth about a number that is on the sheet: in `there_s` in part, in `whole_s` whole."""
        taken = [subject.number for subject in self.story.subjects]
        span = Span(*whole_s, written.text, written.digits)
        self.story.subjects.append(Subject(max([0, *taken]) + 1, paper.layer, (span,), written.box, there_s))

    def all_there(self, paper: Paper) -> None:
        """All numbers of the sheet stand on it from first to last."""
        for written in paper.numbers:
            self.there(paper, written, ALWAYS, ALWAYS)

    def surface(self, paper: Paper) -> Field:
        """float32 (H, W): the reflectance of the sheet, to be changed."""
        picture = self.story.layers[paper.layer].picture
        return picture if picture.ndim == 2 else picture[:, :, 0]

    def patch(self, paper: Paper, box: Box) -> Field:
        """float32 (H, W) of `box`: a copy of what is there."""
        return self.surface(paper)[box.y : box.bottom, box.x : box.right].copy()

    def laid(self, paper: Paper, change: Laid) -> None:
        """Let something change on the sheet."""
        self.story.layers[paper.layer].changes.append(change)

    # --- hands --------------------------------------------------------------------------------------------------------

    def hand_px(self, least_px: float = 0.0) -> float:
        """Width of a palm: as hands are beside writing of this size, but never too large for the frame."""
        width = self.shape[1]
        return float(np.clip(max(5 * self.height_px, least_px), 0.22 * width, 0.42 * width))

    def hand(self, drawn: Hand, tip: Callable[[float], NDArray[np.float64]], seen_s: tuple[float, float]) -> None:
        """A hand above all else whose tip is at (x, y, turn) of the world, in view between two times."""
        to_tip = placed(-drawn.origin[0], -drawn.origin[1])

        def where(time_s: float) -> Matrix | None:
            if not seen_s[0] < time_s < seen_s[1]:
                return None
            return placed(*tip(time_s)) @ to_tip

        self.story.layers.append(Layer(drawn.picture, where))

    def outside(self, turn: float, hand_px: float, over: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64 (3,): where a hand that comes from the side of its arm to `over`, (x, y), is not yet in view."""
        way = np.array([-np.sin(turn), np.cos(turn)])
        reach = 0.62 * float(np.hypot(*self.shape)) + 0.8 * hand_px
        beyond = reach - float(over @ way)
        return np.array([*(over + way * max(beyond, reach * 0.5)), turn])

    def writes(self, paper: Paper, written: Written, from_s: float, until_s: float, under: Field | None = None) -> None:
        """Somebody writes the number, with a hand that shows; `under` it is the sheet, or what a rubber left of it."""
        box = written.box
        ground = self.patch(paper, box) if under is None else under
        when, times, way = strokes.order([(ink.box, ink.cover) for ink in written.digits], box)
        after = np.clip(ground + written.change, 0.01, 1.05)
        self.laid(paper, Laid(box, ground, after, when, from_s, until_s))
        self._tool(paper, way, times, from_s, until_s, eraser=False)

    def rubs_out(self, paper: Paper, written: Written, from_s: float, until_s: float) -> Field:
        """Somebody rubs the number out; float32 (H, W) of its box: what is left."""
        rng, box = self.rng, written.box
        inked = self.patch(paper, box)
        clean = inked - written.change
        trace = cv2.GaussianBlur(written.change, (0, 0), max(1.0, 0.04 * self.height_px))
        left = clean + trace * np.float32(rng.uniform(0.02, 0.1)) + smooth(clean.shape, 9.0, rng) * np.float32(0.006)
        across = np.linspace(0, 0.9, box.width, dtype=np.float32)[np.newaxis]
        when = np.clip(across + smooth(clean.shape, 6.0, rng) * np.float32(0.03) + np.float32(0.05), 0, 1)
        self.laid(paper, Laid(box, inked, left, when, from_s, until_s))
        turns = max(4, round((until_s - from_s) * 7))
        times = np.linspace(0, 1, turns)
        down = np.where(np.arange(turns) % 2, 0.1, 0.9) * box.height
        way = np.column_stack([box.x + np.clip(times - 0.05, 0, 1) * box.width, box.y + down])
        self._tool(paper, way, times, from_s, until_s, eraser=True)
        return left

    def _tool(
        self,
        paper: Paper,
        way: NDArray[np.float64],
        times: NDArray[np.float64],
        from_s: float,
        until_s: float,
        *,
        eraser: bool,
    ) -> None:
        """A hand that goes along `way` on the sheet, which has to lie still; it comes before and leaves after."""
        rng = self.rng
        on_desk = projected(paper.lies(from_s), way)
        turn, hand_px = rng.normal(0, 0.12), self.hand_px()
        comes_s, goes_s = rng.uniform(*REACH_S, 2)
        away = self.outside(turn - 0.45, hand_px, on_desk[0])
        away[2] = turn
        here, there = (np.array([*point, turn]) for point in (on_desk[0], on_desk[-1]))
        comes = Keys([from_s - comes_s, from_s], np.stack([away, here]))
        goes = Keys([until_s, until_s + goes_s], np.stack([there, away]))

        def tip(time_s: float) -> NDArray[np.float64]:
            if time_s < from_s:
                return comes.at(time_s)
            if time_s > until_s:
                return goes.at(time_s)
            share = (time_s - from_s) / (until_s - from_s)
            return np.array([np.interp(share, times, on_desk[:, 0]), np.interp(share, times, on_desk[:, 1]), turn])

        drawn = hand.writing(hand_px, rng, eraser=eraser)
        self.hand(drawn, tip, (from_s - comes_s, until_s + goes_s))

    def writing_s(self, written: Written) -> float:
        """How long somebody takes to write it."""
        ways = sum(2.2 for _ in written.digits)
        return max(0.5, ways / STROKES_PER_S)

    def carries(self, paper: Paper, grip: tuple[float, float], held_s: Sequence[tuple[float, float]]) -> None:
        """A hand that holds the sheet at `grip`, px of it, between the times of each pair, and comes and goes."""
        rng, hand_px = self.rng, self.hand_px()
        turn = rng.uniform(-0.5, 0.5)
        drawn = hand.flat(hand_px, rng)
        for from_s, until_s in held_s:
            comes_s, goes_s = rng.uniform(*REACH_S, 2)
            first, last = (self._gripped(paper, grip, time_s, turn) for time_s in (from_s, until_s))
            comes = Keys([from_s - comes_s, from_s], np.stack([self.outside(turn, hand_px, first[:2]), first]))
            goes = Keys([until_s, until_s + goes_s], np.stack([last, self.outside(turn, hand_px, last[:2])]))

            def tip(
                time_s: float, comes: Keys = comes, goes: Keys = goes, from_s: float = from_s, until_s: float = until_s
            ) -> NDArray[np.float64]:
                if time_s < from_s:
                    return comes.at(time_s)
                return goes.at(time_s) if time_s > until_s else self._gripped(paper, grip, time_s, turn)

            self.hand(drawn, tip, (from_s - comes_s, until_s + goes_s))

    def _gripped(self, paper: Paper, grip: tuple[float, float], time_s: float, turn: float) -> NDArray[np.float64]:
        return np.array([*projected(paper.lies(time_s), np.array([grip]))[0], turn])

    def passes(self, over: NDArray[np.float64], from_s: float, until_s: float, least_px: float = 0.0) -> None:
        """A flat hand that comes to lie over (x, y) of the world between two times."""
        rng, hand_px = self.rng, self.hand_px(least_px)
        turn = rng.uniform(-1.3, 1.3)
        arm = np.array([-np.sin(turn), np.cos(turn)])
        rests = np.array([*(over - arm * 1.4 * hand_px), turn])
        away = self.outside(turn, hand_px, over)
        comes_s, goes_s = rng.uniform(*REACH_S, 2)
        times = [from_s - comes_s, from_s, until_s, until_s + goes_s]
        sway = rng.normal(0, 0.03, 3) * (hand_px, hand_px, 1)
        path = Keys(times, np.stack([away, rests, rests + sway, away]))
        self.hand(hand.flat(hand_px, rng), path.at, (times[0], times[-1]))

    def middle_of(self, paper: Paper, box: Box) -> NDArray[np.float64]:
        """float64 (2,): of a part of the sheet, in the world, at the beginning."""
        return projected(paper.lies(0.0), np.array([box.centre]))[0]
