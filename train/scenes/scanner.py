"""What office machines make of a sheet: scans in grey or black and white, and photocopies."""

from __future__ import annotations

import cv2
import numpy as np

from core.frame import Luma
from train.scenes.fields import Field, chance, log_uniform, smooth, white

LOOKS = {"grey": 0.5, "bilevel": 0.22, "copied": 0.28}


def scanned(reflectance: Field, finest_px: float, rng: np.random.Generator) -> Luma:
    """uint8 (H, W): lit evenly, without perspective of its own, sharp; then stretched, thresholded or copied.
    `reflectance`, 0 to 1, is changed."""
    scene = np.clip(reflectance, 0, 1, out=reflectance)
    if chance(rng, 0.2):
        _screen(scene, finest_px, rng)
    scene = _resolved(scene, finest_px, rng)
    dark, light = (float(level) for level in np.quantile(scene[::3, ::3], (0.01, 0.95)))
    light = max(light, dark + 0.1)
    match rng.choice(list(LOOKS), p=list(LOOKS.values())):
        case "bilevel":
            luma = _bilevel(scene, dark, light, finest_px, rng)
        case "copied":
            luma = _copied(scene, dark, light, rng)
        case _:
            luma = _grey(scene, dark, light, rng)
    if chance(rng, 0.55):
        lowest = 30 if finest_px >= 18 else 55
        luma = packed(luma, int(rng.integers(lowest, 97)))
    return luma


def packed(luma: Luma, quality: int) -> Luma:
    """uint8 (H, W): as JPEG of a quality, 0 to 100, keeps it."""
    _, encoded = cv2.imencode(".jpg", luma, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8)


def _resolved(scene: Field, finest_px: float, rng: np.random.Generator) -> Field:
    """As few dots an inch as still tell the finest digits, and shown at another size."""
    height, width = scene.shape
    factor = max(min(1.0, 11 / finest_px), rng.uniform(0.4, 1.4))
    if factor >= 1:
        return scene
    size = max(8, round(width * factor)), max(8, round(height * factor))
    kinds = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)
    return cv2.resize(
        cv2.resize(scene, size, interpolation=cv2.INTER_AREA), (width, height), interpolation=kinds[rng.integers(2)]
    )


def _screen(scene: Field, finest_px: float, rng: np.random.Generator) -> None:
    """Tone printed under the writing as a screen of dots."""
    height, width = scene.shape
    period, turn = max(2.2, finest_px * log_uniform(rng, 0.08, 0.25)), rng.uniform(0, np.pi / 2)
    across, down = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, np.newaxis]
    cos, sin = (np.float32(2 * np.pi / period * part) for part in (np.cos(turn), np.sin(turn)))
    dots = np.cos(cos * across + sin * down) + np.cos(cos * down - sin * across)
    dots = np.clip(dots - np.float32(rng.uniform(-0.6, 1.2)), 0, 1)
    scene *= 1 - dots * np.float32(rng.uniform(0.05, 0.35))


def _grey(scene: Field, dark: float, light: float, rng: np.random.Generator) -> Luma:
    """Contrast as it is, or stretched until the paper is white."""
    if chance(rng, 0.55):
        low, high = rng.uniform(0, 70), rng.uniform(215, 275)
        scene = (scene - np.float32(dark)) * np.float32((high - low) / (light - dark)) + np.float32(low)
    else:
        scene = scene * np.float32(rng.uniform(190, 265) / max(light, 0.3))
    scene += white(scene.shape, rng) * np.float32(log_uniform(rng, 0.3, 4))
    if chance(rng, 0.4):
        halo = cv2.GaussianBlur(scene, (0, 0), rng.uniform(0.6, 1.5))
        amount = rng.uniform(0.3, 1.5)
        scene = cv2.addWeighted(scene, 1 + amount, halo, -amount, 0)
    return np.clip(scene, 0, 255).astype(np.uint8)


def _bilevel(scene: Field, dark: float, light: float, finest_px: float, rng: np.random.Generator) -> Luma:
    """Black and white with ragged edges; what lies just above the threshold is lost."""
    threshold = dark + (light - dark) * rng.uniform(0.36, 0.64)
    ragged = white(scene.shape, rng) if finest_px < 20 else smooth(scene.shape, rng.uniform(1.0, 2.0), rng)
    scene += ragged * np.float32((light - dark) * rng.uniform(0.0, 0.07))
    if chance(rng, 0.35):  # against its surroundings, as document scanners do
        reach = max(9, int(finest_px * rng.uniform(1.0, 2.5)) | 1)
        threshold = cv2.blur(scene, (reach, reach)) - np.float32((light - dark) * rng.uniform(0.06, 0.2))
    luma = np.where(scene > threshold, np.uint8(255), np.uint8(0))
    if chance(rng, 0.6):  # shown in grey at another size
        luma = cv2.GaussianBlur(luma, (0, 0), rng.uniform(0.4, 0.9))
    return luma


def _copied(scene: Field, dark: float, light: float, rng: np.random.Generator) -> Luma:
    """Hard contrast, specks, and patches where the toner did not hold."""
    middle, steep = dark + (light - dark) * rng.uniform(0.4, 0.68), rng.uniform(1.6, 6.0) / (light - dark)
    scene = np.clip((scene - np.float32(middle)) * np.float32(steep) + np.float32(0.5), 0, 1)
    shape = scene.shape
    if chance(rng, 0.5):
        missing = smooth(shape, rng.uniform(3, 25), rng)
        missing -= np.float32(rng.uniform(0.7, 1.8))
        np.clip(missing * np.float32(1.5), 0, np.float32(rng.uniform(0.2, 0.7)), out=missing)
        scene += (1 - scene) * missing
    if chance(rng, 0.6):
        specks = (white(shape, rng) > rng.uniform(2.9, 3.7)).astype(np.float32)
        if chance(rng, 0.5):
            specks = cv2.blur(specks, (3, 3)) * np.float32(4)
        scene -= np.clip(specks, 0, 1) * np.float32(rng.uniform(0.3, 0.9))
    low, high = rng.uniform(0, 60), rng.uniform(225, 256)
    luma: Luma = np.clip(np.clip(scene, 0, 1) * np.float32(high - low) + np.float32(low), 0, 255).astype(np.uint8)
    return cv2.GaussianBlur(luma, (0, 0), rng.uniform(0.4, 0.8)) if chance(rng, 0.5) else luma
