"""Cameras in the network: a real server on this machine."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from http.server import BaseHTTPRequestHandler

import pytest

from core.errors import SourceError
from tests.edge.fake_cameras import WebCamera, jpeg, streams


def first_levels(camera: WebCamera, count: int) -> list[int]:
    """The brightness of the first frames."""
    with closing(camera.source().frames(threading.Event())) as frames:
        return [round(float(next(frames).luma.mean())) for _ in range(count)]


def why_it_ends(camera: WebCamera, stall_after_s: float = 5.0) -> str:
    with pytest.raises(SourceError) as error:
        for _ in camera.source(stall_after_s).frames(threading.Event()):
            pass
    return str(error.value)


@pytest.mark.parametrize("length", [True, False])
def test_a_stream_of_pictures_is_read_with_lengths_and_without(length: bool) -> None:
    with WebCamera(streams(jpeg(40), jpeg(90), jpeg(200), every_s=0.1, length=length)) as camera:
        seen = first_levels(camera, 4)
    assert set(seen) <= {40, 90, 200}
    assert seen == sorted(seen)
    assert seen[-1] == 200


def test_the_size_may_change_from_one_picture_to_the_next() -> None:
    with WebCamera(streams(jpeg(10), jpeg(20, (300, 400)), jpeg(30, (20, 30)), every_s=0.2)) as camera:
        frames = camera.source().frames(threading.Event())
        with closing(frames):
            seen = [next(frames).luma.shape for _ in range(3)]
    assert seen == [(48, 64), (300, 400), (20, 30)]


def test_pictures_that_are_torn_or_none_are_passed_over() -> None:
    torn, noise = jpeg(50)[:-20], b"\xff\xd8 no picture \xff\xd9"
    with WebCamera(streams(torn, noise, jpeg(60), torn, noise, jpeg(70))) as camera:
        assert set(first_levels(camera, 3)) <= {60, 70}


def one_by_one(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "image/jpeg")
    handler.end_headers()
    handler.wfile.write(jpeg(120))


def test_an_address_that_answers_with_one_picture_is_asked_again_and_again() -> None:
    with WebCamera(one_by_one) as camera:
        assert first_levels(camera, 3) == [120, 120, 120]


def test_user_and_password_of_the_address_are_sent_and_not_shown() -> None:
    asked = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.headers["Authorization"])
        streams(jpeg())(handler)

    with WebCamera(answer) as camera:
        camera.address = camera.address.replace("http://", "http://me:a%40b@")
        first_levels(camera, 1)
    assert asked == ["Basic bWU6YUBi"]


def answers(status: int, content_type: str = "text/html") -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", content_type)
        handler.end_headers()

    return answer


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (answers(404), "it answers 404 Not Found"),
        (answers(401), "it answers 401 Unauthorized; give user and password in the address"),
        (answers(200), "it sends text/html; a stream of JPEG pictures or a video is needed"),
    ],
)
def test_an_address_that_is_no_camera_says_what_it_is(
    answer: Callable[[BaseHTTPRequestHandler], None], expected: str
) -> None:
    with WebCamera(answer) as camera:
        assert why_it_ends(camera) == expected


def test_nobody_at_the_address_is_said() -> None:
    with WebCamera(streams(jpeg())) as camera:
        pass
    assert why_it_ends(camera) == "it cannot be read (Connection refused)"


def test_a_stream_that_is_cut_in_the_middle_of_a_picture_ends() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=x")
        handler.end_headers()
        handler.wfile.write(b"--x\r\nContent-Length: 1000\r\n\r\n" + jpeg()[:100])

    with WebCamera(answer) as camera:
        assert why_it_ends(camera) == "the stream ended"


def test_a_stream_that_falls_silent_is_given_up() -> None:
    quiet = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=x")
        handler.end_headers()
        picture = jpeg()
        handler.wfile.write(b"--x\r\nContent-Length: %d\r\n\r\n" % len(picture) + picture)
        quiet.wait()

    with WebCamera(answer) as camera:
        asked = time.monotonic()
        assert why_it_ends(camera, stall_after_s=0.3) == "silent for 0.3 s"
        assert time.monotonic() - asked >= 0.3
        quiet.set()
