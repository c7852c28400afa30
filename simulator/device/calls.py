"""The calls of a speaker: who may call whom, what is told of it, and which calls are over (audio sheet 8.4 and 8.8).

Who speaks SIP asks `incoming` what to do with a call and is told what the device wants (`on_place`, `on_answer`,
`on_hang_up`). Every change publishes Call/StateChange first and then Call/State, which exists while SIP is on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from simulator.device.call import LONGEST_ADDRESS, TOLD, Call, CallState, Direction, Outcome, Reason
from simulator.device.call_setting import CallServiceRefused, Fault, shown_text
from simulator.device.dtmf import DIGITS, DigitMatcher, Origin
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from simulator.chance import Stream
    from simulator.device.call_service import CallService
    from simulator.device.sip_account import SipAccount

STATE = "tnsaxis:Call/State"
STATE_CHANGE = "tnsaxis:Call/StateChange"
DTMF = "tnsaxis:Call/DTMF"
VMS_CALL = "VMS_CALL"
"""Address of a call without SIP."""
_SIP_ADDRESS = re.compile(
    r"(?i:sips?):(?:[!#-;=?A-~]+@)?(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.?|\[[0-9A-Fa-f:.]+\])"
    r"(?::[0-9]{1,5})?(?:[;?][!#-;=?-~]*)?"
)
"""Visible ASCII alone (RFC 3261, 25.1), without quotes and angle brackets."""
_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_RANDOM_SIGNS = 22
"""Of the documented example of a CallId."""
_PREFIX: dict[Direction, str] = {"Outgoing": "Out", "Incoming": "In"}


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with an incoming call: `ring`, `answer` at once, or refuse it as `denied` or `busy`."""

    verdict: Literal["ring", "answer", "denied", "busy"]
    call: Call | None = None
    """The call that was begun; None for a refused one."""


class Calls:
    """The calls of one speaker: those in progress, and the last ones that ended."""

    __slots__ = ("_answer", "_declared", "_ended", "_hang_up", "_live", "_place", "_random", "service")

    def __init__(self, service: CallService) -> None:
        self.service = service
        self._live: tuple[Call, ...] = ()
        self._ended: tuple[Call, ...] = ()
        self._place: Callable[[Call], None] | None = None
        self._answer: Callable[[Call], None] | None = None
        self._hang_up: Callable[[Call, CallState], None] | None = None
        self._random: Stream | None = None
        self._declared = False
        """Call/State is there."""

    def __iter__(self) -> Iterator[Call]:
        """Those that ended, oldest first, and those in progress."""
        return iter((*self._ended, *self._live))

    @property
    def live(self) -> tuple[Call, ...]:
        """In progress, ending ones included."""
        return self._live

    @property
    def state(self) -> CallState:
        """What Call/State says: the most advanced of all calls."""
        return max((call.told for call in self._live), key=TOLD.index, default=CallState.IDLE)

    def get(self, call_id: str) -> Call | None:
        return next((call for call in self if call.id == call_id), None)

    # ---- who carries calls out

    def on_place(self, listener: Callable[[Call], None]) -> None:
        """`listener(call)` sends the INVITE of a new SIP call to `call.remote`."""
        self._place = listener

    def on_answer(self, listener: Callable[[Call], None]) -> None:
        """`listener(call)` answers a ringing SIP call, and calls `call.answered`."""
        self._answer = listener

    def on_hang_up(self, listener: Callable[[Call, CallState], None]) -> None:
        """`listener(call, before)` ends a SIP call that was in state `before`: CANCEL, decline or BYE by SIP's own
        rules, and calls `call.ended`. Without a listener a call is over at once."""
        self._hang_up = listener

    # ---- outgoing calls

    def place(self, to: str, account_id: str | None = None) -> Call:
        """Begin a call to a SIP URI or VMS_CALL, from the default account if none is named.

        Raises CallServiceRefused (FAILED) where it cannot be started: SIP is off, the account is unknown or disabled,
        the address is none, or there are as many calls as there may be.
        """
        if to == VMS_CALL:
            return self.service.vms.place()
        account = self._account_for(account_id)
        if len(to) > LONGEST_ADDRESS or not _SIP_ADDRESS.fullmatch(to):
            raise _cannot(f"{to[:LONGEST_ADDRESS]!r} is no SIP address")
        if self.busy:
            raise _cannot("there is a call already")
        call = Call(self, "Outgoing", "SIP", to, self.service.uri_of(account), account.id)
        self._live = (*self._live, call)
        call.begin_calling(self.service.configuration.calling_timeout)
        if self._place is not None and not call.over:
            self._place(call)
        return call

    @property
    def busy(self) -> bool:
        """There are as many SIP calls as there may be."""
        return sum(call.kind == "SIP" for call in self._live) >= self.service.quirks.most_calls

    def _account_for(self, account_id: str | None) -> SipAccount:
        if not self.service.configuration.sip_enabled:
            raise _cannot("SIP is not enabled")
        account = self.service.accounts.get(account_id) if account_id else self.service.accounts.default
        if account is None:
            raise _cannot(f"there is no account {account_id or ''}")
        if not account.enabled:
            raise _cannot(f"account {account.id} is not enabled")
        return account

    # ---- incoming calls

    def incoming(self, remote: str, local: str, account_id: str) -> Decision:
        """A call comes in from the URI `remote` to `local`, which is the named account's.

        Denied where incoming calls are not allowed, or not from this caller, or not to this account; a denied call
        is told and remembered, one refused as busy is not (SIP sheet 19).
        """
        account = self.service.accounts.get(account_id)
        allowed = self.service.configuration.sip_enabled and self.service.configuration.allow_incoming_calls
        if account is None or not account.enabled or not allowed or not self.service.configuration.admits(remote):
            self._deny(remote, local, account_id)
            return Decision("denied")
        if self.busy:
            self.service.device.note(
                Kind.STATE, "call refused", remote=shown_text(remote, LONGEST_ADDRESS), why="busy"
            )
            return Decision("busy")
        call = Call(self, "Incoming", "SIP", remote, local, account_id)
        self._live = (*self._live, call)
        at_once = account.auto_answer_enabled
        if not at_once or self.service.quirks.rings_before_auto_answer:
            call.ringing()
        return Decision("answer" if at_once else "ring", call)

    def _deny(self, remote: str, local: str, account_id: str) -> None:
        call = Call(self, "Incoming", "SIP", remote, local, account_id)
        call.ended(Reason.DENIED)

    # ---- VMS calls, which `vms_call.py` decides about

    def begin_vms(self, direction: Direction) -> Call:
        """A call without SIP, not yet in any state."""
        call = Call(self, direction, "VMS", VMS_CALL, VMS_CALL, "")
        self._live = (*self._live, call)
        return call

    # ---- all of them

    def answer(self) -> bool:
        """Answer the call that rings, as a rule does; False where none does."""
        ringing = next((call for call in self._live if call.state is CallState.RINGING), None)
        if ringing is not None:
            ringing.answer()
        return ringing is not None

    def hang_up_all(self) -> None:
        """SIP stops or the device does: every SIP call ends."""
        for call in self._live:
            if call.kind == "SIP":
                call.hang_up()

    def forget(self) -> None:
        """The device is down: nobody is told of anything, and nothing is remembered."""
        for call in self._live:
            call.vanish()
        self._live = self._ended = ()
        self._declared = False

    def digit(self, call: Call, digit: str, origin: Origin, now: float) -> None:
        """The far end of a call pressed a key; `now` is wire seconds, as the keys of a person come.

        Publishes Call/DTMF for each sequence that this key completes. Nothing for another sign than 0-9, A-D, * and
        #, for a call that is not active, and where the account's configuration does not take keys of this origin.
        """
        if call.state is CallState.ACTIVE and digit in DIGITS:
            self._take_digit(call, digit, origin, now)

    def _take_digit(self, call: Call, digit: str, origin: Origin, now: float) -> None:
        account = call.account
        configuration = None if account is None else self.service.dtmf.configuration(account.dtmf_configuration_id)
        if configuration is None or not configuration.takes(origin):
            return
        matcher = call.matcher = call.matcher or DigitMatcher(self.service.quirks)
        if not matcher.press(digit, origin, now):
            return
        device = self.service.device
        record = device.note(Kind.STATE, "call digit", call=call.id, digit=digit, origin=origin)
        with device.world.journal.because(record):
            for trigger in matcher.matches(self.service.dtmf.triggers_of(configuration)):
                device.events.publish(DTMF, {"DTMFEventId": trigger.dtmf_event_id}, CallId=call.id)

    # ---- what a call asks for

    def longest_talk(self, call: Call) -> float:
        """Seconds that a call may last; 0 for ever."""
        account = call.account
        if account is None:
            return 0.0
        limits = [account.longest_call(self.service.quirks)]
        if call.direction == "Incoming" and self.service.quirks.incoming_limits_talk:
            limits.append(self.service.configuration.answering_timeout)
        return float(min((limit for limit in limits if limit > 0), default=0))

    def reason_of(self, end: Reason | Outcome) -> Reason:
        if end is Outcome.CANCELLED:
            return Reason(self.service.quirks.caller_cancelled)
        return Reason(self.service.quirks.rejected) if end is Outcome.DECLINED else Reason(end)

    def wish_answer(self, call: Call) -> None:
        if self._answer is None:
            raise _cannot("nobody speaks SIP")
        self._answer(call)

    def wish_hang_up(self, call: Call, before: CallState) -> None:
        if call.kind == "SIP" and self._hang_up is not None:
            self._hang_up(call, before)
        else:
            call.ended()

    def leave(self, call: Call) -> None:
        """A call is over: it is one of the last that ended."""
        self._live = tuple(one for one in self._live if one is not call)
        most = self.service.quirks.history
        self._ended = (*self._ended, call)[-most:] if most else ()

    def note(self, call: Call, **more: str) -> None:
        self.service.device.note(Kind.STATE, "call", **_facts(call), **more)

    def changed(self, call: Call, left: CallState, reason: Reason | None) -> None:
        """Journal and publish: StateChange first, then State (audio sheet 8.8)."""
        device = self.service.device
        record = device.note(Kind.STATE, "call", **_facts(call), left=left.value)
        with device.world.journal.because(record):
            if not device.lifecycle.reachable:
                return
            if reason is not None:
                source = {"Source": self.service.quirks.source}
                told = {"CallId": call.id, "RemoteURI": call.remote, "DeviceURI": call.local}
                device.events.publish(STATE_CHANGE, source, Reason=reason.value, **told)
            self.publish_state()

    def publish_state(self) -> None:
        """Call/State exists while SIP is on, and without it while there is a VMS call."""
        events, source = self.service.device.events, {"Source": self.service.quirks.source}
        wanted = self.service.configuration.sip_enabled or bool(self._live)
        if wanted or self._declared:
            events.publish(STATE, source, CallState=self.state.value)
        if self._declared and not wanted:
            events.withdraw(STATE, source)
        self._declared = wanted

    def free_slot(self) -> int:
        """Lowest number that no call in progress has."""
        taken = {call.slot for call in self._live}
        return next(number for number in range(len(taken) + 1) if number not in taken)

    def new_id(self, direction: Direction, slot: int, at: datetime) -> str:
        """`Out-0-1401964712.117694-gIRuBDTzh7BDKXw-5mDFKF`, with `In-` for incoming calls [guess]."""
        device = self.service.device
        stream = self._random = self._random or device.world.chance.stream("device", device.name, "call ids")
        moment = f"{int(at.timestamp())}.{at.microsecond:06d}"
        return f"{_PREFIX[direction]}-{slot}-{moment}-{''.join(stream.choices(_SIGNS, k=_RANDOM_SIGNS))}"


def _facts(call: Call) -> dict[str, Any]:
    """What the journal says of a call."""
    return {
        "call": call.id,
        "state": call.state.value,
        "reason": "" if call.reason is None else call.reason.value,
        "direction": call.direction,
        "type": call.kind,
        "remote": call.remote,
        "account": call.account_id,
    }


def _cannot(why: str) -> CallServiceRefused:
    return CallServiceRefused(Fault.FAILED, why)
