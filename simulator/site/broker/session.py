"""What the broker remembers of one client, connected or not (OASIS MQTT 3.1.1 section 3.1.2.4, 5.0 section 4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from simulator.site.broker.message import Delivery
from simulator.site.broker.message_queue import MessageQueue
from simulator.wire.mqtt.delivery import Inflow, Outflow
from simulator.wire.mqtt.packet import LEVEL_3_1_1
from simulator.wire.mqtt.properties import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.site.broker.limits import Limits
    from simulator.site.broker.message import Message
    from simulator.site.broker.subscription import Grant
    from simulator.wire.mqtt.packet import Will
    from simulator.wire.mqtt.reason import Reason


class Link(Protocol):
    """The connection of a client, as its session sees it."""

    def wake(self) -> None:
        """There may be something to deliver."""

    def close(self, reason: str, code: Reason | None = None) -> None:
        """End the connection, with a word to a client of MQTT 5; the session no longer belongs to it."""


class Session:
    """Subscriptions, unfinished deliveries, what waits to be sent."""

    def __init__(self, client_id: str, limits: Limits, *, expiry: int = 0) -> None:
        self.client_id = client_id
        self.expiry = expiry
        """Seconds it outlives its connection; `NEVER` for one that does not end."""
        self.level = LEVEL_3_1_1
        """Protocol level of the last connection."""
        self.filters: dict[str, Grant] = {}
        self.outflow = Outflow(limits.in_flight)
        self.inflow = Inflow()
        self.will: Will | None = None
        self.will_at: float | None = None
        """Wire time at which the will of a lost connection is published."""
        self.ends_at: float | None = None
        """Wire time at which it is forgotten, if its client stays away."""
        self.link: Link | None = None
        self.queue = MessageQueue(limits.queue, limits.queue_bytes)
        self._replay: dict[str, Delivery] = {}
        """Retained messages still to be sent for new subscriptions, one per topic: bounded by the store."""

    @property
    def persistent(self) -> bool:
        return self.expiry > 0

    @property
    def due(self) -> float | None:
        """When something happens to it by itself."""
        return min((at for at in (self.will_at, self.ends_at) if at is not None), default=None)

    def left_at(self, now: float) -> None:
        """The connection is gone: the end comes nearer, unless the session has none."""
        self.ends_at = None if self.expiry == NEVER else now + self.expiry

    @property
    def waiting(self) -> bool:
        """Whether anything is to be sent."""
        return bool(self._replay) or len(self.queue) > 0

    def offer(
        self, message: Message, qos: int, *, retained: bool = False, identifiers: tuple[int, ...] = ()
    ) -> bool:
        """A message for this client; False if the bound of its queue cost one."""
        link = self.link
        if link is None and qos == 0:
            return True
        fits = True
        if self._replay:
            older = self._replay.pop(message.topic, None)
            if older is not None:  # an old value must not come after a new one
                fits = self.queue.push(older)
        fits = self.queue.push(Delivery(message, qos, retained, identifiers)) and fits
        if link is not None:
            link.wake()
        return fits

    def replay(self, messages: Iterable[Message], grant: Grant) -> None:
        """Retained messages for a new subscription; for overlapping ones once, at the higher QoS."""
        for message in messages:
            qos, pending = min(message.qos, grant.qos), self._replay.get(message.topic)
            if pending is None or pending.message is not message or pending.qos < qos:
                self._replay[message.topic] = Delivery(message, qos, True, grant.identifiers)

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
