"""From what lies before it to what a camera delivers: light, lens, sensor, and what the phone makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Luma
from train.scenes.fields import Field, chance, log_uniform, smooth, white
from train.scenes.scanner import packed, scanned

SCANNED_SHARE, SMEARED_SHARE = 0.2, 0.16
"""Of the pictures: from a scanner or copier, and from phones that smooth away what they take for noise."""


@dataclass(frozen=True)
class Quality:
    """How good the pictures of a camera may be at all, for the finest that must still be read in them."""

    finest_px: float
    """Height of the smallest writing."""

    @property
    def most_blur_px(self) -> float:
        """Radius, or half a path: strokes are an eighth of a digit's height and may melt, but not its loops."""
        return float(np.clip(0.055 * self.finest_px, 0.35, 3.5))


def photographed(reflectance: Field, quality: Quality, rng: np.random.Generator) -> Luma:
    """uint8 (H, W): the frame. `reflectance`, 0 to 1, is changed."""
    if chance(rng, SCANNED_SHARE):
        return scanned(reflectance, quality.finest_px, rng)
    scene = np.clip(reflectance, 0.01, 1.05, out=reflectance)
    lit(scene, rng)
    if chance(rng, SMEARED_SHARE):
        return smeared(scene, quality, rng)
    scene = through_lens(scene, quality, rng)
    scene = sensed(scene, quality, rng)
    return processed(scene, quality, rng)


# --- light ------------------------------------------------------------------------------------------------------------


def lit(scene: Field, rng: np.random.Generator) -> None:
    """Let light fall on `scene`: uneven, with the edge of a shadow, vignetting, a lamp's reflection."""
    height, width = scene.shape
    # A smooth field needs few pixels: it is made at an eighth and enlarged.
    small = (max(4, height // 8), max(4, width // 8))
    across = np.linspace(-1, 1, small[1], dtype=np.float32)
    down = np.linspace(-1, 1, small[0], dtype=np.float32)[:, np.newaxis]
    light = np.ones(small, np.float32)
    turn, slope = rng.uniform(0, 2 * np.pi), abs(rng.normal(0, 0.15))
    light += np.float32(np.cos(turn) * slope) * across + np.float32(np.sin(turn) * slope) * down
    if chance(rng, 0.4):
        light += smooth(small, max(small) * rng.uniform(0.3, 1), rng) * np.float32(rng.uniform(0.02, 0.2))
    if chance(rng, 0.5):
        light *= 1 - np.float32(rng.uniform(0.03, 0.3)) * (across * across + down * down) / 2
    if chance(rng, 0.07):  # a pool of light
        at = rng.uniform(-1, 1, 2).astype(np.float32)
        light *= np.float32(0.4) + np.exp(
            -((across - at[0]) ** 2 + (down - at[1]) ** 2) * np.float32(rng.uniform(0.7, 3))
        )
    scene *= np.clip(cv2.resize(light, (width, height), interpolation=cv2.INTER_LINEAR), 0.12, 2)
    if chance(rng, 0.28):
        scene *= _shadow((height, width), rng)
    if chance(rng, 0.08):
        scene += _glare((height, width), rng)


def _shadow(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Share of the light that is left where something stands before the lamp: hands, heads, window frames."""
    height, width = shape
    small = (max(4, height // 2), max(4, width // 2))
    across = np.linspace(-1, 1, small[1], dtype=np.float32)
    down = np.linspace(-1, 1, small[0], dtype=np.float32)[:, np.newaxis]
    turn, offset = rng.uniform(0, 2 * np.pi), rng.normal(0, 0.5)
    edge = np.float32(np.cos(turn)) * across + np.float32(np.sin(turn)) * down - np.float32(offset)
    if chance(rng, 0.6):
        edge += smooth(small, max(small) * rng.uniform(0.15, 0.6), rng) * np.float32(rng.uniform(0.02, 0.2))
    if chance(rng, 0.3):  # a bar
        edge = np.float32(rng.uniform(0.1, 0.5)) - np.abs(edge)
    share = np.clip(0.5 + edge / np.float32(log_uniform(rng, 0.02, 0.6)), 0, 1)
    return cv2.resize(1 - share * np.float32(rng.uniform(0.15, 0.7)), (width, height), interpolation=cv2.INTER_LINEAR)


def _glare(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Light of a lamp that the surface reflects."""
    height, width = shape
    across = np.linspace(0, 1, width, dtype=np.float32) - np.float32(rng.uniform(-0.1, 1.1))
    down = (np.linspace(0, 1, height, dtype=np.float32) - np.float32(rng.uniform(-0.1, 1.1)))[:, np.newaxis]
    reach = rng.uniform(0.04, 0.3, 2).astype(np.float32)
    return np.exp(-((across / reach[0]) ** 2)) * np.exp(-((down / reach[1]) ** 2)) * np.float32(rng.uniform(0.1, 0.6))


# --- lens -------------------------------------------------------------------------------------------------------------


def through_lens(scene: Field, quality: Quality, rng: np.random.Generator) -> Field:
    """Out of focus, moved, or seen by a sensor of fewer pixels."""
    most = quality.most_blur_px
    match rng.choice(["sharp", "focus", "motion", "coarse"], p=[0.38, 0.27, 0.12, 0.23]):
        case "focus":
            return cv2.GaussianBlur(scene, (0, 0), max(0.3, most * rng.uniform(0.3, 1)))
        case "motion":
            return cv2.filter2D(scene, -1, _path(most * rng.uniform(0.6, 2.2), rng.uniform(0, np.pi)))
        case "coarse":
            factor = float(np.clip(1 / rng.uniform(1, 1 + 1.3 * most), 0.2, 1))
            height, width = scene.shape
            size = max(8, round(width * factor)), max(8, round(height * factor))
            kinds = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
            small = cv2.resize(scene, size, interpolation=cv2.INTER_AREA)
            return cv2.resize(small, (width, height), interpolation=kinds[rng.integers(len(kinds))])
        case _:
            return scene


def _path(length_px: float, turn: float) -> Field:
    """A kernel: the way the picture moved during exposure."""
    reach = int(np.ceil(length_px / 2)) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.uint8)
    half = np.array([np.cos(turn), np.sin(turn)]) * length_px / 2
    ends = [tuple(np.round((reach + sign * half) * 16).astype(int).tolist()) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 255, 1, cv2.LINE_AA, 4)
    return (kernel / kernel.sum()).astype(np.float32)


# --- sensor -----------------------------------------------------------------------------------------------------------


def sensed(scene: Field, quality: Quality, rng: np.random.Generator) -> Field:
    """0 to 255: exposed, with the noise of photons and of reading."""
    scene = scene * np.float32(_exposure(scene, rng))
    if chance(rng, 0.75):
        read = log_uniform(rng, 0.4, 6)
        shot = log_uniform(rng, 0.02, 0.6)
        if quality.finest_px < 14:
            read, shot = read / 2, shot / 2
        noise = white(scene.shape, rng)
        if chance(rng, 0.4):  # after a phone's denoising it comes in blotches
            noise = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.5, 1.1)) * np.float32(1.6)
        deviation = np.sqrt(np.maximum(scene, 0) * np.float32(shot**2 * 4) + np.float32(read**2))
        scene += noise * deviation
    if chance(rng, 0.2):  # a veil of stray light, or a contrast stretched by the phone
        scene *= np.float32(rng.uniform(0.5, 1))
        scene += np.float32(rng.uniform(0, 60))
    elif chance(rng, 0.25):
        low, high = (float(level) for level in cv2.meanStdDev(scene)[0][0] + (-90, 90))
        scene = (scene - np.float32(low)) * np.float32(255 / (high - low))
    return scene


def _exposure(scene: Field, rng: np.random.Generator) -> float:
    """Factor to grey levels: what is bright in the scene comes out light, as cameras see to; at times they fail."""
    paper, brightest = np.quantile(scene[::5, ::5], (0.9, 0.995))
    bright = max(float(paper), 0.8 * float(brightest))
    if chance(rng, 0.08):
        return 255 * rng.uniform(0.2, 0.6)
    wanted = rng.uniform(155, 240) if chance(rng, 0.87) else rng.uniform(235, 300)
    # A dark board stays dark: the camera lifts it by half of what is missing.
    return wanted / max(bright, 0.05) ** (1.0 if bright > 0.4 else 0.5) * (1.0 if bright > 0.4 else 0.4**-0.5)


# --- processing -------------------------------------------------------------------------------------------------------


def processed(scene: Field, quality: Quality, rng: np.random.Generator) -> Luma:
    """uint8 (H, W): sharpened, toned and compressed as phones and webcams do."""
    if chance(rng, 0.3):
        halo = cv2.GaussianBlur(scene, (0, 0), rng.uniform(0.7, 2.0))
        amount = rng.uniform(0.3, 1.6)
        scene = cv2.addWeighted(scene, 1 + amount, halo, -amount, 0)
    luma = cv2.LUT(np.clip(scene, 0, 255, out=scene).astype(np.uint8), _tone(round(rng.normal(0, 0.2), 2)))
    if chance(rng, 0.6):
        lowest = 35 if quality.finest_px >= 14 else 60
        luma = packed(luma, int(rng.integers(lowest, 97)))
    return luma


def smeared(scene: Field, quality: Quality, rng: np.random.Generator) -> Luma:
    """uint8 (H, W): soft, often of little contrast, its noise smoothed away as watercolour is, edges drawn over with
    halos, then packed small."""
    finest = quality.finest_px
    scene = cv2.GaussianBlur(scene, (0, 0), max(0.4, quality.most_blur_px * rng.uniform(0.4, 0.9)))
    scene = scene * np.float32(_exposure(scene, rng))
    faint = chance(rng, 0.45)
    if faint:
        low, middle, high = (float(level) for level in np.quantile(scene[::3, ::3], (0.01, 0.6, 0.995)))
        share = log_uniform(rng, 25, 80) / max(high - low, 1.0)
        if share < 1:
            scene = (scene - np.float32(middle)) * np.float32(share) + np.float32(np.clip(middle, 90, 215))
    noise = white(scene.shape, rng)
    if chance(rng, 0.5):
        noise = cv2.GaussianBlur(noise, (0, 0), 0.8) * np.float32(1.6)
    scene = scene + noise * np.float32(log_uniform(rng, 0.5, 2.5 if faint or finest < 16 else 7))
    luma: Luma = np.clip(scene, 0, 255).astype(np.uint8)
    match rng.choice(["median", "bilateral", "none"], p=[0.4, 0.4, 0.2]):
        case "median":
            luma = cv2.medianBlur(luma, 5 if finest > 26 else 3)
        case "bilateral":
            luma = cv2.bilateralFilter(
                luma, 5, rng.uniform(8, 20) if faint else rng.uniform(15, 45), rng.uniform(1.5, 4)
            )
    if chance(rng, 0.5):
        halo, amount = cv2.GaussianBlur(luma, (0, 0), rng.uniform(1.0, 2.5)), rng.uniform(0.5, 2.2)
        luma = cv2.addWeighted(luma, 1 + amount, halo, -amount, 0)
    if chance(rng, 0.8):
        lowest = 45 if faint and finest < 20 else 15 if finest > 20 else 30
        luma = packed(luma, int(rng.integers(lowest, 75)))
    return luma


@lru_cache(maxsize=512)
def _tone(logarithm: float) -> NDArray[np.uint8]:
    """uint8 (256,): a gamma curve."""
    gamma = np.exp(np.clip(logarithm, -0.6, 0.6))
    return np.round(255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)
