"""One client's connection to the broker: bytes in, packets to the router, deliveries out."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from typing import TYPE_CHECKING, Protocol, cast

from simulator.site.broker.message import OBSERVER, TOPIC_SHOWN
from simulator.site.broker.router import Refusal, refusal_code
from simulator.wire.mqtt.event import Acknowledged, Ended
from simulator.wire.mqtt.packet import (
    LEVEL_3_1,
    LEVEL_5,
    Connack,
    Connect,
    Disconnect,
    Publish,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
)
from simulator.wire.mqtt.properties import Properties
from simulator.wire.mqtt.reason import Reason
from simulator.wire.mqtt.server import ServerSession, Terms

if TYPE_CHECKING:
    from simulator.site.broker.message import Delivery
    from simulator.site.broker.router import Router
    from simulator.site.broker.script import Orders
    from simulator.site.broker.session import Session
    from simulator.site.broker.timing import Deadlines
    from simulator.site.broker.turn import Turns
    from simulator.wire.mqtt.event import ServerEvent

LINGER = 5.0
"""Wire seconds that the last bytes for a client may take before the connection is cut."""
_LINGER_ZERO = struct.pack("ii", 1, 0)


class House(Protocol):
    """What the connections of one broker share."""

    router: Router
    orders: Orders
    turns: Turns

    def opened(self, connection: Connection) -> bool:
        """A connection stands; False if there are too many."""

    def closed(self, connection: Connection, reason: str) -> None:
        """A connection is gone."""

    wire: Deadlines
    """Wire time, by which clients are timed that are not the bench's own."""

    def time_of(self, connection: Connection) -> Deadlines:
        """The time by which a client that has said CONNECT is timed."""

    def note(self, what: str, connection: Connection, **data: object) -> None:
        """Write into the journal."""


class Connection(asyncio.Protocol):
    """The asyncio end. No task, no timer of its own while no delay is ordered."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._limits = house.router.limits
        self._time = house.wire
        terms = Terms(self._limits.unreleased, self._limits.aliases, self._limits.keep_alive)
        self._wire = ServerSession(self._time.now(), largest=self._limits.packet, terms=terms)
        self._transport: asyncio.Transport | None = None
        self._session: Session | None = None
        self._writable = True
        self._reading = True
        self._orderly = False
        self._close_by: float | None = None
        self._held: deque[tuple[float, bytes]] = deque()
        self._held_bytes = 0
        self._release: asyncio.TimerHandle | None = None
        self._reason = "connection lost"
        self.peer = ""
        """Address and port of the client."""
        self.client_id = ""
        """Empty before CONNECT."""

    # asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=self._limits.unwritten)
        peer = transport.get_extra_info("peername")
        self.peer = f"{peer[0]}:{peer[1]}" if peer else ""
        if self._house.opened(self):
            self._watch()
        else:
            self.abort("too many connections")

    def data_received(self, data: bytes) -> None:
        self._wire.feed(data, self._time.now())
        self._look()
        self._adjust_reading()

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self._look()
        self.wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        self._wire.close()
        self._time.forget(self)
        self._house.turns.forget(self)
        self._transport = None
        if self._release is not None:
            self._release.cancel()
        self._house.closed(self, self._reason)

    # turns

    def wake(self) -> None:
        """There may be something to deliver."""
        self._house.turns.to_write(self)

    @property
    def awaited(self) -> bool:
        """Deliveries wait for this client's acknowledgements."""
        return self._session is not None and self._session.waiting

    def read_some(self, most: int) -> tuple[bool, int]:
        """Handle up to `most` packets; whether there may be more, and to how many clients they were queued."""
        if not self._may_read:
            return False, 0
        wire, offers, more = self._wire, 0, True
        while more and most > 0:  # one by one: each is answered before the next is looked at
            before = wire.pending
            for event in wire.receive(b"", 0.0, 1):
                offers += self._handle(event)
            more = 0 < wire.pending < before and self._may_read
            most -= 1
        if wire.has_output:
            self.wake()
        self._adjust_reading()
        return more, offers

    def write_some(self, most: int) -> tuple[bool, int]:
        """Send up to `most` deliveries; whether there are more that can be sent now, and how many were."""
        if self._transport is None or self.stalled:
            return False, 0
        sent = 0
        session = self._session
        while session is not None and self._has_room and self._wire.open and sent < most:
            delivery = session.head()
            if delivery is None or (delivery.qos and not self._wire.room):
                break
            session.pop()
            sent += 1
            now = self._house.wire.now()
            if not delivery.message.over(now) and self._wire.send(delivery.packet(now), now):
                self._note_delivery(delivery)
        self._flush()
        return sent == most, sent

    def _note_delivery(self, delivery: Delivery) -> None:
        if not self.client_id.startswith(OBSERVER):
            message = delivery.message
            topic = message.topic[:TOPIC_SHOWN]
            self._house.note("broker.delivered", self, of=message.number, topic=topic, retained=delivery.retained)

    # deadlines

    def next_deadline(self) -> float | None:
        """Wire time at which `tick` has something to do."""
        if self._close_by is not None:
            return self._close_by
        return None if self.stalled else self._wire.next_deadline()

    def tick(self, now: float) -> None:
        """End what has been silent, or does not take its last bytes, for too long."""
        if self._close_by is not None and now >= self._close_by:
            self.abort(self._reason)
        elif not self.stalled:
            for event in self._wire.tick(now):
                self._handle(event)

    # the broker's and the hands' doing

    @property
    def stalled(self) -> bool:
        return self._house.orders.stalls(self.client_id)

    def orders_changed(self) -> None:
        """A stall began or ended."""
        self._adjust_reading()
        if not self.stalled:
            self._wire.extend(self._time.now())
            self._watch()
            self._look()
            self.wake()

    def close(self, reason: str, code: Reason | None = None) -> None:
        """End the connection after what is queued has been written; `code` is the last word to a client of MQTT 5."""
        if self._transport is None or self._close_by is not None:
            return
        self._reason = reason
        self._wire.close(code)
        self._leave()
        if not self.stalled:
            self._flush()
        self._time.forget(self)
        self._time = self._house.wire
        self._close_by = self._time.now() + LINGER
        self._watch()
        if not self._held:
            self._transport.close()

    def abort(self, reason: str, code: Reason | None = None, *, reset: bool = False) -> None:
        """End the connection at once, with a TCP reset if asked for, and a last word only if it goes out at once."""
        if self._transport is None:
            return
        self._reason = reason
        self._wire.close(code)
        if code is not None and not self.stalled:
            self._flush()
        self._leave()
        sock = self._transport.get_extra_info("socket")
        if reset and sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self._transport.abort()

    # inside

    def _watch(self) -> None:
        """The deadline may have come closer."""
        self._time.watch(self, self.next_deadline())

    @property
    def _has_room(self) -> bool:
        return self._writable and self._held_bytes < self._limits.unwritten

    @property
    def _may_read(self) -> bool:
        """A client that does not take its answers is not asked for more."""
        return self._transport is not None and self._has_room and not self._wire.ended and not self.stalled

    def _look(self) -> None:
        if self._may_read and self._wire.pending:
            self._house.turns.to_read(self)

    def _adjust_reading(self) -> None:
        enough = max(self._limits.unread, self._wire.wanted)
        wanted = self._wire.pending < enough and not self.stalled
        if self._transport is None or wanted == self._reading or self._transport.is_closing():
            return
        self._reading = wanted
        if wanted:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _leave(self) -> None:
        """The session is told that this connection no longer serves it."""
        session, self._session = self._session, None
        if session is not None:
            self._house.router.disconnected(session, self, orderly=self._orderly)

    def _handle(self, event: ServerEvent) -> int:
        """Act on one event; returns to how many clients a message was queued."""
        if isinstance(event, Publish):
            return self._publish(event)
        if isinstance(event, Acknowledged):
            self.wake()
        elif isinstance(event, Connect):
            self._introduce(event)
        elif isinstance(event, Disconnect):
            self._goodbye(event)
        elif isinstance(event, Ended):
            self._ended(event)
        elif self._session is not None:
            self._subscribe(self._session, event)
        return 0

    def _publish(self, packet: Publish) -> int:
        reached = self._house.router.received(packet, self.client_id)
        if packet.qos:
            self._wire.acknowledge(packet, Reason.SUCCESS if reached else Reason.NO_MATCHING_SUBSCRIBERS)
        return reached

    def _goodbye(self, packet: Disconnect) -> None:
        """The will is dropped, unless MQTT 5 asks for it; the session's expiry may be another from now on."""
        self._orderly = packet.code != Reason.DISCONNECT_WITH_WILL
        expiry = packet.properties.session_expiry
        if expiry is not None and self._session is not None:
            self._session.expiry = expiry

    def _subscribe(self, session: Session, packet: Subscribe | Unsubscribe) -> None:
        answer: Suback | Unsuback
        if isinstance(packet, Subscribe):
            answer = Suback(packet.packet_id, self._house.router.subscribe(session, packet))
        else:
            answer = Unsuback(packet.packet_id, self._house.router.unsubscribe(session, packet))
        filters = [entry if isinstance(entry, str) else entry[0] for entry in packet.filters]
        what = "broker.subscribe" if isinstance(packet, Subscribe) else "broker.unsubscribe"
        self._house.note(what, self, filters=[pattern[:200] for pattern in filters[:20]])
        self._wire.send(answer, self._time.now())

    def _introduce(self, connect: Connect) -> None:
        self.client_id = connect.client_id
        how = self._house.orders.refusal_of(connect.client_id)
        if how == "reset":
            self.abort("refused by reset", reset=True)
        elif how == "silent":
            self._house.note("broker.silent", self)
        elif how is not None:
            self._refuse(refusal_code(int(how), connect.level))
        else:
            self._let_in(connect)

    def _let_in(self, connect: Connect) -> None:
        answer = self._house.router.connect(connect, self)
        if isinstance(answer, Refusal):
            self._refuse(answer.code)
            return
        self._session = answer.session
        self.client_id = answer.session.client_id
        self._wire.resume(answer.session.outflow, answer.session.inflow)
        self._time.forget(self)
        self._time = self._house.time_of(self)
        present = answer.present and connect.level != LEVEL_3_1
        named = self.client_id if answer.assigned and connect.level == LEVEL_5 else None
        properties = Properties(assigned_client_id=named)
        self._wire.send(Connack(session_present=present, properties=properties), self._time.now())
        how = {"level": LEVEL_5} if connect.level == LEVEL_5 else {}
        self._house.note("broker.connected", self, session=answer.present, keep_alive=connect.keep_alive, **how)
        self._watch()
        if answer.session.waiting:
            self.wake()
        self._adjust_reading()

    def _refuse(self, code: int) -> None:
        self._house.note("broker.refused", self, code=code)
        self._wire.send(Connack(code), self._time.now())
        self.close(f"refused with code {code}")

    def _ended(self, event: Ended) -> None:
        if event.violation:
            self._house.note("violation", self, violation=event.violation, offset=event.offset)
        self.close(event.reason)

    def _flush(self) -> None:
        output = self._wire.take_output()
        if self._transport is None or self._transport.is_closing():
            return
        delay = self._house.orders.delay_of(self.client_id)
        if output and (delay or self._held):
            self._held.append((self._house.wire.now() + delay, output))
            self._held_bytes += len(output)
            self._release_later()
        elif output:
            self._transport.write(output)

    def _release_later(self) -> None:
        if self._release is None and self._held:
            wait = max(0.0, self._held[0][0] - self._house.wire.now())
            self._release = asyncio.get_running_loop().call_later(wait, self._release_due)

    def _release_due(self) -> None:
        self._release = None
        if self._transport is None:
            return
        while self._held and self._held[0][0] <= self._house.wire.now():
            _, output = self._held.popleft()
            self._held_bytes -= len(output)
            self._transport.write(output)
        if self._close_by is not None and not self._held:
            self._transport.close()
        self._release_later()
        self._look()
        self.wake()
