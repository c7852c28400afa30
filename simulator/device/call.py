"""One call of a speaker as truth, without a word of SIP (audio sheet 8.4 and 8.8; SIP sheet 1, 7 and 8).

    outgoing  Idle -> Calling -> Active -> Terminating -> Terminated
    incoming  Idle -> Ringing -> Active -> Terminating -> Terminated

Who speaks SIP tells what happens on the wire with `ringing`, `answered` and `ended`, and hears from `Calls` what the
device wants. How long a call may ring or last is counted here, on the device's clock: the settings say so, not the
protocol.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from simulator.device.call_setting import CallServiceRefused, Fault, shown_text

if TYPE_CHECKING:
    from datetime import datetime

    from simulator.clock import Timer
    from simulator.device.calls import Calls
    from simulator.device.dtmf import DigitMatcher
    from simulator.device.sip_account import SipAccount

LONGEST_ADDRESS = 255
"""Characters that are kept of an address: a caller may send any [guess]."""
Direction = Literal["Outgoing", "Incoming"]
CallType = Literal["SIP", "VMS"]


class CallState(StrEnum):
    """Words of GetCallStatus; the event Call/State has the first four."""

    IDLE = "Idle"
    CALLING = "Calling"
    RINGING = "Ringing"
    ACTIVE = "Active"
    TERMINATING = "Terminating"
    TERMINATED = "Terminated"


class Reason(StrEnum):
    """Why a call is in its state: CallStateReason, and Reason of Call/StateChange."""

    INITIATED = "Initiated"
    DENIED = "Denied"
    NO_ANSWER = "NoAnswer"
    BUSY = "Busy"
    FAILED = "Failed"
    ACCEPTED_BY_REMOTE = "AcceptedByRemote"
    ACCEPTED_BY_DEVICE = "AcceptedByDevice"
    TERMINATED = "Terminated"


class Outcome(StrEnum):
    """Ends whose reason is the firmware's quirk."""

    CANCELLED = "cancelled"
    """The caller gave up before the device answered."""
    DECLINED = "declined"
    """The callee said no to this call, without saying busy (603)."""


TOLD = (CallState.IDLE, CallState.CALLING, CallState.RINGING, CallState.ACTIVE)
"""The words of Call/State. There is one state for the whole speaker: the last of these that some call is in."""


class Call:
    """One call. `remote` and `local` are URIs as text; times are the device's date, UTC."""

    __slots__ = (
        "_calls", "_ending", "_timer", "account_id", "codec", "direction", "id", "kind", "local", "matcher", "reason",
        "remote", "remote_rings", "slot", "started_at", "state", "stopped_at", "told",
    )  # fmt: skip

    def __init__(
        self, calls: Calls, direction: Direction, kind: CallType, remote: str, local: str, account_id: str
    ) -> None:
        self._calls = calls
        self._timer: Timer | None = None
        self._ending: Reason | None = None
        self.matcher: DigitMatcher | None = None
        """Of the keys that were pressed, from the first one on."""
        self.slot = calls.free_slot()
        """Lowest number that no other call has; the first number in its id."""
        self.started_at: datetime = calls.service.device.time.utc()
        self.stopped_at: datetime | None = None
        self.id = calls.new_id(direction, self.slot, self.started_at)
        self.direction: Direction = direction
        self.kind: CallType = kind
        self.remote, self.local = (shown_text(one, LONGEST_ADDRESS) for one in (remote, local))
        self.account_id = account_id
        """Empty for a VMS call."""
        self.state = CallState.IDLE
        self.told = CallState.IDLE
        """What Call/State makes of it: a call that is terminating counts as what it was."""
        self.reason: Reason | None = None
        self.remote_rings = False
        """The far end of an outgoing call said that it rings."""
        self.codec = ""
        """Name of the codec in use, as who carries the sound tells."""

    @property
    def over(self) -> bool:
        return self.state is CallState.TERMINATED

    @property
    def ending(self) -> Reason | None:
        """Why the device itself is hanging up; None while it is not."""
        return self._ending

    @property
    def account(self) -> SipAccount | None:
        """The account it belongs to; None for a VMS call, and for one whose account was removed."""
        return self._calls.service.accounts.get(self.account_id)

    # ---- what happens on the wire

    def ringing(self) -> None:
        """The far end rings, or the device does."""
        if self.direction == "Outgoing":
            self.remote_rings = True
        elif self.state is CallState.IDLE:
            self._begin_ringing()

    def answered(self, codec: str = "") -> None:
        """The call is up: the far end has answered, or the device has. Nothing for one that is ending already."""
        if self.state not in (CallState.IDLE, CallState.CALLING, CallState.RINGING):
            return
        self.codec = codec
        remote = self.direction == "Outgoing"
        self._enter(CallState.ACTIVE, Reason.ACCEPTED_BY_REMOTE if remote else Reason.ACCEPTED_BY_DEVICE)
        self._limit(self._calls.longest_talk(self), Reason.TERMINATED)

    def ended(self, reason: Reason | Outcome = Reason.TERMINATED) -> None:
        """The call is over. Where the device itself hung up, its reason counts and not this one."""
        if self.over:
            return
        self._stop_timer()
        self.stopped_at = self._calls.service.device.time.utc()
        self.matcher = None
        self._calls.leave(self)
        self._enter(CallState.TERMINATED, self._ending or self._calls.reason_of(reason))

    # ---- what the device wants

    def answer(self) -> None:
        """Answer a call that rings; `answered` follows. Raises CallServiceRefused for one that does not."""
        if self.state is not CallState.RINGING:
            raise CallServiceRefused(Fault.FAILED, f"call {self.id} does not ring")
        self._calls.wish_answer(self)

    def hang_up(self, reason: Reason = Reason.TERMINATED) -> None:
        """End it from here: cancel, decline or hang up, whatever its state asks for; `ended` follows."""
        if self.over or self.state is CallState.TERMINATING:
            return
        self._stop_timer()
        self._ending = reason
        before, self.state = self.state, CallState.TERMINATING
        self._calls.note(self, left=before.value)
        self._calls.wish_hang_up(self, before)

    # ---- for `Calls` and `VmsCalls`

    def begin_calling(self, seconds: float) -> None:
        """An outgoing call starts, and has so long to be answered."""
        self._enter(CallState.CALLING, Reason.INITIATED)
        self._limit(seconds, Reason.NO_ANSWER)

    def vanish(self) -> None:
        """The device is down, and the call with it."""
        self._stop_timer()
        self.state = CallState.TERMINATED

    # ---- inside

    def _begin_ringing(self) -> None:
        self._limit(self._calls.service.configuration.answering_timeout, Reason.NO_ANSWER)
        self._enter(CallState.RINGING, None)

    def _enter(self, state: CallState, reason: Reason | None) -> None:
        left, self.state = self.state, state
        self.told = state if state in TOLD else CallState.IDLE
        if reason is not None:
            self.reason = reason
        self._calls.changed(self, left, reason)

    def _limit(self, seconds: float, reason: Reason) -> None:
        self._stop_timer()
        if seconds > 0:
            clock = self._calls.service.device.world.clock
            self._timer = clock.call_later(seconds, lambda: self.hang_up(reason))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
