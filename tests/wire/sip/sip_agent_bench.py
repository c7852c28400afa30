"""A user agent on a bench: what comes in is written by hand, what goes out is read, time is stepped."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.chance import Chance
from simulator.wire.sip.account import Account
from simulator.wire.sip.header import to
from simulator.wire.sip.message import Message, Request, Response, parse
from simulator.wire.sip.packet import Packet
from simulator.wire.sip.settings import UserAgentSettings
from simulator.wire.sip.user_agent import UserAgent

DEVICE, PEER = "127.0.0.7", "127.0.0.9"
OFFER = (
    b"v=0\r\no=- 100 100 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n"
    b"m=audio 42000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
)
ANSWER = (
    b"v=0\r\no=- 200 201 IN IP4 127.0.0.7\r\ns=-\r\nc=IN IP4 127.0.0.7\r\nt=0 0\r\n"
    b"m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
)
ACCOUNT = Account("sip:1001@dom", "1001")
Lines = Iterable[tuple[str, str]]


def request(
    method: str,
    *,
    branch: str = "z9hG4bKa",
    cseq: int = 1,
    cseq_method: str = "",
    to_tag: str = "",
    from_tag: str = "p1",
    call_id: str = "call-1",
    uri: str = f"sip:1001@{DEVICE}",
    headers: Lines = (),
    body: bytes = b"",
    content_type: str = "application/sdp",
) -> bytes:
    """A request of the peer."""
    lines = [
        f"{method} {uri} SIP/2.0",
        f"Via: SIP/2.0/UDP {PEER}:5060;rport;branch={branch}",
        "Max-Forwards: 70",
        f"From: <sip:6002@{PEER}>" + (f";tag={from_tag}" if from_tag else ""),
        f"To: <sip:1001@{DEVICE}>" + (f";tag={to_tag}" if to_tag else ""),
        f"Call-ID: {call_id}",
        f"CSeq: {cseq} {cseq_method or method}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    if method in {"INVITE", "UPDATE"}:
        lines.append(f"Contact: <sip:6002@{PEER}:5060>")
    if body:
        lines.append(f"Content-Type: {content_type}")
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answer(
    asked: Message,
    status: int,
    *,
    tag: str = "r1",
    headers: Lines = (),
    body: bytes = b"",
    contact: str = f"<sip:6002@{PEER}:5060>",
) -> bytes:
    """The peer's response to a request of ours, and nothing more than it has to hold."""
    lines = [f"SIP/2.0 {status} Phrase", f"Via: {asked.headers.get('via')}"]
    target = asked.headers.get("to") or ""
    if tag and status > 100 and "tag=" not in target:
        target += f";tag={tag}"
    lines += [f"{name}: {asked.headers.get(name)}" for name in ("From", "Call-ID", "CSeq")]
    lines += [f"To: {target}", *(f"{name}: {value}" for name, value in headers)]
    if contact and 100 < status < 300:
        lines.append(f"Contact: {contact}")
    if body:
        lines.append("Content-Type: application/sdp")
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Bench:
    """One user agent; `sent` holds all that left it as (time, packet, message)."""

    def __init__(self, **settings: object) -> None:
        self.agent = UserAgent(UserAgentSettings(address=DEVICE, **settings), Chance(7).stream("sip"))  # type: ignore[arg-type]
        self.now = 0.0
        self.sent: list[tuple[float, Packet, Message]] = []
        self.keepalives: list[Packet] = []
        self.events: list[object] = []

    def receive(
        self, data: bytes, transport: str = "UDP", source: tuple[str, int] = (PEER, 5060)
    ) -> list[Message]:
        """Give it a datagram; what it sends at once."""
        before = len(self.sent)
        self.agent.receive(data, source, transport, self.now)
        return self._collect(before)

    def send(self, command: object) -> list[Message]:
        """Give it a command; what it sends at once."""
        before = len(self.sent)
        self.number = self.agent.send(command, self.now)  # type: ignore[arg-type]
        return self._collect(before)

    def advance(self, seconds: float) -> list[Message]:
        """Let time pass, from deadline to deadline; what it sends meanwhile."""
        before, until = len(self.sent), self.now + seconds
        while (due := self.agent.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.agent.tick(self.now)
            self._take()
        self.now = until
        return [message for _, _, message in self.sent[before:]]

    def wait(self, seconds: float) -> list[Message]:
        """Let time pass until something is sent, at most so long; what is sent then."""
        before, until = len(self.sent), self.now + seconds
        while (due := self.agent.next_deadline()) is not None and due <= until and len(self.sent) == before:
            self.now = max(self.now, due)
            self.agent.tick(self.now)
            self._take()
        if len(self.sent) == before:
            self.now = until
        return [message for _, _, message in self.sent[before:]]

    def times(self, start: str) -> list[float]:
        """When messages left whose start line begins so."""
        return [round(at, 3) for at, _, message in self.sent if first_line(message).startswith(start)]

    def last(self) -> Message:
        """What left it last."""
        return self.sent[-1][2]

    def of(self, kind: type) -> list:
        """The events of one kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def fail_last(self) -> list[Message]:
        """The packet that left last could not be delivered."""
        before = len(self.sent)
        self.agent.transport_failed(self.sent[-1][1], self.now)
        return self._collect(before)

    def settle(self) -> None:
        """Let all timers run out that are not those of a standing call."""
        self.advance(200)

    def _collect(self, before: int) -> list[Message]:
        self._take()
        return [message for _, _, message in self.sent[before:]]

    def _take(self) -> None:
        for packet in self.agent.take_output():
            if packet.data.strip():
                self.sent.append((self.now, packet, parse(packet.data)))
            else:
                self.keepalives.append(packet)
        self.events += self.agent.take_events()


def first_line(message: Message) -> str:
    """Start line without the version."""
    return (
        f"{message.method} {message.uri}"
        if isinstance(message, Request)
        else f"{message.status} {message.phrase} {(message.headers.get('cseq') or '').partition(' ')[2]}"
    )


def said(messages: list[Message]) -> list[str]:
    """Method or status of each, with the method of its CSeq for responses."""
    return [
        m.method if isinstance(m, Request) else f"{m.status} {(m.headers.get('cseq') or '').split()[1]}"
        for m in messages
    ]


def statuses(messages: list[Message]) -> list[int]:
    """Status of each response among them."""
    return [message.status for message in messages if isinstance(message, Response)]


def our_tag(message: Message) -> str:
    """The tag in its To."""
    return to(message.headers).tag or ""
