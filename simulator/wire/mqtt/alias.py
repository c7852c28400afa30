"""Topic aliases of MQTT 5: a small number in place of a topic, each way (OASIS MQTT 5.0 section 3.3.2.3.4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simulator.wire.mqtt.reason import ProtocolBreach, Reason

if TYPE_CHECKING:
    from simulator.wire.mqtt.packet import Publish


class IncomingAliases:
    """What the peer's aliases stand for on this connection; it may use 1 to `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._topics: dict[int, str] = {}

    def resolve(self, publish: Publish) -> Publish:
        """The message under its topic, without the alias. Raises ProtocolBreach for one that is unknown or too high."""
        alias = publish.properties.topic_alias
        if alias is None:
            return publish
        if alias > self._most:
            raise ProtocolBreach(f"topic alias {alias}, at most {self._most}", Reason.TOPIC_ALIAS_INVALID)
        topic = publish.topic or self._topics.get(alias)
        if topic is None:
            raise ProtocolBreach(f"topic alias {alias} stands for nothing", Reason.PROTOCOL_ERROR)
        self._topics[alias] = topic
        return replace(publish, topic=topic, properties=replace(publish.properties, topic_alias=None))


class OutgoingAliases:
    """The first `most` topics that are sent get an alias; the others are written out."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._numbers: dict[str, int] = {}

    def shorten(self, publish: Publish) -> Publish:
        """The message as it goes over the wire."""
        alias = self._numbers.get(publish.topic)
        if alias is not None:
            return replace(publish, topic="", properties=replace(publish.properties, topic_alias=alias))
        if len(self._numbers) >= self._most:
            return publish
        alias = self._numbers[publish.topic] = len(self._numbers) + 1
        return replace(publish, properties=replace(publish.properties, topic_alias=alias))
