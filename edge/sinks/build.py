"""config.yaml → the sinks it asks for, and telling all of them."""

from __future__ import annotations

import hashlib
import logging
import socket
import time
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from core.config import Config
from core.errors import ConfigError
from core.outputs import MqttConfig, url_problem
from edge.directories import runtime_directory, state_directory
from edge.events import AnyEvent
from edge.sinks import Sink, SinkState
from edge.sinks.backlog import Backlog
from edge.sinks.envelope import of_event
from edge.sinks.journal import Journal
from edge.sinks.secrets import secret
from edge.sinks.stdout import stdout_sink

log = logging.getLogger("digit-reader")

CLOSE_WITHIN_S = 5.0
"""For all sinks together: a tired SD card takes seconds for a commit. systemd kills a service after 90 s."""


class Sinks:
    """Everybody who is told."""

    def __init__(self, sinks: list[Sink]) -> None:
        self._sinks = sinks

    def tell(self, event: AnyEvent) -> None:
        """Hand `event` to every sink. Returns at once and raises nothing, whatever becomes of them."""
        envelope = of_event(event)
        for sink in self._sinks:
            sink.put(envelope)

    def states(self) -> list[SinkState]:
        """How it goes with each."""
        return [sink.state() for sink in self._sinks]

    def close(self) -> None:
        """Let them finish, for no longer than CLOSE_WITHIN_S in all."""
        until_s = time.monotonic() + CLOSE_WITHIN_S
        for sink in self._sinks:
            sink.close(max(0.0, until_s - time.monotonic()))


def build(config: Config, environment: Mapping[str, str], stdout: int, reader_gone: Callable[[], None]) -> Sinks:
    """The sinks that `config` asks for.

    `stdout` is the descriptor of standard output; `reader_gone` is called, on another thread, if nobody reads there any
    more and nobody else is told either. Raises ConfigError for a secret that is missing.
    """
    sinks: list[Sink] = []
    # Only what is asked for is imported: a program that tells nobody is ready sooner and smaller.
    if config.history.enabled:
        sinks.append(_history(config, environment))
    if config.mqtt.enabled:
        sinks.append(_mqtt(config, environment))
    if config.webhook.enabled:
        sinks.append(_webhook(config, environment))
    if config.stdout.enabled:
        sinks.append(stdout_sink(stdout, _nothing if sinks else reader_gone))
    return Sinks(sinks)


def _history(config: Config, environment: Mapping[str, str]) -> Sink:
    from edge.sinks.history import FILE_NAME, NAME, history_sink  # noqa: PLC0415

    history = config.history
    path = Path(history.path) if history.path else state_directory(environment) / FILE_NAME
    return history_sink(path, history.keep_days, history.max_mb, history.commit_every_s, journal_of(NAME, environment))


def _webhook(config: Config, environment: Mapping[str, str]) -> Sink:
    from edge.sinks.webhook import NAME, WebhookTarget, webhook_sink  # noqa: PLC0415

    webhook = config.webhook
    url = webhook.url or secret("webhook_url", "webhook.url_path", webhook.url_path, environment)
    if not url:
        raise ConfigError("webhook.enabled is true, and there is no address; set webhook.url")
    if problem := url_problem(url):
        raise ConfigError(f"the address of the webhook {problem}")
    signs = secret("webhook_secret", "webhook.secret_path", webhook.secret_path, environment)
    target = WebhookTarget(url, signs, webhook.timeout_s, webhook.ca_path)
    return webhook_sink(target, backlog_of(NAME, webhook.max_spool_mb, environment), [signs, url])


def _mqtt(config: Config, environment: Mapping[str, str]) -> Sink:
    from edge.sinks.mqtt import NAME, MqttSink, MqttTarget, Topics  # noqa: PLC0415
    from edge.sinks.mqtt_link import Broker  # noqa: PLC0415

    mqtt = config.mqtt
    password = secret("mqtt_password", "mqtt.password_path", mqtt.password_path, environment)
    if password and mqtt.username is None:
        raise ConfigError("there is a password for the broker, and no user; set mqtt.username")
    broker = Broker(
        host=mqtt.host,
        port=mqtt.port or (8883 if mqtt.tls else 1883),
        version=mqtt.version,
        client_id=_client_id(mqtt.topic),
        username=mqtt.username,
        password=password or None,
        keep_alive_s=mqtt.keep_alive_s,
        context=_tls(mqtt) if mqtt.tls else None,
    )
    topics = Topics(
        topic=mqtt.topic,
        name=mqtt.name,
        regions=[region.name for region in config.reading.regions] or [""],
        discovery_prefix=mqtt.discovery_prefix if mqtt.home_assistant else "",
        version=_version(),
    )
    return MqttSink(MqttTarget(broker, topics), backlog_of(NAME, mqtt.max_spool_mb, environment), secrets=[password])


def _tls(mqtt: MqttConfig) -> object:
    import ssl  # noqa: PLC0415

    try:
        context = ssl.create_default_context(cafile=mqtt.ca_path)
        if mqtt.certificate_path:
            # A key that asks for a password would else ask at the terminal.
            context.load_cert_chain(mqtt.certificate_path, mqtt.key_path, password="")
    except OSError as error:
        raise ConfigError(
            f"mqtt.ca_path, certificate_path or key_path cannot be used ({error.strerror or error}); allowed: PEM files"
        ) from None
    return context


def _client_id(topic: str) -> str:
    """Who we are to the broker: after a power cut it then knows that the connection of before is dead."""
    try:
        machine = Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        machine = socket.gethostname()
    # MQTT 3.1.1 promises 23 characters.
    return f"digit-reader-{hashlib.sha256(f'{machine}/{topic}'.encode()).hexdigest()[:10]}"


def _version() -> str:
    try:
        return version("digit-reader")
    except PackageNotFoundError:
        return ""


def backlog_of(name: str, max_spool_mb: float, environment: Mapping[str, str]) -> Backlog:
    """The backlog of the sink `name`, with a spool in the state directory, or a part of it where no more can be had."""
    from edge.sinks.spool import Spool  # noqa: PLC0415

    journal = journal_of(name, environment)
    if not journal:
        # Whoever has the journal has the spool as well.
        return Backlog(name)
    spool = Spool(state_directory(environment) / f"{name}.spool.sqlite", max_spool_mb)
    return Backlog(name, journal=journal, spool=spool)


def journal_of(name: str, environment: Mapping[str, str]) -> Journal | None:
    """The journal of the sink `name`, in memory where there is such a directory; None if there can be none."""
    directory = runtime_directory(environment) or state_directory(environment)
    path = directory / f"{name}.journal"
    try:
        return Journal(path)
    except BlockingIOError:
        problem = "another digit-reader uses it"
    except OSError as error:
        problem = error.strerror or str(error)
    log.warning("%s: %s; what waits in memory is lost if the program is killed", path, problem)
    return None


def _nothing() -> None:
    """Others are told; that standard output has gone is no reason to end."""
