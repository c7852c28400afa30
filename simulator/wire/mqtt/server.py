"""The server's end of one connection, without I/O (OASIS MQTT 3.1.1; MQTT sheet 3.2 and 3.5).

The session keeps the order of packets, the acknowledgements and the clock of the connection; who may connect and
who gets what is its owner's business. After a `Connect` event it reads no further until the owner has sent a
`Connack`, so that a client may send SUBSCRIBE without waiting for it.
"""

from __future__ import annotations

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
    OtherConnect,
    Pingreq,
    Pingresp,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Subscribe,
    Unsubscribe,
)
from simulator.wire.mqtt.reader import PacketReader

if TYPE_CHECKING:
    from simulator.wire.mqtt.event import ServerEvent, Watcher
    from simulator.wire.mqtt.packet import Packet, Suback, Unsuback

UNSUPPORTED_LEVEL_5 = 0x84
"""CONNACK reason code of MQTT 5: unsupported protocol version."""
KEEP_ALIVE_GRACE = 1.5
"""A client may be silent for this many times its keep alive [MQTT-3.1.2-24]."""
CONNECT_PATIENCE = 10.0
"""Wire seconds from the opened connection to a whole CONNECT."""


class ServerSession:
    """One connection of a client. `largest` bounds the body of a packet in bytes."""

    def __init__(self, now: float, *, largest: int = LONGEST, watch: Watcher = unseen) -> None:
        self._reader = PacketReader(largest=largest)
        self._watch = watch
        self._output: list[bytes] = []
        self._heard = now
        self._connect_by: float | None = now + CONNECT_PATIENCE
        self._silence = 0.0
        self._outflow, self._inflow = Outflow(), Inflow()
        self.connect: Connect | None = None
        """What the client said, once it has."""
        self.open = False
        """CONNACK 0 was sent and the connection has not ended."""
        self.ended = False

    @property
    def room(self) -> bool:
        """Whether a message of QoS 1 or 2 may be sent now."""
        return not self._outflow.full

    @property
    def pending(self) -> int:
        """Bytes taken in and not yet looked at."""
        return 0 if self.ended else self._reader.pending

    @property
    def wanted(self) -> int:
        """Bytes that the packet at the front needs in all, once `receive` has found it unfinished; else 0."""
        return self._reader.wanted

    def resume(self, outflow: Outflow, inflow: Inflow) -> None:
        """Go on with the deliveries of a session; to be called before CONNACK is sent."""
        self._outflow, self._inflow = outflow, inflow

    def feed(self, data: bytes, now: float) -> None:
        """Take in bytes without looking at them."""
        if data and not self.ended:
            self._reader.feed(data)
            self._heard = now

    def receive(self, data: bytes, now: float, most: int | None = None) -> list[ServerEvent]:
        """Take in bytes and return what they mean, after at most `most` packets.

        Fewer events than there are packets come back while a `Connect` waits for its answer and when `most` is
        reached; call again with no data for the rest.
        """
        self.feed(data, now)
        events: list[ServerEvent] = []
        while not self.ended and most != 0 and (self.open or self.connect is None):
            try:
                packet = self._reader.read()
                if packet is None:
                    break
                self._watch("in", packet)
                self._take(packet, events)
            except MalformedMessage as error:
                events.append(self._end("malformed packet", error.what, error.offset))
            except ClientViolation as error:
                events.append(self._end("protocol error", error.what))
            most = None if most is None else most - 1
        return events

    def send(self, packet: Connack | Publish | Suback | Unsuback, now: float) -> None:
        """Queue a packet. A `Connack` opens the connection, or with any code but 0 ends it.

        Raises ClientViolation when a message of QoS 1 or 2 finds no free packet id.
        """
        if self.ended:
            return
        if isinstance(packet, Connack):
            self._answer(packet, now)
        elif isinstance(packet, Publish) and packet.qos:
            self._put(self._outflow.begin(packet))
        else:
            self._put(packet)

    def take_output(self) -> bytes:
        """What is to be written, once."""
        output = b"".join(self._output)
        self._output.clear()
        return output

    @property
    def has_output(self) -> bool:
        return bool(self._output)

    def next_deadline(self) -> float | None:
        """Wire time at which to call `tick`, or None."""
        if self.ended:
            return None
        if self._connect_by is not None:
            return self._connect_by
        return self._heard + self._silence if self._silence else None

    def tick(self, now: float) -> list[ServerEvent]:
        """End the session if its time is up."""
        deadline = self.next_deadline()
        if deadline is None or now < deadline:
            return []
        return [self._end("no CONNECT" if self._connect_by is not None else "keep alive expired")]

    def extend(self, now: float) -> None:
        """Count the client's silence from now on: the server itself has not been listening."""
        self._heard = now

    def close(self) -> None:
        """End without a word to the client."""
        self.ended, self.open = True, False

    def _answer(self, connack: Connack, now: float) -> None:
        self._put(connack)
        self._connect_by, self._heard = None, now
        if connack.code != ConnectCode.ACCEPTED or self.connect is None:
            self.close()
            return
        self.open = True
        self._silence = self.connect.keep_alive * KEEP_ALIVE_GRACE
        for packet in self._outflow.unfinished():
            self._put(packet)

    def _put(self, packet: Packet) -> None:
        self._output.append(encode(packet))
        self._watch("out", packet)

    def _end(self, reason: str, violation: str = "", offset: int = 0) -> Ended:
        self.close()
        return Ended(reason, violation, offset)

    def _take(self, packet: Packet, events: list[ServerEvent]) -> None:
        if isinstance(packet, Publish) and self.open:
            answer, fresh = self._inflow.take(packet)
            if answer is not None:
                self._put(answer)
            if fresh:
                events.append(packet)
        elif not self.open:
            self._introduced(packet, events)
        elif isinstance(packet, Subscribe | Unsubscribe):
            events.append(packet)
        else:
            self._take_other(packet, events)

    def _introduced(self, packet: Packet, events: list[ServerEvent]) -> None:
        if isinstance(packet, OtherConnect):
            self._put(_refusal(packet.level))
            events.append(self._end(f"protocol level {packet.level} is not spoken"))
        elif isinstance(packet, Connect):
            self.connect = packet
            self._connect_by = None
            events.append(packet)
        else:
            raise ClientViolation(f"{type(packet).__name__.upper()} before CONNECT")

    def _take_other(self, packet: Packet, events: list[ServerEvent]) -> None:
        if isinstance(packet, Pingreq):
            self._put(Pingresp())
        elif isinstance(packet, Pubrel):
            self._put(self._inflow.release(packet))
        elif isinstance(packet, Puback | Pubrec | Pubcomp):
            answer, complete = self._outflow.acknowledge(packet)
            if answer is not None:
                self._put(answer)
            if complete:
                events.append(Acknowledged(packet.packet_id))
        elif isinstance(packet, Disconnect):
            events += [packet, self._end("client left")]
        else:
            raise ClientViolation(f"{type(packet).__name__.upper()} from a connected client")


def _refusal(level: int) -> Connack:
    """A client of level 5 reads a reason code and properties, any other a return code."""
    if level == 5:
        return Connack(UNSUPPORTED_LEVEL_5, level=level)
    return Connack(ConnectCode.BAD_LEVEL)
