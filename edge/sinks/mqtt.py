"""Events and the state of things to an MQTT broker, and to Home Assistant through it.

    TOPIC/event                 each event as JSON; in order, at least once
    TOPIC/available             online, offline; retained, as all that follows
    TOPIC/reading               the number, outside regions; TOPIC/REGION/reading in each
    TOPIC/confidence            of it, 0 to 1; likewise
    TOPIC/problem               ON, OFF; TOPIC/problem/attributes has the reason

What holds now is published as it changes and whenever a connection begins; events that had to wait follow it.
It is imported only where there is a broker: the library takes memory and time at the start.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import msgspec

from edge.sinks import home_assistant
from edge.sinks.backlog import Backlog
from edge.sinks.board import Board
from edge.sinks.envelope import Envelope
from edge.sinks.home_assistant import MOST_CHARACTERS, OFFLINE, ONLINE, UNKNOWN
from edge.sinks.mqtt_link import Broker, Link, Will
from edge.sinks.worker import DeliveryError, Pace, Worker

NAME = "mqtt"

PACE = Pace(batch=20, tend_every_s=1.0, most_pause_s=60.0)
"""As many events at once as the library has on their way."""


class Topics(msgspec.Struct, frozen=True):
    """What is published where."""

    topic: str
    name: str = "digit-reader"
    """For people."""
    regions: Sequence[str] = ("",)
    """Names; one that is empty if there are none."""
    discovery_prefix: str = ""
    """Of Home Assistant; empty if it is not told."""
    version: str = ""
    """Of this program."""


class MqttTarget:
    """Publishes to a broker. `take` may be called on any thread, the rest on one."""

    def __init__(self, broker: Broker, topics: Topics) -> None:
        self._broker, self._topics = broker, topics
        self._link: Link | None = None
        self._board = Board([region for region in topics.regions if region])
        self._board_lock = threading.Lock()
        self._published: dict[str, bytes] = {}
        """By topic, over this connection."""
        self._announce = threading.Event()
        """Home Assistant has started, and knows nothing yet."""

    def take(self, envelope: Envelope) -> None:
        """Take in what holds from now on."""
        with self._board_lock:
            self._board.take(envelope)

    def tend(self) -> None:
        """See that there is a connection, and that what holds now is published. Raises DeliveryError."""
        if self._link and not self._link.is_up:
            self._drop()
        if not self._link:
            self._connect()
        if self._announce.is_set():
            self._announce.clear()
            self._published.clear()
            self._publish(self._discovery())
        with self._board_lock:
            state = self._state()
        self._publish([entry for entry in state if self._published.get(entry[0]) != entry[1]])

    def deliver(self, batch: Sequence[Envelope]) -> int:
        """Publishes all of `batch`, or as much of it as goes."""
        return self._publish([(f"{self._topics.topic}/event", envelope.body, False) for envelope in batch])

    def close(self) -> None:
        """Tell that we are gone."""
        if self._link:
            self._link.say_goodbye([(self._available, OFFLINE.encode(), True)])

    @property
    def _available(self) -> str:
        return f"{self._topics.topic}/available"

    def _connect(self) -> None:
        self._link = Link(self._broker, Will(self._available, OFFLINE), self._heard)
        self._published.clear()
        if self._topics.discovery_prefix:
            self._link.subscribe(f"{self._topics.discovery_prefix}/{home_assistant.STATUS}")
            self._announce.set()

    def _drop(self) -> None:
        if self._link:
            self._link.cut()
        self._link = None

    def _heard(self, _topic: str, payload: bytes) -> None:
        if payload == ONLINE.encode():
            self._announce.set()

    def _publish(self, messages: list[tuple[str, bytes, bool]]) -> int:
        """How many were acknowledged. Raises DeliveryError, and ends the connection, if not even the first was."""
        if not messages:
            return 0
        if not self._link:
            raise DeliveryError(f"{self._broker.where}: no connection")
        try:
            count = self._link.publish(messages)
        except DeliveryError:
            self._drop()
            raise
        for topic, payload, retained in messages[:count]:
            if retained:
                self._published[topic] = payload
        if count < len(messages):
            self._drop()
        return count

    def _discovery(self) -> list[tuple[str, bytes, bool]]:
        topics = self._topics
        entities = home_assistant.discovery(
            topics.discovery_prefix, topics.topic, topics.name, topics.regions, topics.version
        )
        # Not retained: Home Assistant asks when it starts, and nothing is left there of a daemon that is no more.
        return [(topic, payload, False) for topic, payload in entities]

    def _state(self) -> list[tuple[str, bytes, bool]]:
        """What holds now, retained, by topic. What is not known yet is left as the broker has it."""
        top = self._topics.topic
        state = [(self._available, ONLINE)]
        for region, place in self._board.places.items():
            if place.reading is None:
                continue
            below = f"{top}/{region}" if region else top
            state += [
                (f"{below}/reading", place.reading[:MOST_CHARACTERS] or UNKNOWN),
                (f"{below}/confidence", UNKNOWN if place.confidence is None else f"{place.confidence:.4f}"),
            ]
        problem = self._board.problem
        state += [
            (f"{top}/problem/attributes", msgspec.json.encode({"reason": problem}).decode()),
            (f"{top}/problem", "ON" if problem else "OFF"),
        ]
        return [(topic, payload.encode(), True) for topic, payload in state]


class MqttSink(Worker):
    """A sink that publishes to a broker."""

    def __init__(self, target: MqttTarget, backlog: Backlog, pace: Pace = PACE, secrets: Sequence[str] = ()) -> None:
        self._board = target
        super().__init__(NAME, target, backlog, pace, secrets)

    def put(self, envelope: Envelope) -> None:
        """Take an event, and what holds because of it."""
        self._board.take(envelope)
        super().put(envelope)
