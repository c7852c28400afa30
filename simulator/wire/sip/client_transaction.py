"""Client transactions as tables: RFC 3261 section 17.1 with the Accepted state of RFC 6026 (SIP sheet 4.2 and 4.3).

What is not in a table is ignored in that state.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.wire.sip.composition import ack_of_failure, made_here
from simulator.wire.sip.packet import Packet, is_reliable

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.wire.sip.message import Request, Response
    from simulator.wire.sip.timer import Schedule, Timer, Timing


class State(StrEnum):
    """TRYING and CALLING are the same place, named as the RFC does."""

    CALLING = "Calling"
    TRYING = "Trying"
    PROCEEDING = "Proceeding"
    ACCEPTED = "Accepted"
    COMPLETED = "Completed"
    TERMINATED = "Terminated"


class Happening(StrEnum):
    """What can happen to a client transaction."""

    PROVISIONAL = "1xx"
    SUCCESS = "2xx"
    FAILURE = "300-699"
    REPEAT = "A or E"
    TIMEOUT = "B or F"
    OVER = "D, K or M"
    TRANSPORT = "transport error"


class Do(StrEnum):
    """What a transaction does about it, in order."""

    SEND = "send the request again"
    AGAIN = "set timer A or E again"
    QUIET = "stop timers A, B, E and F"
    ACK = "acknowledge the failure"
    PASS = "tell the user"
    LINGER = "set timer D, K or M"
    SAY_TIMEOUT = "tell the user 408"
    SAY_TRANSPORT = "tell the user 503"


Table = dict[State, dict[Happening, tuple[State, tuple[Do, ...]]]]

_S, _H, _D = State, Happening, Do

INVITE: Table = {
    _S.CALLING: {
        _H.PROVISIONAL: (_S.PROCEEDING, (_D.QUIET, _D.PASS)),
        _H.SUCCESS: (_S.ACCEPTED, (_D.QUIET, _D.LINGER, _D.PASS)),
        _H.FAILURE: (_S.COMPLETED, (_D.QUIET, _D.ACK, _D.LINGER, _D.PASS)),
        _H.REPEAT: (_S.CALLING, (_D.SEND, _D.AGAIN)),
        _H.TIMEOUT: (_S.TERMINATED, (_D.SAY_TIMEOUT,)),
        _H.TRANSPORT: (_S.TERMINATED, (_D.SAY_TRANSPORT,)),
    },
    _S.PROCEEDING: {
        _H.PROVISIONAL: (_S.PROCEEDING, (_D.PASS,)),
        _H.SUCCESS: (_S.ACCEPTED, (_D.LINGER, _D.PASS)),
        _H.FAILURE: (_S.COMPLETED, (_D.ACK, _D.LINGER, _D.PASS)),
    },
    _S.ACCEPTED: {
        _H.SUCCESS: (_S.ACCEPTED, (_D.PASS,)),
        _H.OVER: (_S.TERMINATED, ()),
    },
    _S.COMPLETED: {
        _H.FAILURE: (_S.COMPLETED, (_D.ACK,)),
        _H.OVER: (_S.TERMINATED, ()),
        _H.TRANSPORT: (_S.TERMINATED, ()),
    },
    _S.TERMINATED: {},
}

NON_INVITE: Table = {
    _S.TRYING: {
        _H.PROVISIONAL: (_S.PROCEEDING, (_D.PASS,)),
        _H.SUCCESS: (_S.COMPLETED, (_D.QUIET, _D.LINGER, _D.PASS)),
        _H.FAILURE: (_S.COMPLETED, (_D.QUIET, _D.LINGER, _D.PASS)),
        _H.REPEAT: (_S.TRYING, (_D.SEND, _D.AGAIN)),
        _H.TIMEOUT: (_S.TERMINATED, (_D.SAY_TIMEOUT,)),
        _H.TRANSPORT: (_S.TERMINATED, (_D.SAY_TRANSPORT,)),
    },
    _S.PROCEEDING: {
        _H.PROVISIONAL: (_S.PROCEEDING, (_D.PASS,)),
        _H.SUCCESS: (_S.COMPLETED, (_D.QUIET, _D.LINGER, _D.PASS)),
        _H.FAILURE: (_S.COMPLETED, (_D.QUIET, _D.LINGER, _D.PASS)),
        _H.REPEAT: (_S.PROCEEDING, (_D.SEND, _D.AGAIN)),
        _H.TIMEOUT: (_S.TERMINATED, (_D.SAY_TIMEOUT,)),
        _H.TRANSPORT: (_S.TERMINATED, (_D.SAY_TRANSPORT,)),
    },
    _S.COMPLETED: {
        _H.OVER: (_S.TERMINATED, ()),
    },
    _S.TERMINATED: {},
}


class ClientTransaction:
    """One request of ours until its last response has surely come.

    `answered` is called with every response that the user has to know: provisionals, the final one, each repeated 2xx
    of an INVITE, and a 408 or 503 made here when none comes. `put` sends, `forget` is called at the end.
    """

    __slots__ = (
        "_ack", "_again", "_forget", "_interval", "_over", "_put", "_schedule", "_table", "_timing",
        "answered", "branch", "method", "packet", "request", "state",
    )  # fmt: skip

    def __init__(
        self,
        request: Request,
        packet: Packet,
        answered: Callable[[Response, float], None],
        *,
        schedule: Schedule,
        timing: Timing,
        put: Callable[[Packet], None],
        forget: Callable[[ClientTransaction], None],
    ) -> None:
        self.request: Request | None = request
        self.method = request.method
        self.packet = packet
        self.branch = packet.branch
        self.answered: Callable[[Response, float], None] | None = answered
        self.state = State.CALLING if request.method == "INVITE" else State.TRYING
        self._table = INVITE if request.method == "INVITE" else NON_INVITE
        self._schedule, self._timing, self._put, self._forget = schedule, timing, put, forget
        self._interval = timing.t1
        self._again: Timer | None = None
        self._over: Timer | None = None
        self._ack: Packet | None = None

    def start(self, now: float) -> None:
        """Send the request and set the timers."""
        self._over = self._schedule.at(now + self._timing.life, self._timed_out)
        if not is_reliable(self.packet.transport):
            self._again = self._schedule.at(now + self._interval, self._repeat)
        self._put(self.packet)

    def receive(self, response: Response, now: float) -> None:
        """Take a response that matches."""
        happening = Happening.PROVISIONAL
        if response.status >= 200:
            happening = Happening.SUCCESS if response.status < 300 else Happening.FAILURE
        self._happen(happening, now, response)

    def fail(self, now: float) -> None:
        """The transport could not deliver it."""
        self._happen(Happening.TRANSPORT, now)

    def quiet(self) -> None:
        """Stop repeating the request; whatever comes is still taken, and the timeout stands."""
        if self._again is not None:
            self._again.cancel()
            self._again = None

    def give_up(self) -> None:
        """End it now, without a word to the user."""
        self._end()

    def moved(self, packet: Packet, now: float) -> None:
        """The request goes over another transport: repeat that one, or nothing on a stream."""
        self.packet = packet
        self.quiet()
        if not is_reliable(packet.transport) and self.state in {State.CALLING, State.TRYING}:
            self._again = self._schedule.at(now + self._interval, self._repeat)

    def _happen(self, happening: Happening, now: float, response: Response | None = None) -> None:
        row = self._table[self.state].get(happening)
        if row is None:
            return
        self.state, actions = row
        for action in actions:
            self._do(action, response, now)
        if self.state is State.TERMINATED:
            self._end()

    def _do(self, action: Do, response: Response | None, now: float) -> None:
        if action is Do.PASS or action is Do.SAY_TIMEOUT or action is Do.SAY_TRANSPORT:
            self._say(action, response, now)
        elif action is Do.SEND:
            self._put(self.packet)
        elif action is Do.AGAIN:
            self._set_again(now)
        elif action is Do.QUIET:
            self._stop()
        elif action is Do.ACK:
            self._acknowledge(response)
        elif action is Do.LINGER:
            self._linger(now)

    def _say(self, action: Do, response: Response | None, now: float) -> None:
        answered = self.answered
        if action is not Do.PASS:
            response = made_here(408 if action is Do.SAY_TIMEOUT else 503)
        if self.state is State.COMPLETED or self.state is State.TERMINATED:
            self.answered = None
        if answered is not None and response is not None:
            answered(response, now)

    def _set_again(self, now: float) -> None:
        self._interval *= 2
        if self._table is NON_INVITE:
            proceeding = self.state is State.PROCEEDING
            self._interval = self._timing.t2 if proceeding else min(self._interval, self._timing.t2)
        self._again = self._schedule.at(now + self._interval, self._repeat)

    def _acknowledge(self, response: Response | None) -> None:
        if self._ack is None and self.request is not None and response is not None:
            ack = ack_of_failure(self.request, response)
            self._ack = Packet(ack.encode(), self.packet.destination)
            self.request = None
        if self._ack is not None:
            self._put(self._ack)

    def _linger(self, now: float) -> None:
        """Timers M, D (never on a stream) and K (never on a stream)."""
        wait = self._timing.life if self._table is INVITE else self._timing.t4
        if self.state is State.COMPLETED and is_reliable(self.packet.transport):
            wait = 0.0
        if self._over is not None:
            self._over.cancel()
        self._over = self._schedule.at(now + wait, self._lingered)

    def _stop(self) -> None:
        self.quiet()
        if self._over is not None:
            self._over.cancel()
            self._over = None

    def _end(self) -> None:
        self.state = State.TERMINATED
        self._stop()
        self.answered = self.request = None
        self._forget(self)

    def _repeat(self, now: float) -> None:
        self._again = None
        self._happen(Happening.REPEAT, now)

    def _timed_out(self, now: float) -> None:
        self._over = None
        self._happen(Happening.TIMEOUT, now)

    def _lingered(self, now: float) -> None:
        self._over = None
        self._happen(Happening.OVER, now)
