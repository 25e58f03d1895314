"""Make the pictures of the README and the docs with the program itself: `make pictures`."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import cv2
import numpy as np

from core.config import CameraConfig, Config, ModelConfig, PageConfig
from core.frame import Luma
from edge.annotate import annotate
from edge.drawing import Drawing, Stroke, rasterise
from edge.methods import load_models, new_reader
from edge.service import Service

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"

sys.path.insert(0, str(ROOT / "tests"))
import hands  # noqa: E402 — two people's digits, beside the tests that draw with them

SIZE_PX = (1120, 480)
LINES = [("30417", "round", 60, 60, 110), ("62 85", "upright", 640, 80, 95), ("1986", "upright", 110, 280, 130)]
"""(digits, hand, x, y, height in px)."""


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
    answer = new_reader(load_models(ModelConfig()), Config()).read(luma)
    cv2.imwrite(str(PICTURES / "paper.jpg"), annotate(luma, answer), [cv2.IMWRITE_JPEG_QUALITY, 85])
    print("paper.jpg reads", " ".join(reading.text for reading in answer.readings))


def page_picture() -> None:
    """The page in a browser, with a number drawn on it by the mouse."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 — the other pictures do without a browser

    config = Config(camera=CameraConfig(source="canvas"), page=PageConfig(port=0))
    service = Service(config, load_models(config.model), tell=lambda event: print("page.png:", event))
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
    page_picture()
