"""The download, against a real HTTP server on this machine that can be told to misbehave."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from core.errors import DataError, DownloadError
from train.download import MIRRORS, MNIST, RemoteFile, fetch, mnist_cache

CONTENT = np.random.default_rng(7).integers(0, 64, 300_000, np.uint8).tobytes()
PACKED = gzip.compress(CONTENT)
FILE = RemoteFile("train-images-idx3-ubyte", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))


class Mirror:
    """An HTTP server for one file, whose faults are attributes, and which keeps what it was asked for."""

    def __init__(self) -> None:
        self.packed = PACKED
        self.status = 200
        self.honours_range = True
        self.breaks_after: list[int | None] = []
        """Bytes after which each coming answer breaks off; None or no entry for a whole one."""
        self.silent = False
        self.tells_length = True
        self.asked: list[str | None] = []
        """The Range header of every request."""
        self.paths: list[str] = []
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror.answer(self)

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/mnist/"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        asked = request.headers["Range"]
        self.asked.append(asked)
        self.paths.append(request.path)
        if self.silent:
            self.released.wait(10)
            return
        start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked and self.honours_range else 0
        if self.status != 200 or start >= len(self.packed):
            request.send_error(self.status if self.status != 200 else 416)
            return
        body = self.packed[start:]
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(self.packed) - 1}/{len(self.packed)}")
        if self.tells_length:
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        end = self.breaks_after.pop(0) if self.breaks_after else None
        request.wfile.write(body[:end])

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    running = Mirror()
    yield running
    running.close()


@pytest.fixture
def second_mirror() -> Iterator[Mirror]:
    running = Mirror()
    yield running
    running.close()


def fetch_from(folder: Path, *mirrors: Mirror, timeout_s: float = 5.0) -> bytes:
    fetch(folder, [FILE], [mirror.url for mirror in mirrors], io.StringIO(), timeout_s)
    return (folder / FILE.name).read_bytes()


def test_a_file_is_downloaded_verified_and_unpacked(mirror: Mirror, tmp_path: Path) -> None:
    assert fetch_from(tmp_path, mirror) == CONTENT
    assert mirror.paths == ["/mnist/train-images-idx3-ubyte.gz"]
    assert [path.name for path in tmp_path.iterdir()] == [FILE.name]


def test_a_second_call_asks_nobody(mirror: Mirror, tmp_path: Path) -> None:
    fetch_from(tmp_path, mirror)
    fetch_from(tmp_path, mirror)
    assert len(mirror.asked) == 1


def test_a_cached_file_that_was_cut_off_is_fetched_again(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / FILE.name).write_bytes(CONTENT[:1000])
    assert fetch_from(tmp_path, mirror) == CONTENT


def test_a_broken_transfer_is_taken_up_where_it_broke(mirror: Mirror, tmp_path: Path) -> None:
    mirror.breaks_after = [70_000, 50_000]
    assert fetch_from(tmp_path, mirror) == CONTENT
    assert mirror.asked == [None, "bytes=70000-", "bytes=120000-"]


def test_a_killed_download_is_resumed_by_the_next_call(mirror: Mirror, tmp_path: Path) -> None:
    mirror.breaks_after = [40_000, 1, 1]
    with pytest.raises(DownloadError, match=r"the connection ended after 40002 of \d+ bytes"):
        fetch_from(tmp_path, mirror)
    mirror.asked.clear()
    assert fetch_from(tmp_path, mirror) == CONTENT
    assert mirror.asked == ["bytes=40002-"]


def test_a_server_that_ignores_ranges_sends_all_again(mirror: Mirror, tmp_path: Path) -> None:
    mirror.breaks_after = [70_000]
    mirror.honours_range = False
    assert fetch_from(tmp_path, mirror) == CONTENT


def test_a_server_that_tells_no_length_serves_too(mirror: Mirror, tmp_path: Path) -> None:
    mirror.tells_length = False
    assert fetch_from(tmp_path, mirror) == CONTENT


def test_after_a_404_the_second_mirror_is_asked(mirror: Mirror, second_mirror: Mirror, tmp_path: Path) -> None:
    mirror.status = 404
    assert fetch_from(tmp_path, mirror, second_mirror) == CONTENT
    assert (len(mirror.asked), len(second_mirror.asked)) == (1, 1)


def test_other_content_is_thrown_away_and_the_second_mirror_is_asked(
    mirror: Mirror, second_mirror: Mirror, tmp_path: Path
) -> None:
    mirror.packed = gzip.compress(CONTENT[::-1])
    assert fetch_from(tmp_path, mirror, second_mirror) == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == [FILE.name]


def test_a_part_from_one_mirror_is_not_continued_at_another(
    mirror: Mirror, second_mirror: Mirror, tmp_path: Path
) -> None:
    mirror.breaks_after = [40_000, 1, 1]
    second_mirror.packed = gzip.compress(CONTENT, compresslevel=1)
    assert fetch_from(tmp_path, mirror, second_mirror) == CONTENT
    assert second_mirror.asked == [None]


def test_a_file_that_changed_between_two_parts_is_fetched_from_the_start(mirror: Mirror, tmp_path: Path) -> None:
    mirror.breaks_after = [40_000, 1, 1]
    with pytest.raises(DownloadError):
        fetch_from(tmp_path, mirror)
    mirror.packed = gzip.compress(CONTENT, compresslevel=1)
    assert fetch_from(tmp_path, mirror) == CONTENT
    assert mirror.asked[-1] is None


def test_a_part_as_long_as_the_whole_file_is_fetched_from_the_start(mirror: Mirror, tmp_path: Path) -> None:
    mirror.breaks_after = [40_000, 1, 1]
    with pytest.raises(DownloadError):
        fetch_from(tmp_path, mirror)
    (part,) = tmp_path.iterdir()
    part.write_bytes(b"x" * len(PACKED))
    assert fetch_from(tmp_path, mirror) == CONTENT
    assert mirror.asked[-1] is None


def test_a_mirror_that_offers_too_much_is_refused_before_it_sends_it(mirror: Mirror, tmp_path: Path) -> None:
    mirror.packed = bytes(FILE.largest_packed_bytes + 1)
    with pytest.raises(DownloadError, match=r"offers \d+ bytes, expected at most"):
        fetch_from(tmp_path, mirror)


def test_a_mirror_that_sends_without_end_is_cut_off(mirror: Mirror, tmp_path: Path) -> None:
    mirror.packed = bytes(2 * FILE.largest_packed_bytes)
    mirror.tells_length = False
    with pytest.raises(DownloadError, match="sends more than"):
        fetch_from(tmp_path, mirror)
    assert list(tmp_path.iterdir()) == []


def test_a_gzip_that_unpacks_to_more_than_promised_is_refused(mirror: Mirror, tmp_path: Path) -> None:
    mirror.packed = gzip.compress(bytes(100 * len(CONTENT)))
    with pytest.raises(DownloadError, match="its sha256 differs"):
        fetch_from(tmp_path, mirror)


def test_what_is_no_gzip_is_refused(mirror: Mirror, tmp_path: Path) -> None:
    mirror.packed = b"<html>please log in to this network</html>"
    with pytest.raises(DownloadError, match="sent no gzip"):
        fetch_from(tmp_path, mirror)


def test_a_silent_mirror_is_given_up(mirror: Mirror, second_mirror: Mirror, tmp_path: Path) -> None:
    mirror.silent = True
    assert fetch_from(tmp_path, mirror, second_mirror, timeout_s=0.1) == CONTENT


def test_offline_the_error_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(DownloadError) as raised:
        fetch(tmp_path, [FILE], [f"http://127.0.0.1:{port}/"], io.StringIO())
    assert str(raised.value) == (
        f"train-images-idx3-ubyte: cannot be downloaded (127.0.0.1:{port}: Connection refused); "
        "go online and repeat the command, or put MNIST's four IDX files into a folder and name it with --data DIR"
    )


def test_a_cache_that_cannot_be_written_is_named(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match=r"file/mnist: cannot be written .*; set XDG_CACHE_HOME to another folder"):
        fetch(tmp_path / "file" / "mnist", [FILE], [mirror.url], io.StringIO())


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_refreshed_line_on_a_terminal(mirror: Mirror, tmp_path: Path) -> None:
    shown = Terminal()
    fetch(tmp_path, [FILE], [mirror.url], shown)
    *refreshed, last = shown.getvalue().split("\r\x1b[K")
    assert re.fullmatch(r"downloading train-images-idx3-ubyte: 0\.1 of 0\.2 MB, \d+%, [\d.]+ MB/s", refreshed[1])
    assert last == "downloaded train-images-idx3-ubyte.gz, 0.2 MB\n"


def test_progress_is_one_line_a_file_elsewhere(mirror: Mirror, tmp_path: Path) -> None:
    shown = io.StringIO()
    fetch(tmp_path, [FILE], [mirror.url], shown)
    assert shown.getvalue() == "downloaded train-images-idx3-ubyte.gz, 0.2 MB\n"


def test_the_cache_follows_the_xdg_base_directories(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/pen")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert mnist_cache() == tmp_path / "digit-reader" / "mnist"
    for ignored in ("", "relative/path"):
        monkeypatch.setenv("XDG_CACHE_HOME", ignored)
        assert mnist_cache() == Path("/home/pen/.cache/digit-reader/mnist")


def test_mnist_is_four_files_from_mirrors_with_encryption() -> None:
    assert [file.unpacked_bytes for file in MNIST] == [47_040_016, 60_008, 7_840_016, 10_008]
    assert [url.startswith("https://") and url.endswith("/") for url in MIRRORS] == [True] * len(MIRRORS)


@pytest.mark.shared_data
def test_the_digests_are_those_of_the_real_files(shared_data: Path) -> None:
    digests = [
        hashlib.sha256(gzip.decompress((shared_data / "mnist" / f"{file.name}.gz").read_bytes())).hexdigest()
        for file in MNIST
    ]
    assert [file.sha256 for file in MNIST] == digests
