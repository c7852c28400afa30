"""Dialogs: who talks with whom under which tags, by which way, in which order (RFC 3261 section 12, SIP sheet 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.sip.destination import next_hop, sip_uri, way
from simulator.wire.sip.header import contact, name_addr, to

if TYPE_CHECKING:
    from simulator.wire.sip.message import Request, Response
    from simulator.wire.sip.packet import Destination
    from simulator.wire.sip.received import Received

Key = tuple[str, str, str]
"""Call-ID, local tag, remote tag."""

LONGEST_ROUTE = 32
"""Record-Routes that are taken; more than that no path of proxies has."""


class Dialog:
    """One dialog, early or confirmed. Peers without a From tag have the empty remote tag."""

    __slots__ = (
        "_way", "call_id", "confirmed", "local", "local_seq", "local_tag", "owns_call_id", "remote", "remote_seq",
        "remote_tag", "remote_target", "route_set", "transport",
    )  # fmt: skip

    def __init__(self, call_id: str, local: str, remote: str, tags: tuple[str, str]) -> None:
        self.call_id = call_id
        self.local = local
        """Value of our From (or To), tag included."""
        self.remote = remote
        self.local_tag, self.remote_tag = tags
        self._way: tuple[str, tuple[str, ...], Destination] | None = None
        self.local_seq = 0
        self.remote_seq: int | None = None
        self.remote_target = ""
        """URI of the peer's Contact."""
        self.route_set: tuple[str, ...] = ()
        """Values as they go into Route."""
        self.transport = "UDP"
        """What is used where no URI says otherwise."""
        self.confirmed = False
        self.owns_call_id = False

    @classmethod
    def of_request(cls, received: Received, local_tag: str) -> Dialog:
        """The callee's side, from an INVITE. Raises MalformedMessage where it has no usable Contact."""
        headers = received.request.headers
        local = headers.get("to") or ""
        dialog = cls(
            received.call_id,
            f"{local};tag={local_tag}",
            headers.get("from") or "",
            (local_tag, received.from_tag),
        )
        dialog.route_set = _limited(headers.all("record-route"))
        dialog.remote_target = target_of(received.request)
        dialog.remote_seq = received.cseq.number
        dialog.transport = received.transport
        return dialog

    @classmethod
    def of_response(cls, request: Request, response: Response, local: tuple[str, str], cseq: int) -> Dialog:
        """The caller's side, from a 1xx with a tag or a 2xx to our INVITE. `local` is our From and its tag.

        Raises MalformedMessage where the response has no tag in To or, if final, no usable Contact."""
        headers = response.headers
        tag = to(headers).tag or ""
        if not tag and response.status < 200:
            raise MalformedMessage("no tag in To")
        dialog = cls(request.headers.get("call-id") or "", local[0], headers.get("to") or "", (local[1], tag))
        dialog.owns_call_id = True
        dialog.local_seq = cseq
        dialog.remote_target = request.uri
        dialog.learn(response)
        return dialog

    @property
    def key(self) -> Key:
        """What it is found by."""
        return (self.call_id, self.local_tag, self.remote_tag)

    def learn(self, response: Response) -> None:
        """Route set and remote target of the latest 1xx or the 2xx to our INVITE. Raises MalformedMessage."""
        self.route_set = _limited(response.headers.all("record-route"))[::-1]
        found = contact(response.headers)
        if found is not None:
            sip_uri(found.uri)
            self.remote_target = found.uri
        self._way = None

    def retarget(self, message: Request | Response) -> None:
        """A target refresh: its Contact is where the peer is from now on. One that leads nowhere is not taken."""
        try:
            found = contact(message.headers)
            if found is not None:
                sip_uri(found.uri)
                self.remote_target, self._way = found.uri, None
        except MalformedMessage:
            return

    def in_order(self, number: int) -> bool:
        """Whether a request with this CSeq number may be taken, and note it. Gaps are fine, lower numbers are not."""
        if self.remote_seq is not None and number < self.remote_seq:
            return False
        self.remote_seq = number
        return True

    def next_seq(self) -> int:
        """The CSeq number of our next request."""
        self.local_seq += 1
        return self.local_seq

    def way(self) -> tuple[str, tuple[str, ...], Destination]:
        """Request-URI and Route values of a request, and where it goes: to the first proxy of the route set, strict or
        loose, else to the peer."""
        if self._way is None:
            there = next_hop(self.remote_target, self.route_set, self.transport)
            self._way = (*way(self.remote_target, self.route_set), there)
        return self._way


def target_of(request: Request) -> str:
    """The Contact of an INVITE. Raises MalformedMessage where there is none or it leads nowhere."""
    found = contact(request.headers)
    if found is None:
        raise MalformedMessage("an INVITE without Contact")
    sip_uri(found.uri)
    return found.uri


def _limited(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(values) > LONGEST_ROUTE:
        raise MalformedMessage(f"more than {LONGEST_ROUTE} proxies recorded")
    for value in values:
        sip_uri(name_addr(value).uri)
    return values
