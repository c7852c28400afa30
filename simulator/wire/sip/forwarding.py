"""One request on its way through a proxy: the transaction towards the sender and the one towards the next hop, which
RFC 3261 section 16 joins by a response context. One branch: the site's proxy never forks.

`Forwarding` decides, `Relay` is what it may use: sending, timers, and being forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from simulator.wire.sip.header import cseq, via
from simulator.wire.sip.message import Headers, Request, Response
from simulator.wire.sip.packet import Destination, Packet, is_reliable
from simulator.wire.sip.reply import answer, without_first

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.wire.sip.timer import Timer, Timing

TIMER_C = 180.0
"""Seconds without a final answer to an INVITE until it is given up (RFC 3261 section 16.6, step 11)."""


class Relay(Protocol):
    """What a forwarding may use of its proxy."""

    timing: Timing

    def emit(self, packet: Packet, now: float) -> None:
        """Send."""

    def at(self, due: float, action: Callable[[float], None]) -> Timer:
        """Call once, when `due` has come."""

    def over(self, forwarding: Forwarding) -> None:
        """Forget it: its transactions are over."""

    def answered(self, request: Request, status: int, *, own: bool) -> None:
        """A final answer went to the sender; `own` when the proxy made it."""


class Forwarding:
    """One request that was passed on. `back` is where its answers go, `onward` where it goes."""

    def __init__(
        self, relay: Relay, request: Request, sent: Request, back: Destination, onward: Destination, branch: str
    ) -> None:
        self.request = request
        self.branch = branch
        self.invite = request.method == "INVITE"
        self._relay = relay
        self._sent = sent
        self._back, self._onward = back, onward
        self._told: bytes | None = None
        """The last response towards the sender: what a repeat of the request gets."""
        self._progress = self._final = self._cancelled = False
        self._repeat: Timer | None = None
        self._limit: Timer | None = None

    # Towards the next hop

    def begin(self, now: float) -> None:
        """Send it on; an INVITE's sender hears 100 at once, so that it stops repeating (RFC 3261 section 16.2)."""
        if self.invite:
            self._tell(answer(self.request, 100), now)
        self._send_repeatedly(self._sent, now)
        self._limit = self._relay.at(now + self._relay.timing.life, self._no_answer)

    def repeated(self, now: float) -> None:
        """The sender repeats its request."""
        if self._told is not None:
            self._relay.emit(Packet(self._told, self._back), now)

    def acknowledged(self) -> None:
        """The sender's ACK of a failure has come: no more repeats."""
        self._stop(self._repeat)

    def cancel(self, now: float) -> None:
        """The sender gives up: so does the next hop, as soon as it has said anything (RFC 3261 section 9.1)."""
        if self.invite and not self._final and not self._cancelled:
            self._cancelled = True
            if self._progress:
                self._cancel_onward(now)

    def undeliverable(self, now: float) -> None:
        """The next hop cannot be reached: to the sender that is a fault of the server (RFC 3261 section 16.9)."""
        if not self._final:
            self._give_up(500, now)

    # Back

    def response(self, response: Response, now: float) -> None:
        """An answer of the next hop, its top Via being ours."""
        if response.status < 200:
            self._provisional(response, now)
            return
        if self.invite and response.status >= 300:
            self._send(_ack(self._sent, response).encode(), now)
        if self._final:
            if self.invite and response.status < 300:  # its repeats are the far end's, until the ACK comes
                self._pass_back(response, now)
            return
        self._end(now)
        self._pass_back(response, now)
        self._relay.answered(self.request, response.status, own=False)
        self._repeat_failure(response.status, now)

    def _provisional(self, response: Response, now: float) -> None:
        if self._final:
            return
        if not self._progress:
            self._progress = True
            if self.invite:
                self._stop(self._repeat)
            if self._cancelled:
                self._cancel_onward(now)
        if self.invite and not self._cancelled:
            self._stop(self._limit)
            self._limit = self._relay.at(now + TIMER_C, self._no_answer)
        if response.status > 100:
            self._pass_back(response, now)

    def _pass_back(self, response: Response, now: float) -> None:
        self._tell(
            Response(response.status, response.phrase, without_first(response.headers, "Via"), response.body), now
        )

    def _tell(self, response: Response, now: float) -> None:
        self._told = response.encode()
        self._relay.emit(Packet(self._told, self._back), now)

    def _send(self, data: bytes, now: float) -> None:
        self._relay.emit(Packet(data, self._onward, branch=self.branch), now)

    # Time

    def _send_repeatedly(self, request: Request, now: float) -> None:
        """Send it on, and over UDP again and again until it is answered (timers A and E)."""
        self._send(request.encode(), now)
        if not is_reliable(self._onward.transport):
            self._again(request, self._relay.timing.t1, now)

    def _again(self, request: Request, interval: float, now: float) -> None:
        def due(then: float) -> None:
            self._send(request.encode(), then)
            longer = interval * 2
            capped = longer if request.method == "INVITE" else min(longer, self._relay.timing.t2)
            self._again(request, capped, then)

        self._repeat = self._relay.at(now + interval, due)

    def _cancel_onward(self, now: float) -> None:
        self._stop(self._repeat)
        self._send_repeatedly(_cancel(self._sent), now)
        self._stop(self._limit)
        self._limit = self._relay.at(now + self._relay.timing.life, self._no_answer)

    def _repeat_failure(self, status: int, now: float) -> None:
        """A failure of an INVITE is repeated until its ACK comes (timer G)."""
        if self.invite and status >= 300 and not is_reliable(self._back.transport):
            self._tell_again(self._relay.timing.t1, now)

    def _tell_again(self, interval: float, now: float) -> None:
        def due(then: float) -> None:
            self.repeated(then)
            self._tell_again(min(interval * 2, self._relay.timing.t2), then)

        self._repeat = self._relay.at(now + interval, due)

    def _no_answer(self, now: float) -> None:
        if self.invite and self._progress and not self._cancelled:
            self._send(_cancel(self._sent).encode(), now)
        self._give_up(487 if self._cancelled else 408, now)

    def _give_up(self, status: int, now: float) -> None:
        self._end(now)
        self._tell(answer(self.request, status), now)
        self._relay.answered(self.request, status, own=True)
        self._repeat_failure(status, now)

    def _end(self, now: float) -> None:
        """A final answer: the transactions stay for a while to take in repeats."""
        self._final = True
        self._stop(self._repeat)
        self._stop(self._limit)
        self._limit = self._relay.at(now + self._relay.timing.life, self._over)

    def _over(self, now: float) -> None:
        self._stop(self._repeat)
        self._relay.over(self)

    def _stop(self, timer: Timer | None) -> None:
        if timer is not None:
            timer.cancel()


def _hop_request(method: str, sent: Request, to: str | None) -> Request:
    """CANCEL or ACK of a failure: for the next hop only, with what the INVITE carried (RFC 3261 sections 9.1, 17.1.1.3)."""
    headers = Headers(("Via", str(via(sent.headers))), ("Max-Forwards", "70"))
    for name in ("Route", "From", "To", "Call-ID"):
        for value in sent.headers.raw(name):
            headers.add(name, to if name == "To" and to is not None else value)
    headers.add("CSeq", f"{cseq(sent.headers).number} {method}")
    return Request(method, sent.uri, headers)


def _cancel(sent: Request) -> Request:
    return _hop_request("CANCEL", sent, None)


def _ack(sent: Request, response: Response) -> Request:
    return _hop_request("ACK", sent, response.headers.get("To"))
