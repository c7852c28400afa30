"""SIP calls of two user agents in memory: what the protocol costs without sockets, sound and device.

A call is INVITE 100 180 200 ACK BYE 200; each message is parsed and written. Both ends are counted, so one end alone does
about twice as many. What a whole speaker does beside SIPp is told by `sip_speaker`.

Goal: 1,750 calls a second of both ends on one core.
"""

from __future__ import annotations

import gc
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks.table import show, spread
from simulator.chance import Chance
from simulator.wire.sip.account import Account
from simulator.wire.sip.command import Answer, HangUp, PlaceCall, Ring
from simulator.wire.sip.event import CallAnswered, CallConfirmed, IncomingCall
from simulator.wire.sip.settings import UserAgentSettings
from simulator.wire.sip.user_agent import UserAgent

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 3
CALLS = 4000
_SDP = (
    b"v=0\r\no=- 3930000000 3930000000 IN IP4 127.0.0.2\r\ns=pjmedia\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\n"
    b"c=IN IP4 127.0.0.2\r\na=sendrecv\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
)


def agent(address: str) -> UserAgent:
    """A user agent that takes any number of calls."""
    settings = UserAgentSettings(
        address=address, max_calls=0, max_server_transactions=10**6, max_server_bytes=10**9
    )
    return UserAgent(settings, Chance(1).stream(address))


def in_memory() -> float:
    """Calls a second of CPU time, both ends."""
    caller, callee = agent("127.0.0.1"), agent("127.0.0.2")
    account = Account("sip:phone@127.0.0.1", "phone")
    began, answered = time.process_time(), 0
    for number in range(CALLS):
        now = number / 1750
        answered += _one_call(caller, callee, account, now)
        caller.tick(now)
        callee.tick(now)
    took = time.process_time() - began
    for each in (caller, callee):
        for second in range(70):
            each.tick(CALLS / 1750 + second)
    if answered != CALLS or not (caller.idle and callee.idle):
        raise SystemExit(f"{answered} of {CALLS} calls were answered, or something is left of them")
    return CALLS / took


def _one_call(caller: UserAgent, callee: UserAgent, account: Account, now: float) -> int:
    caller.send(PlaceCall("sip:1001@127.0.0.2", account, _SDP), now)
    answered = 0
    moving = True
    while moving:
        moving = _carry(caller, callee, "127.0.0.1", now)
        _answer(callee, now)
        moving = _carry(callee, caller, "127.0.0.2", now) or moving
        answered += sum(isinstance(event, CallAnswered) for event in caller.take_events())
    return answered


def _carry(sender: UserAgent, receiver: UserAgent, address: str, now: float) -> bool:
    packets = sender.take_output()
    for packet in packets:
        receiver.receive(packet.data, (address, 5060), "UDP", now)
    return bool(packets)


def _answer(callee: UserAgent, now: float) -> None:
    for event in callee.take_events():
        if isinstance(event, IncomingCall):
            callee.send(Ring(event.call), now)
            callee.send(Answer(event.call, _SDP), now)
        elif isinstance(event, CallConfirmed):
            callee.send(HangUp(event.call), now)


def run() -> None:
    """One table."""
    with collecting_seldom():
        rates = [in_memory() for _ in range(ROUNDS)]
    row = ["calls/s of CPU time", spread(rates, "{:.0f}"), "1750"]
    show("Two user agents in memory, both ends of each call", ["", "calls/s", "goal"], [row])


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """As a process that holds a fleet does: what is made already is left out, the rest is looked at less often."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


if __name__ == "__main__":
    run()
