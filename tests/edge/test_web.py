"""The page's server, asked over real sockets as browsers, programs and strangers would."""

import base64
import contextlib
import hashlib
import json
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator

import cv2
import httpx
import msgspec
import numpy as np
import pytest
from blobs import LABELS, Blobs, reading

from core.errors import PageError
from core.frame import Box
from edge.drawing import Drawing, Stroke
from edge.faces.web.guard import SECURITY_HEADERS, Names
from edge.faces.web.server import Page, State
from edge.faces.web.worker import MAX_WAITING
from edge.read import Answer

TWO_STROKES = Drawing(100, 80, [Stroke(6, [(20, 20), (20, 60)]), Stroke(6, [(60, 20), (60, 60)])])

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Blobs, Page]]:
    """A page all tests share that leave it running, since stopping takes a moment."""
    backend = Blobs()
    page = Page(backend, "127.0.0.1", 0)
    page.start()
    yield backend, page
    page.stop()


@pytest.fixture
def backend(served: tuple[Blobs, Page]) -> Iterator[Blobs]:
    yield served[0]
    served[0].reset()


@pytest.fixture
def page(served: tuple[Blobs, Page], backend: Blobs) -> Page:
    return served[1]


@pytest.fixture(scope="module")
def client(served: tuple[Blobs, Page]) -> Iterator[httpx.Client]:
    with client_of(served[1]) as client:
        yield client


@pytest.fixture
def own_page(backend: Blobs) -> Iterator[Page]:
    """A page of the test's own, to stop."""
    page = Page(backend, "127.0.0.1", 0)
    page.start()
    yield page
    backend.reset()
    page.stop()


def client_of(page: Page) -> httpx.Client:
    return httpx.Client(base_url=page.address, trust_env=False, timeout=10)


def port_of(page: Page) -> int:
    port = httpx.URL(page.address).port
    assert port is not None
    return port


def read_two_strokes(client: httpx.Client) -> httpx.Response:
    return client.post("/api/read", content=msgspec.json.encode(TWO_STROKES), headers=JSON)


# The page itself.


def test_the_page_is_one_document_that_fetches_nothing(client: httpx.Client) -> None:
    html = client.get("/").text
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!data:)[^"']*""", html) == []
    assert re.findall(r"@import|url\(|https?://(?!www\.w3\.org/2000/svg)", html) == []


def test_the_page_s_first_load_is_under_40_kb(client: httpx.Client) -> None:
    assert len(client.get("/").content) < 40_000


def test_the_policy_lets_exactly_the_page_s_own_scripts_and_styles_run(client: httpx.Client) -> None:
    answer = client.get("/")
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    for tag in ("script", "style"):
        inline = re.findall(f"<{tag}>(.*?)</{tag}>", answer.text, re.DOTALL)
        hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in inline]
        assert hashes
        assert policy[f"{tag}-src"].split() == hashes
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert re.findall(r"\son\w+=|\sstyle=|javascript:", answer.text) == []


# What can be asked.


def test_the_state_is_what_the_backend_says(backend: Blobs, client: httpx.Client) -> None:
    backend.readings = [reading("42", Box(1, 2, 30, 40))]
    answer = client.get("/api/state")
    assert answer.headers["content-type"] == "application/json"
    assert msgspec.json.decode(answer.content, type=State) == backend.state()
    assert answer.json()["labels"] == LABELS
    assert answer.json()["readings"][0]["box"] == [1, 2, 30, 40]


def test_a_drawing_is_read(client: httpx.Client) -> None:
    answer = msgspec.json.decode(read_two_strokes(client).content, type=Answer)
    assert answer.digits == "12"
    assert [abs(found.box.centre[0] - x) < 2 for found, x in zip(answer.readings, (20, 60), strict=True)] == [
        True,
        True,
    ]


def test_a_drawing_may_name_its_charset(client: httpx.Client) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert client.post("/api/read", content=msgspec.json.encode(TWO_STROKES), headers=headers).json()["digits"] == "12"


@pytest.mark.parametrize(
    ("suffix", "kind"), [(".png", "image/png"), (".jpg", "image/jpeg"), (".bmp", "image/x-whatever")]
)
def test_a_picture_is_read(client: httpx.Client, suffix: str, kind: str) -> None:
    luma = np.full((60, 200), 255, np.uint8)
    luma[20:40, [30, 31, 32, 90, 91, 92, 150, 151, 152]] = 0
    content = cv2.imencode(suffix, luma)[1].tobytes()
    assert client.post("/api/read", content=content, headers={"Content-Type": kind}).json()["digits"] == "123"


@pytest.mark.parametrize(
    ("content", "headers", "status", "problem"),
    [
        (b"{", JSON, 400, "drawing: Input data was truncated"),
        (b"", JSON, 400, "drawing: Input data was truncated"),
        (b"no picture", {"Content-Type": "image/png"}, 400, "the picture: not a picture"),
        (b"", {"Content-Type": "image/png"}, 400, "the picture: is empty"),
        (b"7", {"Content-Type": "text/plain"}, 415, "Content-Type is 'text/plain'; send a drawing as application/json"),
        (b"7", {}, 415, "Content-Type is ''; send a drawing as application/json or a picture as image/*"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(
    client: httpx.Client, content: bytes, headers: dict[str, str], status: int, problem: str
) -> None:
    answer = client.post("/api/read", content=content, headers=headers)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert answer.json()["error"].startswith(problem)
    assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/api/read", 405),
        ("POST", "/", 405),
        ("GET", "/..%2f..%2fetc/passwd", 404),
        ("GET", "//etc/passwd", 404),
        ("OPTIONS", "/api/read", 405),
    ],
)
def test_what_is_not_there_is_said_in_json(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, httpx.URL(client.base_url, raw_path=path.encode()))
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]


def raw(page: Page, request: bytes) -> bytes:
    """What comes back over a bare connection, until the other side is silent for half a second or hangs up."""
    with socket.create_connection(("127.0.0.1", port_of(page)), timeout=0.5) as connection:
        connection.sendall(request)
        received = b""
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except TimeoutError:
            pass
        return received


@pytest.mark.parametrize(("kind", "allowed"), [("image/png", 8 * 2**20), ("application/json", 2**20)])
def test_a_body_that_announces_too_much_is_refused_before_it_is_sent(page: Page, kind: str, allowed: int) -> None:
    head = (
        f"POST /api/read HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {allowed + 1}\r\n\r\n"
    )
    answer = raw(page, head.encode())
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(f'{{"error":"more than {allowed} bytes; shrink it first"}}'.encode())


def test_a_body_that_announces_nothing_is_refused_once_it_is_too_much(client: httpx.Client) -> None:
    chunks = (bytes(2**20) for _ in range(12))
    answer = client.post("/api/read", content=chunks, headers={"Content-Type": "image/png"})
    assert (answer.status_code, answer.json()) == (413, {"error": f"more than {8 * 2**20} bytes; shrink it first"})


def test_the_largest_picture_allowed_is_taken(client: httpx.Client) -> None:
    answer = client.post("/api/read", content=bytes(8 * 2**20), headers={"Content-Type": "image/png"})
    assert answer.status_code == 400


def test_an_upload_that_ends_early_leaves_no_trace(
    page: Page, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    head = b"POST /api/read HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n\r\nonly"
    with socket.create_connection(("127.0.0.1", port_of(page))) as connection:
        connection.sendall(head)
    assert client.get("/api/state").status_code == 200
    assert caplog.records == []


# Who may ask.

REFUSED_HOSTS = ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.1.5", "[2001:db8::1]", ""]


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.9.9.9", "[::1]:8080", "localhost."]
)
def test_this_machine_s_own_names_are_served(client: httpx.Client, host: str) -> None:
    assert client.get("/api/state", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", [*REFUSED_HOSTS, "localhost:80:80", "a b", "[::1", "127.0.0.1/", "user@localhost"])
@pytest.mark.parametrize("path", ["/", "/api/state", "/nothing"])
def test_any_other_name_is_refused_so_dns_rebinding_fails(client: httpx.Client, host: str, path: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code in (400, 403)
    assert b"labels" not in answer.content
    assert b"<html" not in answer.content


def test_a_request_without_a_name_is_refused(page: Page) -> None:
    assert raw(page, b"GET /api/state HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    ("host", "address", "admitted", "refused"),
    [
        (
            "raspberry.lan",
            "192.168.1.5",
            ["raspberry.lan", "RASPBERRY.LAN:80", "192.168.1.5", "localhost"],
            REFUSED_HOSTS[:3],
        ),
        ("192.168.1.5", "192.168.1.5", ["192.168.1.5:8080", "127.0.0.1"], ["192.168.1.6", "raspberry.lan"]),
        ("::1", "::1", ["[::1]:8080", "[0:0:0:0:0:0:0:1]", "localhost"], ["[::2]", "::1"]),
        (
            "0.0.0.0",  # noqa: S104 — nothing is bound here
            "0.0.0.0",  # noqa: S104
            ["192.168.1.5", "[fe80::1]:80", socket.gethostname(), f"{socket.gethostname().split('.')[0]}.local"],
            ["evil.example", "x.local", f"{socket.gethostname()}.evil.example"],
        ),
    ],
)
def test_the_names_served_are_those_of_what_is_bound(
    host: str, address: str, admitted: list[str], refused: list[str]
) -> None:
    names = Names(host, address)
    assert [name for name in admitted if not names.admit(name)] == []
    assert [name for name in refused if names.admit(name)] == []


def test_the_page_s_own_origin_is_served(page: Page, client: httpx.Client) -> None:
    assert client.get("/api/state", headers={"Origin": page.address.rstrip("/")}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "http://127.0.0.1", "null", ""])
def test_another_origin_is_refused_and_nothing_is_read(client: httpx.Client, backend: Blobs, origin: str) -> None:
    answer = client.post("/api/read", content=msgspec.json.encode(TWO_STROKES), headers={"Origin": origin, **JSON})
    assert answer.status_code == 403
    assert backend.drawings == []


@pytest.mark.parametrize("path", ["/", "/api/state", "/nothing", "/api/read"])
@pytest.mark.parametrize("host", ["localhost", "evil.example"])
def test_browsers_are_told_to_be_strict_on_every_response(client: httpx.Client, path: str, host: str) -> None:
    headers = client.get(path, headers={"Host": host}).headers
    assert {name for name in SECURITY_HEADERS if name not in headers} == set()
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == ("no-cache" if (path, host) == ("/", "localhost") else "no-store")
    assert "server" not in headers
    assert "access-control-allow-origin" not in headers


# Under load, and when things fail.


def test_a_slow_reading_does_not_hold_up_the_state(backend: Blobs, client: httpx.Client) -> None:
    backend.may_read.clear()
    answers: list[httpx.Response] = []
    reader = threading.Thread(target=lambda: answers.append(read_two_strokes(client)))
    reader.start()
    assert [client.get("/api/state").status_code for _ in range(20)] == [200] * 20
    assert answers == []
    backend.may_read.set()
    reader.join()
    assert answers[0].json()["digits"] == "12"


def test_too_many_at_once_are_told_to_ask_again(backend: Blobs, client: httpx.Client) -> None:
    backend.may_read.clear()
    answers: list[httpx.Response] = []
    readers = [
        threading.Thread(target=lambda: answers.append(read_two_strokes(client))) for _ in range(1 + MAX_WAITING + 3)
    ]
    for reader in readers:
        reader.start()
    deadline = time.monotonic() + 8
    while len(answers) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [(answer.status_code, answer.headers["retry-after"]) for answer in answers] == [(503, "1")] * 3
    backend.may_read.set()
    for reader in readers:
        reader.join()
    assert [answer.status_code for answer in answers[3:]] == [200] * (1 + MAX_WAITING)


class Broken(Blobs):
    """A backend whose reading fails."""

    def read_drawing(self, drawing: Drawing) -> Answer:
        raise RuntimeError(f"no reading of {len(drawing.strokes)} strokes")


def test_a_failure_is_logged_once_with_its_traceback_and_the_page_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    page = Page(Broken(), "127.0.0.1", 0)
    page.start()
    try:
        with client_of(page) as client:
            answer = read_two_strokes(client)
            state = client.get("/api/state")
    finally:
        page.stop()
    assert (answer.status_code, answer.json()) == (
        500,
        {"error": "this failed on the machine that reads; its log says why"},
    )
    assert state.status_code == 200
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "no reading of 2 strokes"


# Starting and stopping.


def test_the_page_stops_at_once_with_connections_kept_open(own_page: Page) -> None:
    with client_of(own_page) as client, socket.create_connection(("127.0.0.1", port_of(own_page))) as silent:
        client.get("/api/state")
        silent.sendall(b"GET /api/st")
        time.sleep(0.05)
        assert seconds_to_stop(own_page) < 0.5


def test_the_page_stops_at_once_during_a_reading(
    backend: Blobs, own_page: Page, caplog: pytest.LogCaptureFixture
) -> None:
    backend.may_read.clear()
    answers: list[httpx.Response] = []
    with client_of(own_page) as client:
        reader = threading.Thread(target=lambda: answers.append(read_two_strokes(client)))
        reader.start()
        time.sleep(0.2)
        assert seconds_to_stop(own_page) < 0.5
        reader.join()
    assert [answer.status_code for answer in answers] == [503]
    assert caplog.records == []


def test_the_page_stops_at_once_during_an_upload(own_page: Page, caplog: pytest.LogCaptureFixture) -> None:
    head = b"POST /api/read HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n\r\nonly"
    with socket.create_connection(("127.0.0.1", port_of(own_page))) as uploading:
        uploading.sendall(head)
        time.sleep(0.1)
        assert seconds_to_stop(own_page) < 0.5
    assert caplog.records == []


def seconds_to_stop(page: Page) -> float:
    started = time.monotonic()
    page.stop()
    return time.monotonic() - started


def test_a_stopped_page_leaves_no_thread_and_starts_again_on_its_port(backend: Blobs) -> None:
    before = set(threading.enumerate())
    page = Page(backend, "127.0.0.1", 0)
    page.start()
    address = page.address
    for _ in range(3):
        with client_of(page) as client:
            assert read_two_strokes(client).json()["digits"] == "12"
            page.stop()
            page.start()
            assert page.address == address
            assert client.get("/api/state").status_code == 200
    page.stop()
    page.stop()
    time.sleep(0.1)
    assert set(threading.enumerate()) - before == set()


def test_a_port_in_use_is_refused_with_the_remedy(page: Page, backend: Blobs) -> None:
    port = port_of(page)
    with pytest.raises(PageError) as refused:
        Page(backend, "127.0.0.1", port).start()
    assert str(refused.value) == (
        f"page.port is {port}, which another program on 127.0.0.1 listens on; choose another, or 0 for a free one"
    )


@pytest.mark.parametrize(
    ("host", "problem"),
    [
        ("192.0.2.1", "page.host is 192.0.2.1, which is no address of this machine"),
        ("no such name", "page.host is 'no such name', which is no address"),
        ("x" * 300, f"page.host is '{'x' * 300}', which is no address"),
    ],
)
def test_an_address_of_another_machine_is_refused_with_the_remedy(backend: Blobs, host: str, problem: str) -> None:
    with pytest.raises(PageError) as refused:
        Page(backend, host, 0).start()
    assert str(refused.value).startswith(problem)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:{}/"),
        ("localhost", "http://localhost:{}/"),
        ("0.0.0.0", "http://127.0.0.1:{}/"),  # noqa: S104 — meant
        ("::1", "http://[::1]:{}/"),
        ("::", "http://[::1]:{}/"),
    ],
)
def test_the_address_works_in_a_browser_on_this_machine(backend: Blobs, host: str, address: str) -> None:
    if ":" in host and not socket.has_ipv6:
        pytest.skip("needs IPv6")
    page = Page(backend, host, 0)
    page.start()
    try:
        answer = httpx.get(f"{page.address}api/state", trust_env=False)
    finally:
        page.stop()
    assert page.address == address.format(port_of(page))
    assert answer.status_code == 200


def test_a_page_bound_to_every_ipv6_address_is_also_reached_over_ipv4(backend: Blobs) -> None:
    page = Page(backend, "::", 0)
    page.start()
    try:
        answer = json.loads(httpx.get(f"http://127.0.0.1:{port_of(page)}/api/state", trust_env=False).content)
    finally:
        page.stop()
    assert answer["model"] == "blobs"


def test_connections_that_never_finish_their_header_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.faces.web.server.REQUEST_WITHIN_S", 0.3)
    monkeypatch.setattr("edge.faces.web.server.LOOK_EVERY_S", 0.05)
    page = Page(Blobs(), "127.0.0.1", 0)
    page.start()
    try:
        place = httpx.URL(page.address)
        held = [socket.create_connection((place.host, place.port or 80), timeout=5) for _ in range(70)]
        for connection in held:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: lo")
        for connection in held:
            with contextlib.suppress(ConnectionResetError):
                while connection.recv(4096):
                    pass
            connection.close()
        assert httpx.get(page.address).status_code == 200
    finally:
        page.stop()
