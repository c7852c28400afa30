"""Rules that a phone breaks when it is told to (SIP sheet 20)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from simulator.errors import FleetError, did_you_mean
from simulator.wire.rtp.fault import RtpFault
from simulator.wire.sip.misbehaviour import Misbehaviour

WRONG_PAYLOAD_TYPE = 126
"""Dynamic, and agreed by nobody who offers in order."""
_OMITTED: Final = {"no-ack": "ACK", "lose-bye": "BYE"}
_OF_MESSAGES: Final = (*_OMITTED, "late-answer", "malformed")
_OF_SOUND: Final = ("wrong-payload-type", "rtp-stop", "rtp-loss", "rtp-jitter", "rtp-ssrc")
RULES: Final = (*_OF_MESSAGES, *_OF_SOUND)


@dataclass
class BrokenRules:
    """What one phone does wrong now."""

    sound: dict[str, RtpFault] = field(default_factory=dict)
    """By rule."""
    _messages: dict[str, int | None] = field(default_factory=dict)
    """Rule to how often it is still broken; None: always."""

    def begin(self, rule: str, chance: float | None, jitter: float | None, count: int | None) -> RtpFault | None:
        """Break a rule; the fault of its RTP, if the rule is about sound. Raises FleetError for an unknown one."""
        if rule in _OF_MESSAGES:
            self._messages[rule] = count
            return None
        if rule not in _OF_SOUND:
            raise FleetError(f"no rule {rule!r}", hint=did_you_mean(rule, RULES))
        self.sound[rule] = fault = _fault(rule, chance, jitter)
        return fault

    def end(self, rule: str) -> list[RtpFault]:
        """Keep it again; with an empty name all of them. Returns the faults of RTP that end."""
        chosen = [rule] if rule else [*self._messages, *self.sound]
        for one in chosen:
            self._messages.pop(one, None)
        return [fault for one in chosen if (fault := self.sound.pop(one, None)) is not None]

    def breaks(self, rule: str) -> bool:
        """Whether a rule of messages is broken now."""
        return rule in self._messages

    def strike(self, rule: str) -> bool:
        """The same, counted."""
        left = self._messages.get(rule, 0)
        if left == 0:
            return False
        if left is not None:
            self._messages[rule] = left - 1
            if left == 1:
                del self._messages[rule]
        return True

    def misbehaviour(self) -> Misbehaviour | None:
        """What the user agent must do wrong."""
        omit = frozenset(method for rule, method in _OMITTED.items() if rule in self._messages)
        return Misbehaviour(omit=omit) if omit else None


def _fault(rule: str, chance: float | None, jitter: float | None) -> RtpFault:
    faults = {
        "wrong-payload-type": RtpFault(payload_type=WRONG_PAYLOAD_TYPE),
        "rtp-stop": RtpFault(stop=True),
        "rtp-loss": RtpFault(loss=chance or 0.0),
        "rtp-jitter": RtpFault(jitter=jitter or 0.0),
        "rtp-ssrc": RtpFault(new_ssrc=True),
    }
    return faults[rule]


def garbled(data: bytes) -> bytes:
    """A request that is none: its second half never left."""
    return data[: len(data) // 2]
