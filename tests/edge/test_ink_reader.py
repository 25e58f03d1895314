"""Digits by their ink, with the model that ships."""

import time

import cv2
import numpy as np
import pytest

from core.config import ReadingConfig
from core.frame import Luma
from edge import shipped
from edge.classify import Classifier
from edge.ink_reader import InkReader
from edge.reader import Laps, Seen
from tests.hands import write


@pytest.fixture(scope="module")
def reader() -> InkReader:
    return InkReader(Classifier(shipped.load_model(None)[0]), ReadingConfig())


def look(reader: InkReader, luma: Luma) -> Seen:
    return reader.see(luma, Laps(time.perf_counter_ns))


def text(seen: Seen) -> str:
    return "".join(digit.text for digit in sorted(seen.digits, key=lambda digit: digit.box.x))


def paper(width: int = 640, height: int = 200) -> Luma:
    return np.full((height, width), 230, np.uint8)


def pen(luma: Luma, digits: str, step_px: int, height: int = 90, width: int = 8) -> None:
    for place, digit in enumerate(digits):
        for stroke in write(digit, "round", 60 + step_px * place, 50, height):
            fixed = np.rint(np.array(stroke) * 16).astype(np.int32)
            cv2.polylines(luma, [fixed], False, 40, width, cv2.LINE_AA, 4)


@pytest.mark.parametrize("digits", ["2583", "6049", "380", "00", "772"])
def test_digits_that_touch_are_read_one_by_one(reader: InkReader, digits: str) -> None:
    luma = paper()
    pen(luma, digits, step_px=57)
    assert cv2.connectedComponents((luma < 128).astype(np.uint8))[0] - 1 < len(digits)
    seen = look(reader, luma)
    assert text(seen) == digits
    for place, digit in enumerate(sorted(seen.digits, key=lambda digit: digit.box.x)):
        assert abs(digit.box.centre[0] - (60 + 57 * place + 30)) < 15


@pytest.mark.parametrize("digit", "0123456789")
def test_a_digit_is_not_taken_to_pieces(reader: InkReader, digit: str) -> None:
    luma = paper(200)
    pen(luma, digit, 0)
    wide = cv2.resize(luma, (260, 200))
    assert (text(look(reader, luma)), text(look(reader, wide))) == (digit, digit)


def test_digits_on_a_table_rule_are_read(reader: InkReader) -> None:
    luma = paper()
    pen(luma, "2583", step_px=110)
    cv2.line(luma, (0, 138), (639, 134), 90, 3, cv2.LINE_AA)
    for x in range(40, 640, 110):
        cv2.line(luma, (x, 0), (x, 199), 90, 3, cv2.LINE_AA)
    assert text(look(reader, luma)) == "2583"


def test_a_digit_that_is_broken_in_two_is_one(reader: InkReader) -> None:
    luma = paper(200)
    pen(luma, "3", 0)
    luma[93:101] = 230
    seen = look(reader, luma)
    assert text(seen) == "3"
    assert seen.digits[0].box.height > 85


def test_pure_noise_takes_little_longer_than_a_page(reader: InkReader) -> None:
    page = paper(640, 480)
    for row in range(3):
        part = page[160 * row : 160 * row + 160]
        pen(part, "258", step_px=180)
    noise = np.random.default_rng(0).integers(0, 256, (480, 640), np.uint8)

    def taken_s(luma: Luma) -> float:
        times = []
        for _ in range(3):
            started = time.process_time()
            look(reader, luma)
            times.append(time.process_time() - started)
        return min(times)

    assert taken_s(noise) < 5 * taken_s(page)


def test_of_many_pieces_each_is_read_in_its_own_place(reader: InkReader) -> None:
    luma = paper(900, 900)
    for place in range(25):
        row, column = divmod(place, 5)
        height = (50, 90, 60, 80, 70)[(row + column) % 5]
        for digit, x in (("2", 0), ("5", 0.6)):
            for stroke in write(digit, "round", 30 + 175 * column + x * height, 30 + 175 * row, height):
                cv2.polylines(luma, [np.rint(np.array(stroke)).astype(np.int32)], False, 40, height // 11, cv2.LINE_AA)
    seen = look(reader, luma)
    assert len(seen.digits) >= 30
    for digit in seen.digits:
        across = (digit.box.centre[0] - 30) % 175
        assert (across < 45, digit.text) in {(True, "2"), (False, "5")}


def test_blurred_noise_is_bounded_work(reader: InkReader) -> None:
    noise = np.random.default_rng(0).normal(0, 1, (480, 640))
    rough = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    assert len(look(reader, rough).digits) < 100
