"""A real web server that is told events, and can be made to misbehave."""

from __future__ import annotations

import json
import random
import ssl
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Hook:
    """Takes what is posted to it."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answer: int | str = 200
        """A status; or `nothing`, `half`, `slowly`, `rubbish`, `hangup`."""
        self.headers: dict[str, str] = {}
        """Of every answer."""
        self.flaps = False
        """Each answer is by chance a status 500, a hang-up, or good."""
        self.taken: list[tuple[Mapping[str, str], bytes]] = []
        """(headers, body) of what was answered with 200, in order."""
        self.asked = 0
        """Requests, whatever the answer."""
        self.connections = 0
        self._over = threading.Event()
        self._chance = random.Random(1)  # noqa: S311
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.hook = self
        self._scheme = "http"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
            self._scheme = "https"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"{self._scheme}://localhost:{self._server.server_address[1]}"

    def received(self) -> list[str]:
        """The ids of all that was taken."""
        return [json.loads(body)["id"] for _, body in self.taken]

    def wait(self, seconds: float) -> None:
        """Do nothing for so long, or until the end."""
        self._over.wait(seconds)

    def next_answer(self) -> int | str:
        if self.flaps:
            return self._chance.choice([200, 200, 200, 500, "hangup"])
        return self.answer

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    hook: Hook

    def handle_error(self, request: object, client_address: object) -> None:
        """The other side hung up: that is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.hook.connections += 1

    def do_POST(self) -> None:
        hook = self.server.hook
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:  # who sent it was killed as it did
            self.close_connection = True
            return
        hook.asked += 1
        answer = hook.next_answer()
        self.close_connection = isinstance(answer, str)
        match answer:
            case "nothing":
                while hook.answer == "nothing" and not hook._over.is_set():
                    hook.wait(0.05)
            case "half":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            case "slowly":
                for character in b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 1000:
                    self.wfile.write(bytes([character]))
                    hook.wait(0.05)
            case "rubbish":
                self.wfile.write(b"this is no HTTP\r\n\r\n")
            case "hangup":
                pass
            case int():
                if answer == 200:
                    hook.taken.append((self.headers, body))
                self.send_response(answer)
                for name, value in hook.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """No line for each request."""


def wait_a_moment() -> None:
    """For what must not happen."""
    time.sleep(0.3)
