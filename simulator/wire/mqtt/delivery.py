"""Quality of service: what each end remembers of unfinished deliveries (OASIS MQTT 3.1.1 and 5.0 sections 4.3, 4.4, 4.6).

Both ends of a connection hold one `Outflow` and one `Inflow`. With a persistent session they outlive it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simulator.errors import ClientViolation
from simulator.wire.mqtt.packet import LEVEL_3_1_1, LEVEL_5, Puback, Pubcomp, Publish, Pubrec, Pubrel
from simulator.wire.mqtt.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_ID = 0xFFFF
FAILED = 0x80
"""Reason codes from here on are failures."""


class Outflow:
    """Messages of QoS 1 and 2 that were sent and are not yet acknowledged, in the order in which to send again.

    `window` is how many may be under way at once, at most 65,535.
    """

    def __init__(self, window: int = LARGEST_ID) -> None:
        self._window = window
        self._open: dict[int, Publish | Pubrel] = {}
        self._reserved: set[int] = set()
        self._last = 0

    def __len__(self) -> int:
        return len(self._open)

    @property
    def full(self) -> bool:
        return len(self._open) >= self._window

    def reserve(self) -> int:
        """A packet id for a SUBSCRIBE or UNSUBSCRIBE. Raises ClientViolation when all 65,535 are in use."""
        identifier = self._free_id()
        self._reserved.add(identifier)
        return identifier

    def release(self, packet_id: int) -> bool:
        """The request was answered; False if nobody asked with this id."""
        known = packet_id in self._reserved
        self._reserved.discard(packet_id)
        return known

    def begin(self, publish: Publish) -> Publish:
        """Remember a message of QoS 1 or 2 and give it an id."""
        number = self._free_id()
        numbered = Publish(
            publish.topic, publish.payload, publish.qos, publish.retain, False, number, publish.properties
        )
        self._open[numbered.packet_id] = numbered
        return numbered

    def acknowledge(
        self, packet: Puback | Pubrec | Pubcomp, level: int = LEVEL_3_1_1
    ) -> tuple[Pubrel | None, bool]:
        """What to answer to an acknowledgement, and whether a delivery is now complete.

        An unknown id is answered as if it were known (PUBREC; MQTT 5 says that it is not) or passed over: the peer
        may repeat itself after a reconnect. Raises ClientViolation for an acknowledgement of the wrong QoS.
        """
        waiting = self._open.get(packet.packet_id)
        if isinstance(packet, Pubrec):
            return self._received(packet, waiting, level)
        if waiting is None:
            return None, False
        if not isinstance(waiting, Pubrel if isinstance(packet, Pubcomp) else Publish) or _qos(waiting) != (
            2 if isinstance(packet, Pubcomp) else 1
        ):
            raise _wrong(packet)
        del self._open[packet.packet_id]
        return None, True

    def _received(
        self, packet: Pubrec, waiting: Publish | Pubrel | None, level: int
    ) -> tuple[Pubrel | None, bool]:
        if waiting is None:
            return Pubrel(packet.packet_id, Reason.PACKET_ID_NOT_FOUND if level == LEVEL_5 else 0), False
        if _qos(waiting) != 2:
            raise _wrong(packet)
        del self._open[packet.packet_id]
        if packet.code >= FAILED:  # the peer does not want it: the delivery ends here [MQTT-4.3.3]
            return None, True
        released = Pubrel(packet.packet_id)
        self._open[packet.packet_id] = released  # last: PUBREL go in the order of the PUBREC [MQTT-4.6.0-4]
        return released, False

    def discard(self, packet_id: int) -> None:
        """A message that `begin` numbered is not sent after all."""
        self._open.pop(packet_id, None)

    def unfinished(self) -> Iterator[Publish | Pubrel]:
        """What to send again on a resumed session: PUBLISH with DUP, then PUBREL, each in its order."""
        self._reserved.clear()
        for packet in self._open.values():
            yield replace(packet, dup=True) if isinstance(packet, Publish) else packet

    def forget(self) -> list[Publish]:
        """The peer has no session: drop all, and return the messages that it may never have seen."""
        lost = [replace(packet, packet_id=0) for packet in self._open.values() if isinstance(packet, Publish)]
        self._open.clear()
        self._reserved.clear()
        return lost

    def _free_id(self) -> int:
        for _ in range(LARGEST_ID):
            self._last = self._last % LARGEST_ID + 1
            if self._last not in self._open and self._last not in self._reserved:
                return self._last
        raise ClientViolation("all packet ids are in use: the peer acknowledges nothing")


def _qos(waiting: Publish | Pubrel) -> int:
    return waiting.qos if isinstance(waiting, Publish) else 2


def _wrong(packet: Puback | Pubrec | Pubcomp) -> ClientViolation:
    return ClientViolation(f"{type(packet).__name__.upper()} for a message that is not waiting for it")


class Inflow:
    """Ids of QoS 2 messages that were handed on and whose PUBREL has not come: they are not handed on twice."""

    def __init__(self) -> None:
        self._held: set[int] = set()

    def __len__(self) -> int:
        return len(self._held)

    def take(self, publish: Publish) -> tuple[Puback | Pubrec | None, bool]:
        """What to answer to a PUBLISH, and whether to hand it on."""
        if publish.qos == 0:
            return None, True
        if publish.qos == 1:
            return Puback(publish.packet_id), True
        fresh = publish.packet_id not in self._held
        self._held.add(publish.packet_id)
        return Pubrec(publish.packet_id), fresh

    def release(self, packet: Pubrel, level: int = LEVEL_3_1_1) -> Pubcomp:
        """Answer a PUBREL, of an unknown id as well; MQTT 5 says that it is unknown."""
        known = packet.packet_id in self._held
        self._held.discard(packet.packet_id)
        return Pubcomp(packet.packet_id, 0 if known or level != LEVEL_5 else Reason.PACKET_ID_NOT_FOUND)

    def refuse(self, packet_id: int) -> None:
        """A message that was answered with a failure is not waited for."""
        self._held.discard(packet_id)

    def forget(self) -> None:
        """A clean session begins."""
        self._held.clear()
