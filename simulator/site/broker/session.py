"""What the broker remembers of one client, connected or not (OASIS MQTT 3.1.1 section 3.1.2.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from simulator.site.broker.message import Delivery
from simulator.site.broker.message_queue import MessageQueue
from simulator.wire.mqtt.delivery import Inflow, Outflow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.site.broker.limits import Limits
    from simulator.site.broker.message import Message
    from simulator.wire.mqtt.packet import Will


class Link(Protocol):
    """The connection of a client, as its session sees it."""

    def wake(self) -> None:
        """There may be something to deliver."""

    def close(self, reason: str) -> None:
        """End the connection; the session no longer belongs to it."""


class Session:
    """Subscriptions, unfinished deliveries, what waits to be sent. `persistent` ones outlive the connection."""

    def __init__(self, client_id: str, limits: Limits, *, persistent: bool) -> None:
        self.client_id = client_id
        self.persistent = persistent
        self.filters: dict[str, int] = {}
        """Filter to granted QoS."""
        self.outflow = Outflow(limits.in_flight)
        self.inflow = Inflow()
        self.will: Will | None = None
        self.link: Link | None = None
        self.queue = MessageQueue(limits.queue, limits.queue_bytes)
        self._replay: dict[str, Delivery] = {}
        """Retained messages still to be sent for new subscriptions, one per topic: bounded by the store."""

    @property
    def waiting(self) -> bool:
        """Whether anything is to be sent."""
        return bool(self._replay) or len(self.queue) > 0

    def offer(self, message: Message, qos: int) -> bool:
        """A message for this client; False if the bound of its queue cost one."""
        if self.link is None and qos == 0:
            return True
        fits = True
        older = self._replay.pop(message.topic, None)
        if older is not None:  # an old value must not come after a new one
            fits = self.queue.push(older)
        fits = self.queue.push(Delivery(message, qos)) and fits
        if self.link is not None:
            self.link.wake()
        return fits

    def replay(self, messages: Iterable[Message], granted: int) -> None:
        """Retained messages for a new subscription; for overlapping ones once, at the higher QoS."""
        for message in messages:
            qos, pending = min(message.qos, granted), self._replay.get(message.topic)
            if pending is None or pending.message is not message or pending.qos < qos:
                self._replay[message.topic] = Delivery(message, qos, retained=True)

    def head(self) -> Delivery | None:
        """What is to be sent next: what was there before the subscription comes before what came after."""
        if self._replay:
            return next(iter(self._replay.values()))
        return self.queue.head()

    def pop(self) -> None:
        """`head` has been sent."""
        if self._replay:
            del self._replay[next(iter(self._replay))]
        else:
            self.queue.pop()

    def detach(self) -> None:
        """The connection is gone: QoS 0 is not kept."""
        self.link = None
        self.queue.keep_assured()
        self._replay = {topic: delivery for topic, delivery in self._replay.items() if delivery.qos}
