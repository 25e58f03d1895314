"""Cameras for tests: real capture processes, driven by a file, and a real web server for those in the network."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np

from edge.capture.picture import Wanted
from edge.sources.process import ProcessSource


def plug_in(path: Path, **behaviour: object) -> Path:
    """Make the camera of `path` there, and do what is said; at once, so that it never reads half of it."""
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(behaviour), encoding="utf-8")
    beside.replace(path)
    return path


def fake_camera(
    path: Path, stall_after_s: float = 1.0, kind: str = "fake", mirror: bool = False, rate_hz: int = 50
) -> ProcessSource:
    """The camera of `path`."""
    wanted = Wanted(kind, str(path), width_px=64, height_px=48, frame_rate_hz=rate_hz)
    return ProcessSource("camera", wanted, stall_after_s, mirror)


def jpeg(level: int = 200, size: tuple[int, int] = (48, 64)) -> bytes:
    """A plain picture of (height, width)."""
    return cv2.imencode(".jpg", np.full(size, level, np.uint8))[1].tobytes()


class WebCamera:
    """A server on this machine that answers each request with `answer(handler)`."""

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler], None], path: str = "/stream") -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                try:
                    answer(self)
                except OSError:
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — likewise
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.address = f"http://{self.host}{path}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> WebCamera:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def source(self, stall_after_s: float = 1.0) -> ProcessSource:
        """What reads from it."""
        return ProcessSource("camera", Wanted("http", self.address, frame_rate_hz=50), stall_after_s)


def streams(*pictures: bytes, every_s: float = 0.02, length: bool = True) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer that streams `pictures`, the last one for ever."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", 'multipart/x-mixed-replace; boundary="--cut here"')
        handler.end_headers()
        left = list(pictures)
        while True:
            picture = left.pop(0) if len(left) > 1 else left[0]
            head = f"Content-Length: {len(picture)}\r\n" if length else ""
            handler.wfile.write(f"--cut here\r\nContent-Type: image/jpeg\r\n{head}\r\n".encode() + picture + b"\r\n")
            time.sleep(every_s)

    return answer
