"""The scripted DHCP server, asked by hand-made messages."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import Chance
from simulator.errors import FleetError, MalformedMessage
from simulator.wire.dhcp import option
from simulator.wire.dhcp.behaviour import Behaviour, Script
from simulator.wire.dhcp.message import Message, Op, Type, decode, encode
from simulator.wire.dhcp.option import Code
from simulator.wire.dhcp.server import LARGEST_TABLE, DhcpServer, Offering

SERVER = "127.19.0.1"
SECOND = "127.19.0.7"
MAC = "b8:a4:4f:00:00:01"
OTHER = "b8:a4:4f:00:00:02"


def address_of(mac: str) -> str:
    return f"127.16.0.{int(mac[-2:], 16)}"


@pytest.fixture
def server() -> DhcpServer:
    offering = Offering(SERVER, 16, SERVER, ("127.19.0.2",), ("127.19.0.3",), "example.test")
    return DhcpServer(offering, address_of, Chance(1).stream("server"))


def ask(server: DhcpServer, kind: Type, *, mac: str = MAC, at: float = 0.0, vendor: str = "", **fields: str):
    """Send one message and return the answers that leave at once, decoded."""
    options = {Code.TYPE: bytes([kind])}
    if vendor:
        options[Code.VENDOR_CLASS] = vendor.encode()
    for name, code in (("requested", Code.REQUESTED_ADDRESS), ("server_id", Code.SERVER)):
        if name in fields:
            options[code] = option.address_bytes(fields[name])
    chaddr = bytes.fromhex(mac.replace(":", ""))
    message = Message(Op.REQUEST, 0x1234, chaddr, options, ciaddr=fields.get("ciaddr", "0.0.0.0"))
    server.receive(encode(message), at)
    return [decode(answer.data) for answer in server.take_output()]


def lease(server: DhcpServer, mac: str = MAC, at: float = 0.0) -> str:
    (offer,) = ask(server, Type.DISCOVER, mac=mac, at=at)
    (ack,) = ask(server, Type.REQUEST, mac=mac, at=at, requested=offer.yiaddr, server_id=SERVER)
    assert ack.type is Type.ACK
    return ack.yiaddr


def script(server: DhcpServer, target: str = "*", *, count: int | None = None, **verbs: object) -> None:
    server.send(Script(target, verbs, count), 0.0)


def test_an_offer_says_everything(server):
    (offer,) = ask(server, Type.DISCOVER)
    assert (offer.type, offer.op, offer.xid, offer.yiaddr) == (Type.OFFER, Op.REPLY, 0x1234, "127.16.0.1")
    assert option.address(offer.options, Code.SERVER) == SERVER
    assert option.prefix_length(offer.options) == 16
    assert option.addresses(offer.options, Code.NAME_SERVERS) == ("127.19.0.2",)
    assert option.addresses(offer.options, Code.NTP_SERVERS) == ("127.19.0.3",)
    assert option.text(offer.options, Code.DOMAIN) == "example.test"
    assert option.number(offer.options, Code.LEASE_TIME) == 86400
    assert not {58, 59} & set(offer.options)
    assert server.leases == {}


def test_only_the_right_address_is_acknowledged(server):
    assert ask(server, Type.REQUEST, requested="127.16.0.9", server_id=SERVER)[0].type is Type.NAK
    assert ask(server, Type.REQUEST, requested="127.16.0.1", server_id=SERVER)[0].type is Type.ACK
    assert ask(server, Type.REQUEST, ciaddr="127.16.0.1")[0].type is Type.ACK
    assert ask(server, Type.REQUEST, ciaddr="127.16.0.9")[0].type is Type.NAK


def test_a_request_for_another_server_is_not_ours(server):
    assert ask(server, Type.REQUEST, requested="127.16.0.1", server_id="10.9.9.9") == []


def test_inform_gets_the_settings_and_no_lease(server):
    (ack,) = ask(server, Type.INFORM, ciaddr="127.16.0.200")
    assert (ack.type, ack.yiaddr, ack.ciaddr) == (Type.ACK, "0.0.0.0", "127.16.0.200")
    assert Code.LEASE_TIME not in ack.options


def test_release_and_decline_strike_the_client_off(server):
    given_ = lease(server)
    assert ask(server, Type.RELEASE, ciaddr=given_) == []
    assert server.leases == {}
    given_ = lease(server)
    ask(server, Type.DECLINE, requested=given_)
    assert ask(server, Type.DISCOVER, at=599.0) == []
    assert ask(server, Type.DISCOVER, at=600.0)[0].yiaddr == given_


def test_nobody_declines_for_another(server):
    lease(server)
    ask(server, Type.DECLINE, mac=OTHER, requested="127.16.0.1")
    ask(server, Type.RELEASE, mac=OTHER, ciaddr="127.16.0.1")
    assert ask(server, Type.REQUEST, ciaddr="127.16.0.1")[0].type is Type.ACK


def test_what_is_near_counts_more(server):
    script(server, "*", lease=100.0)
    script(server, "AXIS,", lease=200.0)
    script(server, "AXIS,Network Mini", lease=300.0)
    script(server, MAC.upper(), lease=400.0)

    def length(mac: str, vendor: str) -> int | None:
        return option.number(ask(server, Type.DISCOVER, mac=mac, vendor=vendor)[0].options, Code.LEASE_TIME)

    assert length(MAC, "AXIS,Network Mini Speaker") == 400
    assert length(OTHER, "AXIS,Network Mini Speaker") == 300
    assert length(OTHER, "AXIS,Camera") == 200
    assert length(OTHER, "MSFT 5.0") == 100


def test_a_script_without_verbs_takes_them_back(server):
    script(server, MAC, silent=True)
    assert ask(server, Type.DISCOVER) == []
    assert len(ask(server, Type.DISCOVER, mac=OTHER)) == 1
    script(server, MAC)
    assert len(ask(server, Type.DISCOVER)) == 1


def test_taking_back_for_all_leaves_what_is_usual():
    usual = Behaviour(lease=600.0)
    server = DhcpServer(Offering(SERVER), address_of, Chance(1).stream("server"), usual)
    script(server, lease=60.0)
    script(server, MAC, silent=True)
    script(server, "*")
    assert option.number(ask(server, Type.DISCOVER)[0].options, Code.LEASE_TIME) == 600


def test_an_unknown_verb_is_named(server):
    with pytest.raises(FleetError, match="did you mean 'silent'"):
        script(server, silentt=True)


def test_silence_leaves_the_lease_table_alone(server):
    given_ = lease(server)
    script(server, silent=True)
    assert ask(server, Type.RELEASE, ciaddr=given_) == []
    assert MAC in server.leases


def test_silent_after_counts_each_client(server):
    script(server, silent_after=2)
    lease(server)
    assert ask(server, Type.DISCOVER) == []
    assert len(ask(server, Type.DISCOVER, mac=OTHER)) == 1


def test_nak_with_a_count(server):
    script(server, nak=True, count=2)
    kinds = [ask(server, Type.REQUEST, requested="127.16.0.1", server_id=SERVER)[0].type for _ in range(3)]
    assert kinds == [Type.NAK, Type.NAK, Type.ACK]


def test_nak_on_renew_leaves_new_leases_alone(server):
    lease(server)
    script(server, nak_on_renew=True)
    assert ask(server, Type.REQUEST, ciaddr="127.16.0.1")[0].type is Type.NAK
    assert lease(server) == "127.16.0.1"


def test_readdress(server):
    lease(server)
    script(server, MAC, nak_on_renew=True, offer="127.16.7.7")
    assert ask(server, Type.REQUEST, ciaddr="127.16.0.1")[0].type is Type.NAK
    assert lease(server) == "127.16.7.7"
    assert ask(server, Type.REQUEST, ciaddr="127.16.7.7")[0].type is Type.ACK


def test_another_offer_does_not_end_a_lease(server):
    lease(server)
    script(server, MAC, offer="127.16.7.7")
    assert ask(server, Type.REQUEST, ciaddr="127.16.0.1")[0].type is Type.ACK
    assert ask(server, Type.DISCOVER)[0].yiaddr == "127.16.7.7"


def test_an_exhausted_pool_serves_those_it_knows(server):
    lease(server)
    script(server, pool_exhausted=True)
    assert ask(server, Type.DISCOVER)[0].yiaddr == "127.16.0.1"
    assert ask(server, Type.DISCOVER, mac=OTHER) == []
    assert ask(server, Type.DISCOVER, at=90_000.0) == []


def test_a_conflicting_address_is_offered_until_it_is_declined(server):
    script(server, conflicting_address="127.16.0.66")
    assert lease(server) == "127.16.0.66"
    ask(server, Type.DECLINE, requested="127.16.0.66")
    assert lease(server) == "127.16.0.1"


def test_times(server):
    script(server, lease=math.inf, t1=10.0, t2=20.0)
    options = ask(server, Type.DISCOVER)[0].options
    assert [option.number(options, code) for code in (51, 58, 59)] == [option.INFINITE, 10, 20]


def test_a_delayed_answer_leaves_when_it_is_due(server):
    script(server, delay=2.5)
    assert ask(server, Type.DISCOVER, at=10.0) == []
    assert server.next_deadline() == 12.5
    server.tick(12.0)
    assert server.take_output() == []
    server.tick(12.5)
    assert [answer.message.type for answer in server.take_output()] == [Type.OFFER]
    assert server.next_deadline() is None


def test_spoiled_answers(server):
    script(server, wrong_xid=True, count=1)
    assert [ask(server, Type.DISCOVER)[0].xid == 0x1234 for _ in range(2)] == [False, True]
    script(server, duplicate=True)
    assert len(ask(server, Type.DISCOVER)) == 2
    script(server)
    script(server, wrong_server_id="127.19.9.9")
    (ack,) = ask(server, Type.REQUEST, requested="127.16.0.1", server_id=SERVER)
    assert option.address(ack.options, Code.SERVER) == "127.19.9.9"
    script(server)
    script(server, truncate=239)
    with pytest.raises(MalformedMessage):
        ask(server, Type.DISCOVER)


def test_dropped_answers_are_as_many_as_said(server):
    script(server, drop=0.3)
    answered = sum(len(ask(server, Type.DISCOVER)) for _ in range(2000))
    assert 1300 < answered < 1500


def test_options_are_added_replaced_and_removed(server):
    script(server, options={101: b"Europe/Stockholm", 3: option.address_bytes("127.19.9.9")}, remove_option=(15,))
    options = ask(server, Type.DISCOVER)[0].options
    assert option.text(options, 101) == "Europe/Stockholm"
    assert option.address(options, 3) == "127.19.9.9"
    assert 15 not in options
    script(server, no_subnet=True)
    assert 1 not in ask(server, Type.DISCOVER)[0].options


def test_a_second_server_offers_and_acknowledges(server):
    script(server, second_server="127.16.9.9")
    first, second = ask(server, Type.DISCOVER)
    assert [o.yiaddr for o in (first, second)] == ["127.16.0.1", "127.16.9.9"]
    assert [option.address(o.options, Code.SERVER) for o in (first, second)] == [SERVER, SECOND]
    (ack,) = ask(server, Type.REQUEST, requested=second.yiaddr, server_id=SECOND)
    assert option.address(ack.options, Code.SERVER) == SECOND
    (renewed,) = ask(server, Type.REQUEST, ciaddr=second.yiaddr)
    assert option.address(renewed.options, Code.SERVER) == SECOND


def test_a_lease_from_before_time_is_renewed(server):
    assert server.remember(MAC, "127.16.0.1", -100.0) == 86400
    assert ask(server, Type.REQUEST, ciaddr="127.16.0.1")[0].type is Type.ACK


def test_a_flood_of_invented_clients_is_bounded(server):
    for number in range(LARGEST_TABLE):
        server.remember(f"{number:012x}", "127.16.0.2", 0.0)
    assert ask(server, Type.DISCOVER) == []


@pytest.mark.fuzz
@given(st.binary(max_size=400), st.booleans())
def test_garbage_is_refused_and_nothing_else(data, framed):
    server = DhcpServer(Offering(SERVER), address_of, Chance(1).stream("server"))
    if framed:
        data = encode(Message(Op.REQUEST, 1, bytes(6), {53: b"\x03"}))[:240] + data
    try:
        server.receive(data, 0.0)
    except MalformedMessage:
        return
    for answer in server.take_output():
        decode(answer.data)
