"""What all parts of one user agent share: settings, time, chance, transactions, dialogs, and how messages are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.wire.sip.composition import (
    SDP,
    add_capabilities,
    add_extra,
    contact_text,
    request_headers,
    token,
    via_text,
)
from simulator.wire.sip.echo import response_bytes
from simulator.wire.sip.header import COOKIE, via
from simulator.wire.sip.message import Request
from simulator.wire.sip.packet import UDP, Packet
from simulator.wire.sip.timer import Schedule
from simulator.wire.sip.transaction_layer import TransactionLayer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from simulator.chance import Stream
    from simulator.wire.sip.call import Call
    from simulator.wire.sip.dialog import Key as DialogKey
    from simulator.wire.sip.event import Event
    from simulator.wire.sip.message import Response
    from simulator.wire.sip.misbehaviour import Misbehaviour
    from simulator.wire.sip.packet import Address, Destination
    from simulator.wire.sip.registration import Registration
    from simulator.wire.sip.server_transaction import ServerTransaction
    from simulator.wire.sip.settings import UserAgentSettings


class Core:
    """One user agent's common ground."""

    def __init__(self, settings: UserAgentSettings, chance: Stream) -> None:
        self.settings = settings
        self.chance = chance
        self.misbehaviour: Misbehaviour | None = None
        self.schedule = Schedule()
        self.transactions = TransactionLayer(self.schedule)
        self.events: list[Event] = []
        self.calls: dict[int, Call] = {}
        """Calls that are not over, by number."""
        self.dialogs: dict[DialogKey, Call] = {}
        self.registrations: dict[int, Registration] = {}
        self.service_routes: dict[str, tuple[str, ...]] = {}
        """Route values that registrars gave, by address of record."""
        self.seen_as: dict[str, Address] = {}
        """Where responses say that our requests came from, by transport (sheet 10.3)."""
        self._last_number = 0

    def tell(self, event: Event) -> None:
        """Something for the owner."""
        self.events.append(event)

    def new_number(self) -> int:
        """A name for a call, a registration or a request."""
        self._last_number += 1
        return self._last_number

    def token(self) -> str:
        """A new tag or Call-ID."""
        return token(self.chance)

    # Requests

    def new_via(self, transport: str) -> tuple[str, str]:
        """A Via of ours for a new transaction, and its branch."""
        branch = f"{COOKIE}Pj{token(self.chance)}"
        host, port = self.here(transport)
        if self.settings.via_rewrite and transport in self.seen_as:
            host, port = self.seen_as[transport]
        return via_text(transport, host, port, branch), branch

    def here(self, transport: str) -> Address:
        """Our own address."""
        return self.settings.address, self.settings.ports.get(transport, 5060)

    def seen_at(self, transport: str) -> Address | None:
        """Where others see us, if that differs from our own address and may go into Contact (sheet 10.3)."""
        return self.seen_as.get(transport) if self.settings.contact_rewrite else None

    def contact(self, transport: str, user: str, *, secure: bool = False, at: Address | None = None) -> str:
        """Our Contact."""
        host, port = at or self.here(transport)
        parameters = self.settings.contact_parameters
        return contact_text(host, port, transport, user, secure=secure, parameters=parameters)

    def request(
        self,
        method: str,
        uri: str,
        parties: tuple[str, str],
        call_id: str,
        cseq: int,
        *,
        top: str,
        routes: Sequence[str] = (),
        contact: str = "",
        headers: Iterable[tuple[str, str]] = (),
        capable: bool = False,
        body: bytes = b"",
        content_type: str = SDP,
    ) -> Request:
        """A request as we write them. Raises MalformedMessage for further headers that cannot be."""
        settings = self.settings
        made = request_headers(top, routes, settings.max_forwards, parties, (contact, call_id))
        made.add("CSeq", f"{self.sequence(method, cseq)} {method}")
        if capable:
            add_capabilities(made, settings)
        add_extra(made, headers)
        if settings.user_agent:
            made.add("User-Agent", settings.user_agent)
        if body:
            made.add("Content-Type", content_type)
        return Request(method, uri, made, body)

    def sequence(self, method: str, cseq: int) -> int:
        """The CSeq number, as scripted."""
        if self.misbehaviour is None:
            return cseq
        return max(0, cseq + self.misbehaviour.cseq_offset.get(method, 0))

    def packet(self, request: Request, destination: Destination, branch: str) -> Packet:
        """A request on its way; one that is large for UDP is marked (sheet 3.4)."""
        data = request.encode()
        limit = self.settings.size_limit
        switch = destination.transport == UDP and 0 < limit < len(data)
        return Packet(data, destination, branch, request.method, switch=switch)

    def omits(self, method: str) -> bool:
        """Whether a script says that such requests are not sent."""
        return self.misbehaviour is not None and method in self.misbehaviour.omit

    def seen(self, response: Response, transport: str) -> None:
        """Learn from the Via of a response where our request came from."""
        host, port = self.here(transport)
        line = f"{response.headers.get('via')};"
        if f";received={host};" in line and f";rport={port};" in line and transport not in self.seen_as:
            return
        top = via(response.headers)
        if top.received is None and top.rport is None:
            return
        seen = (top.received or top.host, top.rport or top.port or 5060)
        if seen != self.here(transport):
            self.seen_as[transport] = seen
        else:
            self.seen_as.pop(transport, None)

    # Responses

    def respond(
        self,
        transaction: ServerTransaction,
        status: int,
        now: float,
        *,
        phrase: str = "",
        headers: Iterable[tuple[str, str]] = (),
        contact: str = "",
        capable: bool = False,
        body: bytes = b"",
        content_type: str = SDP,
    ) -> None:
        """Answer a request; nothing happens when it has its final answer."""
        echo = transaction.echo
        if echo is None:
            return
        if not transaction.tag and status > 100:
            transaction.tag = self.token()
        data = response_bytes(
            echo,
            self.settings,
            status,
            transaction.tag,
            phrase=phrase,
            headers=headers,
            contact=contact,
            capable=capable,
            body=body,
            content_type=content_type,
        )
        transaction.respond(status, data, now)
