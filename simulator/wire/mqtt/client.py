"""The client's end of one connection, without I/O (OASIS MQTT 3.1.1; MQTT sheet 3.1 and 3.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simulator.errors import ClientViolation, MalformedMessage
from simulator.wire.mqtt.delivery import Inflow, Outflow
from simulator.wire.mqtt.encode import LONGEST, encode
from simulator.wire.mqtt.event import Acknowledged, Ended, unseen
from simulator.wire.mqtt.packet import (
    Connack,
    Connect,
    ConnectCode,
    Disconnect,
    Pingreq,
    Pingresp,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
)
from simulator.wire.mqtt.reader import PacketReader

if TYPE_CHECKING:
    from simulator.wire.mqtt.event import ClientEvent, Watcher
    from simulator.wire.mqtt.packet import Packet

DEFAULT_PATIENCE = 60.0
GOODBYE_PATIENCE = 2.0
"""Wire seconds that a DISCONNECT waits for outstanding acknowledgements."""


class ClientSession:
    """One connection to a server.

    Send a `Connect` first; everything else may be sent once `open`. `outflow` and `inflow` are the session state
    that lives on from connection to connection; pass the same ones to continue.
    """

    def __init__(
        self,
        outflow: Outflow,
        inflow: Inflow,
        *,
        largest: int = LONGEST,
        watch: Watcher = unseen,
    ) -> None:
        self._outflow, self._inflow = outflow, inflow
        self._watch = watch
        self._reader = PacketReader(largest=largest)
        self._output: list[bytes] = []
        self._keep_alive = 0
        self._sent_at = 0.0
        self._ping_at: float | None = None
        self._connected_by: float | None = None
        self._gone_by: float | None = None
        self._unsent: list[Publish] = []
        self.open = False
        """CONNACK 0 came and the connection has not ended."""
        self.ended = False

    @property
    def room(self) -> bool:
        """Whether a message of QoS 1 or 2 may be sent now."""
        return not self._outflow.full

    def receive(self, data: bytes, now: float) -> list[ClientEvent]:
        """Take in bytes and return what they mean. A message of the peer comes as `Publish`, QoS 2 only once."""
        events: list[ClientEvent] = []
        if not self.ended:
            self._reader.feed(data)
        while not self.ended:
            try:
                packet = self._reader.read()
                if packet is None:
                    break
                self._watch("in", packet)
                self._take(packet, now, events)
            except MalformedMessage as error:
                events.append(self._end("malformed packet", error.what, error.offset))
            except ClientViolation as error:
                events.append(self._end("protocol error", error.what))
        return events

    def send(
        self,
        packet: Connect | Publish | Subscribe | Unsubscribe | Disconnect,
        now: float,
        *,
        patience: float = DEFAULT_PATIENCE,
    ) -> None:
        """Queue a packet; packet ids are filled in. After a `Connect`, CONNACK may take `patience` wire seconds.

        `Disconnect` leaves at once, or when the last delivery under way is acknowledged, at most
        `GOODBYE_PATIENCE` later; then the session has `ended`. Raises ValueError for what cannot be encoded and
        ClientViolation when no packet id is free.
        """
        if self.ended:
            return
        if isinstance(packet, Connect):
            self._keep_alive = packet.keep_alive
            self._connected_by = now + patience
            self._put(packet, now)
        elif isinstance(packet, Disconnect):
            self._gone_by = now + GOODBYE_PATIENCE
            self._leave_if_done(now)
        else:
            self._put(self._numbered(packet), now)

    def take_output(self) -> bytes:
        """What is to be written, once."""
        output = b"".join(self._output)
        self._output.clear()
        return output

    def next_deadline(self) -> float | None:
        """Wire time at which to call `tick`, or None."""
        if self.ended:
            return None
        if self._connected_by is not None:
            return self._connected_by
        due = [] if self._gone_by is None else [self._gone_by]
        if self._keep_alive:
            due.append((self._sent_at if self._ping_at is None else self._ping_at) + self._keep_alive)
        return min(due, default=None)

    def tick(self, now: float) -> list[ClientEvent]:
        """Ping after a silence, and give up on a server that does not answer."""
        deadline = self.next_deadline()
        if deadline is None or now < deadline:
            return []
        if self._connected_by is not None:
            return [self._end("no CONNACK in time")]
        if self._gone_by is not None and now >= self._gone_by:
            return [self._leave(now)]
        if self._ping_at is not None:
            return [self._end("no PINGRESP in time")]
        self._put(Pingreq(), now)
        self._ping_at = now
        return []

    def unsent(self) -> list[Publish]:
        """Messages of an earlier connection that a server without a session may never have seen; once."""
        unsent, self._unsent = self._unsent, []
        return unsent

    def _numbered(self, packet: Publish | Subscribe | Unsubscribe) -> Packet:
        if isinstance(packet, Publish) and packet.qos == 0:
            return packet
        encode(replace(packet, packet_id=1))  # what cannot be encoded must fail before an id is taken
        if isinstance(packet, Publish):
            return self._outflow.begin(packet)
        return replace(packet, packet_id=self._outflow.reserve())

    def _put(self, packet: Packet, now: float) -> None:
        self._output.append(encode(packet))
        self._sent_at = now
        self._watch("out", packet)

    def _end(self, reason: str, violation: str = "", offset: int = 0) -> Ended:
        self.ended, self.open = True, False
        return Ended(reason, violation, offset)

    def _leave(self, now: float) -> Ended:
        self._put(Disconnect(), now)
        return self._end("disconnected")

    def _leave_if_done(self, now: float) -> list[ClientEvent]:
        if self._gone_by is None or len(self._outflow):
            return []
        return [self._leave(now)]

    def _take(self, packet: Packet, now: float, events: list[ClientEvent]) -> None:
        if not self.open:
            self._welcomed(packet, now, events)
        elif isinstance(packet, Publish):
            answer, fresh = self._inflow.take(packet)
            if answer is not None:
                self._put(answer, now)
            if fresh:
                events.append(packet)
        elif isinstance(packet, Suback | Unsuback):
            if self._outflow.release(packet.packet_id):
                events.append(packet)
        else:
            self._take_other(packet, now, events)

    def _welcomed(self, packet: Packet, now: float, events: list[ClientEvent]) -> None:
        if not isinstance(packet, Connack) or self._connected_by is None:
            raise ClientViolation(f"{type(packet).__name__.upper()} instead of CONNACK")
        self._connected_by = None
        events.append(packet)
        if packet.code != ConnectCode.ACCEPTED:
            events.append(self._end(f"refused with code {packet.code}"))
            return
        self.open = True
        if packet.session_present:
            for again in self._outflow.unfinished():
                self._put(again, now)
        else:
            self._unsent = self._outflow.forget()
            self._inflow.forget()

    def _take_other(self, packet: Packet, now: float, events: list[ClientEvent]) -> None:
        if isinstance(packet, Pingresp):
            self._ping_at = None
        elif isinstance(packet, Pubrel):
            self._put(self._inflow.release(packet), now)
        elif isinstance(packet, Puback | Pubrec | Pubcomp):
            answer, complete = self._outflow.acknowledge(packet)
            if answer is not None:
                self._put(answer, now)
            if complete:
                events.append(Acknowledged(packet.packet_id))
                events += self._leave_if_done(now)
        else:
            raise ClientViolation(f"{type(packet).__name__.upper()} from a server")
