"""What hands have made wrong at a speaker's SIP: answers by script, requests that are not sent, spoiled RTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.wire.sip.misbehaviour import Misbehaviour, Scripted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.wire.rtp.fault import RtpFault


@dataclass(frozen=True, slots=True, eq=False)
class SipFault:
    """One thing that is wrong. The fields that are empty do nothing."""

    kind: str
    method: str = ""
    answer: Scripted | None = None
    """To requests of `method`."""
    delay: float = 0.0
    """Seconds by which all answers are late."""
    omits: bool = False
    """Requests of `method` are not sent."""
    rtp: RtpFault | None = None


class SipFaults:
    """Those in force at one speaker. They outlast its restarts. `changed` is told when there is another misbehaviour."""

    __slots__ = ("_active", "_changed", "_rtp_begins", "_rtp_ends", "misbehaviour")

    def __init__(
        self,
        changed: Callable[[], None],
        rtp_begins: Callable[[RtpFault], None],
        rtp_ends: Callable[[RtpFault], None],
    ) -> None:
        self._active: list[SipFault] = []
        self._changed = changed
        self._rtp_begins, self._rtp_ends = rtp_begins, rtp_ends
        self.misbehaviour: Misbehaviour | None = None
        """For the user agent."""

    def begin(self, fault: SipFault) -> None:
        """From now on this is wrong; of two answers to one method the newer counts."""
        self._active.append(fault)
        if fault.rtp is not None:
            self._rtp_begins(fault.rtp)
        self._compose()

    def end(self, fault: SipFault) -> None:
        """This is right again. Safe to repeat."""
        if fault not in self._active:
            return
        self._active.remove(fault)
        if fault.rtp is not None:
            self._rtp_ends(fault.rtp)
        self._compose()

    def end_all(self) -> bool:
        """All is right again; False where it was."""
        active = tuple(self._active)
        for fault in active:
            self.end(fault)
        return bool(active)

    @property
    def rtp(self) -> tuple[RtpFault, ...]:
        """What is wrong with the sound of every call."""
        return tuple(fault.rtp for fault in self._active if fault.rtp is not None)

    def told(self, device: str) -> Iterator[dict[str, Any]]:
        """For the list of all faults."""
        given = {} if self.misbehaviour is None else self.misbehaviour.given
        for fault in self._active:
            yield {
                "on": f"{device}/sip",
                "kind": fault.kind,
                "struck": given.get(fault.method, 0) if fault.answer is not None else 0,
                "mechanism": "the user agent breaks the rule",
            }

    def _compose(self) -> None:
        wrong = [fault for fault in self._active if fault.rtp is None]
        if not wrong:
            self.misbehaviour = None
        else:
            before = {} if self.misbehaviour is None else self.misbehaviour.given
            answers = {fault.method: fault.answer for fault in wrong if fault.answer is not None}
            self.misbehaviour = Misbehaviour(
                answers=answers,
                delay=sum(fault.delay for fault in wrong),
                omit=frozenset(fault.method for fault in wrong if fault.omits),
                given={method: count for method, count in before.items() if method in answers},
            )
        self._changed()
