"""What is made wrong on purpose with the packets we send (sheet SIP/RTP, section 20)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.chance import Stream


@dataclass(frozen=True, slots=True)
class RtpFault:
    """One fault of an RTP stream on its way out; all chance comes from the session's own stream.

    Several act together. The defaults change nothing.
    """

    loss: float = 0.0
    """Probability of each packet to be lost, 0 to 1."""
    jitter: float = 0.0
    """Seconds: each packet is delayed by up to so much, evenly."""
    reorder: float = 0.0
    """Probability of a packet to leave behind its successor."""
    duplicate: float = 0.0
    """Probability of a packet to leave twice."""
    payload_type: int | None = None
    """Sent instead of the agreed one."""
    new_ssrc: bool = False
    """Once, when the fault begins."""
    sequence_jump: int = 0
    """Added once to the sequence number, when the fault begins."""
    stop: bool = False
    """No RTP and no RTCP leaves."""
    wrong_key: bool = False
    """SRTP is protected with another key."""
    one_way: bool = False
    """No RTP leaves, RTCP does."""
    drift: float = 0.0
    """Parts per million that our media clock runs too fast; negative: too slow."""


class Spoiler:
    """The faults that act on one stream now, and what they do to the next packet."""

    __slots__ = ("_chance", "_faults")

    def __init__(self, chance: Stream) -> None:
        self._chance = chance
        self._faults: list[RtpFault] = []

    def begin(self, fault: RtpFault) -> None:
        self._faults.append(fault)

    def end(self, fault: RtpFault) -> None:
        """One that does not act is no mistake."""
        if fault in self._faults:
            self._faults.remove(fault)

    @property
    def active(self) -> bool:
        return bool(self._faults)

    @property
    def silences_rtp(self) -> bool:
        return any(fault.stop or fault.one_way for fault in self._faults)

    @property
    def silences_rtcp(self) -> bool:
        return any(fault.stop for fault in self._faults)

    @property
    def wrong_key(self) -> bool:
        return any(fault.wrong_key for fault in self._faults)

    @property
    def drift(self) -> float:
        """Parts per million, of all together."""
        return sum(fault.drift for fault in self._faults)

    @property
    def payload_type(self) -> int | None:
        """Of the fault that began last."""
        types = [fault.payload_type for fault in self._faults if fault.payload_type is not None]
        return types[-1] if types else None

    def fates(self, packet_time: float) -> list[float]:
        """Delays in seconds of the copies of one packet; empty when it is lost."""
        delays = [0.0]
        for fault in self._faults:
            delays = [delay for one in delays for delay in self._struck(fault, one, packet_time)]
        return delays

    def _struck(self, fault: RtpFault, delay: float, packet_time: float) -> list[float]:
        chance = self._chance.random
        if fault.loss and chance() < fault.loss:
            return []
        copies = 2 if fault.duplicate and chance() < fault.duplicate else 1
        if fault.reorder and chance() < fault.reorder:
            delay += 1.5 * packet_time
        return [delay + (fault.jitter * chance() if fault.jitter else 0.0) for _ in range(copies)]
