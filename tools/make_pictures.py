"""Make the pictures of the README and the docs with the program itself: `make pictures`."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.config import CameraConfig, Config, PageConfig, ReadingConfig
from core.dataset import GlyphSet
from core.frame import Frame, Luma
from core.glyph import normalise
from core.scene_set import Known
from core.spot_figures import are_ignored, owners
from core.spots import Spots, boxes_of
from edge.annotate import annotate
from edge.drawing import Drawing, Stroke, rasterise
from edge.events import AnyEvent
from edge.methods import load_models, new_reader
from edge.pipeline import Pipeline
from edge.read import Answer
from edge.service import Service
from train.scenes import Material
from train.scenes import scene as draw_scene
from train.video.clip import Order
from train.video.clip import clip as draw_clip

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"

sys.path.insert(0, str(ROOT / "tests"))
import hands  # noqa: E402 — two people's digits, beside the tests that draw with them

SIZE_PX = (1120, 480)
LINES = [("30417", "round", 60, 60, 110), ("62 85", "upright", 640, 80, 95), ("1986", "upright", 110, 280, 130)]
"""(digits, hand, x, y, height in px)."""

MISREAD_KINDS = ("table", "columns", "rows", "scattered", "words", "texture")
FOLLOWED = (("written", 0), ("covered", 2), ("cleared", 1))
"""(kind, index) of the clips that are shown in motion."""
FOLLOWED_SHAPE, FOLLOWED_S = (300, 400), 6.0
SHOWN_EVERY = 4
"""Of so many frames one is shown, or the picture would be too large for a README."""
LEAST_MISTAKES = 2
"""In a scene that is shown: one digit more or less is hard to see in a picture so small."""


def written_page() -> Luma:
    """A page of numbers in two hands, in the evening: lamp on the left, a shadow across, a grainy camera."""
    strokes = []
    for digits, hand, x, y, height in LINES:
        for index, digit in enumerate(digits):
            if digit != " ":
                paths = hands.write(digit, hand, x + 0.85 * height * index, y + 6 * (index % 3), height)
                strokes += [Stroke(width_px=7, points=path) for path in paths]
    width, height_px = SIZE_PX
    ink = rasterise(Drawing(width=width, height=height_px, strokes=strokes)).astype(np.float64) / 255
    light = np.linspace(225, 120, width)[None] * np.ones((height_px, 1))
    shadow = np.ones((height_px, width))
    cv2.fillPoly(shadow, [np.array([[600, 0], [1120, 0], [1120, 480], [360, 480]])], 0.62)
    shadow = cv2.GaussianBlur(shadow, (0, 0), 6)
    grain = np.random.default_rng(7).normal(0, 4, ink.shape)
    return np.clip(light * shadow * (0.25 + 0.75 * ink) + grain, 0, 255).astype(np.uint8)


def paper_picture() -> None:
    """What `digit-reader read --annotate` makes of the page."""
    luma = written_page()
    answer = new_reader(load_models(Config()), Config()).read(luma)
    cv2.imwrite(str(PICTURES / "paper.jpg"), annotate(luma, answer), [cv2.IMWRITE_JPEG_QUALITY, 85])
    print("paper.jpg reads", " ".join(reading.text for reading in answer.readings))


def drawn_glyphs() -> GlyphSet:
    """The digits of both hands, each a few times with another slant and pen."""
    pixels, targets, writers = [], [], []
    rng = np.random.default_rng(1)
    for writer, hand in enumerate(hands.HANDS):
        for digit in "0123456789" * 12:
            lean, width_px = rng.normal(0, 0.15), rng.uniform(7, 14)
            paths = [[(x + lean * (120 - y), y) for x, y in path] for path in hands.write(digit, hand, 60, 20, 100)]
            strokes = [Stroke(width_px=width_px, points=path) for path in paths]
            pixels.append(normalise(255 - rasterise(Drawing(width=200, height=140, strokes=strokes))))
            targets.append(int(digit))
            writers.append(writer)
    return GlyphSet("drawn", np.stack(pixels), np.array(targets), tuple("0123456789"), np.array(writers))


def misread_picture() -> None:
    """Scenes that are drawn as those of training are, where the reader is wrong: one of each kind."""
    reader, material = new_reader(load_models(Config()), Config()), Material(drawn_glyphs())
    tiles = []
    for kind in MISREAD_KINDS:
        for index in range(200):
            scene = draw_scene(material, (360, 480), seed=3, index=index, kind=kind)
            answer = reader.read(scene.luma)
            known = Known(scene.truth.boxes(), scene.truth.labels(), scene.truth.ignored())
            if _mistakes(answer, known) >= LEAST_MISTAKES:
                tiles.append(annotate(scene.luma, answer))
                break
    rows = [np.hstack(tiles[first : first + 3]) for first in range(0, len(tiles) - 2, 3)]
    cv2.imwrite(str(PICTURES / "misread.jpg"), np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, 80])
    print("misread.jpg:", ", ".join(MISREAD_KINDS))


def _mistakes(answer: Answer, known: Known) -> int:
    """Digits missed, misread, or read where there are none."""
    digits = [digit for reading in answer.readings for digit in reading.digits]
    labels = np.array([int(digit.text) for digit in digits], np.int64)
    scores = np.eye(10, dtype=np.float32)[labels]
    spots = Spots(boxes_of([digit.box for digit in digits]), scores)
    owner = owners(spots, known)
    right = int((labels == np.append(known.labels, -1)[owner]).sum())
    return len(known.labels) - right + int(((owner < 0) & ~are_ignored(spots, known)).sum())


def followed_clip() -> None:
    """A number that is written, one that a hand covers, a sheet that is taken away: what stands in every frame."""
    reader, material = new_reader(load_models(Config()), Config()), Material(drawn_glyphs())
    shown = cv2.Animation()
    frames: list[NDArray[np.uint8]] = []
    told: list[AnyEvent] = []
    for kind, index in FOLLOWED:
        pipeline = Pipeline(reader, ReadingConfig(), kind)
        followed = draw_clip(material, Order(FOLLOWED_SHAPE, FOLLOWED_S), seed=5, index=index, kind=kind)
        for sequence, shot in enumerate(followed.shots()):
            told += pipeline.step(Frame(shot.luma, sequence, shot.truth.at_ns))
            if sequence % SHOWN_EVERY == 0:
                standing = Answer("", pipeline.readings, [], {})
                frames.append(annotate(cv2.bilateralFilter(shot.luma, 5, 14, 2), standing))
    shown.frames, shown.durations = frames, [SHOWN_EVERY * 1000 // 30] * len(frames)
    cv2.imwriteanimation(str(PICTURES / "followed.webp"), shown, [cv2.IMWRITE_WEBP_QUALITY, 80])
    print("followed.webp:", *told, sep="\n  ")


def page_picture() -> None:
    """The page in a browser, with a number drawn on it by the mouse."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 — the other pictures do without a browser

    config = Config(camera=CameraConfig(source="canvas"), page=PageConfig(port=0))
    service = Service(config, load_models(config), tell=lambda event: print("page.png:", event))
    running = threading.Thread(target=service.run)
    running.start()
    while service.address is None:
        service.stop.wait(0.05)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        window = browser.new_page(viewport={"width": 1280, "height": 800})
        window.goto(service.address)
        box = window.locator("canvas").first.bounding_box()
        for index, digit in enumerate("2047"):
            for path in hands.write(digit, "round", box["x"] + 130 + 150 * index, box["y"] + 150, 170):
                window.mouse.move(*path[0])
                window.mouse.down()
                for x, y in path[1:]:
                    window.mouse.move(x, y)
                window.mouse.up()
        window.wait_for_timeout(800)
        window.screenshot(path=str(PICTURES / "page.png"))
        browser.close()
    service.stop.set()
    running.join()


if __name__ == "__main__":
    PICTURES.mkdir(parents=True, exist_ok=True)
    paper_picture()
    misread_picture()
    followed_clip()
    page_picture()
