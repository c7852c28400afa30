"""scapy as a second opinion: it reads every message we send, and sends odd ones that we must read."""

from __future__ import annotations

import socket
import warnings
from types import SimpleNamespace

import pytest

from simulator.chance import Chance
from simulator.wire.dhcp.behaviour import Script
from simulator.wire.dhcp.client import DhcpClient, Settings
from simulator.wire.dhcp.event import Bound, Decline, Start, State, Stop, Transmit
from simulator.wire.dhcp.message import Type, decode
from simulator.wire.dhcp.option import address_bytes, search_domains_bytes, static_routes_bytes
from simulator.wire.dhcp.server import DhcpServer, Offering

MAC = bytes.fromhex("b8a44f010203")
SERVER, ADDRESS = "127.19.0.1", "127.16.0.1"
VENDOR = "AXIS,Network Mini Speaker,C1410 Mk II,12.9.57"
REQUESTED = (1, 3, 6, 12, 15, 28, 42, 100, 101, 119, 121)


@pytest.fixture(scope="module")
def scapy():
    """Imported here, because it takes long and warns about the machine it finds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from scapy.layers.dhcp import BOOTP, DHCP
        from scapy.packet import Raw
    return SimpleNamespace(BOOTP=BOOTP, DHCP=DHCP, Raw=Raw)


def client(**changes) -> DhcpClient:
    settings = Settings(MAC, VENDOR, "axis-b8a44f010203", REQUESTED, start_delay=(0.0, 0.0), **changes)
    return DhcpClient(settings, Chance(1).stream("client"))


def read(scapy, data: bytes) -> tuple[object, dict[str, object]]:
    """Header and options as scapy sees them."""
    header = scapy.BOOTP(data)
    assert header.options == b"c\x82Sc"
    pairs = [option for option in header[scapy.DHCP].options if isinstance(option, tuple)]
    return header, {pair[0]: pair[1] if len(pair) == 2 else pair[1:] for pair in pairs}


def order(scapy, data: bytes) -> list[str]:
    return [pair[0] for pair in scapy.BOOTP(data)[scapy.DHCP].options if isinstance(pair, tuple)]


def conversation(script: dict[str, object], *, decline: bool = False) -> tuple[list[bytes], list[bytes]]:
    """What goes over the wire from the first DISCOVER to the RELEASE, renewal and all."""
    one = client(dns_name="speaker.example.test")
    offering = Offering(SERVER, 16, SERVER, ("127.19.0.2",), ("127.19.0.3",), "example.test")
    server = DhcpServer(offering, lambda mac: ADDRESS, Chance(1).stream("server"))
    server.send(Script("*", {"lease": 100.0, **script}), 0.0)
    sent: list[bytes] = []
    answered: list[bytes] = []

    def settle(now: float) -> None:
        nonlocal decline
        while outputs := one.take_output():
            for output in outputs:
                if isinstance(output, Transmit):
                    sent.append(output.data)
                    server.receive(output.data, now)
                    for answer in server.take_output():
                        answered.append(answer.data)
                        one.receive(answer.data, now)
                elif isinstance(output, Bound) and decline:
                    decline = False
                    one.send(Decline(), now)

    one.send(Start(), 0.0)
    for now in (0.0, 50.0, 100.0, 200.0):
        one.tick(now)
        settle(now)
    one.send(Stop(release=True), 300.0)
    settle(300.0)
    return sent, answered


def test_scapy_reads_what_the_device_sends(scapy):
    sent, _ = conversation({})
    discover, select, renew, *_, release = sent
    header, options = read(scapy, discover)
    assert (header.op, header.htype, header.hlen, header.chaddr[:6]) == (1, 1, 6, MAC)
    assert int(header.flags) == 0x8000
    assert options["message-type"] == 1
    assert options["client_id"] == b"\x01" + MAC
    assert options["vendor_class_id"] == VENDOR.encode()
    assert options["hostname"] == b"axis-b8a44f010203"
    assert list(options["param_req_list"]) == list(REQUESTED)
    assert options["max_dhcp_size"] == 576
    assert order(scapy, discover)[:6] == [
        "message-type", "client_id", "max_dhcp_size", "param_req_list", "vendor_class_id", "hostname",
    ]  # fmt: skip
    header, options = read(scapy, select)
    assert (options["message-type"], options["requested_addr"], options["server_id"]) == (3, ADDRESS, SERVER)
    header, options = read(scapy, renew)
    assert (header.ciaddr, options["message-type"]) == (ADDRESS, 3)
    assert not {"requested_addr", "server_id"} & set(options)
    header, options = read(scapy, release)
    assert (header.ciaddr, options["message-type"], options["server_id"]) == (ADDRESS, 7, SERVER)


def test_scapy_reads_a_decline(scapy):
    sent, _ = conversation({}, decline=True)
    _, options = read(scapy, sent[2])
    assert (options["message-type"], options["requested_addr"], options["server_id"]) == (4, ADDRESS, SERVER)


def test_scapy_reads_what_the_server_answers(scapy):
    _, answered = conversation({"t1": 40.0, "t2": 80.0})
    header, offer = read(scapy, answered[0])
    assert (header.op, header.yiaddr, offer["message-type"], offer["server_id"]) == (2, ADDRESS, 2, SERVER)
    assert (offer["lease_time"], offer["renewal_time"], offer["rebinding_time"]) == (100, 40, 80)
    assert (offer["subnet_mask"], offer["router"], offer["name_server"]) == ("255.255.0.0", SERVER, "127.19.0.2")
    assert (offer["NTP_server"], offer["domain"]) == ("127.19.0.3", b"example.test")
    assert {read(scapy, data)[1]["message-type"] for data in answered} == {2, 5}


@pytest.mark.parametrize(
    "script",
    [
        {"nak": True},
        {"duplicate": True},
        {"wrong_xid": True},
        {"wrong_server_id": "127.19.0.9"},
        {"no_subnet": True},
        {"second_server": "127.16.0.9"},
        {"remove_option": (51, 3)},
        {
            "options": {
                100: b"CET-1CEST,M3.5.0,M10.5.0/3",
                101: b"Europe/Stockholm",
                119: search_domains_bytes(("a.test", "b.test")),
                121: static_routes_bytes((("0.0.0.0/0", SERVER),)),
                43: bytes(300),
            }
        },
    ],
)
def test_scapy_reads_every_message_of_every_script(scapy, script):
    sent, answered = conversation(script)
    assert len(sent) > 1
    assert answered
    for data in (*sent, *answered):
        header, options = read(scapy, data)
        ours = decode(data)
        assert (header.xid, header.ciaddr, header.yiaddr) == (ours.xid, ours.ciaddr, ours.yiaddr)
        assert options["message-type"] == ours.type
        assert len(data) >= 300


def request_of(one: DhcpClient):
    """The newest message the client sent."""
    return [output.message for output in one.take_output() if isinstance(output, Transmit)][-1]


def odd(scapy, request, options: list[object], **fields: object) -> bytes:
    """An answer built by scapy."""
    header = {"op": 2, "xid": request.xid, "chaddr": MAC + bytes(10), "yiaddr": ADDRESS, **fields}
    return bytes(scapy.BOOTP(**header) / scapy.DHCP(options=options))


def started() -> DhcpClient:
    one = client()
    one.send(Start(), 0.0)
    one.tick(0.0)
    return one


OFFER = [("message-type", "offer"), ("server_id", SERVER), ("lease_time", 60), "end"]


def test_an_offer_of_scapy_is_taken_and_its_ack_too(scapy):
    one = started()
    one.receive(odd(scapy, request_of(one), OFFER), 0.0)
    request = request_of(one)
    assert request.type is Type.REQUEST
    one.receive(odd(scapy, request, [("message-type", "ack"), *OFFER[1:]]), 0.0)
    assert one.state is State.BOUND
    assert one.terms.seconds == 60


@pytest.mark.parametrize(
    "options",
    [
        ["pad", "pad", *OFFER[:1], "pad", *OFFER[1:]],
        [OFFER[2], OFFER[1], OFFER[0], "end"],
        [*OFFER[:3], (224, b"private"), (43, b"x" * 200), (43, b"y" * 200), "end"],
        [*OFFER[:3]],
        [*OFFER[:3], ("vendor_class_id", b""), "end", ("server_id", "10.0.0.1")],
        [*OFFER[:3], ("name_server", "127.19.0.2", "127.19.0.3"), ("router", SERVER, "127.19.0.8"), "end"],
    ],
    ids=["pads", "reversed", "private", "no-end", "after-end", "lists"],
)
def test_odd_but_good_offers_are_taken(scapy, options):
    one = started()
    one.receive(odd(scapy, request_of(one), options), 0.0)
    assert one.state is State.REQUESTING


def test_an_offer_with_its_options_in_the_file_field_is_taken(scapy):
    one = started()
    request = request_of(one)
    hidden = b"\x35\x01\x02\x36\x04" + address_bytes(SERVER) + b"\x33\x04\0\0\0\x3c\xff"
    one.receive(odd(scapy, request, [("dhcp-option-overload", 1), "end"], file=hidden), 0.0)
    assert one.state is State.REQUESTING


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        (OFFER[1:], {}),
        ([OFFER[0], *OFFER[2:]], {}),
        (OFFER, {"op": 1}),
        (OFFER, {"htype": 6}),
        (OFFER, {"hlen": 16}),
        (OFFER, {"chaddr": bytes(16)}),
        (OFFER, {"xid": 7}),
        (OFFER, {"yiaddr": "0.0.0.0"}),
        ([*OFFER[:2], ("lease_time", 0), "end"], {}),
        ([("message-type", 99), *OFFER[1:]], {}),
    ],
    ids=[
        "untyped",
        "no-server",
        "request",
        "token-ring",
        "long-mac",
        "other-mac",
        "xid",
        "nowhere",
        "no-time",
        "type",
    ],
)
def test_bad_offers_are_ignored(scapy, options, fields):
    one = started()
    one.receive(odd(scapy, request_of(one), options, **fields), 0.0)
    assert one.state is State.SELECTING


def test_over_a_real_socket(scapy):
    """scapy's bytes go through the kernel and come back as the server's answer."""
    server = DhcpServer(Offering(SERVER), lambda mac: ADDRESS, Chance(1).stream("server"))
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as theirs,
    ):
        for sock in (ours, theirs):
            sock.bind(("127.0.0.1", 0))
            sock.settimeout(5.0)
        options = [
            ("message-type", "discover"),
            ("param_req_list", [1, 3]),
            ("vendor_class_id", b"MSFT 5.0"),
            "end",
        ]
        discover = scapy.BOOTP(chaddr=MAC, xid=42) / scapy.DHCP(options=options)
        theirs.sendto(bytes(discover), ours.getsockname())
        data, peer = ours.recvfrom(2048)
        server.receive(data, 0.0)
        (answer,) = server.take_output()
        ours.sendto(answer.data, peer)
        header, told = read(scapy, theirs.recv(2048))
    assert (header.xid, header.yiaddr, told["message-type"]) == (42, ADDRESS, 2)
