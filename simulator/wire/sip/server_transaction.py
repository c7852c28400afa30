"""Server transactions as tables: RFC 3261 section 17.2 with the Accepted state of RFC 6026 (SIP sheet 4.4 and 4.6).

What is not in a table is ignored in that state. Of the request only the lines are kept that responses repeat, until
the final response is out; that one is kept as bytes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.wire.sip.echo import Echo
from simulator.wire.sip.packet import Packet, is_reliable

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.wire.sip.message import Request
    from simulator.wire.sip.packet import Destination
    from simulator.wire.sip.timer import Schedule, Timer, Timing


class State(StrEnum):
    """An INVITE begins in PROCEEDING, anything else in TRYING."""

    TRYING = "Trying"
    PROCEEDING = "Proceeding"
    ACCEPTED = "Accepted"
    COMPLETED = "Completed"
    CONFIRMED = "Confirmed"
    TERMINATED = "Terminated"


class Happening(StrEnum):
    """What can happen to a server transaction."""

    REQUEST = "the request again"
    ACK = "ACK"
    PROVISIONAL = "1xx from the user"
    SUCCESS = "2xx from the user"
    FAILURE = "300-699 from the user"
    REPEAT = "G"
    NO_ACK = "H"
    OVER = "I, J or L"
    TRANSPORT = "transport error"


class Do(StrEnum):
    """What a transaction does about it, in order."""

    SEND = "send the response"
    RESEND = "send the last response again"
    GUARD = "set timers G and H"
    AGAIN = "set timer G again"
    QUIET = "stop timers G and H"
    LINGER = "set timer I, J or L"
    SAY_LOST = "tell the user that the response was lost"


Table = dict[State, dict[Happening, tuple[State, tuple[Do, ...]]]]

_S, _H, _D = State, Happening, Do

INVITE: Table = {
    _S.PROCEEDING: {
        _H.REQUEST: (_S.PROCEEDING, (_D.RESEND,)),
        _H.PROVISIONAL: (_S.PROCEEDING, (_D.SEND,)),
        _H.SUCCESS: (_S.ACCEPTED, (_D.SEND, _D.LINGER)),
        _H.FAILURE: (_S.COMPLETED, (_D.SEND, _D.GUARD)),
        _H.TRANSPORT: (_S.TERMINATED, (_D.SAY_LOST,)),
    },
    _S.ACCEPTED: {
        _H.SUCCESS: (_S.ACCEPTED, (_D.SEND,)),
        _H.OVER: (_S.TERMINATED, ()),
        _H.TRANSPORT: (_S.ACCEPTED, (_D.SAY_LOST,)),
    },
    _S.COMPLETED: {
        _H.REQUEST: (_S.COMPLETED, (_D.RESEND,)),
        _H.REPEAT: (_S.COMPLETED, (_D.RESEND, _D.AGAIN)),
        _H.ACK: (_S.CONFIRMED, (_D.QUIET, _D.LINGER)),
        _H.NO_ACK: (_S.TERMINATED, (_D.SAY_LOST,)),
        _H.TRANSPORT: (_S.TERMINATED, (_D.SAY_LOST,)),
    },
    _S.CONFIRMED: {
        _H.OVER: (_S.TERMINATED, ()),
    },
    _S.TERMINATED: {},
}

NON_INVITE: Table = {
    _S.TRYING: {
        _H.PROVISIONAL: (_S.PROCEEDING, (_D.SEND,)),
        _H.SUCCESS: (_S.COMPLETED, (_D.SEND, _D.LINGER)),
        _H.FAILURE: (_S.COMPLETED, (_D.SEND, _D.LINGER)),
    },
    _S.PROCEEDING: {
        _H.REQUEST: (_S.PROCEEDING, (_D.RESEND,)),
        _H.PROVISIONAL: (_S.PROCEEDING, (_D.SEND,)),
        _H.SUCCESS: (_S.COMPLETED, (_D.SEND, _D.LINGER)),
        _H.FAILURE: (_S.COMPLETED, (_D.SEND, _D.LINGER)),
        _H.TRANSPORT: (_S.TERMINATED, (_D.SAY_LOST,)),
    },
    _S.COMPLETED: {
        _H.REQUEST: (_S.COMPLETED, (_D.RESEND,)),
        _H.OVER: (_S.TERMINATED, ()),
        _H.TRANSPORT: (_S.TERMINATED, (_D.SAY_LOST,)),
    },
    _S.TERMINATED: {},
}

Key = tuple[object, ...]


class ServerTransaction:
    """One request of the peer until it surely has our answer.

    `lost` is called when the answer could not be delivered or an INVITE's failure was never acknowledged; `cancelled`
    when a CANCEL for it comes before the final response. Both are let go with the final response, `lost` of a 2xx not.
    """

    __slots__ = (
        "_forget", "_guard", "_interval", "_over", "_put", "_schedule", "_table", "_timing", "cancelled",
        "destination", "echo", "key", "last", "lost", "merge_key", "method", "state", "tag", "to_tag", "weight",
    )  # fmt: skip

    def __init__(
        self,
        request: Request,
        key: Key,
        destination: Destination,
        *,
        schedule: Schedule,
        timing: Timing,
        put: Callable[[Packet], None],
        forget: Callable[[ServerTransaction], None],
    ) -> None:
        self.echo: Echo | None = Echo(request)
        self.method = request.method
        self.key = key
        self.merge_key: Key | None = None
        self.destination = destination
        """Where responses go."""
        self.tag = ""
        """To tag of our responses."""
        self.to_tag = ""
        """To tag of the request."""
        self.last: Packet | None = None
        self.weight = 0
        """Bytes that it counts for."""
        self.lost: Callable[[float], None] | None = None
        self.cancelled: Callable[[Request, float], None] | None = None
        self.state = State.PROCEEDING if request.method == "INVITE" else State.TRYING
        self._table = INVITE if request.method == "INVITE" else NON_INVITE
        self._schedule, self._timing, self._put, self._forget = schedule, timing, put, forget
        self._interval = timing.t1
        self._guard: Timer | None = None
        self._over: Timer | None = None

    @property
    def final(self) -> bool:
        """A final response is out."""
        return self.state is not State.TRYING and self.state is not State.PROCEEDING

    def repeated(self, now: float) -> None:
        """The request has come again."""
        self._happen(Happening.REQUEST, now)

    def acknowledged(self, now: float) -> None:
        """The ACK for a failure has come."""
        self._happen(Happening.ACK, now)

    def respond(self, status: int, data: bytes, now: float) -> None:
        """Send a response of the user. After a final response only a 2xx of an INVITE may be sent again."""
        happening = Happening.PROVISIONAL
        if status >= 200:
            happening = Happening.SUCCESS if status < 300 else Happening.FAILURE
        if happening in self._table[self.state]:
            self.last = Packet(data, self.destination, reply_to=self.key)
            self._happen(happening, now)

    def fail(self, now: float) -> None:
        """The transport could not deliver a response."""
        self._happen(Happening.TRANSPORT, now)

    def give_up(self) -> None:
        """End it now: the request is as if it had never come."""
        self._end()

    def _happen(self, happening: Happening, now: float) -> None:
        row = self._table[self.state].get(happening)
        if row is None:
            return
        self.state, actions = row
        for action in actions:
            self._do(action, now)
        if self.state is State.TERMINATED:
            self._end()
        elif self.state is State.COMPLETED or self.state is State.ACCEPTED:
            self.echo = self.cancelled = None

    def _do(self, action: Do, now: float) -> None:
        if action is Do.SEND or action is Do.RESEND:
            if self.last is not None:
                self._put(self.last)
        elif action is Do.LINGER:
            self._linger(now)
        elif action is Do.GUARD:
            self._over = self._schedule.at(now + self._timing.life, self._unacknowledged)
            self._set_guard(now)
        elif action is Do.AGAIN:
            self._interval = min(2 * self._interval, self._timing.t2)
            self._set_guard(now)
        elif action is Do.QUIET:
            self._stop()
        elif self.lost is not None:
            self.lost(now)

    def _set_guard(self, now: float) -> None:
        if not is_reliable(self.destination.transport):
            self._guard = self._schedule.at(now + self._interval, self._repeat)

    def _linger(self, now: float) -> None:
        """Timers L, I (never on a stream) and J (never on a stream)."""
        wait = self._timing.t4 if self.state is State.CONFIRMED else self._timing.life
        if self.state is not State.ACCEPTED and is_reliable(self.destination.transport):
            wait = 0.0
        self._over = self._schedule.at(now + wait, self._lingered)

    def _stop(self) -> None:
        for timer in (self._guard, self._over):
            if timer is not None:
                timer.cancel()
        self._guard = self._over = None

    def _end(self) -> None:
        self.state = State.TERMINATED
        self._stop()
        self.echo = self.cancelled = self.lost = None
        self._forget(self)

    def _repeat(self, now: float) -> None:
        self._guard = None
        self._happen(Happening.REPEAT, now)

    def _unacknowledged(self, now: float) -> None:
        self._over = None
        self._happen(Happening.NO_ACK, now)

    def _lingered(self, now: float) -> None:
        self._over = None
        self._happen(Happening.OVER, now)
