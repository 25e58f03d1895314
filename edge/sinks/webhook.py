"""Events posted to a web server, signed as Standard Webhooks has it (https://www.standardwebhooks.com).

It is imported only where there is a webhook: HTTP and TLS take memory and time at the start.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from core.errors import ConfigError
from edge.sinks.backlog import Backlog
from edge.sinks.envelope import Envelope
from edge.sinks.worker import DeliveryError, Pace, Worker

NAME = "webhook"

BATCH = 20
"""Events posted one after another over one connection."""

MOST_ANSWER_BYTES = 65536
"""Of an answer are read, so that the next event can go over the same connection. Nobody needs what it says."""

REFUSALS = frozenset({400, 413, 415, 422})
"""The server has read the event and will not have it. All other failures may pass: a wrong address, a wrong secret."""

SECRET_PREFIX = "whsec_"  # noqa: S105
"""Of secrets in the way of Standard Webhooks, whose rest is base64."""


class WebhookTarget:
    """Posts to `url`, one event a request."""

    def __init__(self, url: str, secret: str = "", timeout_s: float = 10.0, ca_path: str | None = None) -> None:
        """Without a `secret` events are not signed. Raises ConfigError for certificates that cannot be used."""
        parts = urlsplit(url)
        self._host, self._tls = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._where = f"{parts.scheme}://{self._host}:{self._port}"
        self._key = key(secret) if secret else b""
        self._timeout_s = timeout_s
        self._context = _context(ca_path) if self._tls else None

    def tend(self) -> None:
        """Nothing to see to: a connection is made when there is something to tell."""

    def deliver(self, batch: Sequence[Envelope]) -> int:
        """Posts all of `batch`, or as much of it as goes."""
        connection: _Connection | None = None
        count = 0
        try:
            for envelope in batch:
                connection = connection or _Connection(self._host, self._port, self._timeout_s, self._context)
                self._post(connection, envelope)
                count += 1
                if connection.is_used_up:
                    connection.close()
                    connection = None
        except DeliveryError:
            if not count:
                raise
        finally:
            if connection:
                connection.close()
        return count

    def close(self) -> None:
        """Nothing is open between deliveries."""

    def _post(self, connection: _Connection, envelope: Envelope) -> None:
        try:
            status, retry_after = connection.post(self._target, envelope.body, self._headers(envelope))
        except TimeoutError:
            raise DeliveryError(f"{self._where}: no answer within {self._timeout_s:g} s") from None
        except socket.gaierror:
            raise DeliveryError(f"{self._where}: the name cannot be looked up") from None
        except ssl.SSLCertVerificationError as error:
            raise DeliveryError(f"{self._where}: not to be trusted ({error.verify_message})") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            # Of HTTP's own errors only the kind is told: they quote what the server said.
            told = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
            raise DeliveryError(f"{self._where}: {told}") from None
        if 200 <= status < 300:
            return
        if 300 <= status < 400:
            raise DeliveryError(f"{self._where}: answers {status}, and redirects are not followed; post where it leads")
        raise DeliveryError(
            f"{self._where}: answers {status}", refused=status in REFUSALS, retry_after_s=_seconds(retry_after)
        )

    def _headers(self, envelope: Envelope) -> dict[str, str]:
        now = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "digit-reader",
            "webhook-id": envelope.id,
            "webhook-timestamp": now,
        }
        if self._key:
            headers["webhook-signature"] = sign(self._key, envelope.id, now, envelope.body)
        return headers


class _Connection:
    """One connection. A request takes no longer than its time limit, however slowly the other side sends."""

    def __init__(self, host: str, port: int, timeout_s: float, context: ssl.SSLContext | None) -> None:
        self._host, self._port, self._timeout_s, self._context = host, port, timeout_s, context
        self._http = http.client.HTTPConnection(host, port, timeout=timeout_s)
        self._http.auto_open = 0  # it would connect without TLS
        if context:
            self._http.default_port = 443  # for the Host header
        self._socket: socket.socket | None = None
        self._late = threading.Event()
        self.is_used_up = False
        """Whether another request needs another connection."""

    def post(self, target: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """(status, Retry-After) of the answer. Raises OSError, ValueError or HTTPException; TimeoutError if late."""
        # The time limit of a socket is for each piece that arrives, and there may be thousands.
        watch = threading.Timer(self._timeout_s, self._cut)
        watch.daemon = True
        watch.start()
        try:
            if not self._socket:
                self._connect()
            self._http.request("POST", target, body, headers)
            answer = self._http.getresponse()
            answer.read(MOST_ANSWER_BYTES)
            self.is_used_up = answer.will_close or not answer.isclosed()  # it is, once it was read to its end
            if self._late.is_set():
                raise TimeoutError  # the end that was read is the one made by `_cut`
            return answer.status, answer.getheader("Retry-After", "")
        except (OSError, ValueError, http.client.HTTPException):
            if self._late.is_set():
                raise TimeoutError from None
            raise
        finally:
            watch.cancel()

    def close(self) -> None:
        self._http.close()
        if self._socket:
            self._socket.close()

    def _connect(self) -> None:
        self._socket = socket.create_connection((self._host, self._port), self._timeout_s)
        # Header and body are two packets, and the second would wait for 40 ms that the first is acknowledged.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._late.is_set():
            raise TimeoutError
        if self._context:
            # Not shaken hands at once: until it is ours nobody could cut it short.
            secure = self._context.wrap_socket(self._socket, server_hostname=self._host, do_handshake_on_connect=False)
            self._socket = secure
            secure.do_handshake()
        self._http.sock = self._socket

    def _cut(self) -> None:
        self._late.set()
        if self._socket:
            with contextlib.suppress(OSError):  # it ended this moment
                # That of SSLSocket would take the state of TLS from under the thread that reads.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def sign(secret_key: bytes, identity: str, timestamp: str, body: bytes) -> str:
    """The header webhook-signature: HMAC-SHA256 over id, time and body, so that none of them can be exchanged."""
    signed = hmac.digest(secret_key, b".".join((identity.encode(), timestamp.encode(), body)), hashlib.sha256)
    return f"v1,{base64.b64encode(signed).decode()}"


def key(secret: str) -> bytes:
    """What `secret` signs with: of `whsec_...` the base64 behind it, otherwise its characters. Raises ConfigError."""
    if not secret.startswith(SECRET_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise ConfigError("the secret of the webhook begins with whsec_, and no base64 follows") from None


def _context(ca_path: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_path)
    except OSError as error:
        raise ConfigError(
            f"webhook.ca_path is {ca_path}, which cannot be used ({error.strerror or error}); allowed: a PEM file"
        ) from None


def _seconds(retry_after: str) -> float:
    """From now until the time that a Retry-After header names; 0 if it names none."""
    if retry_after.isdecimal():
        return float(retry_after[:9])
    try:
        wanted = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    return (wanted.replace(tzinfo=wanted.tzinfo or UTC) - datetime.now(UTC)).total_seconds()


def webhook_sink(target: WebhookTarget, backlog: Backlog, secrets: Sequence[str]) -> Worker:
    """A sink that posts to `target`; `secrets` are not to be said."""
    return Worker(NAME, target, backlog, Pace(batch=BATCH), secrets)
