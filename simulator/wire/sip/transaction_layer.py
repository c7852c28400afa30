"""All transactions of a user agent: finding the one a message belongs to, and the output they share (SIP sheet 4.5)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from simulator.wire.sip.client_transaction import ClientTransaction
from simulator.wire.sip.composition import moved
from simulator.wire.sip.header import cseq
from simulator.wire.sip.server_transaction import ServerTransaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.wire.sip.message import Request, Response
    from simulator.wire.sip.packet import Address, Packet
    from simulator.wire.sip.received import Received
    from simulator.wire.sip.server_transaction import Key
    from simulator.wire.sip.timer import Schedule, Timing

_BRANCH = re.compile(r";[ \t]*branch[ \t]*=[ \t]*([^ \t;,]+)", re.IGNORECASE)

MOST_LATE = 10_000
"""Packets held back by a scripted delay; more are lost."""


class TransactionLayer:
    """Client and server transactions by their keys, and what they have to send."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.now = 0.0
        self.delay = 0.0
        """Seconds by which responses leave late, as scripted."""
        self.held = 0
        """Bytes of the requests that server transactions were made for, about what they hold."""
        self._late = 0
        self._output: list[Packet] = []
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._servers: dict[Key, ServerTransaction] = {}
        self._merged: dict[Key, ServerTransaction] = {}

    @property
    def serving(self) -> int:
        """Server transactions alive."""
        return len(self._servers)

    def __len__(self) -> int:
        return len(self._clients) + len(self._servers)

    # Client side

    def begin(
        self,
        request: Request,
        packet: Packet,
        answered: Callable[[Response, float], None],
        timing: Timing,
        now: float,
    ) -> ClientTransaction:
        """Send a request and see it through."""
        transaction = ClientTransaction(
            request,
            packet,
            answered,
            schedule=self.schedule,
            timing=timing,
            put=self.put,
            forget=self._forget_client,
        )
        self._clients[(packet.branch, request.method)] = transaction
        transaction.start(now)
        return transaction

    def response(self, response: Response, now: float) -> bool:
        """Hand a response to its transaction; False where nobody waits for it. Raises MalformedMessage."""
        headers = response.headers
        line = headers.get("via")
        if line is None or "," in line or headers.count("via") != 1:
            return False
        branch = _BRANCH.search(line)
        transaction = self._clients.get((branch[1] if branch else "", cseq(headers).method))
        if transaction is None:
            return False
        transaction.receive(response, now)
        return True

    # Server side

    def find(self, received: Received) -> ServerTransaction | None:
        """The transaction that a request repeats or that an ACK ends."""
        transaction = self._servers.get(received.key)
        if transaction is None or received.via.is_rfc3261:
            return transaction
        tag = received.to_tag
        known = {transaction.to_tag, transaction.tag} if received.method == "ACK" else {transaction.to_tag}
        return transaction if tag in known else None

    def invite_of(self, received: Received) -> ServerTransaction | None:
        """The INVITE that a CANCEL wants to end (RFC 3261 section 9.2)."""
        return self._servers.get((*received.key[:-1], "INVITE"))

    def merged(self, received: Received) -> bool:
        """Whether the same request has come another way and is still known."""
        return received.merge_key in self._merged

    def serve(self, received: Received, timing: Timing) -> ServerTransaction:
        """A new server transaction."""
        transaction = ServerTransaction(
            received.request,
            received.key,
            received.destination,
            schedule=self.schedule,
            timing=timing,
            put=self.put_response,
            forget=self._forget_server,
        )
        transaction.weight = received.request.headers.size() + len(received.request.body)
        self.held += transaction.weight
        transaction.to_tag = received.to_tag
        self._servers[received.key] = transaction
        if not transaction.to_tag and received.method != "CANCEL":
            transaction.merge_key = received.merge_key
            self._merged[received.merge_key] = transaction
        return transaction

    # Output

    def put(self, packet: Packet) -> None:
        """Send."""
        self._output.append(packet)

    def put_response(self, packet: Packet) -> None:
        """Send a response, late if so scripted."""
        if not self.delay:
            self._output.append(packet)
        elif self._late < MOST_LATE:
            self._late += 1
            self.schedule.at(self.now + self.delay, lambda _: self._put_late(packet))

    def take_output(self) -> list[Packet]:
        """What is to be written, once."""
        output, self._output = self._output, []
        return output

    def failed(self, packet: Packet, now: float) -> None:
        """A packet could not be delivered."""
        if packet.reply_to:
            server = self._servers.get(packet.reply_to)
            if server is not None and server.last is not None and server.last.data == packet.data:
                server.fail(now)
        elif packet.branch:
            client = self._clients.get((packet.branch, packet.method))
            if client is not None:
                client.fail(now)

    def over(self, packet: Packet, transport: str, local: Address, now: float) -> Packet:
        """The same request for another transport; its transaction repeats that one from now on."""
        message = moved(packet.data, transport, *local)
        there = replace(packet.destination, transport=transport)
        other = replace(packet, data=message.encode(), destination=there, switch=False)
        client = self._clients.get((packet.branch, packet.method))
        if client is not None:
            if client.request is not None:
                client.request.headers.replace_first("via", message.headers.get("via") or "")
            client.moved(other, now)
        return other

    def _put_late(self, packet: Packet) -> None:
        self._late -= 1
        self._output.append(packet)

    def _forget_client(self, transaction: ClientTransaction) -> None:
        self._clients.pop((transaction.branch, transaction.method), None)

    def _forget_server(self, transaction: ServerTransaction) -> None:
        if self._servers.get(transaction.key) is transaction:
            del self._servers[transaction.key]
        self.held -= transaction.weight
        transaction.weight = 0
        if transaction.merge_key is not None and self._merged.get(transaction.merge_key) is transaction:
            del self._merged[transaction.merge_key]
