"""Mosquitto is told what happens and what holds, through everything that becomes of it and of us."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import test_webhook
from broker import Cable, Ear, Mosquitto, free_port, password_file
from rigs import SECRET
from told import appeared, wait_until

from core import config
from core.errors import ConfigError
from core.frame import Box
from edge.events import QualityChanged, ReadingCleared, event_id
from edge.sinks.backlog import Backlog
from edge.sinks.build import Sinks, build
from edge.sinks.envelope import of_event
from edge.sinks.mqtt import MqttSink, MqttTarget, Topics
from edge.sinks.mqtt_link import Broker
from edge.sinks.worker import Pace

pytestmark = pytest.mark.system

QUICK = Pace(batch=20, tend_every_s=0.1, first_pause_s=0.02, most_pause_s=0.1)

certificate = test_webhook.certificate


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with closing(Mosquitto(tmp_path)) as made:
        yield made


@pytest.fixture
def ear(broker: Mosquitto) -> Iterator[Ear]:
    with closing(Ear(broker.port, "#")) as made:
        yield made


@pytest.fixture
def sink_to() -> Iterator[Callable[..., MqttSink]]:
    made: list[MqttSink] = []

    def make(port: int, topics: Topics | None = None, **options: object) -> MqttSink:
        settings = Broker("127.0.0.1", port, client_id="test", **options)  # type: ignore[arg-type]
        made.append(MqttSink(MqttTarget(settings, topics or Topics("house")), Backlog("mqtt"), QUICK))
        return made[-1]

    yield make
    for sink in made:
        sink.close(5)


def told(port: int, topic: str) -> list[str]:
    """What somebody finds who begins to listen now: what is retained."""
    with closing(Ear(port, topic)) as late:
        time.sleep(0.3)
        assert all(retained for _, _, retained in late.heard)
        return late.of(topic)


@pytest.mark.parametrize("version", ["3.1.1", 5])
def test_what_happens_and_what_holds_are_published(
    broker: Mosquitto, ear: Ear, sink_to: Callable[..., MqttSink], version: object
) -> None:
    sink = sink_to(broker.port, Topics("house", regions=["water"]), version=version)
    sink.put(appeared(42))
    wait_until(lambda: ear.of("house/water/reading") == ["0042"] and len(ear.of("house/event")) == 1)
    assert ear.of("house/available") == ["online"]
    assert ear.of("house/water/confidence") == ["0.9800"]
    assert ear.of("house/problem") == ["OFF"]
    assert json.loads(ear.of("house/event")[0]) == json.loads(appeared(42).body)
    sink.put(of_event(QualityChanged(event_id("q", 1), 1, "too_dark", "too dark", "good")))
    wait_until(lambda: ear.of("house/problem") == ["OFF", "ON"])
    assert json.loads(ear.of("house/problem/attributes")[-1]) == {"reason": "too dark"}
    assert told(broker.port, "house/water/reading") == ["0042"]
    assert told(broker.port, "house/problem") == ["ON"]
    assert told(broker.port, "house/event") == []


def test_a_number_that_is_gone_is_unknown_to_home_assistant(
    broker: Mosquitto, ear: Ear, sink_to: Callable[..., MqttSink]
) -> None:
    sink = sink_to(broker.port)
    event = ReadingCleared(event_id("c", 1), 1, "12", Box(1, 2, 3, 4))
    sink.put(of_event(event))
    wait_until(lambda: ear.of("house/reading") == ["None"])
    wait_until(lambda: ear.of("house/confidence") == ["None"])


def test_home_assistant_is_told_what_there_is_on_connecting_and_when_it_starts(
    broker: Mosquitto, ear: Ear, sink_to: Callable[..., MqttSink]
) -> None:
    sink = sink_to(broker.port, Topics("house", "Meter", ["water"], "ha", "1.0"))
    configs = [f"ha/sensor/house/{kind}_water/config" for kind in ("reading", "confidence")]
    configs.append("ha/binary_sensor/house/problem/config")
    wait_until(lambda: all(len(ear.of(topic)) == 1 for topic in configs))
    sink.put(appeared(42))
    wait_until(lambda: ear.of("house/water/reading") == ["0042"])
    ear.say("ha/status", "offline")
    ear.say("ha/status", "online")
    wait_until(lambda: all(len(ear.of(topic)) == 2 for topic in configs))
    # And what holds once more: of what came before it subscribed Home Assistant knows nothing.
    wait_until(lambda: ear.of("house/water/reading") == ["0042", "0042"])
    assert ear.of("house/available") == ["online", "online"]
    assert told(broker.port, configs[0]) == []
    assert json.loads(ear.of(configs[0])[0])["device"]["name"] == "Meter"


def test_a_goodbye_is_told_as_offline(broker: Mosquitto, ear: Ear, sink_to: Callable[..., MqttSink]) -> None:
    sink = sink_to(broker.port)
    wait_until(lambda: ear.of("house/available") == ["online"])
    sink.close(5)
    wait_until(lambda: ear.of("house/available") == ["online", "offline"])
    assert told(broker.port, "house/available") == ["offline"]


def test_the_broker_tells_that_we_are_gone_after_kill_9(broker: Mosquitto, ear: Ear, tmp_path: Path) -> None:
    settings = tmp_path / "c.yaml"
    settings.write_text(
        f"mqtt: {{enabled: true, host: 127.0.0.1, port: {broker.port}, topic: desk}}\n", encoding="utf-8"
    )
    daemon = subprocess.Popen(
        [sys.executable, "-m", "edge", "run", "--source", "canvas", "--port", "0", "--config", settings],
        env={**os.environ, "STATE_DIRECTORY": str(tmp_path / "state")},
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: ear.of("desk/available") == ["online"], 60)
        assert ear.of("homeassistant/sensor/desk/reading/config")
    finally:
        daemon.send_signal(signal.SIGKILL)
        daemon.wait()
    wait_until(lambda: ear.of("desk/available") == ["online", "offline"])
    assert told(broker.port, "desk/available") == ["offline"]


def test_a_broker_that_starts_anew_and_forgot_all_is_told_what_holds(
    broker: Mosquitto, sink_to: Callable[..., MqttSink]
) -> None:
    sink = sink_to(broker.port)
    sink.put(appeared(42))
    wait_until(lambda: sink.state().delivered == 1)
    broker.stop(signal.SIGKILL)
    wait_until(lambda: sink.state().status == "failed")
    sink.put(appeared(43))
    assert sink.state().waiting == 1
    broker.start()
    wait_until(lambda: sink.state().delivered == 2)
    assert told(broker.port, "house/available") == ["online"]


def test_a_broker_that_hangs_is_given_up_and_told_again_in_order(
    broker: Mosquitto, sink_to: Callable[..., MqttSink], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.sinks.mqtt_link.ACKNOWLEDGE_WITHIN_S", 0.5)
    monkeypatch.setattr("edge.sinks.mqtt_link.CONNECT_WITHIN_S", 0.5)
    with closing(Cable(broker.port)) as cable, closing(Ear(broker.port, "house/event")) as ear:
        sink = sink_to(cable.port)
        sink.put(appeared(0))
        wait_until(lambda: sink.state().delivered == 1)
        cable.hold()
        for number in range(1, 50):
            sink.put(appeared(number))
        wait_until(lambda: sink.state().status == "failed")
        assert sink.state().error == f"127.0.0.1:{cable.port}: no answer within 0.5 s"
        cable.mend()
        wait_until(lambda: sink.state().waiting == 0)
        wait_until(lambda: len({json.loads(body)["id"] for body in ear.of("house/event")}) == 50)
        first = list(dict.fromkeys(json.loads(body)["text"] for body in ear.of("house/event")))
        assert first == [f"{number:04d}" for number in range(50)]
        sink.close(5)


@pytest.mark.parametrize("version", ["3.1.1", 5])
def test_a_wrong_password_is_said_and_not_shown(
    tmp_path: Path, sink_to: Callable[..., MqttSink], version: object, caplog: pytest.LogCaptureFixture
) -> None:
    settings = f"allow_anonymous false\npassword_file {password_file(tmp_path, SECRET)}\n"
    with closing(Mosquitto(tmp_path, settings)) as broker:
        sink = sink_to(broker.port, version=version, username="me", password="wrong-" + SECRET)
        wait_until(lambda: sink.state().status == "failed")
        assert sink.state().error == f"127.0.0.1:{broker.port}: not authorized"
        assert SECRET not in caplog.text
        assert len(caplog.messages) == 1
        right = sink_to(broker.port, version=version, username="me", password=SECRET)
        wait_until(lambda: right.state().status == "ok")
        for each in (sink, right):
            each.close(5)


def test_nobody_there_is_said_plainly(sink_to: Callable[..., MqttSink]) -> None:
    port = free_port()
    sink = sink_to(port)
    wait_until(lambda: sink.state().status == "failed")
    assert sink.state().error == f"127.0.0.1:{port}: Connection refused"


def test_a_broker_may_refuse_a_topic_and_the_others_go_on(
    tmp_path: Path, sink_to: Callable[..., MqttSink], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "acl").write_text("topic write house/available\ntopic write house/problem/#\n", encoding="utf-8")
    (tmp_path / "acl").chmod(0o600)
    with closing(Mosquitto(tmp_path, f"allow_anonymous true\nacl_file {tmp_path}/acl\n")) as broker:
        sink = sink_to(broker.port, Topics("house", regions=["gas"]), version=5)
        sink.put(of_event(QualityChanged(event_id("q", 1), 1, "too_dark", "too dark", "good")))
        wait_until(lambda: sink.state().dropped == 1)
        assert sink.state().error == f"127.0.0.1:{broker.port}: not authorized"
        sink.close(5)


# TLS and settings.


def built(settings: str, folder: Path, environment: dict[str, str] | None = None) -> Sinks:
    parsed = config.parse(f"stdout: {{enabled: false}}\nmqtt: {{enabled: true, {settings}}}", "c")
    return build(parsed, {"STATE_DIRECTORY": str(folder), **(environment or {})}, -1, lambda: None)


# The library leaves closing the socket of a handshake that failed to Python, which closes it at once, and grumbles.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broker_is_told_over_tls_if_its_certificate_is_trusted(tmp_path: Path, certificate: Path) -> None:
    certificate.chmod(0o644)
    tls = f"allow_anonymous false\npassword_file {password_file(tmp_path, SECRET)}\n"
    tls += f"certfile {certificate}\nkeyfile {certificate}\n"
    with closing(Mosquitto(tmp_path, tls)) as broker:
        base = f"host: localhost, port: {broker.port}, tls: true, username: me"
        (tmp_path / "mqtt_password").write_text(f"{SECRET}\n", encoding="utf-8")
        trusting = built(f"{base}, ca_path: {certificate}", tmp_path, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
        wait_until(lambda: trusting.states()[0].status == "ok")
        assert SECRET not in str(trusting.states())
        trusting.close()
        wary = built(base, tmp_path, {"DIGIT_READER_MQTT_PASSWORD": SECRET})
        wait_until(lambda: wary.states()[0].error != "")
        assert wary.states()[0].error == (f"localhost:{broker.port}: not to be trusted (self-signed certificate)")
        wary.close()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("password_path: /none", "mqtt.password_path is /none, which cannot be read (No such file or directory); "
         "allowed: a file with one line"),
        ("password_path: {folder}/p", "there is a password for the broker, and no user; set mqtt.username"),
        ("tls: true, ca_path: {folder}/p", "mqtt.ca_path, certificate_path or key_path cannot be used "),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_one_line(tmp_path: Path, settings: str, expected: str) -> None:
    (tmp_path / "p").write_text(SECRET, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        built(settings.format(folder=tmp_path), tmp_path)
    assert str(refused.value).startswith(expected)
    assert SECRET not in str(refused.value)
