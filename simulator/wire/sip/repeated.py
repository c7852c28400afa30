"""A response to an INVITE that we repeat until the peer has said that it came: a 200 until its ACK (RFC 3261 section
13.3.1.4, SIP sheet 7.4), a reliable provisional until its PRACK (RFC 3262, SIP sheet 17.2)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.wire.sip.core import Core
    from simulator.wire.sip.packet import Packet
    from simulator.wire.sip.timer import Timer


class Repeated:
    """Sent at 0 by the transaction, here again after 0.5, 1, 2 ... s and then every `longest` seconds, over every transport;
    `lost` is called when nothing has come within 32 s."""

    __slots__ = (
        "_core",
        "_interval",
        "_longest",
        "_lost",
        "_packet",
        "_repeat",
        "_until",
        "number",
        "wants_answer",
    )

    def __init__(
        self,
        core: Core,
        packet: Packet,
        number: int,
        lost: Callable[[float], None],
        now: float,
        *,
        wants_answer: bool,
        longest: float = math.inf,
    ) -> None:
        self.number = number
        """By which what comes is recognised: the CSeq of the INVITE, or the RSeq of the provisional."""
        self.wants_answer = wants_answer
        """It makes an offer: the ACK or PRACK has to answer it."""
        self._core, self._packet, self._lost, self._longest = core, packet, lost, longest
        timing = core.settings.timing
        self._interval = timing.t1
        self._repeat: Timer = core.schedule.at(now + self._interval, self._again)
        self._until: Timer = core.schedule.at(now + timing.life, self._over)

    def stop(self) -> None:
        """It has come, or the call is over."""
        self._repeat.cancel()
        self._until.cancel()

    def _again(self, now: float) -> None:
        self._core.transactions.put_response(self._packet)
        self._interval = min(2 * self._interval, self._longest)
        self._repeat = self._core.schedule.at(now + self._interval, self._again)

    def _over(self, now: float) -> None:
        self._repeat.cancel()
        self._lost(now)
