"""What Home Assistant must be told to show the readings by itself: MQTT discovery, one message an entity.

https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

import msgspec

STATUS = "status"
"""Below the discovery prefix Home Assistant says here that it has started."""

ONLINE, OFFLINE = "online", "offline"

UNKNOWN = "None"
"""A sensor with this payload has no state."""

MOST_CHARACTERS = 255
"""Of a state."""


def discovery(prefix: str, topic: str, name: str, regions: Iterable[str], version: str) -> list[tuple[str, bytes]]:
    """(topic, payload) of each entity: reading and confidence of every region, one problem."""
    device_id = identifier(topic)
    common = {
        "availability_topic": f"{topic}/available",
        "device": {
            "identifiers": [device_id],
            "name": name,
            "manufacturer": "digit-reader",
            "model": "digit-reader",
            "sw_version": version,
        },
        "origin": {"name": "digit-reader", "sw_version": version},
    }
    entities: list[tuple[str, str, dict[str, object]]] = []
    for region in regions:
        below = f"{topic}/{region}" if region else topic
        named = f"{region} " if region else ""
        tail = f"_{identifier(region)}" if region else ""
        reading = {"name": f"{named}reading", "state_topic": f"{below}/reading", "icon": "mdi:counter"}
        confidence = {
            "name": f"{named}confidence",
            "state_topic": f"{below}/confidence",
            "unit_of_measurement": "%",
            "value_template": "{{ (value | float * 100) | round(1) if value != 'None' else None }}",
            "suggested_display_precision": 1,
            "entity_category": "diagnostic",
        }
        entities += [("sensor", f"reading{tail}", dict(reading)), ("sensor", f"confidence{tail}", dict(confidence))]
    problem = {
        "name": "problem",
        "state_topic": f"{topic}/problem",
        "json_attributes_topic": f"{topic}/problem/attributes",
        "device_class": "problem",
        "entity_category": "diagnostic",
    }
    entities.append(("binary_sensor", "problem", dict(problem)))
    return [
        (
            f"{prefix}/{component}/{device_id}/{entity}/config",
            msgspec.json.encode({**settings, "unique_id": f"{device_id}_{entity}", **common}),
        )
        for component, entity, settings in entities
    ]


def identifier(text: str) -> str:
    """`text` in the letters that identifiers may have, unlike that of any other text."""
    plain = re.sub(r"[^a-zA-Z0-9_-]", "_", text)
    return plain if plain == text else f"{plain}_{hashlib.sha256(text.encode()).hexdigest()[:6]}"
