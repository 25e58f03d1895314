"""Frames of a story: layers warped to where they are, lit, blurred, exposed and packed; and what shows of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.clip_truth import FrameTruth, Seen
from core.frame import Box, Luma
from train.scenes.camera import Quality
from train.scenes.canvas import INK_FROM
from train.scenes.fields import Field, Shape, white
from train.scenes.scanner import packed
from train.video import motion
from train.video.motion import Matrix
from train.video.story import LIGHT_SCALE, Ink, Layer, Story, Tick

SOLID_FROM = 0.5
"""Cover of a layer from which it hides what is below; less is shadow."""
LEAST_SEEN = 0.97
"""Of the ink of each digit: in the frame and uncovered, for the number to be read without a doubt."""
GONE_BELOW = 0.03
"""Of the ink of all digits: with less, nothing of the number is to be seen."""
LEAST_CONTRAST = 14.0
LEAST_CONTRAST_TO_GROUND = 1.2
"""Grey levels between ink and paper, and the same as a multiple of the deviation of noise and texture on the paper:
more than `train.scenes.compose` asks of a digit, whose truth is not to be sure of a whole number."""
STEP_S = 1e-3
"""For speeds."""
AUTO_S = 0.4
"""In which the camera's automatic follows two thirds of a change of light."""


@dataclass(frozen=True)
class Shot:
    """A frame as the camera delivers it, and what is in it."""

    luma: Luma
    truth: FrameTruth
    motion: tuple[Matrix, ...]
    """Of each layer: its px to the frame; then of the world, which moves as the camera does."""


@dataclass(frozen=True)
class _Lain:
    """A layer as it lies in the frame."""

    matrix: Matrix
    """As the lines are read."""
    lies: Matrix
    """As it would be if all were read at once."""
    smear_px: float
    """How far it moved while the shutter was open."""
    box: Box
    """Of `solid`, in the frame."""
    solid: NDArray[np.uint8] | None
    """uint8 (H, W) of `box`: 1 where it hides what is below; None for the lowest."""


def shots(story: Story, seed: tuple[int, ...]) -> Iterator[Shot]:
    """Each tick's frame, in turn; the same ones whenever it is called."""
    pictures = [layer.picture.copy() for layer in story.layers]
    automatic = _Automatic(story)
    last: Shot | None = None
    for number, tick in enumerate(story.ticks):
        if tick.repeated and last is not None:
            truth = FrameTruth(tick.at_ns, last.truth.numbers, last.truth.doubtful, repeated=True)
            yield Shot(last.luma, truth, last.motion)
            continue
        rng = np.random.default_rng([*seed, number])
        last = _taken(story, pictures, tick, automatic, rng)
        yield last


class _Automatic:
    """A camera's exposure: what is bright comes out light, and it follows changes of the scene, slowly and in part."""

    def __init__(self, story: Story) -> None:
        self._level = story.paper_level
        self._first: float | None = None
        self._factor = 0.0
        self._now = 0.0
        self._at_s = 0.0

    def gain(self, scene: Field, time_s: float) -> float:
        """Factor to grey levels."""
        mean = float(scene[::8, ::8].mean())
        if self._first is None:
            bright = max(float(np.quantile(scene[::6, ::6], 0.93)), 0.05)
            # A dark board stays dark: the camera lifts it by half of what is missing.
            self._factor = self._level / bright if bright > 0.4 else self._level / (0.4 * bright) ** 0.5
            self._first = mean
        wanted = 0.4 * np.log(self._first / max(mean, 1e-3))
        self._now += (wanted - self._now) * (1 - np.exp(-(time_s - self._at_s) / AUTO_S))
        self._at_s = time_s
        return float(self._factor * np.exp(self._now))


def _taken(story: Story, pictures: list[Field], tick: Tick, automatic: _Automatic, rng: np.random.Generator) -> Shot:
    time_s = tick.scene_s
    scene = np.empty(story.shape, np.float32)
    lain: list[_Lain | None] = []
    for layer, picture in zip(story.layers, pictures, strict=True):
        surface = picture if picture.ndim == 2 else picture[:, :, 0]
        for change in layer.changes:
            change.paint(surface, time_s)
        lain.append(_lay(story, layer, picture, scene, time_s))
    camera = story.camera(time_s)
    scene *= _light(story, camera)
    scene *= np.float32(story.lamp(time_s))
    focus_px = story.focus_px(time_s)
    if focus_px > 0.25:
        scene = cv2.GaussianBlur(scene, (0, 0), focus_px)
    scene *= np.float32(automatic.gain(scene, time_s) * story.gain(time_s))
    if story.bands is not None:
        scene *= _bands(story, tick.at_ns / 1e9)[:, np.newaxis]
    if tick.blank is not None:
        scene[:] = tick.blank
    read, shot = story.noise
    deviation = np.sqrt(np.clip(scene, 0, 255) * np.float32(shot**2 / 255) + np.float32(read**2))
    scene += white(story.shape, rng) * deviation
    luma: Luma = np.clip(scene + np.float32(0.5), 0, 255).astype(np.uint8)
    if story.quality is not None:
        luma = packed(luma, story.quality)
    world = _camera_of_frame(story, camera) @ story.base
    matrices = tuple(np.full((3, 3), np.nan) if one is None else one.lies for one in lain)
    if tick.blank is not None:
        return Shot(luma, FrameTruth(tick.at_ns), (*matrices, world))
    return Shot(luma, _truth(story, tick, lain, luma, focus_px), (*matrices, world))


def _camera_of_frame(story: Story, camera: Matrix) -> Matrix:
    """The camera's motion about the middle of the frame, in px."""
    middle = motion.placed(story.shape[1] / 2, story.shape[0] / 2)
    return middle @ camera @ np.linalg.inv(middle)


def _to_frame(story: Story, layer: Layer, time_s: float) -> Matrix | None:
    place = layer.place(time_s)
    return None if place is None else _camera_of_frame(story, story.camera(time_s)) @ story.base @ place


def _lay(story: Story, layer: Layer, picture: Field, scene: Field, time_s: float) -> _Lain | None:
    """Put a layer into `scene` as the shutter and the lines' readout see it."""
    matrix = _to_frame(story, layer, time_s)
    if matrix is None:
        return None
    height, width = story.shape
    corners = _corners(Box(0, 0, picture.shape[1], picture.shape[0]))
    left, top, right, bottom = 0, 0, width, height
    if picture.ndim == 3:
        where = projected(matrix, corners)
        left, top = np.maximum(np.floor(where.min(axis=0)) - 2, 0).astype(int).tolist()
        right, bottom = np.minimum(np.ceil(where.max(axis=0)) + 2, (width, height)).astype(int).tolist()
        if left >= right or top >= bottom:
            return None
    middle = np.array([[(left + right) / 2, (top + bottom) / 2]])
    speed = _speed(story, layer, matrix, middle, time_s)
    lies, matrix = matrix, _skew(speed * story.readout_s, height) @ matrix
    shifted = motion.placed(-left, -top) @ matrix
    size = right - left, bottom - top
    flags = cv2.INTER_LINEAR
    lowest = picture.ndim == 2
    border = cv2.BORDER_REFLECT if lowest else cv2.BORDER_CONSTANT
    part = cv2.warpPerspective(picture, shifted, size, flags=flags, borderMode=border)
    smear = speed * story.exposure_s
    smear_px = float(np.hypot(*smear))
    if smear_px > 0.7:
        part = cv2.filter2D(part, -1, _way(smear), borderType=cv2.BORDER_REPLICATE)
    if lowest:
        scene[:] = part
        return _Lain(matrix, lies, smear_px, Box(0, 0, width, height), None)
    below = scene[top:bottom, left:right]
    below *= 1 - part[:, :, 1]
    below += part[:, :, 0]
    solid = (part[:, :, 1] > SOLID_FROM).astype(np.uint8)
    return _Lain(matrix, lies, smear_px, Box(left, top, *size), solid)


def _speed(story: Story, layer: Layer, matrix: Matrix, at: NDArray[np.float64], time_s: float) -> NDArray[np.float64]:
    """float64 (2,): px a second of what is at a point of the frame."""
    later = _to_frame(story, layer, time_s + STEP_S)
    if later is None:
        return np.zeros(2)
    there = projected(inverse(matrix), at)
    return (projected(later, there) - projected(matrix, there))[0] / STEP_S


def _skew(way: NDArray[np.float64], height: int) -> Matrix:
    """The frame of a sensor that reads lines from the top while things move on by `way` px."""
    return np.array([[1, way[0] / height, -way[0] / 2], [0, 1 + way[1] / height, -way[1] / 2], [0, 0, 1]], np.float64)


def _way(smear: NDArray[np.float64]) -> Field:
    """A kernel: the way a thing moves while the shutter is open."""
    reach = int(np.ceil(np.abs(smear).max() / 2)) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.uint8)
    ends = [tuple(np.round((reach + sign * smear / 2) * 16).astype(int).tolist()) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 255, 1, cv2.LINE_AA, 4)
    return (kernel / kernel.sum()).astype(np.float32)


def _light(story: Story, camera: Matrix) -> Field:
    """float32 (H, W): how much light falls on what is where in the frame; it stays where it is as the camera moves."""
    height, width = story.shape
    small = max(4, round(width * LIGHT_SCALE)), max(4, round(height * LIGHT_SCALE))
    scale = np.diag([small[0] / width, small[1] / height, 1])
    middle = motion.placed((small[0] - story.light.shape[1]) / 2, (small[1] - story.light.shape[0]) / 2)
    there = scale @ _camera_of_frame(story, camera) @ np.linalg.inv(scale) @ middle
    part = cv2.warpPerspective(story.light, there, small, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR)


def _bands(story: Story, at_s: float) -> Field:
    """float32 (H,): light of each line under a lamp on the mains, which the open shutter averages."""
    assert story.bands is not None  # noqa: S101 — for type checkers
    rate = story.bands.rate_hz
    lines = at_s + story.readout_s * np.arange(story.shape[0]) / story.shape[0]
    kept = np.sinc(rate * story.exposure_s)
    return (1 + story.bands.strength * kept * np.cos(2 * np.pi * rate * lines)).astype(np.float32)


def projected(matrix: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 2) of (N, 2)."""
    homogeneous = points @ matrix[:, :2].T + matrix[:, 2]
    return homogeneous[:, :2] / homogeneous[:, 2:]


def inverse(matrix: Matrix) -> Matrix:
    """From there to here."""
    return np.linalg.inv(matrix).astype(np.float64)


def _corners(box: Box) -> NDArray[np.float64]:
    """float64 (4, 2)."""
    x, y, right, bottom = box.x, box.y, box.right, box.bottom
    return np.array([[x, y], [right, y], [x, bottom], [right, bottom]], np.float64)


# --- truth ------------------------------------------------------------------------------------------------------------


def _truth(story: Story, tick: Tick, lain: list[_Lain | None], luma: Luma, focus_px: float) -> FrameTruth:
    numbers: list[Seen] = []
    doubtful: list[Box] = []
    for subject in story.subjects:
        own = lain[subject.layer]
        if own is None or not subject.there_s[0] <= tick.scene_s < subject.there_s[1]:
            continue
        above = [one for one in lain[subject.layer + 1 :] if one is not None]
        span = subject.at(tick.scene_s)
        looks = [] if span is None else [_look(ink, own, above, luma) for ink in span.digits]
        if span is None or any(look is None for look in looks):
            box = _in_frame(own.matrix, subject.area, story.shape)
            if box is not None and _hidden(box, above) < 1 - GONE_BELOW:
                doubtful.append(box)
            continue
        seen = [look for look in looks if look is not None]
        if max(look.seen for look in seen) < GONE_BELOW:
            continue
        box = seen[0].box
        for look in seen[1:]:
            box = box.union(look.box)
        tall = float(np.median([look.box.height for look in seen]))
        blur_px = float(np.hypot(focus_px, own.smear_px / 12**0.5))
        if (
            min(look.seen for look in seen) >= LEAST_SEEN
            and all(look.shows for look in seen)
            and blur_px <= Quality(tall).most_blur_px
        ):
            numbers.append(Seen(subject.number, span.text, box))
        else:
            doubtful.append(box)
    return FrameTruth(tick.at_ns, tuple(numbers), tuple(doubtful))


@dataclass(frozen=True)
class _Look:
    """A digit in the frame."""

    box: Box
    seen: float
    """Share of its ink."""
    shows: bool
    """Whether ink and paper differ enough."""


def _look(ink: Ink, own: _Lain, above: list[_Lain], luma: Luma) -> _Look | None:
    """How a digit shows; None if nothing of it is in the frame."""
    margin = 2
    area = ink.box
    corners = _corners(area)
    where = projected(own.matrix, corners)
    left, top = (np.floor(where.min(axis=0)).astype(int) - margin).tolist()
    right, bottom = (np.ceil(where.max(axis=0)).astype(int) + margin).tolist()
    height, width = luma.shape
    if right <= 0 or bottom <= 0 or left >= width or top >= height or (right - left) * (bottom - top) > 4 * luma.size:
        return None
    to_part = motion.placed(-left, -top) @ own.matrix
    to_part = to_part @ motion.placed(area.x, area.y)
    cover = cv2.warpPerspective(ink.cover, to_part, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
    total = float(cover.sum())
    x, y = max(0, -left), max(0, -top)
    inner = np.ascontiguousarray(cover[y : height - top, x : width - left])
    left, top = left + x, top + y
    ink_x, ink_y, ink_width, ink_height = cv2.boundingRect((inner > INK_FROM * float(cover.max())).astype(np.uint8))
    if total <= 0 or ink_width == 0:
        return None
    box = Box(left + ink_x, top + ink_y, ink_width, ink_height)
    shown = inner * (1 - _covered(Box(left, top, inner.shape[1], inner.shape[0]), above))
    part = luma[top : top + inner.shape[0], left : left + inner.shape[1]]
    return _Look(box, float(shown.sum()) / total, _differs(part, inner))


def _differs(part: Luma, cover: Field) -> bool:
    """Whether ink can be told from paper, as `train.scenes.compose` measures it."""
    ink = (cover > 0.6 * float(cover.max())).astype(np.uint8)
    paper = (cover < 0.02).astype(np.uint8)
    if cv2.countNonZero(ink) == 0 or cv2.countNonZero(paper) == 0:
        return False
    reach = max(5, part.shape[0] // 2 * 2 + 1)
    grain = cv2.subtract(part, cv2.blur(part, (reach, reach)), dtype=cv2.CV_32F)
    deviation = float(cv2.meanStdDev(grain, mask=paper)[1][0, 0])
    contrast = abs(cv2.mean(part, mask=ink)[0] - cv2.mean(part, mask=paper)[0])
    return contrast >= max(LEAST_CONTRAST, LEAST_CONTRAST_TO_GROUND * deviation)


def _covered(box: Box, above: list[_Lain]) -> NDArray[np.uint8]:
    """uint8 (H, W) of `box`: 1 where something lies over it."""
    covered = np.zeros((box.height, box.width), np.uint8)
    for one in above:
        left, top = max(box.x, one.box.x), max(box.y, one.box.y)
        right, bottom = min(box.right, one.box.right), min(box.bottom, one.box.bottom)
        if left < right and top < bottom and one.solid is not None:
            part = one.solid[top - one.box.y : bottom - one.box.y, left - one.box.x : right - one.box.x]
            here = covered[top - box.y : bottom - box.y, left - box.x : right - box.x]
            np.maximum(here, part, out=here)
    return covered


def _hidden(box: Box, above: list[_Lain]) -> float:
    return float(_covered(box, above).mean())


def _in_frame(matrix: Matrix, area: Box, shape: Shape) -> Box | None:
    """The part of the frame around `area`; None if that is outside."""
    corners = _corners(area)
    where = projected(matrix, corners)
    left, top = np.maximum(np.floor(where.min(axis=0)), 0).astype(int).tolist()
    right, bottom = np.minimum(np.ceil(where.max(axis=0)), shape[::-1]).astype(int).tolist()
    return Box(left, top, right - left, bottom - top) if left < right and top < bottom else None
