"""What programs that look after this one can ask it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from blobs import Blobs, reading
from prometheus_client.parser import text_string_to_metric_families

from core.frame import Box
from edge.faces.web.server import Page
from edge.progress import Health
from edge.sinks import SinkState


@pytest.fixture
def backend() -> Blobs:
    return Blobs()


@pytest.fixture
def client(backend: Blobs) -> Iterator[httpx.Client]:
    page = Page(backend, "127.0.0.1", 0, metrics=True)
    page.start()
    with httpx.Client(base_url=page.address, trust_env=False, timeout=10) as client:
        yield client
    page.stop()


def samples(text: str) -> dict[tuple[str, str], float]:
    """(name, first label's value) → value."""
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_health_is_told_with_its_reasons(backend: Blobs, client: httpx.Client) -> None:
    for path in ("/healthz", "/readyz"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()) == (200, {"ok": True, "reasons": []})
    backend.well = Health([], ["no camera"])
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 503)
    assert client.get("/readyz").json() == {"ok": False, "reasons": ["no camera"]}
    backend.well = Health(["stuck"], ["stuck"])
    assert (client.get("/healthz").status_code, client.get("/healthz").json()["reasons"]) == (503, ["stuck"])


def test_prometheus_can_read_the_metrics(backend: Blobs, client: httpx.Client) -> None:
    backend.readings = [reading("42", Box(1, 2, 30, 40))]
    backend.sinks = [
        SinkState("mqtt", "failed", "2026-09-21T14:13:20.000Z", "refused", waiting=3, delivered=5, dropped=1),
        SinkState("history", "ok", "2026-09-21T14:13:20.000Z", "", waiting=0, delivered=9, dropped=0),
    ]
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = samples(answer.text)
    assert found["digit_reader_frames_total", ""] == 3
    assert found["digit_reader_frames_per_second", ""] == 14.8
    assert found["digit_reader_readings", ""] == 1
    assert (found["digit_reader_alive", ""], found["digit_reader_ready", ""]) == (1, 1)
    assert (found["digit_reader_quality", "good"], found["digit_reader_quality", "too_dark"]) == (1, 0)
    assert (found["digit_reader_sink_up", "mqtt"], found["digit_reader_sink_up", "history"]) == (0, 1)
    assert (found["digit_reader_sink_waiting", "mqtt"], found["digit_reader_sink_dropped_total", "mqtt"]) == (3, 1)
    assert found["digit_reader_sink_delivered_total", "history"] == 9
    if sys.platform == "linux":
        assert found["process_resident_memory_bytes", ""] > 1e6
    backend.well = Health([], ["no camera"])
    assert samples(client.get("/metrics").text)["digit_reader_ready", ""] == 0


def test_metrics_are_served_only_where_they_are_wanted(backend: Blobs) -> None:
    page = Page(backend, "127.0.0.1", 0)
    page.start()
    assert httpx.get(f"{page.address}metrics", trust_env=False).status_code == 404
    page.stop()


def test_the_daemon_is_ready_once_its_canvas_answers_and_tells_of_its_sinks(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(
        f"metrics: {{enabled: true}}\nhistory: {{enabled: true, path: {tmp_path}/h.sqlite}}\n", encoding="utf-8"
    )
    daemon = subprocess.Popen(
        [sys.executable, "-m", "edge", "run", "--source", "canvas", "--port", "0", "--config", config],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert daemon.stderr
        address = next(found[1] for line in daemon.stderr if (found := re.match("page: (.*)", line)))
        with httpx.Client(base_url=address, trust_env=False, timeout=10) as client:
            for _ in range(200):
                if client.get("/readyz").status_code == 200:
                    break
            assert client.get("/readyz").json() == {"ok": True, "reasons": []}
            assert client.get("/healthz").status_code == 200
            assert {sink["name"]: sink["status"] for sink in client.get("/api/state").json()["sinks"]} == {
                "history": "ok",
                "stdout": "ok",
            }
            assert samples(client.get("/metrics").text)["digit_reader_sink_up", "history"] == 1
    finally:
        daemon.terminate()
        daemon.communicate()
