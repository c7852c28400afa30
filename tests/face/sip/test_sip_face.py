"""The speaker's user agent without sockets: identities, reasons, and whatever may come in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.call import Outcome, Reason
from simulator.device.device import Device
from simulator.device.profile import load_profile
from simulator.device.sip_account import SipAccount
from simulator.device.world import World
from simulator.errors import FleetError, MalformedMessage
from simulator.face.sip.front import SipFace
from simulator.face.sip.identity import server_uri, wire_account
from simulator.face.sip.reason import reason_of
from simulator.journal import Journal, Kind
from simulator.wire.rtp.negotiated import MediaSettings
from simulator.wire.sip.event import CallEnded, End
from simulator.wire.sip.packet import Packet

PEER = ("127.0.0.9", 5060)
NUMBERS = count(1)


@dataclass
class Way:
    """The net of a face: a list."""

    sent: list[Packet] = field(default_factory=list)
    address: str | None = "127.16.0.1"

    def now(self) -> float:
        return 100.0

    def call_at(self, moment: float, callback: Callable[[], None]) -> Any:
        return SimpleNamespace(cancel=lambda: None)

    def send(self, packet: Packet) -> None:
        self.sent.append(packet)

    def ports(self) -> dict[str, int]:
        return {"UDP": 5060, "TCP": 5060}

    def open_media(self, first_port: int, settings: MediaSettings) -> Any:
        raise FleetError("there are no ports in this test")


def faced() -> tuple[SipFace, Way]:
    clock = SimClock(stepped=True)
    world = World(clock, Chance(1), Journal(clock, capacity=2000))
    device = Device("speaker-1", 1, load_profile("C1410", "12.9.57"), world, lambda address: address)
    assert device.call_service is not None
    way = Way()
    face = SipFace(device, way)
    device.call_service.configure({"SIPEnabled": True, "AllowIncomingCalls": True})
    face.begin()
    return face, way


def test_what_is_switched_on_and_does_nothing_is_written_down() -> None:
    face, _ = faced()
    face.service.configure({"ICEEnabled": True, "STUNEnabled": True})
    face.settings_changed()
    face.settings_changed()
    records = [r for r in face.device.world.journal.since(0) if r.what == "sip settings without effect"]
    assert [record.data["settings"] for record in records] == [["STUN", "ICE"]]


def ping() -> bytes:
    number = next(NUMBERS)
    return (
        f"OPTIONS sip:127.16.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.9;branch=z9hG4bK{number}\r\nFrom: <sip:a@b>;tag=1\r\n"
        f"To: <sip:127.16.0.1>\r\nCall-ID: {number}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    ).encode()


INVITE = (
    b"INVITE sip:x@127.16.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.9;branch=z9hG4bKi\r\nFrom: <sip:a@b>;tag=1\r\n"
    b"To: <sip:127.16.0.1>\r\nContact: <sip:a@127.0.0.9>\r\nCall-ID: i\r\nCSeq: 1 INVITE\r\n"
    b"Content-Type: application/sdp\r\nContent-Length: 75\r\n\r\n"
    b"v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 1.2.3.4\r\nt=0 0\r\nm=audio 9 RTP/AVP 0"
)
OPTIONS = ping()


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """A good message with something cut out, put in or doubled."""
    data = draw(
        st.sampled_from((OPTIONS, INVITE, INVITE.replace(b"INVITE", b"BYE"), b"SIP/2.0 200 OK" + INVITE[31:]))
    )
    begin = draw(st.integers(0, len(data)))
    end = draw(st.integers(begin, min(len(data), begin + 40)))
    return data[:begin] + draw(st.binary(max_size=12) | st.just(data[begin:end] * 2)) + data[end:]


FACE, WAY = faced()


@pytest.mark.fuzz
@given(data=st.binary(max_size=200) | spoiled())
def test_whatever_comes_in_an_options_is_answered_afterwards(data: bytes) -> None:
    FACE.received(data, PEER, "UDP")
    WAY.sent.clear()
    FACE.received(ping(), PEER, "UDP")
    assert any(packet.data.startswith(b"SIP/2.0 200") for packet in WAY.sent)


def test_without_ports_for_media_a_call_is_refused() -> None:
    face, way = faced()
    face.received(INVITE, PEER, "UDP")
    assert [packet.data.split(b" ", 2)[1] for packet in way.sent] == [b"100", b"500"]
    assert any(record.what == "sip media missing" for record in face.device.world.journal.since(0))


def test_messages_are_recorded_and_a_flood_without_their_text() -> None:
    face, _ = faced()
    for _ in range(100):
        face.received(ping(), PEER, "UDP")
    records = [r for r in face.device.world.journal.since(0) if r.kind is Kind.MESSAGE]
    assert len(records) == 200
    assert records[0].data["method"] == "OPTIONS"
    assert (records[1].data["status"], records[1].data["cseq"]) == (200, "1 OPTIONS")
    assert sum(bool(record.data["text"]) for record in records) == 50


@pytest.mark.parametrize(
    ("ended", "active", "reason"),
    [
        (CallEnded(1, End.REFUSED, 486), False, Reason.BUSY),
        (CallEnded(1, End.REFUSED, 600), False, Reason.BUSY),
        (CallEnded(1, End.REFUSED, 408), False, Reason.NO_ANSWER),
        (CallEnded(1, End.REFUSED, 480), False, Reason.NO_ANSWER),
        (CallEnded(1, End.REFUSED, 603), False, Outcome.DECLINED),
        (CallEnded(1, End.REFUSED, 404), False, Reason.FAILED),
        (CallEnded(1, End.REFUSED, 503), False, Reason.FAILED),
        (CallEnded(1, End.PEER_CANCELLED), False, Outcome.CANCELLED),
        (CallEnded(1, End.PEER_HUNG_UP), True, Reason.TERMINATED),
        (CallEnded(1, End.SESSION_EXPIRED), True, Reason.TERMINATED),
        (CallEnded(1, End.NO_DESCRIPTION), False, Reason.FAILED),
    ],
)
def test_why_a_call_ended(ended: CallEnded, active: bool, reason: Reason | Outcome) -> None:
    assert reason_of(ended, active=active) is reason


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("example.com", "sip:example.com"),
        ("example.com:5070", "sip:example.com:5070"),
        ("example.com:5070;transport=tcp", "sip:example.com:5070;transport=tcp"),
        ("sips:example.com", "sips:example.com"),
        (" 10.0.0.1 ", "sip:10.0.0.1"),
    ],
)
def test_a_server_may_be_a_host_or_an_address(text: str, uri: str) -> None:
    assert server_uri(text) == uri


def test_what_is_no_server_is_refused() -> None:
    for text in ("no such host!", "a b", "host:999999", ""):
        with pytest.raises(MalformedMessage):
            server_uri(text)


def account(**settings: str) -> SipAccount:
    """By the names of the API."""
    return SipAccount.model_validate(settings)


def test_accounts_as_the_user_agent_knows_them() -> None:
    peer = wire_account(account(UserId="peer", CallerId="Gate"), "10.0.0.2:5060")
    assert (peer.aor, peer.user, peer.display, peer.proxies) == ("sip:10.0.0.2:5060", "", "Gate", ())
    server = {"Registrar": "10.0.0.5:5080", "PublicDomain": "example.com"}
    registered = account(UserId="10 01", Password="x", Transport="tcp", **server)
    known = wire_account(registered, "10.0.0.2:5060", target="sip:2001@example.com")
    assert (known.aor, known.transport) == ("sip:10%2001@example.com", "TCP")
    assert known.proxies == ("sip:10.0.0.5:5080;lr",), "numbers of its domain are the registrar's to find"
    assert wire_account(registered, "10.0.0.2:5060", target="sip:2001@elsewhere.org").proxies == ()
    assert known.logins[0].username == "10 01"
