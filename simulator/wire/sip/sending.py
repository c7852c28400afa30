"""One request of ours until its final answer: challenges are answered on the way (SIP sheet 11), without recursion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.wire.sip.composition import again, cancel_of, is_made_here
from simulator.wire.sip.digest import Attempts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from simulator.wire.sip.client_transaction import ClientTransaction
    from simulator.wire.sip.core import Core
    from simulator.wire.sip.digest import DigestClient
    from simulator.wire.sip.message import Request, Response
    from simulator.wire.sip.packet import Destination

MOST_TRIES = 8
"""A server that invents a realm for every try is given up then."""


class Sending:
    """A request, its present transaction and what it tried. `answered` gets every response but the challenges that are
    answered here. `next_seq` gives the CSeq number of a repetition."""

    __slots__ = ("_attempts", "_next_seq", "answered", "core", "digest", "request", "transaction", "tries")

    def __init__(
        self,
        core: Core,
        request: Request,
        answered: Callable[[Response, float], None],
        digest: DigestClient | None,
        next_seq: Callable[[], int],
    ) -> None:
        self.core = core
        self.request = request
        self.answered = answered
        self.transaction: ClientTransaction | None = None
        self.digest = digest
        self._next_seq = next_seq
        self._attempts: Attempts | None = None
        self.tries = 0

    def start(self, destination: Destination, branch: str, now: float) -> None:
        """Send it, with credentials where the realm is known already. `branch` is the one in its Via."""
        if self.digest is not None:
            self.digest.sign(self.request)
        self._begin(destination, branch, now)

    def again(
        self, now: float, changes: Iterable[tuple[str, str]] = (), destination: Destination | None = None
    ) -> None:
        """Send it as a new request: other branch, CSeq number and what `changes` says, to the same place or another."""
        if destination is None:
            if self.transaction is None:
                return
            destination = self.transaction.packet.destination
        top, branch = self.core.new_via(destination.transport)
        number = self.core.sequence(self.request.method, self._next_seq())
        self.request = again(self.request, top, number, changes)
        self.start(destination, branch, now)

    def cancel(self, now: float, headers: Iterable[tuple[str, str]] = ()) -> None:
        """Send a CANCEL for it (RFC 3261 section 9.1), the same way as it went. Raises MalformedMessage."""
        if self.transaction is None or self.core.omits("CANCEL"):
            return
        cancel = cancel_of(self.request, headers)
        there = self.transaction.packet
        packet = self.core.packet(cancel, there.destination, there.branch)
        self.core.transactions.begin(cancel, packet, _ignored, self.core.settings.timing, now)

    def give_up(self) -> None:
        """Wait for nothing any more."""
        if self.transaction is not None:
            self.transaction.give_up()

    def _begin(self, destination: Destination, branch: str, now: float) -> None:
        self.tries += 1
        packet = self.core.packet(self.request, destination, branch)
        timing = self.core.settings.timing
        self.transaction = self.core.transactions.begin(self.request, packet, self._response, timing, now)

    def _response(self, response: Response, now: float) -> None:
        if response.status >= 200 and not is_made_here(response):
            if self.transaction is not None:
                self.core.seen(response, self.transaction.packet.transport)
            if self._answers(response):
                self.again(now)
                return
        self.answered(response, now)

    def _answers(self, response: Response) -> bool:
        """Whether it is a challenge that we can answer once more."""
        if self.digest is None or response.status not in {401, 407} or self.tries >= MOST_TRIES:
            return False
        if self._attempts is None:
            self._attempts = Attempts()
        return self.digest.challenged(response, self._attempts)


def _ignored(response: Response, now: float) -> None:
    """What answers a CANCEL tells nothing: the INVITE is answered by itself."""
