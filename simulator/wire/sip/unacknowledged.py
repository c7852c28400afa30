"""A 200 to an INVITE of the peer, repeated by us until its ACK has come (RFC 3261 section 13.3.1.4, SIP sheet 7.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.wire.sip.core import Core
    from simulator.wire.sip.packet import Packet
    from simulator.wire.sip.timer import Timer


class Unacknowledged:
    """Sent at 0 by the transaction, here again after 0.5, 1, 2, 4, 4 ... s, over every transport; `lost` is called when
    no ACK has come within 32 s."""

    __slots__ = ("_core", "_interval", "_lost", "_packet", "_repeat", "_until", "cseq", "wants_answer")

    def __init__(
        self,
        core: Core,
        packet: Packet,
        cseq: int,
        lost: Callable[[float], None],
        now: float,
        *,
        wants_answer: bool,
    ) -> None:
        self.cseq = cseq
        """CSeq number of the INVITE, which its ACK has too."""
        self.wants_answer = wants_answer
        """The 200 made an offer: the ACK has to answer it."""
        self._core, self._packet, self._lost = core, packet, lost
        timing = core.settings.timing
        self._interval = timing.t1
        self._repeat: Timer = core.schedule.at(now + self._interval, self._again)
        self._until: Timer = core.schedule.at(now + timing.life, self._over)

    def stop(self) -> None:
        """The ACK has come, or the call is over."""
        self._repeat.cancel()
        self._until.cancel()

    def _again(self, now: float) -> None:
        self._core.transactions.put_response(self._packet)
        self._interval = min(2 * self._interval, self._core.settings.timing.t2)
        self._repeat = self._core.schedule.at(now + self._interval, self._again)

    def _over(self, now: float) -> None:
        self._repeat.cancel()
        self._lost(now)
