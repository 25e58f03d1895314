"""The part of config.yaml that says who is told what happens: each of these is off or on by itself.

No secret is a key here. Passwords and the like are in files of their own or in the environment: docs/outputs.md.
"""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

_Path = Annotated[str, Meta(min_length=1)]

_MaxSpoolMb = Annotated[
    float,
    Meta(ge=2, le=10_000, description="what cannot be delivered is kept on the disk up to this; then the oldest goes"),
]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping of known keys. Raises ValueError where keys that are fine each do not go together."""


class StdoutConfig(Section, frozen=True):
    """Events on standard output."""

    enabled: Annotated[bool, Meta(description="print each event as a JSON line")] = True


class HistoryConfig(Section, frozen=True):
    """Events in a SQLite file."""

    enabled: Annotated[bool, Meta(description="keep every event in a SQLite file")] = False
    path: Annotated[_Path | None, Meta(description="the file; null takes the usual place")] = None
    keep_days: Annotated[float, Meta(gt=0, le=36500, description="what is older is deleted")] = 365.0
    max_mb: Annotated[float, Meta(ge=1, le=100_000, description="a larger file loses its oldest events")] = 100.0
    commit_every_s: Annotated[
        float, Meta(ge=0, le=3600, description="events are written together so often; a power cut costs so much")
    ] = 600.0


class MetricsConfig(Section, frozen=True):
    """Figures for Prometheus."""

    enabled: Annotated[bool, Meta(description="serve /metrics beside the page")] = False


def url_problem(url: str) -> str:
    """What is wrong with the address of a webhook, without the address itself: it may be a secret. Empty if nothing."""
    allowed = "allowed: an address such as https://example.org/hook"
    if not url.isascii() or any(character <= " " for character in url):
        return f"has blanks or letters that no address has; {allowed}"
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises if it is none
    except ValueError:
        return f"is no address; {allowed}"
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return f"does not begin with http:// or https:// and a host; {allowed}"
    if parts.username is not None:
        return "holds a user; let who is told check the signature (webhook.secret_path) instead"
    return ""


class WebhookConfig(Section, frozen=True):
    """Events posted to a web server."""

    enabled: Annotated[bool, Meta(description="post each event as JSON")] = False
    url: Annotated[_Path | None, Meta(description="where to; null if it is a secret, and in a file")] = None
    url_path: Annotated[_Path | None, Meta(description="file with the address, if that is a secret")] = None
    secret_path: Annotated[
        _Path | None, Meta(description="file with the secret that events are signed with; null: see docs/outputs.md")
    ] = None
    ca_path: Annotated[
        _Path | None, Meta(description="certificates to trust, as PEM; null takes those of the system")
    ] = None
    timeout_s: Annotated[float, Meta(gt=0, le=60, description="for one event, from look-up to the whole answer")] = 10.0
    max_spool_mb: _MaxSpoolMb = 20.0

    def __post_init__(self) -> None:
        if self.url is not None and (problem := url_problem(self.url)):
            raise ValueError(f"url {problem}")


class MqttConfig(Section, frozen=True):
    """Events and the state of things to an MQTT broker."""

    enabled: Annotated[bool, Meta(description="tell an MQTT broker")] = False
    host: Annotated[str, Meta(min_length=1, description="name or address of the broker")] = "localhost"
    port: Annotated[
        Annotated[int, Meta(ge=1, le=65535)] | None, Meta(description="null takes 8883 with TLS, otherwise 1883")
    ] = None
    version: Annotated[Literal["3.1.1", 5], Meta(description="of MQTT")] = "3.1.1"
    tls: Annotated[bool, Meta(description="encrypt, and check who the broker is")] = False
    ca_path: Annotated[
        _Path | None, Meta(description="certificates to trust, as PEM; null takes those of the system")
    ] = None
    certificate_path: Annotated[_Path | None, Meta(description="our own certificate, as PEM")] = None
    key_path: Annotated[_Path | None, Meta(description="the key of our own certificate, as PEM")] = None
    username: Annotated[Annotated[str, Meta(min_length=1)] | None, Meta(description="to the broker")] = None
    password_path: Annotated[_Path | None, Meta(description="file with the password; null: see docs/outputs.md")] = None
    topic: Annotated[str, Meta(min_length=1, max_length=200, description="what all topics begin with")] = "digit-reader"
    name: Annotated[str, Meta(min_length=1, max_length=100, description="of the device, for people")] = "digit-reader"
    keep_alive_s: Annotated[int, Meta(ge=5, le=3600, description="a broker that is silent for so long is gone")] = 30
    home_assistant: Annotated[bool, Meta(description="announce what there is to Home Assistant")] = True
    discovery_prefix: Annotated[str, Meta(min_length=1, max_length=100, description="of Home Assistant")] = (
        "homeassistant"
    )
    max_spool_mb: _MaxSpoolMb = 20.0

    def __post_init__(self) -> None:
        for key in ("topic", "discovery_prefix"):
            topic = getattr(self, key)
            if set(topic) & set("+#\0") or topic.startswith(("/", "$")) or topic.endswith("/"):
                raise ValueError(
                    f"{key} is {topic!r}; allowed: words with / between them, without + and #, as home/meter"
                )
        if (self.key_path is None) != (self.certificate_path is None):
            raise ValueError("key_path and certificate_path go together; set both or none")
