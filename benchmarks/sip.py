"""SIP calls: what one costs two user agents in memory, and one that SIPp calls, with SIPp called by SIPp beside it.

A call is INVITE 100 180 200 ACK BYE 200; each message is parsed and written. In memory both ends are counted, so one
end alone does about twice as many. Behind a socket the CPU time of the called side per call is told, which a busy
machine changes least.

Goals: 1,750 calls a second of both ends on one core; at most twice SIPp's CPU per call.
"""

from __future__ import annotations

import gc
import select
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks.peer import program
from benchmarks.process import cpu_seconds
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
RATE = 400
"""Calls a second that SIPp places."""
_HERE = "127.0.0.1"
_SDP = (
    b"v=0\r\no=- 3930000000 3930000000 IN IP4 127.0.0.2\r\ns=pjmedia\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\n"
    b"c=IN IP4 127.0.0.2\r\na=sendrecv\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
)


def agent(address: str, port: int = 5060) -> UserAgent:
    """A user agent that takes any number of calls."""
    settings = UserAgentSettings(
        address=address, max_calls=0, max_server_transactions=10**6, max_server_bytes=10**9
    )
    settings.ports = {"UDP": port}
    return UserAgent(settings, Chance(1).stream(address))


# In memory


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


def _answer(callee: UserAgent, now: float, *, hangs_up: bool = True) -> None:
    for event in callee.take_events():
        if isinstance(event, IncomingCall):
            callee.send(Ring(event.call), now)
            callee.send(Answer(event.call, _SDP), now)
        elif isinstance(event, CallConfirmed) and hangs_up:
            callee.send(HangUp(event.call), now)


# Behind a socket


def serve(port: int) -> None:
    """Answer every call on a socket, until killed."""
    callee = agent(_HERE, port)
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        line.bind((_HERE, port))
        line.setblocking(False)
        while True:
            select.select([line], [], [], _pause(callee))
            _drain(line, callee)


def _pause(callee: UserAgent) -> float:
    due = callee.next_deadline()
    return 1.0 if due is None else max(0.0, min(1.0, due - time.monotonic()))


def _drain(line: socket.socket, callee: UserAgent) -> None:
    now = time.monotonic()
    for _ in range(64):
        try:
            data, source = line.recvfrom(65_535)
        except BlockingIOError:
            break
        callee.receive(data, source, "UDP", now)
    callee.tick(now)
    _answer(callee, now, hangs_up=False)
    for packet in callee.take_output():
        line.sendto(packet.data, (packet.destination.host, packet.destination.port))


@contextmanager
def _called(command: list[str], port: int) -> Iterator[int]:
    """A called side; its process number, once it has its port."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    )
    try:
        _await_port(port, process)
        yield process.pid
    finally:
        process.kill()
        process.wait()


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until and process.poll() is None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((_HERE, port))
            except OSError:
                return
        time.sleep(0.05)
    raise SystemExit(f"nobody came up at port {port}")


def _cost(command: list[str], port: int) -> float:
    """Microseconds of CPU of a called side per call of SIPp."""
    with _called(command, port) as pid, tempfile.TemporaryDirectory() as folder:
        began = cpu_seconds(pid)
        caller = [
            *(program("sipp"), "-sn", "uac", f"{_HERE}:{port}", "-i", _HERE, "-p", str(_free_port())),
            *("-m", str(CALLS), "-r", str(RATE), "-d", "0", "-nostdin", "-timeout", "120s"),
        ]
        outcome = subprocess.run(caller, cwd=folder, capture_output=True, text=True, check=False)
        if outcome.returncode:
            raise SystemExit(f"SIPp ended with {outcome.returncode}:\n{outcome.stdout[-2000:]}")
        return 1e6 * (cpu_seconds(pid) - began) / CALLS


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((_HERE, 0))
        return int(probe.getsockname()[1])


def run() -> None:
    """Both tables."""
    rates = [in_memory() for _ in range(ROUNDS)]
    show(
        "Two user agents in memory",
        ["both ends of a call", "calls/s", "goal"],
        [["CPU", spread(rates, "{:.0f}"), "1750"]],
    )
    ours, theirs = [], []
    for _ in range(ROUNDS):
        port = _free_port()
        ours.append(_cost([sys.executable, "-m", "benchmarks.sip", "serve", str(port)], port))
        port = _free_port()
        theirs.append(_cost([program("sipp"), "-sn", "uas", "-i", _HERE, "-p", str(port), "-nostdin"], port))
    ratios = [mine / their for mine, their in zip(ours, theirs, strict=True)]
    show(
        f"Called by SIPp {RATE} times a second",
        ["called side", "CPU us/call", "ratio", "goal"],
        [
            ["user agent", spread(ours, "{:.0f}"), spread(ratios, "{:.2f}"), "2.00"],
            ["SIPp", spread(theirs, "{:.0f}"), "1", ""],
        ],
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(int(sys.argv[2]))
    else:
        run()
