"""Calls a second of two SIP user agents in memory: INVITE 100 180 200 ACK BYE 200, each message parsed and written.

    python benchmarks/sip_calls.py [calls]

Prints calls a second of one core that does both ends; a device is one end, so it does about twice as many beside its
sockets. The wanted 1,750 are for both ends together.
"""

from __future__ import annotations

import gc
import sys
import time

from simulator.chance import Chance
from simulator.wire.sip.account import Account
from simulator.wire.sip.command import Answer, HangUp, PlaceCall, Ring
from simulator.wire.sip.event import CallAnswered, CallConfirmed, IncomingCall
from simulator.wire.sip.settings import UserAgentSettings
from simulator.wire.sip.user_agent import UserAgent

SDP = (
    b"v=0\r\no=- 3930000000 3930000000 IN IP4 127.0.0.2\r\ns=pjmedia\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\n"
    b"c=IN IP4 127.0.0.2\r\na=sendrecv\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
)


def agent(address: str, name: str) -> UserAgent:
    settings = UserAgentSettings(address=address, max_server_transactions=10**6, max_server_bytes=10**9)
    settings.max_calls = 0
    return UserAgent(settings, Chance(1).stream(name))


def carry(sender: UserAgent, receiver: UserAgent, source: tuple[str, int], now: float) -> bool:
    packets = sender.take_output()
    for packet in packets:
        receiver.receive(packet.data, source, packet.transport, now)
    return bool(packets)


def one_call(caller: UserAgent, callee: UserAgent, account: Account, now: float) -> int:
    caller.send(PlaceCall("sip:1001@127.0.0.2", account, SDP), now)
    ended = 0
    moving = True
    while moving:
        moving = carry(caller, callee, ("127.0.0.1", 5060), now)
        for event in callee.take_events():
            if isinstance(event, IncomingCall):
                callee.send(Ring(event.call), now)
                callee.send(Answer(event.call, SDP), now)
            elif isinstance(event, CallConfirmed):
                callee.send(HangUp(event.call), now)
        moving = carry(callee, caller, ("127.0.0.2", 5060), now) or moving
        ended += sum(isinstance(event, CallAnswered) for event in caller.take_events())
    return ended


def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    caller, callee = agent("127.0.0.1", "caller"), agent("127.0.0.2", "callee")
    account = Account("sip:phone@127.0.0.1", "phone")
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    began = time.process_time()
    answered = 0
    for number in range(calls):
        now = number / 1750
        answered += one_call(caller, callee, account, now)
        caller.tick(now)
        callee.tick(now)
    took = time.process_time() - began
    print(f"{answered} calls answered, both ends: {calls / took:.0f} calls/s ({1e6 * took / calls:.0f} us a call)")
    for each in (caller, callee):
        for later in range(70):
            each.tick(calls / 1750 + later)
    print("left over:", not caller.idle, not callee.idle)


if __name__ == "__main__":
    main()
