"""One connection to an MQTT broker, from the greeting to its end. After an error there is a new one.

So nothing is left inside the library that it might send once more after it was sent by another connection.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from edge.sinks.worker import DeliveryError

CONNECT_WITHIN_S = 5.0
"""For the network; as long again for the broker's answer."""

ACKNOWLEDGE_WITHIN_S = 10.0
"""For all that was published together."""

GOODBYE_WITHIN_S = 1.0


class Broker(msgspec.Struct, frozen=True):
    """Where the broker is, and who we are to it."""

    host: str
    port: int
    version: Literal["3.1.1", 5] = "3.1.1"
    client_id: str = ""
    username: str | None = None
    password: str | None = None
    keep_alive_s: int = 30
    context: Any = None
    """ssl.SSLContext; None for a connection in the clear."""

    @property
    def where(self) -> str:
        """For people."""
        return f"{self.host}:{self.port}"


class Will(msgspec.Struct, frozen=True):
    """What the broker tells everybody when we are gone without a goodbye."""

    topic: str
    payload: str


class Link:
    """A connection. All but the callbacks is for one thread."""

    def __init__(self, broker: Broker, will: Will, heard: Callable[[str, bytes], None]) -> None:
        """Connects. `heard` is given topic and payload of what we are subscribed to, on another thread.

        Raises DeliveryError if there is no connection within 2 × CONNECT_WITHIN_S.
        """
        self._where = broker.where
        self._changed = threading.Condition()
        self._answer: Any = None
        """The broker's, to our greeting."""
        self._ended = ""
        """Why there is no connection any more."""
        self._refused: dict[int, str] = {}
        """Numbers of messages that the broker would not have, and why."""
        self._client = self._new_client(broker, will, heard)
        try:
            self._client.connect(broker.host, broker.port, broker.keep_alive_s)
        except ssl.SSLCertVerificationError as error:
            raise DeliveryError(f"{self._where}: not to be trusted ({error.verify_message})") from None
        except TimeoutError:
            raise DeliveryError(f"{self._where}: no answer within {CONNECT_WITHIN_S:g} s") from None
        except (OSError, ValueError) as error:
            told = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise DeliveryError(f"{self._where}: {told}") from None
        self._client.loop_start()
        try:
            self._greet()
        except DeliveryError:
            self.cut()
            raise

    @property
    def is_up(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return not self._ended

    def subscribe(self, topic: str) -> None:
        """Hear what is published to `topic` from now on."""
        self._client.subscribe(topic, qos=1)

    def publish(self, messages: list[tuple[str, bytes, bool]]) -> int:
        """How many of `messages` (topic, payload, retain) the broker has acknowledged, from the first on.

        Raises DeliveryError if it is not even the first.
        """
        sent = [self._client.publish(topic, payload, qos=1, retain=retain) for topic, payload, retain in messages]
        until_s = time.monotonic() + ACKNOWLEDGE_WITHIN_S
        for count, message in enumerate(sent):
            problem = self._problem(message, until_s)
            if problem and count:
                return count
            if problem:
                raise problem
        return len(sent)

    def say_goodbye(self, last: list[tuple[str, bytes, bool]]) -> None:
        """Publish `last` if that goes quickly, and end the connection so that the broker does not tell our will."""
        sent = [self._client.publish(topic, payload, qos=1, retain=retain) for topic, payload, retain in last]
        until_s = time.monotonic() + GOODBYE_WITHIN_S
        for message in sent:
            self._problem(message, until_s)
        self._client.disconnect()
        self._client.loop_stop()

    def cut(self) -> None:
        """End the connection without a word; the broker tells our will."""
        self._ended = self._ended or "cut"
        connection = self._client.socket()
        if connection is not None:
            # A network that broke, to the library. Its own goodbye would take the will back.
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as raw:
                raw.shutdown(socket.SHUT_RDWR)
        self._client.loop_stop()

    def _new_client(self, broker: Broker, will: Will, heard: Callable[[str, bytes], None]) -> Client:
        protocol = MQTTProtocolVersion.MQTTv5 if broker.version == 5 else MQTTProtocolVersion.MQTTv311
        client = Client(CallbackAPIVersion.VERSION2, broker.client_id, protocol=protocol, reconnect_on_failure=False)
        client.connect_timeout = CONNECT_WITHIN_S
        client.username_pw_set(broker.username, broker.password)
        if broker.context:
            client.tls_set_context(broker.context)
        client.will_set(will.topic, will.payload, qos=1, retain=True)

        def connected(_client: Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
            with self._changed:
                self._answer = reason
                self._changed.notify_all()

        def disconnected(_client: Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
            with self._changed:
                self._ended = self._ended or f"the connection ended ({reason})"
                self._changed.notify_all()

        def acknowledged(_client: Client, _userdata: Any, number: int, reason: Any, _properties: Any) -> None:
            with self._changed:
                if reason.is_failure:
                    self._refused[number] = str(reason)
                self._changed.notify_all()

        client.on_connect, client.on_disconnect, client.on_publish = connected, disconnected, acknowledged
        client.on_message = lambda _client, _userdata, message: heard(message.topic, bytes(message.payload))
        return client

    def _greet(self) -> None:
        until_s = time.monotonic() + CONNECT_WITHIN_S
        with self._changed:
            while self._answer is None and not self._ended and (left_s := until_s - time.monotonic()) > 0:
                self._changed.wait(left_s)
        if self._answer is None:
            raise DeliveryError(f"{self._where}: {self._ended or f'no answer within {CONNECT_WITHIN_S:g} s'}")
        if self._answer.is_failure:
            raise DeliveryError(f"{self._where}: {str(self._answer).lower()}")

    def _problem(self, message: MQTTMessageInfo, until_s: float) -> DeliveryError | None:
        """Waits for the broker's word on `message`; what is wrong, if anything."""
        with self._changed:
            while True:
                if message.mid in self._refused:
                    return DeliveryError(f"{self._where}: {self._refused[message.mid].lower()}", refused=True)
                if message.rc == MQTTErrorCode.MQTT_ERR_SUCCESS and message.is_published():
                    return None
                left_s = until_s - time.monotonic()
                if self._ended:
                    return DeliveryError(f"{self._where}: {self._ended}")
                if left_s <= 0:
                    return DeliveryError(f"{self._where}: nothing acknowledged within {ACKNOWLEDGE_WITHIN_S:g} s")
                # A message counts as published a moment after its callback.
                self._changed.wait(min(left_s, 0.02))
