"""Provisional responses that are surely delivered, both sides (RFC 3262, SIP sheet 17.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from simulator.errors import MalformedMessage
from simulator.wire.sip.header import number, options

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.wire.sip.core import Core
    from simulator.wire.sip.message import Headers
    from simulator.wire.sip.packet import Packet
    from simulator.wire.sip.timer import Timer

TAG = "100rel"


class RAck(NamedTuple):
    """What a PRACK acknowledges: RSeq of the response, CSeq number and method of the request it answered."""

    rseq: int
    cseq: int
    method: str

    def __str__(self) -> str:
        return f"{self.rseq} {self.cseq} {self.method}"


def rack(headers: Headers) -> RAck:
    """The RAck of a PRACK. Raises MalformedMessage."""
    parts = (headers.get("rack") or "").split()
    rseq, cseq = (number(part) for part in parts[:2]) if len(parts) == 3 else (None, None)
    if rseq is None or cseq is None:
        raise MalformedMessage("RAck is no two numbers and a method")
    return RAck(rseq, cseq, parts[2])


def rseq_of(headers: Headers) -> int | None:
    """RSeq of a provisional response that wants a PRACK; None for any other."""
    return number(headers.get("rseq")) if TAG in options(headers, "require") else None


class ReliableProvisional:
    """One of ours: repeated after 0.5, 1, 2 ... s without limit until its PRACK; `lost` is called after 32 s."""

    __slots__ = ("_core", "_interval", "_lost", "_packet", "_repeat", "_until", "rseq", "wants_answer")

    def __init__(
        self,
        core: Core,
        packet: Packet,
        rseq: int,
        lost: Callable[[float], None],
        now: float,
        *,
        wants_answer: bool,
    ) -> None:
        self.rseq = rseq
        self.wants_answer = wants_answer
        """It makes an offer: the PRACK has to answer it."""
        self._core, self._packet, self._lost = core, packet, lost
        timing = core.settings.timing
        self._interval = timing.t1
        self._repeat: Timer = core.schedule.at(now + self._interval, self._again)
        self._until: Timer = core.schedule.at(now + timing.life, self._over)

    def stop(self) -> None:
        """The PRACK has come, or the call is over."""
        self._repeat.cancel()
        self._until.cancel()

    def _again(self, now: float) -> None:
        self._core.transactions.put_response(self._packet)
        self._interval *= 2
        self._repeat = self._core.schedule.at(now + self._interval, self._again)

    def _over(self, now: float) -> None:
        self._repeat.cancel()
        self._lost(now)
