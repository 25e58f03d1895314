"""The page in a real Chromium: drawn on with mouse, pen and fingers, and read by the real program.

Every test also holds that nothing was asked of any other host and that the browser had nothing to complain about.
`test_everything_fits_on_the_screen` leaves pictures of the page in pytest's temporary folder (choose it by --basetemp).
"""

from __future__ import annotations

import math
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from blobs import Blobs, reading
from hands import HANDS, Stroke, write

from core.config import CameraConfig, Config, PageConfig
from core.errors import ModelFileError
from core.frame import Box
from core.reject import REASONS
from edge.events import AnyEvent, ReadingAppeared, ReadingChanged, ReadingCleared
from edge.faces.web.server import Page
from edge.methods import load_models
from edge.service import Service
from edge.sinks import SinkState

playwright = pytest.importorskip(
    "playwright.sync_api", reason="needs the PyPI package playwright: pip install playwright", exc_type=ImportError
)
expect = playwright.expect
expect.set_options(timeout=20_000)  # a busy machine may take its time

pytestmark = pytest.mark.browser

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-quic",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]

DESKTOP = (1280, 800)
KIOSK = (800, 480)
PHONE = (375, 667)

Strokes = list[Stroke]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Blobs, Page]]:
    backend = Blobs()
    page = Page(backend, "127.0.0.1", 0)
    page.start()
    yield backend, page
    page.stop()


@pytest.fixture
def backend(served: tuple[Blobs, Page]) -> Blobs:
    """What reads when the test is about the page and not about digits: see `blobs`."""
    served[0].reset()
    return served[0]


@pytest.fixture
def address(served: tuple[Blobs, Page], backend: Blobs) -> str:
    """Of the page with `backend` behind it."""
    return served[1].address


def wait_until(holds: Callable[[], bool], within_s: float = 20) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


class Daemon:
    """The real program on the model that ships, with the canvas as its source."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}/"
        self.events: list[AnyEvent] = []
        config = Config(camera=CameraConfig(source="canvas"), page=PageConfig(port=port))
        self._service = Service(config, load_models(config), self.events.append)
        self._thread = threading.Thread(target=self._service.run)
        self._thread.start()
        wait_until(lambda: listens(port))

    @property
    def last_event(self) -> tuple[type[AnyEvent] | None, str]:
        """(kind, text) of what was told last."""
        return (type(self.events[-1]), self.events[-1].text) if self.events else (None, "")

    def stop(self) -> None:
        self._service.stop.set()
        self._thread.join()


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    try:
        daemon = Daemon()
    except ModelFileError as error:
        pytest.skip(f"needs the model that ships: {error}")
    yield daemon
    daemon.stop()


class Visitor:
    """One browser window on the page, with a hand in front of it."""

    def __init__(self, window: Any, address: str) -> None:
        self.window = window
        self.address = address
        self.complaints: list[str] = []
        self.requested: list[str] = []
        window.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        window.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        window.on("request", lambda request: self.requested.append(request.url))
        window.goto(address)
        expect(window.locator("#bars li")).to_have_count(10)
        self.pointers = window.context.new_cdp_session(window)

    @property
    def corner(self) -> tuple[float, float]:
        box = self.window.locator("#canvas").bounding_box()
        return box["x"], box["y"]

    @property
    def paper(self) -> tuple[float, float]:
        """(width, height) of the canvas."""
        box = self.window.locator("#canvas").bounding_box()
        return box["width"], box["height"]

    def draw(self, strokes: Strokes, pointer: str = "mouse", lift: bool = True) -> None:
        """Draw on the canvas, in its pixels. Without `lift` the pointer stays down after the last stroke."""
        left, top = self.corner
        for i, stroke in enumerate(strokes):
            for j, (x, y) in enumerate(stroke):
                kind = "down" if j == 0 else "move"
                self.point(pointer, kind, left + x, top + y)
            if lift or i < len(strokes) - 1:
                self.point(pointer, "up", left + stroke[-1][0], top + stroke[-1][1])

    def point(self, pointer: str, kind: str, x: float, y: float) -> None:
        """One event of a mouse, pen or finger, in pixels of the window."""
        if pointer == "touch":
            self.touch(kind, {0: (x, y)})
            return
        kinds = {"down": "mousePressed", "move": "mouseMoved", "up": "mouseReleased"}
        event = {"type": kinds[kind], "x": x, "y": y, "button": "left", "buttons": 0 if kind == "up" else 1}
        self.pointers.send("Input.dispatchMouseEvent", {**event, "clickCount": 1, "pointerType": pointer})

    def touch(self, kind: str, fingers: dict[int, tuple[float, float]]) -> None:
        """One event of all fingers that are down."""
        kinds = {"down": "touchStart", "move": "touchMove", "up": "touchEnd", "cancel": "touchCancel"}
        points = [] if kind in ("up", "cancel") else [{"id": i, "x": x, "y": y} for i, (x, y) in fingers.items()]
        self.pointers.send("Input.dispatchTouchEvent", {"type": kinds[kind], "touchPoints": points})

    def settle(self) -> None:
        """Wait until what is shown is the answer to what is drawn."""
        self.window.wait_for_selector('html[data-answer="current"]')

    @property
    def numbers(self) -> list[str]:
        """The numbers read, as they stand there, once they are the answer to what is drawn."""
        self.settle()
        return [number.strip() for number in self.window.locator(".number").all_inner_texts()]

    @property
    def verdict(self) -> str:
        return str(self.window.locator("#verdict").inner_text())

    @property
    def bars(self) -> dict[str, str]:
        """What stands beside the bar of every class."""
        rows = self.window.locator("#bars li").all()
        return {row.locator("b").inner_text(): row.locator("small").inner_text() for row in rows}

    def ink(self) -> list[tuple[int, int, int]]:
        """(red, green, blue) of every pixel of the canvas that is all ink."""
        colours = self.window.locator("#canvas").evaluate(
            """canvas => {
              const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
              copy.drawImage(canvas, 0, 0);
              const pixels = new Uint32Array(copy.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
              return [...pixels.filter((pixel) => pixel >>> 24 === 255)];
            }"""
        )
        return [(colour & 255, colour >> 8 & 255, colour >> 16 & 255) for colour in colours]


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Visitor]]:
    """Opens a window of a size on an address."""
    visitors: list[Visitor] = []

    def open_window(address: str, size: tuple[int, int] = DESKTOP, **options: Any) -> Visitor:
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, has_touch=True, service_workers="block", **options)
        visitors.append(Visitor(context.new_page(), address))
        return visitors[-1]

    yield open_window
    for visitor in visitors:
        visitor.window.context.close()
        assert [url for url in visitor.requested if not url.startswith((visitor.address, "data:"))] == []
        assert visitor.complaints == []


@pytest.fixture
def visitor(visit: Callable[..., Visitor], address: str) -> Visitor:
    """A window on the page with `backend` behind it."""
    return visit(address)


def bar(x: float, y: float = 200, length: float = 100) -> Stroke:
    """A stroke straight down."""
    return [(x, y + step * length / 10) for step in range(11)]


# Digits are drawn and read.


@pytest.mark.parametrize("pointer", ["mouse", "pen", "touch"])
@pytest.mark.parametrize("hand", HANDS)
def test_all_ten_digits_are_read(visit: Callable[..., Visitor], daemon: Daemon, hand: str, pointer: str) -> None:
    visitor = visit(daemon.address, KIOSK)
    width, height = visitor.paper
    read = []
    for digit in HANDS[hand]:
        visitor.draw(write(digit, hand, 0.35 * width, 0.2 * height, 0.6 * height), pointer)
        read.append(visitor.numbers)
        visitor.window.get_by_role("button", name="Clear").click()
    assert read == [[digit] for digit in HANDS[hand]]


def test_a_number_and_the_number_below_it_are_read(visit: Callable[..., Visitor], daemon: Daemon) -> None:
    visitor = visit(daemon.address)
    for i, digit in enumerate("314"):
        visitor.draw(write(digit, "round", 60 + 230 * i, 60, 260))
    for i, digit in enumerate("75"):
        visitor.draw(write(digit, "upright", 200 + 200 * i, 440, 220))
    assert visitor.numbers == ["314", "75"]
    assert visitor.window.locator(".line").all_inner_texts() == ["314", "75"]


def test_two_fingers_write_two_digits_at_once(visit: Callable[..., Visitor], daemon: Daemon) -> None:
    visitor = visit(daemon.address, KIOSK)
    left, top = visitor.corner
    six, zero = write("6", "round", 60 + left, 90 + top, 240)[0], write("0", "round", 300 + left, 90 + top, 240)[0]
    shared = min(len(six), len(zero))
    visitor.touch("down", {0: six[0], 1: zero[0]})
    for a, b in zip(six[:shared], zero[:shared], strict=True):
        visitor.touch("move", {0: a, 1: b})
    for i in range(shared, max(len(six), len(zero))):
        visitor.touch("move", {0: six[min(i, len(six) - 1)], 1: zero[min(i, len(zero) - 1)]})
    visitor.touch("up", {})
    assert visitor.numbers == ["60"]


def test_what_is_drawn_is_told_as_an_event_and_cleared_with_the_paper(
    visit: Callable[..., Visitor], daemon: Daemon
) -> None:
    visitor = visit(daemon.address)
    visitor.draw(write("8", "upright", 300, 150, 400))
    assert visitor.numbers == ["8"]
    wait_until(
        lambda: isinstance(daemon.events[-1], ReadingAppeared | ReadingChanged) and daemon.events[-1].text == "8"
    )
    visitor.window.keyboard.press("c")
    wait_until(lambda: daemon.last_event in [(ReadingAppeared, "8"), (ReadingChanged, "8")])
    visitor.window.keyboard.press("c")
    wait_until(lambda: daemon.last_event == (ReadingCleared, "8"))


def test_the_confidence_of_every_class_stands_beside_its_bar(visit: Callable[..., Visitor], daemon: Daemon) -> None:
    visitor = visit(daemon.address)
    visitor.draw(write("3", "round", 300, 100, 500))
    assert visitor.numbers == ["3"]
    shares = {label: int(text.removesuffix(" %")) for label, text in visitor.bars.items()}
    assert list(shares) == list("0123456789")
    assert max(shares, key=lambda label: shares[label]) == "3"
    assert sum(shares.values()) == pytest.approx(100, abs=5)
    assert visitor.verdict == f"3 – {shares['3']} % sure"


# Drawing.


def test_reading_goes_on_while_the_pen_is_down(visitor: Visitor, backend: Blobs) -> None:
    visitor.draw([bar(100), bar(300)], lift=False)
    assert visitor.numbers == ["1", "2"]
    visitor.draw([bar(500)])
    assert visitor.numbers == ["1", "2", "3"]
    assert len(backend.drawings) > 1


def test_one_request_is_on_its_way_at_a_time_and_the_newest_drawing_follows(visitor: Visitor, backend: Blobs) -> None:
    backend.may_read.clear()
    for i in range(6):
        visitor.draw([bar(100 + 100 * i)])
    time.sleep(0.2)
    backend.may_read.set()
    assert visitor.numbers == ["1", "2", "3", "4", "5", "6"]
    assert len(backend.drawings) == 2


@pytest.mark.parametrize("how", ["button", "c", "Escape"])
def test_clear_leaves_an_empty_page(visitor: Visitor, backend: Blobs, how: str) -> None:
    clear = visitor.window.get_by_role("button", name="Clear")
    expect(clear).to_be_hidden()
    expect(visitor.window.get_by_text("Draw a digit")).to_be_visible()
    visitor.draw([bar(100), bar(300)])
    assert visitor.numbers == ["1", "2"]
    expect(visitor.window.get_by_text("Draw a digit")).to_be_hidden()
    if how == "button":
        clear.click()
    else:
        visitor.window.keyboard.press(how)
    assert visitor.numbers == []
    assert visitor.verdict == "Nothing drawn yet"
    assert len(visitor.ink()) == 0
    assert set(visitor.bars.values()) == {""}
    assert visitor.window.locator("#boxes span").count() == 0
    assert backend.drawings[-1].strokes == []
    expect(clear).to_be_hidden()
    expect(visitor.window.get_by_text("Draw a digit")).to_be_visible()


def test_an_answer_to_a_drawing_that_was_cleared_is_not_shown(visitor: Visitor, backend: Blobs) -> None:
    backend.may_read.clear()
    visitor.draw([bar(100), bar(300)])
    time.sleep(0.15)
    visitor.window.keyboard.press("c")
    backend.may_read.set()
    assert visitor.numbers == []
    assert visitor.verdict == "Nothing drawn yet"


def test_ink_is_crisp_on_a_screen_of_high_density(visit: Callable[..., Visitor], address: str) -> None:
    counts = []
    for ratio in (1, 2, 3):
        visitor = visit(address, PHONE, device_scale_factor=ratio)
        visitor.draw([bar(100)])
        visitor.settle()
        width = visitor.window.locator("#canvas").evaluate("canvas => canvas.width")
        assert width == pytest.approx(ratio * visitor.paper[0], abs=1)
        counts.append(len(visitor.ink()) / ratio**2)
    assert counts == pytest.approx([counts[0]] * 3, rel=0.2)  # the soft edge is thinner on a finer screen


def test_a_stroke_goes_on_when_it_leaves_the_paper_and_comes_back(visitor: Visitor, backend: Blobs) -> None:
    height = visitor.paper[1]
    visitor.draw([[(200, 100), (100, -40), (-300, 300), (600, height + 40), (600, 400)]])
    visitor.settle()
    [stroke] = backend.drawings[-1].strokes
    assert stroke.points[-1] == (600, 400)
    assert min(x for x, _ in stroke.points) < 0


def test_the_palm_beside_a_pen_draws_nothing(visitor: Visitor, backend: Blobs) -> None:
    left, top = visitor.corner
    visitor.draw([bar(100)], "pen", lift=False)
    visitor.touch("down", {0: (left + 400, top + 500)})
    visitor.touch("move", {0: (left + 480, top + 500)})
    visitor.touch("up", {})
    visitor.draw([bar(300)], "pen")
    assert visitor.numbers == ["1", "2"]


def test_a_touch_that_the_browser_takes_away_leaves_no_ink(visitor: Visitor, backend: Blobs) -> None:
    left, top = visitor.corner
    visitor.touch("down", {0: (left + 400, top + 300)})
    visitor.touch("move", {0: (left + 480, top + 360)})
    wait_until(lambda: len(visitor.ink()) > 0)
    visitor.touch("cancel", {})
    wait_until(lambda: len(visitor.ink()) == 0)
    assert visitor.numbers == []


@pytest.mark.parametrize("button", ["right", "middle"])
def test_only_the_main_button_draws(visitor: Visitor, button: str) -> None:
    x, y = visitor.corner
    visitor.window.mouse.move(x + 100, y + 100)
    visitor.window.mouse.down(button=button)
    visitor.window.mouse.move(x + 200, y + 200)
    visitor.window.mouse.up(button=button)
    assert len(visitor.ink()) == 0


def test_ink_stays_when_the_window_changes_and_shrinks_only_if_it_must(visitor: Visitor, backend: Blobs) -> None:
    visitor.draw([bar(100), bar(800)])
    assert visitor.numbers == ["1", "2"]
    drawn = backend.drawings[-1].strokes
    visitor.window.set_viewport_size({"width": 1400, "height": 900})
    wait_until(lambda: backend.drawings[-1].width > 900)
    assert backend.drawings[-1].strokes == drawn
    visitor.window.set_viewport_size({"width": 375, "height": 667})
    wait_until(lambda: backend.drawings[-1].width < 375)
    assert visitor.numbers == ["1", "2"]
    assert all(0 <= x <= 375 for stroke in backend.drawings[-1].strokes for x, _ in stroke.points)
    visitor.window.set_viewport_size({"width": 1280, "height": 800})
    wait_until(lambda: backend.drawings[-1].width > 800)
    assert backend.drawings[-1].strokes == drawn
    visitor.draw([bar(400)])
    assert visitor.numbers == ["1", "2", "3"]


# What is read can be looked at.


def test_the_digit_last_drawn_is_the_one_its_bars_are_about(visitor: Visitor) -> None:
    visitor.draw([bar(500)])
    assert visitor.numbers == ["1"]
    assert visitor.verdict == "1 – 91 % sure"
    visitor.draw([bar(300)])
    assert visitor.numbers == ["1", "2"]
    assert chosen(visitor) == ["1"]
    visitor.draw([bar(700)])
    assert visitor.numbers == ["1", "2", "3"]
    assert chosen(visitor) == ["3"]
    assert visitor.bars == {label: "91 %" if label == "3" else "1 %" for label in "0123456789"}


def chosen(visitor: Visitor) -> list[str]:
    """The digit that is chosen, which the answer and the box on the paper agree on."""
    pressed = visitor.window.locator('.digit[aria-pressed="true"]').all_inner_texts()
    assert (
        visitor.window.locator("#boxes .chosen").evaluate_all("spans => spans.map(span => span.dataset.text)")
        == pressed
    )
    return [str(text) for text in pressed]


def test_a_digit_of_the_answer_is_chosen_with_the_mouse_and_with_the_keyboard(visitor: Visitor) -> None:
    visitor.draw([bar(300), bar(500), bar(700)])
    assert visitor.numbers == ["1", "2", "3"]
    visitor.window.get_by_role("button", name="1, 91 % sure").click()
    assert chosen(visitor) == ["1"]
    visitor.window.keyboard.press("Tab")
    visitor.window.keyboard.press("Enter")
    assert chosen(visitor) == ["2"]
    visitor.draw([bar(900)])
    assert chosen(visitor) == ["4"] or visitor.numbers == ["1", "2", "3", "4"]
    focused = visitor.window.evaluate("document.activeElement.textContent")
    assert focused == "2"


@pytest.mark.parametrize("pointer", ["mouse", "touch", "pen"])
def test_a_tap_on_a_digit_on_the_paper_chooses_it_and_leaves_no_ink(
    visitor: Visitor, backend: Blobs, pointer: str
) -> None:
    visitor.draw([bar(300), bar(500), bar(700)])
    assert visitor.numbers == ["1", "2", "3"]
    visitor.draw([[(500, 250)]], pointer)
    assert visitor.numbers == ["1", "2", "3"]
    assert chosen(visitor) == ["2"]
    assert len(backend.drawings[-1].strokes) == 3


def test_a_tap_beside_the_digits_is_a_dot(visitor: Visitor, backend: Blobs) -> None:
    visitor.draw([bar(300)])
    visitor.settle()
    before = len(visitor.ink())
    visitor.draw([[(500, 250)]])
    visitor.settle()
    [_, dot] = backend.drawings[-1].strokes
    assert dot.points == [(500, 250)]
    assert len(visitor.ink()) - before == pytest.approx(math.pi * dot.width_px**2 / 4, rel=0.3)


def test_the_box_of_a_digit_lies_around_its_ink(visitor: Visitor) -> None:
    visitor.draw([bar(300, 200, 100)])
    visitor.settle()
    box = visitor.window.locator("#boxes span").bounding_box()
    left, top = visitor.corner
    pen = box["width"]
    assert box["x"] + pen / 2 == pytest.approx(left + 300, abs=2)
    assert box["y"] + pen / 2 == pytest.approx(top + 200, abs=2)
    assert box["height"] - pen == pytest.approx(100, abs=2)


def test_ink_that_is_not_read_stands_as_a_question_mark_with_its_reason(
    visit: Callable[..., Visitor], address: str, backend: Blobs
) -> None:
    visitor = visit(address, (320, 400))
    visitor.draw([[(150, 60)]])
    assert visitor.numbers == ["?"]
    assert visitor.verdict == "Too small to read"
    visitor.draw([bar(50, 60, 80)])
    assert visitor.numbers == ["1", "?"]
    visitor.window.get_by_role("button", name="Too small to read").click()
    assert set(visitor.bars.values()) == {""}


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        ("clipped", "Cut off by the edge"),
        ("blurred", "Too blurred to read"),
        ("not_a_digit", "Not a digit"),
        ("unsure", "Not sure. Perhaps 7, with 41 %"),
    ],
)
def test_each_reason_for_not_reading_is_told_in_words(
    visit: Callable[..., Visitor], address: str, backend: Blobs, reason: str, verdict: str, tmp_path: Path
) -> None:
    backend.reasons = [reason]
    visitor = visit(address, PHONE)
    visitor.draw([bar(100, 60)])
    assert (visitor.numbers, visitor.verdict) == (["?"], verdict)
    assert visitor.window.get_by_role("button", name=verdict).count() == 1
    assert visitor.window.locator("#boxes .rejected").count() == 1
    assert visitor.bars["7"] == ("" if reason == "not_a_digit" else "41 %")
    cut_off = visitor.window.locator("#verdict").evaluate("verdict => verdict.scrollWidth > verdict.clientWidth")
    assert not cut_off
    visitor.window.screenshot(path=tmp_path / f"{reason}.png")


def test_every_reason_there_is_has_its_words(visitor: Visitor) -> None:
    assert set(visitor.window.evaluate("Object.keys(TEXT.reasons)")) == {"too_small", *REASONS}


def test_a_drawing_that_is_refused_says_why(visitor: Visitor) -> None:
    visitor.window.route(
        "**/api/read",
        lambda route: route.fulfill(status=400, json={"error": "drawing: 20001 points; allowed up to 20000"}),
    )
    visitor.draw([bar(300)])
    expect(visitor.window.get_by_role("alert")).to_have_text(
        "This cannot be read: drawing: 20001 points; allowed up to 20000"
    )
    visitor.window.unroute("**/api/read")
    visitor.draw([bar(500)])
    assert visitor.numbers == ["1", "2"]
    expect(visitor.window.get_by_role("alert")).to_be_hidden()
    forgive(visitor, "400")


def test_a_program_that_is_busy_is_asked_again(visitor: Visitor) -> None:
    visitor.window.route("**/api/read", lambda route: route.fulfill(status=503, json={"error": "busy"}), times=2)
    visitor.draw([bar(300)])
    assert visitor.numbers == ["1"]
    forgive(visitor, "503")


def forgive(visitor: Visitor, what: str) -> None:
    """Strike what the browser complained about because the test made it happen."""
    visitor.complaints = [complaint for complaint in visitor.complaints if what not in complaint]


# The program behind the page.


def test_the_header_says_what_reads_and_where_frames_come_from(visitor: Visitor) -> None:
    expect(visitor.window.locator("#source")).to_have_text("canvas – the test asked for it")
    expect(visitor.window.locator("#model")).to_have_text("blobs")
    expect(visitor.window.locator("#seen")).to_be_hidden()


def test_what_a_camera_reads_is_shown_and_follows(visitor: Visitor, backend: Blobs) -> None:
    backend.source = "camera 0"
    seen = visitor.window.locator("#seen")
    expect(seen).to_have_text("The camera reads: nothing yet 14.8 frames/s")
    backend.readings = [reading("42", Box(1, 2, 30, 40)), reading("7", Box(1, 90, 30, 40))]
    expect(seen).to_have_text("The camera reads: 42 · 7 14.8 frames/s")
    visitor.draw([bar(300)])
    assert visitor.numbers == ["1"]
    backend.readings = []
    expect(seen).to_have_text("The camera reads: nothing yet 14.8 frames/s")


def test_who_cannot_be_told_is_named_until_it_can(visitor: Visitor, backend: Blobs) -> None:
    untold = visitor.window.locator("#untold")
    expect(untold).to_be_hidden()
    since = "2026-09-21T14:13:20.000Z"
    history = SinkState("history", "ok", since, "", waiting=0, delivered=9, dropped=0)
    backend.sinks = [SinkState("mqtt", "failed", since, "broker.lan:1883: <b>refused", 3, 5, 1), history]
    expect(untold).to_have_text("mqtt is not told: broker.lan:1883: <b>refused (3 waiting)")
    backend.sinks = [history]
    expect(untold).to_be_hidden()


def test_the_page_says_that_the_program_is_gone_and_recovers_by_itself(visit: Callable[..., Visitor]) -> None:
    backend = Blobs()
    page = Page(backend, "127.0.0.1", 0)
    page.start()
    try:
        visitor = visit(page.address)
        visitor.draw([bar(300)])
        assert visitor.numbers == ["1"]
        page.stop()
        alert = visitor.window.get_by_role("alert")
        expect(alert).to_have_text("Not connected, trying again…")
        visitor.draw([bar(500)])
        time.sleep(1.2)
        expect(alert).to_be_visible()
        page.start()
        expect(alert).to_be_hidden()
        assert visitor.numbers == ["1", "2"]
        forgive(visitor, "net::ERR_")
        assert visitor.complaints == []
    finally:
        page.stop()


# Looks, sizes and access.


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(320, 480), PHONE, (667, 375), KIOSK, DESKTOP, (1920, 1080), (3840, 2160)])
def test_everything_fits_on_the_screen(
    visit: Callable[..., Visitor], address: str, backend: Blobs, size: tuple[int, int], scheme: str, tmp_path: Path
) -> None:
    backend.source = "canvas" if scheme == "light" else "camera 0"
    if scheme == "dark":
        backend.sinks = [SinkState("webhook", "failed", "", "https://example.org:443: answers 500 " * 5, 3, 5, 1)]
    visitor = visit(address, size, color_scheme=scheme)
    expect(visitor.window.locator("#seen")).to_be_visible(visible=scheme == "dark")
    width, height = visitor.paper
    visitor.draw(write("2", "round", 0.15 * width, 0.2 * height, 0.6 * height))
    visitor.draw(write("6", "upright", 0.6 * width, 0.2 * height, 0.5 * height))
    assert visitor.numbers == ["1", "2"]
    scrolled = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    assert visitor.window.evaluate(scrolled) == list(size)
    places = "elements => elements.map(element => element.getBoundingClientRect().toJSON())"
    for place in visitor.window.locator(
        "header, h1, #seen-rate, #paper, #clear, .digit, #verdict, #bars li, #bars b"
    ).evaluate_all(places):
        assert place["left"] >= 0
        assert place["top"] >= 0
        assert place["right"] <= size[0]
        assert place["bottom"] <= size[1]
    assert width * height > 0.3 * size[0] * size[1]
    visitor.window.screenshot(path=tmp_path / f"page-{size[0]}x{size[1]}-{scheme}.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(
    visit: Callable[..., Visitor], address: str, backend: Blobs, scheme: str
) -> None:
    backend.source = "camera 0"
    backend.sinks = [SinkState("webhook", "failed", "", "https://example.org:443: answers 500", 3, 5, 1)]
    visitor = visit(address, color_scheme=scheme)
    expect(visitor.window.locator("#untold")).to_be_visible()
    hint = contrast(visitor, "#hint")
    visitor.draw([bar(300)])
    visitor.settle()
    visitor.window.evaluate("document.getElementById('notice').hidden = false")
    texts = [
        "h1",
        "#source",
        "#model",
        "#seen",
        "#seen-rate",
        "#untold",
        "#clear",
        "#notice",
        "#verdict",
        "#bars b",
        "#bars small",
        ".digit",
    ]
    poor = {text: ratio for text in texts if (ratio := contrast(visitor, text)) < 4.5}
    assert poor == {}
    assert hint >= 4.5
    ink, paper = (
        visitor.window.locator("#canvas").evaluate(f"e => getComputedStyle(e{place}).{what}")
        for place, what in (("", "color"), (".parentElement", "backgroundColor"))
    )
    assert ratio_of(ink, paper) > 10
    assert (luminance(paper) < 0.1) == (scheme == "dark")


def contrast(visitor: Visitor, selector: str) -> float:
    """WCAG 2's contrast ratio of a text to the first opaque ground behind it."""
    colours = visitor.window.locator(selector).first.evaluate(
        """element => {
          let ground = element;
          while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
          return [getComputedStyle(element).color, getComputedStyle(ground).backgroundColor];
        }"""
    )
    return ratio_of(*colours)


def ratio_of(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2, of an opaque "rgb(r, g, b)"."""
    channels = [int(value) / 255 for value in re.findall(r"\d+", colour)]
    assert len(channels) == 3
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_ink_changes_its_colour_with_the_scheme(visitor: Visitor) -> None:
    visitor.draw([bar(300)])
    wait_until(lambda: {max(colour) < 64 for colour in visitor.ink()} == {True})
    visitor.window.emulate_media(color_scheme="dark")
    # The browser tells the page of it with the next frame it shows.
    wait_until(lambda: {min(colour) > 192 for colour in visitor.ink()} == {True})


def test_screen_readers_are_told_what_is_read_once_it_stands(visitor: Visitor) -> None:
    assert visitor.window.locator("html").get_attribute("lang") == "en"
    expect(visitor.window.get_by_role("img", name="Drawing area")).to_be_visible()
    expect(visitor.window.get_by_role("list", name="Confidence of every class")).to_be_visible()
    visitor.draw([bar(300), bar(500)])
    expect(visitor.window.get_by_role("status").last).to_have_text("Read: 1, 2")


def test_everything_that_can_be_pressed_is_reached_with_the_keyboard(visitor: Visitor) -> None:
    visitor.draw([bar(300), bar(500)])
    visitor.settle()
    reached = []
    for _ in range(3):
        visitor.window.keyboard.press("Tab")
        reached.append(visitor.window.evaluate("document.activeElement.textContent"))
        assert visitor.window.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert reached == ["Clear", "1", "2"]


def test_nothing_moves_by_itself(visitor: Visitor) -> None:
    visitor.draw([bar(300)])
    visitor.settle()
    assert visitor.window.evaluate("document.getAnimations().length") == 0
    styles = "[...document.querySelectorAll('*')].map(each => getComputedStyle(each))"
    moves = f"{styles}.filter(style => style.transitionDuration !== '0s' || style.animationName !== 'none').length"
    assert visitor.window.evaluate(moves) == 0
