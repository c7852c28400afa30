"""The server's end of one connection, without I/O (OASIS MQTT 3.1.1 and 5.0; MQTT sheet 3.2, 3.3 and 3.5).

The session keeps the order of packets, the acknowledgements and the clock of the connection; who may connect and
who gets what is its owner's business. After a `Connect` event it reads no further until the owner has sent a
`Connack`, so that a client may send SUBSCRIBE without waiting for it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulator.errors import ClientViolation, MalformedMessage
from simulator.wire.mqtt.alias import IncomingAliases, OutgoingAliases
from simulator.wire.mqtt.delivery import LARGEST_ID, Inflow, Outflow
from simulator.wire.mqtt.encode import LONGEST, encode
from simulator.wire.mqtt.event import Acknowledged, Ended, unseen
from simulator.wire.mqtt.packet import (
    LEVEL_5,
    Auth,
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
from simulator.wire.mqtt.properties import NONE, Properties
from simulator.wire.mqtt.reader import PacketReader
from simulator.wire.mqtt.reason import ProtocolBreach, Reason, code_of

if TYPE_CHECKING:
    from simulator.wire.mqtt.event import ServerEvent, Watcher
    from simulator.wire.mqtt.packet import Packet, Suback, Unsuback

KEEP_ALIVE_GRACE = 1.5
"""A client may be silent for this many times its keep alive [MQTT-3.1.2-24]."""
CONNECT_PATIENCE = 10.0
"""Wire seconds from the opened connection to a whole CONNECT."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a client of MQTT 5 is told in CONNACK that it may do."""

    receive_maximum: int = LARGEST_ID
    """Messages of QoS 2 that it may leave unreleased; of QoS 1 there are none, they are acknowledged at once."""
    topic_alias_maximum: int = 10
    """Aliases it may use (mosquitto: 10)."""
    keep_alive: int | None = None
    """Longest keep alive, in seconds; None lets the client choose."""


DEFAULT_TERMS = Terms()


class ServerSession:
    """One connection of a client. `largest` bounds the body of a packet in bytes."""

    def __init__(
        self, now: float, *, largest: int = LONGEST, watch: Watcher = unseen, terms: Terms = DEFAULT_TERMS
    ) -> None:
        self._reader = PacketReader(largest=largest)
        self._largest = largest
        self._watch = watch
        self._terms = terms
        self._output: list[bytes] = []
        self._heard = now
        self._connect_by: float | None = now + CONNECT_PATIENCE
        self._silence = 0.0
        self._outflow, self._inflow = Outflow(), Inflow()
        self._again: deque[Packet] = deque()
        """What a resumed session has to send again and the client's receive maximum does not let out yet."""
        self._known = IncomingAliases(0)
        self._aliases = OutgoingAliases(0)
        self._largest_sent = 0
        """The client's maximum packet size; 0 for none."""
        self.connect: Connect | None = None
        """What the client said, once it has."""
        self.level = 0
        """Of the protocol, once the client has said it."""
        self.open = False
        """CONNACK 0 was sent and the connection has not ended."""
        self.ended = False

    @property
    def room(self) -> bool:
        """Whether a message of QoS 1 or 2 may be sent now."""
        return not self._outflow.full and not self._again and len(self._outflow) < self._window

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
                self._complain(code_of(error), error.what)
                events.append(self._end("malformed packet", error.what, error.offset))
            except ClientViolation as error:
                self._complain(code_of(error), error.what)
                events.append(self._end("protocol error", error.what))
            most = None if most is None else most - 1
        return events

    def send(self, packet: Connack | Publish | Suback | Unsuback, now: float) -> bool:
        """Queue a packet. A `Connack` opens the connection, or with any code but 0 ends it.

        False: a message is larger than the client takes, and was passed over [MQTT-3.1.2-25]. Raises
        ClientViolation when a message of QoS 1 or 2 finds no free packet id.
        """
        if self.ended:
            return True
        if isinstance(packet, Connack):
            self._answer(packet, now)
            return True
        if isinstance(packet, Publish):
            return self._send_message(packet)
        self._put(packet)
        return True

    def acknowledge(self, publish: Publish, code: Reason) -> None:
        """Answer a message of MQTT 5 by what became of it; the older levels have been answered when it came."""
        if self.level != LEVEL_5:
            return
        if publish.qos == 1:
            self._put(Puback(publish.packet_id, code))
        elif publish.qos == 2:
            self._put(Pubrec(publish.packet_id, code))
            if code >= Reason.UNSPECIFIED:
                self._inflow.refuse(publish.packet_id)

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
        if self._connect_by is not None:
            return [self._end("no CONNECT")]
        self._complain(Reason.KEEP_ALIVE_TIMEOUT)
        return [self._end("keep alive expired")]

    def extend(self, now: float) -> None:
        """Count the client's silence from now on: the server itself has not been listening."""
        self._heard = now

    def close(self, code: Reason | None = None) -> None:
        """End without a word to the client; with a code, one of MQTT 5 is told why."""
        if code is not None:
            self._complain(code)
        self.ended, self.open = True, False

    def _answer(self, connack: Connack, now: float) -> None:
        self._connect_by, self._heard = None, now
        if connack.code != ConnectCode.ACCEPTED or self.connect is None:
            self._put(connack)
            self.close()
            return
        self.open = True
        self._silence = self.connect.keep_alive * KEEP_ALIVE_GRACE
        if self.level == LEVEL_5:
            connack = self._agree(connack, self.connect)
        self._put(connack)
        self._again.extend(self._outflow.unfinished())
        self._send_again(self._window)

    def _agree(self, connack: Connack, connect: Connect) -> Connack:
        """The client's limits are kept from here on; CONNACK tells ours."""
        asked, terms = connect.properties, self._terms
        self._largest_sent = asked.maximum_packet_size or 0
        self._aliases = OutgoingAliases(asked.topic_alias_maximum or 0)
        self._known = IncomingAliases(terms.topic_alias_maximum)
        keep_alive = terms.keep_alive
        if keep_alive is not None and not 0 < connect.keep_alive <= keep_alive:
            self._silence = keep_alive * KEEP_ALIVE_GRACE
        else:
            keep_alive = None
        told = replace(
            connack.properties,
            receive_maximum=terms.receive_maximum if terms.receive_maximum < LARGEST_ID else None,
            topic_alias_maximum=terms.topic_alias_maximum or None,
            server_keep_alive=keep_alive,
            maximum_packet_size=self._largest + 5 if self._largest < LONGEST else None,
        )
        return replace(connack, properties=told)

    @property
    def _window(self) -> int:
        """How many messages of QoS 1 and 2 the client lets be under way."""
        return LARGEST_ID if self.connect is None else self.connect.properties.receive_maximum or LARGEST_ID

    def _send_again(self, count: int) -> None:
        for _ in range(min(count, len(self._again))):
            packet = self._again.popleft()
            self._put(self._aliases.shorten(packet) if isinstance(packet, Publish) else packet)

    def _send_message(self, publish: Publish) -> bool:
        if publish.qos:
            publish = self._outflow.begin(publish)
        wire = publish if self.level != LEVEL_5 else self._aliases.shorten(publish)
        data = encode(wire, self.level)
        if self._largest_sent and len(data) > self._largest_sent:
            self._outflow.discard(publish.packet_id)
            return False
        self._output.append(data)
        self._watch("out", wire)
        return True

    def _put(self, packet: Packet) -> None:
        self._output.append(encode(packet, self.level))
        self._watch("out", packet)

    def _complain(self, code: Reason, why: str = "") -> None:
        """Say to a client of MQTT 5 what ends the connection; the older levels have no word for it."""
        if self.ended or (self.level or self._reader.level) != LEVEL_5:
            return
        self.level = LEVEL_5
        properties = Properties(reason_string=why) if why else NONE
        if self.open:
            self._put(Disconnect(code, properties))
        elif self._connect_by is not None:
            self._put(Connack(code, properties=properties))

    def _end(self, reason: str, violation: str = "", offset: int = 0) -> Ended:
        self.close()
        return Ended(reason, violation, offset)

    def _take(self, packet: Packet, events: list[ServerEvent]) -> None:
        if isinstance(packet, Publish) and self.open:
            self._take_message(packet, events)
        elif not self.open:
            self._introduced(packet, events)
        elif isinstance(packet, Subscribe | Unsubscribe):
            events.append(packet)
        else:
            self._take_other(packet, events)

    def _take_message(self, publish: Publish, events: list[ServerEvent]) -> None:
        if self.level == LEVEL_5:
            publish = self._checked(publish)
        answer, fresh = self._inflow.take(publish)
        if fresh:
            events.append(publish)
        if answer is not None and not (fresh and self.level == LEVEL_5):
            self._put(answer)

    def _checked(self, publish: Publish) -> Publish:
        if publish.properties is not NONE:
            if publish.properties.subscription_ids:
                raise ProtocolBreach("PUBLISH of a client with a subscription identifier")
            publish = self._known.resolve(publish)
        if publish.qos == 2 and len(self._inflow) >= self._terms.receive_maximum and not publish.dup:
            raise ProtocolBreach(
                f"more than {self._terms.receive_maximum} messages under way", Reason.RECEIVE_MAXIMUM_EXCEEDED
            )
        return publish

    def _introduced(self, packet: Packet, events: list[ServerEvent]) -> None:
        if isinstance(packet, OtherConnect):
            self._put(Connack(ConnectCode.BAD_LEVEL))
            events.append(self._end(f"protocol level {packet.level} is not spoken"))
        elif isinstance(packet, Connect):
            self.level = packet.level
            self._check(packet)
            self.connect = packet
            self._connect_by = None
            events.append(packet)
        else:
            raise ClientViolation(f"{type(packet).__name__.upper()} before CONNECT")

    def _check(self, connect: Connect) -> None:
        said = connect.properties
        if said.authentication_data is not None and said.authentication_method is None:
            raise ProtocolBreach("authentication data without a method")

    def _take_other(self, packet: Packet, events: list[ServerEvent]) -> None:
        if isinstance(packet, Pingreq):
            self._put(Pingresp())
        elif isinstance(packet, Pubrel):
            self._put(self._inflow.release(packet, self.level))
        elif isinstance(packet, Puback | Pubrec | Pubcomp):
            answer, complete = self._outflow.acknowledge(packet, self.level)
            if answer is not None:
                self._put(answer)
            if complete:
                self._send_again(1)
                events.append(Acknowledged(packet.packet_id))
        elif isinstance(packet, Disconnect):
            self._check_goodbye(packet)
            events += [packet, self._end("client left")]
        elif isinstance(packet, Auth):
            raise ProtocolBreach("AUTH on a connection without an authentication method")
        else:
            raise ClientViolation(f"{type(packet).__name__.upper()} from a connected client")

    def _check_goodbye(self, packet: Disconnect) -> None:
        """A session that was to end with the connection cannot be kept after all [MQTT-3.14.2-2]."""
        asked = packet.properties.session_expiry
        kept = self.connect is not None and self.connect.properties.session_expiry
        if asked and not kept:
            raise ProtocolBreach("DISCONNECT with a session expiry, where CONNECT had none")
